"""Who is told what; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hedgewatch.domain.alert import AlertEvent, EventType
from hedgewatch.domain.thresholds import Severity
from hedgewatch.monitoring.ports import OutboxDraft

ENDINGS = (EventType.RESOLVED, EventType.CLOSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """Channel names by severity; a severity that is missing is told to nobody (info, unless somebody sets it)."""

    channels: Mapping[Severity, tuple[str, ...]] = field(default_factory=dict)


def channels_for(event: AlertEvent, routing: Routing, rule_channels: Sequence[str] | None = None) -> tuple[str, ...]:
    """Return the channels an event goes to, each once.

    rule_channels: the rule's own, in place of the routing; None if it has none. An episode's end goes to every channel
    that may have been told any level of it.
    """
    if rule_channels is not None:
        return tuple(dict.fromkeys(rule_channels))
    return tuple(dict.fromkeys(name for level in _levels(event) for name in routing.channels.get(level, ())))


def outbox_drafts(
    event: AlertEvent, routing: Routing, rule_channels: Sequence[str] | None = None
) -> tuple[OutboxDraft, ...]:
    """Return one outbox row for each channel the event goes to."""
    names = channels_for(event, routing, rule_channels)
    return tuple(OutboxDraft(event_id=event.event_id, channel=name) for name in names)


def _levels(event: AlertEvent) -> list[Severity]:
    if event.type not in ENDINGS:
        return [event.severity]
    highest = max(event.severity, event.state.notified or event.severity, key=lambda level: level.rank)
    return [level for level in Severity if level.rank <= highest.rank]
