"""Books: the order books of the watched futures, asked for one after the other beside the cycles."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from hedgewatch.domain.hedge import Hedge
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.market import OrderBook
from hedgewatch.monitoring.ports import Clock

RENEWED_AFTER = timedelta(minutes=2)


class BookSource(Protocol):
    """Where the order books of one exchange are read."""

    async def book(self, ref: InstrumentRef) -> OrderBook | None:
        """Read one book; None where it could not be read. Never raises for a fault of the exchange."""
        ...


class KeptBooks:
    """The latest book of each future."""

    def __init__(self) -> None:
        """Begin without any."""
        self.latest: Mapping[InstrumentRef, OrderBook] = {}

    def put(self, ref: InstrumentRef, book: OrderBook) -> None:
        """Take a newer one; whoever holds the mapping of before keeps that."""
        self.latest = {**self.latest, ref: book}


class BookKeeper:
    """Asks each exchange for one book at a time, the oldest first, none more often than every two minutes."""

    def __init__(
        self, hedges: Sequence[Hedge], kept: KeptBooks, sources: Mapping[str, BookSource], clock: Clock
    ) -> None:
        """Keep the books of these hedges' futures."""
        self._refs = tuple(dict.fromkeys(leg.futures for hedge in hedges for leg in hedge.legs))
        self._kept = kept
        self._sources = sources
        self._clock = clock
        self._asked: dict[InstrumentRef, datetime] = {}
        self._running: asyncio.Task[object] | None = None

    def is_due(self) -> bool:
        """Tell whether a book is due and none is being asked for."""
        return self._running is None and any(self._due())

    def stop(self) -> None:
        """Break off what is under way."""
        if self._running is not None:
            self._running.cancel()

    async def keep(self) -> None:
        """Ask for what is due, one book of each exchange."""
        if not self.is_due():
            return
        self._running = asyncio.current_task()
        try:
            await asyncio.gather(*(self._ask(ref) for ref in self._due()))
        finally:
            self._running = None

    def _due(self) -> Iterator[InstrumentRef]:
        """Yield the future of each exchange whose book was asked for longest ago, if that is long enough."""
        now = self._clock.now()
        for exchange in self._sources:
            refs = [ref for ref in self._refs if ref.exchange == exchange]
            first = min(refs, key=lambda ref: self._asked[ref].timestamp() if ref in self._asked else 0, default=None)
            if first is None:
                continue
            age = now - self._asked.get(first, now - RENEWED_AFTER)
            if not timedelta(0) <= age < RENEWED_AFTER:  # a clock that was set back is no reason to wait
                yield first

    async def _ask(self, ref: InstrumentRef) -> None:
        self._asked[ref] = self._clock.now()
        book = await self._sources[ref.exchange].book(ref)
        if book is not None:
            self._kept.put(ref, book)


class Keeper(Protocol):
    """What is kept up to date beside the cycles."""

    def is_due(self) -> bool:
        """Tell whether anything is due now."""
        ...

    async def keep(self) -> None:
        """Do what is due. Raises StoreUnavailableError."""
        ...

    def stop(self) -> None:
        """Break off what is under way."""
        ...


class Keepers:
    """Several keepers as one."""

    def __init__(self, *keepers: Keeper) -> None:
        """Take them."""
        self._keepers = keepers

    def is_due(self) -> bool:
        """Tell whether anything is due now."""
        return any(keeper.is_due() for keeper in self._keepers)

    async def keep(self) -> None:
        """Do what is due, side by side. Raises StoreUnavailableError."""
        await asyncio.gather(*(keeper.keep() for keeper in self._keepers if keeper.is_due()))

    def stop(self) -> None:
        """Break off what is under way."""
        for keeper in self._keepers:
            keeper.stop()
