"""Rows of alerts: the state of each, its episodes, its events; pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from hedgewatch.domain.alert import AlertPhase, AlertState, EventType, Held, fingerprint
from hedgewatch.domain.finding import Target
from hedgewatch.domain.thresholds import Severity
from hedgewatch.monitoring.ports import CycleRecord, EventDraft
from hedgewatch.storage.bulk import Row
from hedgewatch.storage.types import from_ms, maybe_at, maybe_ms, to_float, to_ms, to_text

OPEN_PHASES = frozenset({AlertPhase.FIRING, AlertPhase.RECOVERING})
ENDED = {EventType.RESOLVED: "resolved", EventType.CLOSED: "closed"}
OPEN = "firing"


def identity_of(target: Target) -> Row:
    """Return an alert's fingerprint and the labels it is made of."""
    labels = (target.rule, target.hedge, target.leg, target.account, target.exchange, target.side)
    return (fingerprint(target), *labels)


def alert_row(state: AlertState) -> Row:
    """Return the whole state of one alert."""
    pending = {level.value: [to_text(held.seconds), held.polls] for level, held in state.pending.items()}
    return (
        *identity_of(state.target),
        state.phase.value,
        json.dumps(pending),
        to_text(state.clear.seconds),
        state.clear.polls,
        state.episode,
        state.severity.value if state.severity else None,
        state.notified.value if state.notified else None,
        state.sequence,
        state.reminders,
        maybe_ms(state.started_at),
        maybe_ms(state.fired_at),
        maybe_ms(state.resolved_at),
        maybe_ms(state.last_told_at),
        maybe_ms(state.unknown_since),
        to_text(state.peak),
        to_text(state.threshold),
        state.action,
        state.message,
        state.muted.value if state.muted else None,
        state.settled.value if state.settled else None,
        json.dumps([to_ms(at) for at in state.opened]) if state.opened else None,
        maybe_ms(state.flapping_since),
        to_text(state.unheeded_seconds) if state.unheeded_seconds else None,
        state.escalations or None,
    )


def alert_state(row: Mapping[str, Any]) -> AlertState:
    """Read the state of one alert back from its row."""
    pending = {
        Severity(level): Held(seconds=Decimal(seconds), polls=polls)
        for level, (seconds, polls) in json.loads(row["pending"]).items()
    }
    return AlertState(
        target=Target(**{name: row[name] for name in ("rule", "hedge", "leg", "account", "exchange", "side")}),
        phase=AlertPhase(row["phase"]),
        pending=pending,
        clear=Held(seconds=row["clear_seconds"], polls=row["clear_polls"]),
        episode=row["episode"],
        severity=Severity(row["severity"]) if row["severity"] else None,
        notified=Severity(row["notified"]) if row["notified"] else None,
        sequence=row["sequence"],
        reminders=row["reminders"],
        started_at=maybe_at(row["started_at_ms"]),
        fired_at=maybe_at(row["fired_at_ms"]),
        resolved_at=maybe_at(row["resolved_at_ms"]),
        last_told_at=maybe_at(row["last_told_at_ms"]),
        unknown_since=maybe_at(row["unknown_since_ms"]),
        peak=row["peak"],
        threshold=row["threshold"],
        action=row["action"],
        message=row["message"],
        muted=Severity(row["muted"]) if row["muted"] else None,
        settled=Severity(row["settled"]) if row["settled"] else None,
        opened=tuple(from_ms(ms) for ms in json.loads(row["opened"] or "[]")),
        flapping_since=maybe_at(row["flapping_since_ms"]),
        unheeded_seconds=row["unheeded_seconds"] or Decimal(0),
        escalations=row["escalations"] or 0,
    )


def episode_rows(cycle: CycleRecord) -> list[Row]:
    """Return one row per episode that was open or ended in this cycle, the latest word on each."""
    rows: dict[str, Row] = {}
    for draft in cycle.events:
        event = draft.event
        ended_at = event.state.resolved_at or event.at if event.type in ENDED else None
        state = ENDED.get(event.type, OPEN)
        fired_at = event.at if event.type is EventType.FIRING else None
        rows[event.episode] = _episode_row(
            event.state,
            event.episode,
            state,
            severity=event.severity,
            ended=maybe_ms(ended_at),
            fired=maybe_ms(fired_at),
        )
    for alert in cycle.states:
        if alert.episode is not None and alert.phase in OPEN_PHASES:
            rows[alert.episode] = _episode_row(alert, alert.episode, OPEN, severity=None, ended=None, fired=None)
    return list(rows.values())


def _episode_row(
    alert: AlertState, episode: str, state: str, *, severity: Severity | None, ended: int | None, fired: int | None
) -> Row:
    level = alert.severity or severity
    return (
        episode,
        *identity_of(alert.target),
        alert.action,
        level.value if level else None,
        state,
        maybe_ms(alert.started_at),
        maybe_ms(alert.fired_at) or fired,
        ended,
        to_float(alert.peak),
        to_float(alert.threshold),
        None,
        alert.message,
    )


def event_row(draft: EventDraft) -> Row:
    """Return one event with its frozen payload."""
    event = draft.event
    return (
        event.event_id,
        event.episode,
        event.sequence,
        fingerprint(event.state.target),
        event.type.value,
        event.severity.value,
        to_ms(event.at),
        event.reason,
        draft.payload,
    )
