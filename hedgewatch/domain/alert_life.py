"""The alert life: ``step()``, a pure function of stored state, finding and elapsed time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from hedgewatch.domain.alert import AlertEvent, AlertPhase, AlertState, EventType, Held, episode_id, event_id
from hedgewatch.domain.finding import Finding, OutcomeKind, unknown_finding
from hedgewatch.domain.market import UnknownReason
from hedgewatch.domain.thresholds import Patience, RuleSettings, Severity

# Time between two reminders of one level, counted from the last thing told; the last one repeats. Info is told once.
REMINDERS: Mapping[Severity, tuple[Decimal, ...]] = {
    Severity.CRITICAL: (Decimal(900), Decimal(900), Decimal(3600)),
    Severity.WARNING: (Decimal(86_400),),
}
QUIET = frozenset({OutcomeKind.CLEAR, OutcomeKind.BAND})


def step(
    state: AlertState | None,
    finding: Finding,
    settings: RuleSettings,
    *,
    dt_seconds: Decimal,
    now: datetime,
    held_back: bool = False,
) -> tuple[AlertState | None, tuple[AlertEvent, ...]]:
    """Move one alert by one finding: the whole alert life, for the daemon, replay and tests alike.

    state: as stored, None if there is nothing to remember. dt_seconds: since the finding before, 0 after a restart.
    held_back: another alert speaks for this one; its life goes on, but nothing is told until it is let go.
    Returns the state to store (None: forget it) and what there is to tell.
    """
    if state is None and (finding.kind in QUIET or finding.unknown is UnknownReason.NOT_AVAILABLE):
        return None, ()  # nearly always: nothing was wrong and nothing is, or there is nothing to know
    state = state or AlertState(target=finding.target)
    if finding.kind is OutcomeKind.UNKNOWN:
        return _told(_blinded(state, now), finding, now=now, held_back=held_back)
    state = replace(
        state,
        unknown_since=None,
        pending={level: _held(state, level, finding, dt_seconds) for level in finding.levels},
        message=finding.message,
    )
    if state.phase in {AlertPhase.FIRING, AlertPhase.RECOVERING}:
        state, ended = _burning(state, finding, settings, dt_seconds=dt_seconds, now=now)
        if ended:
            return _resolved(state, finding, now)
    else:
        state = _waiting(state, finding, settings, now=now)
    return _told(state, finding, now=now, held_back=held_back)


def close(state: AlertState, reason: str, now: datetime) -> AlertEvent | None:
    """End an alert that nobody asks about any more: return what to tell, None if nobody ever heard of it."""
    if state.episode is None or state.notified is None or state.severity is None:
        return None
    ended = replace(state, sequence=state.sequence + 1, resolved_at=now)
    finding = replace(
        unknown_finding(state.target, UnknownReason.NOT_AVAILABLE, f"{state.message or state.target.rule} ({reason})"),
        value=state.peak,
    )
    return _event(ended, EventType.CLOSED, finding, now, reason=reason)


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
        if outcome is OutcomeKind.BREACH and _is_enough(state.pending[level], settings.patience_of(level))
    ]
    return max(ripe, key=lambda level: level.rank, default=None)


def _blinded(state: AlertState, now: datetime) -> AlertState:
    """Not knowing resolves nothing and forgets nothing; an alert that was recovering has to show it anew."""
    phase = AlertPhase.FIRING if state.phase is AlertPhase.RECOVERING else state.phase
    return replace(state, phase=phase, clear=Held(), unknown_since=state.unknown_since or now)


def _waiting(state: AlertState, finding: Finding, settings: RuleSettings, *, now: datetime) -> AlertState:
    """Not firing yet: start, go on or give up the wait."""
    if not any(held.polls for held in state.pending.values()):
        return AlertState(target=state.target)
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
    )


def _burning(
    state: AlertState, finding: Finding, settings: RuleSettings, *, dt_seconds: Decimal, now: datetime
) -> tuple[AlertState, bool]:
    """Move an alert that fires or recovers: up, on, toward its end, or (True) to it."""
    if finding.kind is OutcomeKind.CLEAR:
        clear = _one_more(state.clear, dt_seconds)
        patience = settings.keep_firing_for
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


def _told(
    state: AlertState, finding: Finding, *, now: datetime, held_back: bool
) -> tuple[AlertState | None, tuple[AlertEvent, ...]]:
    """Tell what has not been told of the episode: that it fires, that it went up, or that it still goes on."""
    if state.phase is AlertPhase.OK and state.unknown_since is None:
        return None, ()
    kind = None if held_back else _due(state, now)
    if kind is None:
        return state, ()
    state = replace(
        state,
        notified=state.severity,
        sequence=state.sequence + 1,
        reminders=state.reminders + 1 if kind is EventType.REMINDER else 0,
        last_told_at=now,
    )
    return state, (_event(state, kind, finding, now),)


def _due(state: AlertState, now: datetime) -> EventType | None:
    if state.phase not in {AlertPhase.FIRING, AlertPhase.RECOVERING} or state.severity is None:
        return None
    if state.notified is None:
        return EventType.FIRING if state.phase is AlertPhase.FIRING else None
    if state.severity.rank > state.notified.rank:
        return EventType.ESCALATED
    return EventType.REMINDER if state.phase is AlertPhase.FIRING and _is_reminder_due(state, now) else None


def _is_reminder_due(state: AlertState, now: datetime) -> bool:
    if state.last_told_at is None:  # it was told too late to be of use: the present state is owed
        return True
    intervals = REMINDERS.get(state.severity or Severity.INFO, ())
    if not intervals:
        return False
    interval = intervals[min(state.reminders, len(intervals) - 1)]
    return Decimal(repr((now - state.last_told_at).total_seconds())) >= interval


def _resolved(state: AlertState, finding: Finding, now: datetime) -> tuple[AlertState | None, tuple[AlertEvent, ...]]:
    """End the episode; only what was told is told to be over."""
    if state.notified is None:
        return None, ()
    state = replace(state, sequence=state.sequence + 1)
    return None, (_event(state, EventType.RESOLVED, finding, now),)


def _event(
    state: AlertState, kind: EventType, finding: Finding, now: datetime, reason: str | None = None
) -> AlertEvent:
    episode, severity = str(state.episode), state.severity or Severity.INFO
    return AlertEvent(
        event_id=event_id(state.target, episode, kind, state.sequence),
        episode=episode,
        sequence=state.sequence,
        type=kind,
        severity=severity,
        state=state,
        finding=finding,
        at=now,
        reason=reason,
    )
