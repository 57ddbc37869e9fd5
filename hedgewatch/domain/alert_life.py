"""The alert life: ``step()``, a pure function of stored state, finding and elapsed time."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from hedgewatch.domain.alert import AlertPhase, AlertState, Held, episode_id
from hedgewatch.domain.alert_telling import BURNING, FLAPS_AN_HOUR, Told, at_rest, is_let_go, let_go, resolved, told
from hedgewatch.domain.escalation import unheeded
from hedgewatch.domain.finding import Finding, OutcomeKind
from hedgewatch.domain.intervention import NOTHING_SAID, Said
from hedgewatch.domain.thresholds import Patience, RuleSettings, Severity

HOUR = timedelta(hours=1)
FLAPPING_POLLS = 4  # a target that flaps must be clear for at least so long


def step(  # noqa: PLR0913  all that moves an alert
    state: AlertState | None,
    finding: Finding,
    settings: RuleSettings,
    *,
    dt_seconds: Decimal,
    now: datetime,
    held_back: bool = False,
    said: Said = NOTHING_SAID,
) -> Told:
    """Move one alert by one finding: the whole alert life, for the daemon, replay and tests alike.

    state: as stored, None if there is nothing to remember. dt_seconds: since the finding before, 0 after a restart.
    held_back: another alert speaks for this one; its life goes on, but nothing is told until it is let go. said: what
    people have said of it. Returns the state to store (None: forget it) and what there is to tell.
    """
    if state is None and finding.is_nothing_new:
        return None, ()
    state = _within_the_hour(state or AlertState(target=finding.target), now)
    if settings.is_latched and is_let_go(state, said):
        return let_go(state, finding, said, now)
    if finding.kind is OutcomeKind.UNKNOWN:
        blind = unheeded(_blinded(state, now), dt_seconds, said)
        return told(blind, finding, settings, now=now, held_back=held_back, said=said)
    settled = None if finding.kind is OutcomeKind.CLEAR else state.settled
    state = replace(
        state,
        unknown_since=None,
        settled=settled,
        pending={
            level: _held(state, level, finding, dt_seconds)
            for level in finding.levels
            if settled is None or level.rank > settled.rank
        },
        message=finding.message,
    )
    if state.phase in BURNING:
        state, ended = _burning(state, finding, settings, dt_seconds=dt_seconds, now=now)
        if ended:
            return resolved(state, finding, now, said)
    else:
        state = _waiting(state, finding, settings, now=now)
    state = unheeded(state, dt_seconds, said)
    return told(state, finding, settings, now=now, held_back=held_back, said=said)


def _held(state: AlertState, level: Severity, finding: Finding, dt_seconds: Decimal) -> Held:
    """Count one level's breaches: the first one is a poll of no length; CLEAR starts anew, BAND holds."""
    before, outcome = state.pending.get(level, Held()), finding.levels[level]
    if outcome is OutcomeKind.CLEAR:
        return Held()
    if outcome is OutcomeKind.BAND:
        return before
    return _one_more(before, dt_seconds)


def _one_more(before: Held, dt_seconds: Decimal) -> Held:
    lasted = before.seconds + dt_seconds if before.polls else Decimal(0)
    return Held(seconds=lasted, polls=before.polls + 1)


def _is_enough(held: Held, patience: Patience) -> bool:
    return held.polls > 0 and held.polls >= patience.polls and held.seconds >= patience.seconds


def _reached(state: AlertState, finding: Finding, settings: RuleSettings) -> Severity | None:
    """Return the highest level that is breached now and has been for long enough."""
    ripe = [
        level
        for level, outcome in finding.levels.items()
        if outcome is OutcomeKind.BREACH
        and level in state.pending
        and (_is_enough(state.pending[level], settings.patience_of(level)) or _is_at_once(level, finding, settings))
    ]
    return max(ripe, key=lambda level: level.rank, default=None)


def _is_at_once(level: Severity, finding: Finding, settings: RuleSettings) -> bool:
    """Tell whether a value lies so far beyond that nobody waits: only critical knows such a bound."""
    if settings.at_once is None or level is not Severity.CRITICAL or finding.value is None:
        return False
    return finding.value > settings.at_once.fire


def _blinded(state: AlertState, now: datetime) -> AlertState:
    """Not knowing resolves nothing and forgets nothing; an alert that was recovering has to show it anew."""
    phase = AlertPhase.FIRING if state.phase is AlertPhase.RECOVERING else state.phase
    return replace(state, phase=phase, clear=Held(), unknown_since=state.unknown_since or now)


def _waiting(state: AlertState, finding: Finding, settings: RuleSettings, *, now: datetime) -> AlertState:
    """Not firing yet: start, go on or give up the wait."""
    if not any(held.polls for held in state.pending.values()):
        return at_rest(state)
    started_at = state.started_at or now
    state = replace(state, phase=AlertPhase.PENDING, started_at=started_at)
    severity = _reached(state, finding, settings)
    if severity is None:
        return state
    return replace(
        state,
        phase=AlertPhase.FIRING,
        episode=episode_id(state.target, started_at),
        severity=severity,
        fired_at=now,
        peak=finding.value,
        threshold=finding.thresholds.get(severity),
        action=finding.actions[severity].value if severity in finding.actions else None,
        opened=(*state.opened, now)[-FLAPS_AN_HOUR - 1 :],
    )


def _within_the_hour(state: AlertState, now: datetime) -> AlertState:
    """Forget episodes that are older than an hour; a target without any flaps no more."""
    opened = tuple(at for at in state.opened if abs(now - at) < HOUR)
    if opened == state.opened:
        return state
    return replace(state, opened=opened, flapping_since=state.flapping_since if opened else None)


def _keep_firing_for(state: AlertState, settings: RuleSettings) -> Patience:
    keep = settings.keep_firing_for
    return keep if state.flapping_since is None else replace(keep, polls=max(keep.polls, FLAPPING_POLLS))


def _burning(
    state: AlertState, finding: Finding, settings: RuleSettings, *, dt_seconds: Decimal, now: datetime
) -> tuple[AlertState, bool]:
    """Move an alert that fires or recovers: up, on, toward its end, or (True) to it."""
    if finding.kind is OutcomeKind.CLEAR:
        if settings.is_latched and not finding.ends_latch:
            return replace(state, phase=AlertPhase.FIRING, clear=Held()), False
        clear = _one_more(state.clear, dt_seconds)
        patience = _keep_firing_for(state, settings)
        state = replace(state, phase=AlertPhase.RECOVERING, clear=clear)
        return (replace(state, resolved_at=now), True) if _is_enough(clear, patience) else (state, False)
    state = replace(state, phase=AlertPhase.FIRING, clear=Held(), peak=_farther(state.peak, finding.value))
    severity = _reached(state, finding, settings)
    if severity is not None and (state.severity is None or severity.rank > state.severity.rank):
        action = finding.actions.get(severity)
        state = replace(
            state,
            severity=severity,
            reminders=0,
            threshold=finding.thresholds.get(severity),
            action=action.value if action else state.action,
        )
    return state, False


def _farther(before: Decimal | None, value: Decimal | None) -> Decimal | None:
    if before is None or value is None:
        return value if before is None else before
    return value if abs(value) > abs(before) else before
