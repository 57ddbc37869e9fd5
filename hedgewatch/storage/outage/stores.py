"""The store's ports, filled so that they outlast the database: by it while it is there, from memory while it is not."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from hedgewatch.domain.errors import StoreLostError, StoreUnavailableError
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.monitoring.ports import CycleRecord, Delivery, Memory
from hedgewatch.storage.outage.ballast import Ballast
from hedgewatch.storage.outage.opened import Opened
from hedgewatch.storage.outage.outage import Outage
from hedgewatch.storage.outage.returning import Return
from hedgewatch.storage.outage.within import within, written
from hedgewatch.storage.outbox import Attempt, attempt_at

RETURN_SECONDS = 0.5  # of a poll: for a database that has just come back

log = logging.getLogger(__name__)


class LastingStore:
    """Fills the port CycleStore. In an outage it recalls from memory and keeps cycles for the return."""

    def __init__(self, outage: Outage, returning: Return, ballast: Ballast) -> None:
        """Share the outage with the outbox."""
        self._outage = outage
        self._returning = returning
        self._ballast = ballast

    async def recall(
        self, instruments: Sequence[InstrumentRef], legs: Sequence[tuple[str, str]], now: datetime
    ) -> Memory:
        """Tell what is remembered; never raises for the database's absence."""
        if self._ballast.is_given_up:
            await self._make_room()
        memory = await self._recalled(instruments, legs, now)
        return replace(memory, room=self._ballast.room())

    async def _make_room(self) -> None:
        outage = self._outage
        if outage.opened is not None and not outage.is_on:
            with contextlib.suppress(StoreUnavailableError):
                await within(outage.opened.database.shrink())
        await asyncio.to_thread(self._ballast.prepare)

    async def _recalled(
        self, instruments: Sequence[InstrumentRef], legs: Sequence[tuple[str, str]], now: datetime
    ) -> Memory:
        outage = self._outage
        if outage.is_on:
            await self._returning.soon(RETURN_SECONDS)
        if outage.is_on or outage.opened is None:
            outage.miss_poll()
            return outage.memory(instruments, legs, now)
        try:
            memory = await self._read(outage.opened, instruments, legs, now=now)
        except StoreUnavailableError as error:
            outage.begin(error, polls=1)
            return outage.memory(instruments, legs, now)
        outage.note_recalled(memory)
        return memory

    async def _read(
        self,
        opened: Opened,
        instruments: Sequence[InstrumentRef],
        legs: Sequence[tuple[str, str]],
        *,
        now: datetime,
    ) -> Memory:
        try:
            return await written(lambda: opened.cycles.recall(instruments, legs, now), self._ballast)
        except StoreLostError:
            return await within(opened.cycles.recall(instruments, legs, now))

    async def record(self, cycle: CycleRecord) -> None:
        """Store a cycle, or keep it until it can be stored."""
        outage = self._outage
        if not outage.is_on and outage.opened is not None:
            try:
                await self._stored(outage.opened, cycle)
            except StoreUnavailableError as error:
                outage.begin(error, polls=1)
            else:
                if not outage.is_on:
                    outage.note_stored(cycle)
                    return
                # a delivery that could not be noted has begun the outage meanwhile, without this cycle
        await outage.keep_cycle(cycle)

    async def show(self, cycle: CycleRecord) -> None:
        """Store every rule's answer for readers; in an outage there is nobody who could read them."""
        outage = self._outage
        if outage.is_on or outage.opened is None:
            return
        try:
            await within(outage.opened.cycles.show(cycle))
        except StoreUnavailableError as error:
            log.warning("what the rules answered cannot be shown: %s", error)

    async def _stored(self, opened: Opened, cycle: CycleRecord) -> None:
        try:
            await written(lambda: opened.cycles.record(cycle), self._ballast)
        except StoreLostError:
            # it may be stored or not: the same ids make the same rows
            await within(opened.cycles.record(cycle))


class LastingOutbox:
    """Fills the port Outbox. In an outage that lasts it tells from memory what the spool keeps."""

    def __init__(self, outage: Outage, returning: Return, ballast: Ballast) -> None:
        """Share the outage with the store of cycles."""
        self._outage = outage
        self._returning = returning
        self._ballast = ballast

    async def claim(self, channel: str, now: datetime, claimed_for_seconds: Decimal) -> Delivery | None:
        """Claim the channel's next due delivery, oldest episode event first; None if nothing is due.

        Raises StoreUnavailableError, until a cycle finds the database away as well.
        """
        outage = self._outage
        if outage.is_on:
            self._returning.beside()
            delivery = await outage.outbox.claim(channel, now, claimed_for_seconds) if outage.is_told else None
        elif outage.opened is not None:
            outbox = outage.opened.outbox
            delivery = await written(lambda: outbox.claim(channel, now, claimed_for_seconds), self._ballast)
        else:
            delivery = None
        if delivery is not None:
            until = now + timedelta(seconds=float(claimed_for_seconds))
            outage.on_the_way[delivery.event_id, delivery.channel] = until
            outage.outbox.hold((delivery.event_id, delivery.channel), until)  # the outage may have begun meanwhile
        return delivery

    async def fall_back(self, channels: Sequence[str], made_before: datetime, attempts: int) -> None:
        """Make critical events that still wait for a channel due on these channels too."""
        outage = self._outage
        if outage.is_told:
            await outage.fall_back(channels, made_before, attempts)
        elif not outage.is_on and outage.opened is not None:
            await within(outage.opened.outbox.fall_back(channels, made_before, attempts))

    async def delivered(self, delivery: Delivery, at: datetime) -> None:
        """Note that the channel took it."""
        await self._ended(attempt_at(delivery, at), delivery)

    async def failed(self, delivery: Delivery, at: datetime, error: str, retry_at: datetime | None) -> None:
        """Note a failed attempt, to be tried again at ``retry_at``, or dead if that is None."""
        await self._ended(attempt_at(delivery, at, error=error, retry_at=retry_at), delivery)

    async def _ended(self, made: Attempt, delivery: Delivery) -> None:
        try:
            if not await self._stored(made, delivery):
                await self._outage.keep_attempt(made)
        finally:
            self._outage.on_the_way.pop((delivery.event_id, delivery.channel), None)

    async def _stored(self, made: Attempt, delivery: Delivery) -> bool:
        outage = self._outage
        if outage.is_on or outage.opened is None:
            return False
        outbox = outage.opened.outbox
        try:
            await written(lambda: outbox.note(made), self._ballast)
        except StoreUnavailableError as problem:
            outage.begin(problem, polls=0)
            return False
        if made.retry_at is None:
            outage.note_ended(delivery)
        await outage.apply(made)  # the outage may have begun meanwhile, with this delivery still to be made
        return True
