"""The store in memory: the public double of the database, true to the ports and to nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from hedgewatch.domain.alert import AlertState, EventType
from hedgewatch.domain.errors import ConfigurationError
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.intervention import Acknowledgement, Closing, Interventions, Silence
from hedgewatch.domain.thresholds import Severity
from hedgewatch.monitoring.delivery import TRIED_FOR
from hedgewatch.monitoring.ports import (
    ChannelTrouble,
    CycleRecord,
    Delivery,
    DeliveryState,
    EventDraft,
    Memory,
    OutboxDraft,
)
from hedgewatch.storage.recollection import Recollection

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
    delivered_at: datetime | None = None
    last_error: str | None = None
    suppressed_by: str | None = None


class MemoryStore:
    """Fills the ports CycleStore, Outbox, Desk and MarketShelf, and forgets everything with the process.

    cycles, events and deliveries are open to whoever wants to look.
    """

    def __init__(self) -> None:
        """Remember nothing yet."""
        self.cycles: list[CycleRecord] = []
        self.events: dict[str, EventDraft] = {}
        self.deliveries: dict[tuple[str, str], MemoryDelivery] = {}
        self._recollection = Recollection()
        self.interventions = Interventions()
        self._markets: dict[str, dict[str, str]] = {}

    async def recall(
        self, instruments: Sequence[InstrumentRef], legs: Sequence[tuple[str, str]], now: datetime
    ) -> Memory:
        """Tell what is remembered of these instruments, (hedge, leg) pairs and all alerts."""
        memory = self._recollection.recall(instruments, legs, now)
        return replace(
            memory,
            late=frozenset(target for target, alert in memory.alerts.items() if self._is_late(alert)),
            interventions=self.interventions,
            troubles=self._troubles(),
        )

    def _troubles(self) -> dict[str, ChannelTrouble]:
        found: dict[str, ChannelTrouble] = {}
        for (_, channel), kept in self.deliveries.items():
            if kept.state in {DeliveryState.PENDING, DeliveryState.DEAD}:
                found[channel] = _with(found.get(channel, ChannelTrouble()), kept)
        return {channel: trouble for channel, trouble in found.items() if trouble != ChannelTrouble()}

    def _is_late(self, alert: AlertState) -> bool:
        """Tell whether some channel took the alert's latest event late; a reminder owes no further one."""
        return any(
            (kept.episode, kept.sequence) == (alert.episode, alert.sequence)
            and kept.delivered_at is not None
            and kept.delivered_at - kept.delivery.made_at > LATE
            and kept.delivery.event_type != EventType.REMINDER.value
            for kept in self.deliveries.values()
        )

    async def record(self, cycle: CycleRecord) -> None:
        """Store a cycle. Storing the same event twice keeps one."""
        self.cycles.append(cycle)
        self._recollection.note(cycle)
        for draft in cycle.events:
            self.events.setdefault(draft.event.event_id, draft)
        for wanted in cycle.outbox:
            key = (wanted.event_id, wanted.channel)
            if key not in self.deliveries and wanted.event_id in self.events:
                made = _made(self.events[wanted.event_id], wanted)
                if not wanted.only_if_told or self._was_told(made.episode, wanted.channel):
                    self.deliveries[key] = made

    def _was_told(self, episode: str, channel: str) -> bool:
        return any(
            kept.episode == episode and to == channel and kept.state is not DeliveryState.SUPPRESSED
            for (_, to), kept in self.deliveries.items()
        )

    def acknowledge(self, acknowledgement: Acknowledgement) -> None:
        """Note that somebody has seen an open episode; the latest word on an episode holds."""
        open_ones = {alert.episode for alert in self._recollection.alerts.values()}
        if acknowledgement.episode not in open_ones:
            raise ConfigurationError(f"there is no open episode {acknowledgement.episode}")
        known = {**self.interventions.acknowledgements, acknowledgement.episode: acknowledgement}
        self.interventions = replace(self.interventions, acknowledgements=known)

    def silence(self, silence: Silence) -> None:
        """Begin a silence."""
        self.interventions = replace(self.interventions, silences=(*self.interventions.silences, silence))

    def unsilence(self, silence_id: str, by: str, now: datetime) -> None:  # noqa: ARG002  the port's signature
        """End a silence now."""
        ended = [
            replace(one, ends_at=now) if one.id == silence_id and one.ends_at > now else one
            for one in self.interventions.silences
        ]
        if ended == list(self.interventions.silences):
            raise ConfigurationError(f"there is no silence {silence_id}")
        self.interventions = replace(self.interventions, silences=tuple(ended))

    def close_hedge(self, closing: Closing) -> None:
        """Note that somebody has closed a hedge."""
        closings = {**self.interventions.closings, closing.hedge: closing}
        self.interventions = replace(self.interventions, closings=closings)

    def open_hedge(self, hedge: str, by: str, now: datetime) -> None:  # noqa: ARG002  the port's signature
        """Take a closing back."""
        if hedge not in self.interventions.closings:
            raise ConfigurationError(f'nobody has closed the hedge "{hedge}"')
        closings = {name: one for name, one in self.interventions.closings.items() if name != hedge}
        self.interventions = replace(self.interventions, closings=closings)

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

    async def markets(self, exchange: str) -> Mapping[str, str]:
        """Return the kept markets: unified symbol to the exchange library's market as JSON text; empty if none."""
        return dict(self._markets.get(exchange, {}))

    async def keep(self, exchange: str, markets: Mapping[str, str], at: datetime) -> None:  # noqa: ARG002  the port's signature
        """Replace what is kept of these symbols."""
        self._markets.setdefault(exchange, {}).update(markets)

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
        return replace(kept, delivery=tried, claimed_until=None)


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
    if kept.due_at is not None and kept.due_at > now:
        return False
    return kept.claimed_until is None or not now < kept.claimed_until <= now + claim


def _asks_for_another(kept: MemoryDelivery, *, made_before: datetime, attempts: int) -> bool:
    made_at = kept.delivery.made_at
    if kept.state is DeliveryState.DEAD:
        return made_at > made_before - TRIED_FOR
    return kept.state is DeliveryState.PENDING and (made_at <= made_before or kept.delivery.attempts >= attempts)


def _waits(kept: MemoryDelivery, pending: Sequence[MemoryDelivery]) -> bool:
    return any(earlier.episode == kept.episode and earlier.sequence < kept.sequence for earlier in pending)
