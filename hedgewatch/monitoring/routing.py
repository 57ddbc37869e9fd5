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
    """Channel names by severity; a severity that is missing is told to nobody (info, unless somebody sets it).

    fallback: who is told a critical alert that another channel does not take. escalation: who is told, step by step, of
    one that nobody acknowledges.
    """

    channels: Mapping[Severity, tuple[str, ...]] = field(default_factory=dict)
    fallback: tuple[str, ...] = ()
    escalation: tuple[tuple[str, ...], ...] = ()


def channels_for(event: AlertEvent, routing: Routing, rule_channels: Sequence[str] | None = None) -> tuple[str, ...]:
    """Return the channels an event goes to, each once.

    rule_channels: the rule's own, in place of the routing; None if it has none. An episode's end goes to every channel
    that may have been told any level of it. A step of the escalation goes to its own channels alone.
    """
    if event.escalation:
        return tuple(dict.fromkeys(routing.escalation[event.escalation - 1]))
    if rule_channels is not None:
        return tuple(dict.fromkeys(rule_channels))
    return tuple(dict.fromkeys(name for level in _levels(event) for name in routing.channels.get(level, ())))


def outbox_drafts(
    event: AlertEvent, routing: Routing, rule_channels: Sequence[str] | None = None
) -> tuple[OutboxDraft, ...]:
    """Return one outbox row for each channel the event goes to; whoever else was told of it hears the end as well."""
    names = channels_for(event, routing, rule_channels)
    told = [OutboxDraft(event_id=event.event_id, channel=name, suppressed_by=event.suppressed_by) for name in names]
    if event.type in ENDINGS and event.suppressed_by is None:
        others = dict.fromkeys((*routing.fallback, *(name for step in routing.escalation for name in step)))
        told += [
            OutboxDraft(event_id=event.event_id, channel=name, only_if_told=True)
            for name in others
            if name not in names
        ]
    return tuple(told)


def _levels(event: AlertEvent) -> list[Severity]:
    if event.type not in ENDINGS:
        return [event.severity]
    highest = event.state.notified or event.severity  # a level told into a silence only was told to nobody
    return [level for level in Severity if level.rank <= highest.rank]
