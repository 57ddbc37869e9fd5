"""The return of the database: all that waited is stored in order, then the daemon goes on with it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from decimal import Decimal

from hedgewatch.domain.errors import StoreRefusedError, StoreRejectedError, StoreUnavailableError
from hedgewatch.monitoring.ports import Clock
from hedgewatch.storage.outage.entries import Entry, cycles_in
from hedgewatch.storage.outage.opened import Key, Opened
from hedgewatch.storage.outage.outage import ENTRIES_AT_ONCE, TOLD_AFTER_POLLS, Outage
from hedgewatch.storage.types import to_ms

# Of a value that another version may have written: the database's word, and all that a pure function can raise.
REJECTED = (StoreRejectedError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
TRIED_EVERY_SECONDS = Decimal(2)

log = logging.getLogger(__name__)


class Return:
    """Tries, beside the cycles and one try at a time, to bring everything back into the database."""

    def __init__(self, outage: Outage, opening: Callable[[], Opened], clock: Clock) -> None:
        """Take the outage, and how to open the database (blocking; raises StoreUnavailableError)."""
        self._outage = outage
        self._opening = opening
        self._clock = clock
        self._trying: asyncio.Task[None] | None = None
        self._tried_at: Decimal | None = None
        self._is_single = False

    async def start(self) -> None:
        """Open the database and bring back what an earlier process has left in the spool.

        Where that process, or one before it, has used the database, its absence is an outage from the start: then only
        that is told, and what was not told before. Raises StoreUnavailableError for a database that was never used, and
        StoreRefusedError.
        """
        outage = self._outage
        was_used = await outage.waiting.find()
        try:
            outage.opened = await asyncio.to_thread(self._opening)
            if not outage.waiting.is_empty:
                await self.bring_back()
            await outage.waiting.prepare()
        except StoreRefusedError:
            raise
        except StoreUnavailableError as error:
            if not was_used:
                raise
            outage.begin(error, polls=TOLD_AFTER_POLLS)
            await outage.take_up()

    async def soon(self, patience_seconds: float) -> None:
        """Try, and wait for so long; the try goes on by itself if it takes longer."""
        self._start()
        if self._trying is not None:
            await asyncio.wait([self._trying], timeout=patience_seconds)
            self._look()

    def beside(self) -> None:
        """Try without waiting for it, unless that was done a moment ago."""
        tried = self._tried_at
        if tried is None or self._clock.monotonic() - tried >= TRIED_EVERY_SECONDS:
            self._start()

    def _start(self) -> None:
        self._look()
        if self._trying is None and self._outage.is_on:
            self._tried_at = self._clock.monotonic()
            self._trying = asyncio.create_task(self._try(), name="bring back")

    def _look(self) -> None:
        """Forget a try that has ended; what was not a matter of the database is raised here."""
        if self._trying is not None and self._trying.done():
            ended, self._trying = self._trying, None
            ended.result()

    async def _try(self) -> None:
        try:
            await self.bring_back()
        except StoreUnavailableError as error:
            log.info("the database is still away: %s", error)

    async def bring_back(self) -> None:
        """Store all that waits and end the outage. Raises StoreUnavailableError; then everything goes on waiting."""
        outage, begun = self._outage, self._clock.monotonic()
        if outage.opened is None:
            outage.opened = await asyncio.to_thread(self._opening)
        await self._ask(outage.opened)
        with_states = not await self._is_superseded(outage.opened)
        done, total, held = 0, 0, frozenset[Key]()
        while True:
            entries = await outage.waiting.read(done, 1 if self._is_single else ENTRIES_AT_ONCE)
            on_the_way = frozenset(outage.on_the_way)
            if entries or not on_the_way <= held:
                await self._store(outage.opened, entries, on_the_way, at=done, with_states=with_states)
                done, total, held = done + len(entries), total + len(entries), on_the_way
                continue
            if await outage.waiting.clear(done):
                done = 0
            if outage.waiting.is_empty and held.issuperset(outage.on_the_way):
                break  # nothing was waited for since this was seen, so nothing can have come
        outage.end()
        self._is_single = False
        seconds = self._clock.monotonic() - begun
        log.warning("the database is back: %s entries were brought back in %.1f s", total, seconds)

    async def _store(
        self, opened: Opened, entries: list[Entry], on_the_way: frozenset[Key], *, at: int, with_states: bool
    ) -> None:
        try:
            await opened.bring_back(entries, on_the_way, now=self._clock.now(), with_states=with_states)
        except REJECTED as error:
            if len(entries) > 1:
                self._is_single = True  # find out which of them it is
                raise StoreUnavailableError(f"storage: one of {len(entries)} entries is not taken: {error}") from error
            if not entries:
                raise
            self._outage.waiting.set_aside(at)
            log.error("a line of the spool cannot be stored and is passed over, its file is kept: %s", error)  # noqa: TRY400

    async def _ask(self, opened: Opened) -> None:
        """Write nothing, to see whether that is possible before anything long begins. Raises StoreUnavailableError."""
        await opened.bring_back((), (), now=self._clock.now(), with_states=False)

    async def _is_superseded(self, opened: Opened) -> bool:
        """Tell whether another worker has recorded cycles meanwhile: then its alerts are the true ones."""
        waiting = self._outage.waiting
        first, ours = None, set[int]()
        for start in range(0, len(waiting), ENTRIES_AT_ONCE):
            for cycle in cycles_in(await waiting.read(start, ENTRIES_AT_ONCE)):
                first = first or cycle
                ours.add(to_ms(cycle.started_at))
        return first is not None and await opened.others_since(first, ours)

    async def close(self) -> None:
        """Give up a try that is under way."""
        if self._trying is not None:
            self._trying.cancel()
            await asyncio.gather(self._trying, return_exceptions=True)
