"""The store in memory: the public double of the database, true to the ports and to nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from hedgewatch.domain.errors import ConfigurationError
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.intervention import Acknowledgement, Closing, Interventions, Silence
from hedgewatch.domain.told import ToldHolding, ToldPosition
from hedgewatch.monitoring.leading import Tenure
from hedgewatch.monitoring.ports import CycleRecord, Delivery, Memory
from hedgewatch.storage.memory_outbox import MemoryOutbox
from hedgewatch.storage.recollection import Recollection


class SoleLease:
    """Fills the port Lease where there is nobody to share with: it always leads."""

    name = "sole"
    epoch = 1
    renew_seconds = Decimal(5)

    async def hold(self) -> Tenure:
        """Tell that this worker leads."""
        return Tenure(holder=self.name, epoch=self.epoch, is_mine=True)

    async def release(self) -> None:
        """Nobody waits for it."""


class MemoryStore:
    """Fills the ports CycleStore, Outbox, Desk and MarketShelf, and forgets everything with the process.

    cycles, events and deliveries are open to whoever wants to look.
    """

    def __init__(self) -> None:
        """Remember nothing yet."""
        self.cycles: list[CycleRecord] = []
        self._outbox = MemoryOutbox()
        self.events = self._outbox.events
        self.deliveries = self._outbox.deliveries
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
            late=frozenset(target for target, alert in memory.alerts.items() if self._outbox.is_late(alert)),
            taken_at={target: at for target, alert in memory.alerts.items() for at in self._outbox.taken_at(alert)},
            interventions=self.interventions,
            troubles=self._outbox.troubles(),
        )

    async def record(self, cycle: CycleRecord) -> None:
        """Store a cycle. Storing the same event twice keeps one."""
        self.cycles.append(cycle)
        self._recollection.note(cycle)
        self._outbox.add(cycle.events, cycle.outbox)

    async def show(self, cycle: CycleRecord) -> None:
        """Nothing is kept apart: ``cycles`` holds the findings."""

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

    def open_hedge(self, hedge: str, by: str, now: datetime, *, note: str = "") -> None:  # noqa: ARG002  the port's signature
        """Take a closing back."""
        if hedge not in self.interventions.closings:
            raise ConfigurationError(f'nobody has closed the hedge "{hedge}"')
        closings = {name: one for name, one in self.interventions.closings.items() if name != hedge}
        self.interventions = replace(self.interventions, closings=closings)

    def set_position(self, told: ToldPosition) -> None:
        """Note what a declared position is now; the latest word on a leg holds."""
        known = self.interventions.told
        positions = {**known.positions, (told.hedge, told.leg): told}
        self.interventions = replace(self.interventions, told=replace(known, positions=positions))

    def set_holding(self, told: ToldHolding) -> None:
        """Note what a declared holding is now; the latest word on it holds."""
        known = self.interventions.told
        holdings = {**known.holdings, told.holding: told}
        self.interventions = replace(self.interventions, told=replace(known, holdings=holdings))

    def replay(self, event_id: str, by: str, now: datetime) -> int:
        """Make an event's dead deliveries due again, under the same id, and return how many there were."""
        return self._outbox.replay(event_id, by, now)

    async def claim(self, channel: str, now: datetime, claimed_for_seconds: Decimal) -> Delivery | None:
        """Claim the channel's next due delivery, oldest episode event first; None if nothing is due."""
        return await self._outbox.claim(channel, now, claimed_for_seconds)

    async def fall_back(self, channels: Sequence[str], made_before: datetime, attempts: int) -> None:
        """Make critical events that still wait for a channel due on these channels too."""
        await self._outbox.fall_back(channels, made_before, attempts)

    async def delivered(self, delivery: Delivery, at: datetime) -> None:
        """Note that the channel took it."""
        await self._outbox.delivered(delivery, at)

    async def failed(self, delivery: Delivery, at: datetime, error: str, retry_at: datetime | None) -> None:
        """Note a failed attempt, to be tried again at ``retry_at``, or dead if that is None."""
        await self._outbox.failed(delivery, at, error, retry_at)

    async def markets(self, exchange: str) -> Mapping[str, str]:
        """Return the kept markets: unified symbol to the exchange library's market as JSON text; empty if none."""
        return dict(self._markets.get(exchange, {}))

    async def keep(self, exchange: str, markets: Mapping[str, str], at: datetime) -> None:  # noqa: ARG002  the port's signature
        """Replace what is kept of these symbols."""
        self._markets.setdefault(exchange, {}).update(markets)
