"""Telling: what of an alert's life is an event, and what a silence or an acknowledgement keeps back; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from hedgewatch.domain.alert import AlertEvent, AlertPhase, AlertState, EventType, event_id
from hedgewatch.domain.escalation import is_step_due
from hedgewatch.domain.finding import Finding, unknown_finding
from hedgewatch.domain.intervention import NOTHING_SAID, Said
from hedgewatch.domain.market import UnknownReason
from hedgewatch.domain.thresholds import RuleSettings, Severity

BURNING = frozenset({AlertPhase.FIRING, AlertPhase.RECOVERING})
Told = tuple[AlertState | None, tuple[AlertEvent, ...]]
FLAPS_AN_HOUR = 5  # more episodes than that and the target flaps

# Time between two reminders of one level, counted from the last thing told; the last one repeats. Info is told once.
REMINDERS: Mapping[Severity, tuple[Decimal, ...]] = {
    Severity.CRITICAL: (Decimal(900), Decimal(900), Decimal(3600)),
    Severity.WARNING: (Decimal(86_400),),
}


def told(
    state: AlertState, finding: Finding, settings: RuleSettings, *, now: datetime, held_back: bool, said: Said
) -> Told:
    """Tell what has not been told of the episode: that it fires, went up, still goes on, or is heeded by nobody."""
    if state.phase is AlertPhase.OK and state.unknown_since is None:
        return _unless_blank(state), ()
    if held_back or state.phase not in BURNING:
        return state, ()
    if _is_muted(state, said):
        return _told_into_silence(state, finding, now, said)
    state, events = replace(state, muted=None), []
    kind = _due(state, now, said)
    if kind is not None:
        state = replace(
            state,
            notified=state.severity,
            sequence=state.sequence + 1,
            reminders=state.reminders + 1 if kind is EventType.REMINDER else 0,
            last_told_at=now,
        )
        events.append(_event(state, kind, finding, now))
    if is_step_due(state, said, settings.escalate_after):
        state = replace(state, sequence=state.sequence + 1, escalations=state.escalations + 1)
        events.append(replace(_event(state, EventType.ESCALATED, finding, now), escalation=state.escalations))
    if state.notified is not None and state.flapping_since is None and len(state.opened) > FLAPS_AN_HOUR:
        state = replace(state, sequence=state.sequence + 1, flapping_since=now)
        events.append(_event(state, EventType.FLAPPING, finding, now))
    return state, tuple(events)


def _told_into_silence(
    state: AlertState, finding: Finding, now: datetime, said: Said
) -> tuple[AlertState, tuple[AlertEvent, ...]]:
    """Make the events that the silence keeps, for whoever asks later; a reminder would say nothing new."""
    heard = state.muted or state.notified
    kind = _news(replace(state, notified=heard))
    if kind is None:
        return state, ()
    state = replace(state, muted=state.severity, sequence=state.sequence + 1)
    return state, (_event(state, kind, finding, now, said=said),)


def _is_muted(state: AlertState, said: Said) -> bool:
    if said.hush is None:
        return False
    return not (said.hush.spares_critical and state.severity is Severity.CRITICAL)


def _due(state: AlertState, now: datetime, said: Said) -> EventType | None:
    """Return what is to be told now; who has acknowledged the episode needs no reminder."""
    news = _news(state)
    if news is not None or state.phase is not AlertPhase.FIRING:
        return news
    return EventType.REMINDER if said.acknowledgement is None and _is_reminder_due(state, now) else None


def _news(state: AlertState) -> EventType | None:
    """Return what nobody has been told yet: that it fires, or that it went up."""
    if state.severity is None or state.phase is not AlertPhase.FIRING:
        return None  # what recovers is no news: it either comes back, and is told then, or ends
    if state.notified is None:
        return EventType.FIRING
    return EventType.ESCALATED if state.severity.rank > state.notified.rank else None


def _is_reminder_due(state: AlertState, now: datetime) -> bool:
    if state.last_told_at is None:  # it was told too late to be of use: the present state is owed
        return True
    intervals = REMINDERS.get(state.severity or Severity.INFO, ())
    if not intervals:
        return False
    interval = intervals[min(state.reminders, len(intervals) - 1)]
    passed = Decimal(repr((now - state.last_told_at).total_seconds()))
    return abs(passed) >= interval  # before it was told: the clock was set back, and the wait would be as much longer


def resolved(state: AlertState, finding: Finding, now: datetime, said: Said) -> Told:
    """End the episode; only what was told is told to be over, and that even in a silence."""
    rest = _unless_blank(at_rest(state))
    if state.notified is None and (state.muted is None or not _is_muted(state, said)):
        return rest, ()
    state = replace(state, sequence=state.sequence + 1)
    hush = said if state.notified is None else NOTHING_SAID
    return rest, (_event(state, EventType.RESOLVED, finding, now, said=hush),)


def _event(
    state: AlertState,
    kind: EventType,
    finding: Finding,
    now: datetime,
    *,
    reason: str | None = None,
    said: Said = NOTHING_SAID,
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
        suppressed_by=said.hush.by if said.hush else None,
    )


def is_let_go(state: AlertState, said: Said) -> bool:
    """Tell whether somebody has ended a latched alert: has acknowledged it and said why."""
    return state.phase in BURNING and said.acknowledgement is not None and bool(said.acknowledgement.note.strip())


def let_go(state: AlertState, finding: Finding, said: Said, now: datetime) -> Told:
    """End a latched alert because somebody said so: what it was about is settled until it has once been clear."""
    rest = replace(at_rest(state), settled=state.severity)
    if said.acknowledgement is None or state.notified is None:
        return rest, ()
    reason = f"acknowledged by {said.acknowledgement.by}: {said.acknowledgement.note}"
    ended = replace(state, sequence=state.sequence + 1, resolved_at=now)
    return rest, (_event(ended, EventType.CLOSED, finding, now, reason=reason),)


def close(state: AlertState, reason: str, now: datetime) -> AlertEvent | None:
    """End an alert that nobody asks about any more: return what to tell, None if nobody ever heard of it."""
    if state.episode is None or state.notified is None or state.severity is None:
        return None
    ended = replace(state, sequence=state.sequence + 1, resolved_at=now)
    words = f"{state.message or state.target.rule} ({reason})"
    finding = unknown_finding(state.target, UnknownReason.NOT_AVAILABLE, words)._replace(value=state.peak)
    return _event(ended, EventType.CLOSED, finding, now, reason=reason)


def at_rest(state: AlertState) -> AlertState:
    """Return what outlives an episode: how often it came in the last hour, and what somebody has settled."""
    return AlertState(
        target=state.target, opened=state.opened, flapping_since=state.flapping_since, settled=state.settled
    )


def _unless_blank(state: AlertState) -> AlertState | None:
    return state if state.opened or state.settled is not None else None
