"""The outbox in memory: for the public double of the database, and for the time without one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from hedgewatch.domain.alert import AlertState, EventType
from hedgewatch.domain.errors import ConfigurationError
from hedgewatch.domain.thresholds import Severity
from hedgewatch.monitoring.delivery import TRIED_FOR
from hedgewatch.monitoring.health import ChannelTrouble
from hedgewatch.monitoring.ports import Delivery, DeliveryState, EventDraft, OutboxDraft

LATE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryDelivery:
    """One event for one channel, as the outbox keeps it. attempts: all made so far."""

    delivery: Delivery
    episode: str
    sequence: int
    state: DeliveryState = DeliveryState.PENDING
    due_at: datetime | None = None
    claimed_until: datetime | None = None
    tried_at: datetime | None = None
    delivered_at: datetime | None = None
    last_error: str | None = None
    suppressed_by: str | None = None


class MemoryOutbox:
    """Fills the port Outbox. events and deliveries are open to whoever wants to look."""

    def __init__(self) -> None:
        """Hold nothing yet."""
        self.events: dict[str, EventDraft] = {}
        self.deliveries: dict[tuple[str, str], MemoryDelivery] = {}

    def add(self, events: Iterable[EventDraft], wanted: Iterable[OutboxDraft]) -> None:
        """Take events and who is to be told of them; those that are there already stay."""
        for draft in events:
            self.events.setdefault(draft.event.event_id, draft)
        for one in wanted:
            key = (one.event_id, one.channel)
            if key not in self.deliveries and one.event_id in self.events:
                made = _made(self.events[one.event_id], one)
                if not one.only_if_told or self._was_told(made.episode, one.channel):
                    self.deliveries[key] = made

    def troubles(self) -> dict[str, ChannelTrouble]:
        """Return what each channel does not take: messages that wait, and those that were given up."""
        found: dict[str, ChannelTrouble] = {}
        for (_, channel), kept in self.deliveries.items():
            if kept.state in {DeliveryState.PENDING, DeliveryState.DEAD}:
                found[channel] = _with(found.get(channel, ChannelTrouble()), kept)
        return {channel: trouble for channel, trouble in found.items() if trouble != ChannelTrouble()}

    def is_late(self, alert: AlertState) -> bool:
        """Tell whether some channel took the alert's latest event late; a reminder owes no further one."""
        return any(
            _took_late(kept) and kept.delivery.event_type != EventType.REMINDER.value for kept in self._latest(alert)
        )

    def taken_at(self, alert: AlertState) -> tuple[datetime | None, ...]:
        """Return when the last channel took the alert's latest event, if late or not at all (None); else nothing."""
        latest = self._latest(alert)
        times = [kept.delivered_at for kept in latest if kept.delivered_at is not None]
        if not latest or (times and not any(_took_late(kept) for kept in latest)):
            return ()
        return (max(times, default=None),)

    def _latest(self, alert: AlertState) -> list[MemoryDelivery]:
        return [
            kept
            for kept in self.deliveries.values()
            if (kept.episode, kept.sequence) == (alert.episode, alert.sequence)
            and kept.state in {DeliveryState.PENDING, DeliveryState.DELIVERED}
        ]

    def _was_told(self, episode: str, channel: str) -> bool:
        return any(
            kept.episode == episode and to == channel and kept.state is not DeliveryState.SUPPRESSED
            for (_, to), kept in self.deliveries.items()
        )

    def replay(self, event_id: str, by: str, now: datetime) -> int:  # noqa: ARG002  the port's signature
        """Make an event's dead deliveries due again, under the same id, and return how many there were."""
        dead = [
            kept
            for (event, _), kept in self.deliveries.items()
            if event == event_id and kept.state is DeliveryState.DEAD
        ]
        if not dead:
            raise ConfigurationError(f"event {event_id} has no dead delivery")
        for kept in dead:
            anew = replace(kept.delivery, attempts=0, first_attempt_at=None)
            self._keep(replace(kept, delivery=anew, state=DeliveryState.PENDING, due_at=None))
        return len(dead)

    async def claim(self, channel: str, now: datetime, claimed_for_seconds: Decimal) -> Delivery | None:
        """Claim the channel's next due delivery, oldest episode event first; None if nothing is due."""
        claim = timedelta(milliseconds=int(claimed_for_seconds * 1000))
        pending = [
            kept for (_, to), kept in self.deliveries.items() if to == channel and kept.state is DeliveryState.PENDING
        ]
        due = [kept for kept in pending if _is_due(kept, now, claim) and not _waits(kept, pending)]
        if not due:
            return None
        first = min(due, key=lambda kept: (kept.delivery.made_at, kept.sequence, kept.delivery.event_id))
        self._keep(replace(first, claimed_until=now + claim))
        return first.delivery

    async def fall_back(self, channels: Sequence[str], made_before: datetime, attempts: int) -> None:
        """Make critical events that still wait for a channel, or were given up, due on these channels too."""
        waiting = [
            kept
            for kept in self.deliveries.values()
            if kept.delivery.severity == Severity.CRITICAL.value
            and _asks_for_another(kept, made_before=made_before, attempts=attempts)
        ]
        for kept in waiting:
            event_id = kept.delivery.event_id
            for channel in channels:
                wanted = OutboxDraft(event_id=event_id, channel=channel)
                self.deliveries.setdefault((event_id, channel), _made(self.events[event_id], wanted))

    async def delivered(self, delivery: Delivery, at: datetime) -> None:
        """Note that the channel took it."""
        kept = self._tried(delivery, at)
        if kept is not None:
            self._keep(replace(kept, state=DeliveryState.DELIVERED, delivered_at=at))

    async def failed(self, delivery: Delivery, at: datetime, error: str, retry_at: datetime | None) -> None:
        """Note a failed attempt, to be tried again at ``retry_at``, or dead if that is None."""
        kept = self._tried(delivery, at)
        if kept is not None:
            state = DeliveryState.PENDING if retry_at is not None else DeliveryState.DEAD
            self._keep(replace(kept, state=state, due_at=retry_at, last_error=error))

    def hold(self, key: tuple[str, str], until: datetime) -> None:
        """Keep a delivery that is on its way from being claimed until then."""
        kept = self.deliveries.get(key)
        if kept is not None and kept.state is DeliveryState.PENDING:
            self._keep(replace(kept, claimed_until=until))

    def _keep(self, kept: MemoryDelivery) -> None:
        self.deliveries[kept.delivery.event_id, kept.delivery.channel] = kept

    def _tried(self, delivery: Delivery, at: datetime) -> MemoryDelivery | None:
        """Count an attempt, unless another one has ended the delivery meanwhile."""
        kept = self.deliveries[delivery.event_id, delivery.channel]
        if kept.state is not DeliveryState.PENDING:
            return None
        tried = replace(
            kept.delivery,
            attempts=kept.delivery.attempts + 1,
            first_attempt_at=kept.delivery.first_attempt_at or at,
        )
        return replace(kept, delivery=tried, tried_at=at, claimed_until=None)


def _took_late(kept: MemoryDelivery) -> bool:
    return kept.delivered_at is not None and kept.delivered_at - kept.delivery.made_at > LATE


def _with(trouble: ChannelTrouble, kept: MemoryDelivery) -> ChannelTrouble:
    if kept.state is DeliveryState.DEAD:
        return replace(trouble, dead=trouble.dead + 1, last_error=kept.last_error or trouble.last_error)
    made = [trouble.oldest_critical_at] if trouble.oldest_critical_at else []
    made += [kept.delivery.made_at] if kept.delivery.severity == Severity.CRITICAL.value else []
    return replace(
        trouble,
        attempts=max(trouble.attempts, kept.delivery.attempts),
        oldest_critical_at=min(made, default=None),
        last_error=kept.last_error or trouble.last_error,
    )


def _made(draft: EventDraft, wanted: OutboxDraft) -> MemoryDelivery:
    event = draft.event
    delivery = Delivery(
        event_id=event.event_id,
        channel=wanted.channel,
        event_type=event.type.value,
        severity=event.severity.value,
        payload=draft.payload,
        made_at=event.at,
        attempts=0,
        first_attempt_at=None,
    )
    return MemoryDelivery(
        delivery=delivery,
        episode=event.episode,
        sequence=event.sequence,
        state=DeliveryState.SUPPRESSED if wanted.suppressed_by else DeliveryState.PENDING,
        suppressed_by=wanted.suppressed_by,
    )


def _is_due(kept: MemoryDelivery, now: datetime, claim: timedelta) -> bool:
    is_set_back = kept.tried_at is not None and kept.tried_at > now
    if kept.due_at is not None and kept.due_at > now and not is_set_back:
        return False
    return kept.claimed_until is None or not now < kept.claimed_until <= now + 2 * claim


def _asks_for_another(kept: MemoryDelivery, *, made_before: datetime, attempts: int) -> bool:
    made_at = kept.delivery.made_at
    if kept.state is DeliveryState.DEAD:
        return made_at > made_before - TRIED_FOR
    return kept.state is DeliveryState.PENDING and (made_at <= made_before or kept.delivery.attempts >= attempts)


def _waits(kept: MemoryDelivery, pending: Sequence[MemoryDelivery]) -> bool:
    return any(earlier.episode == kept.episode and earlier.sequence < kept.sequence for earlier in pending)
