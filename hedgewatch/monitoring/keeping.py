"""Keeping: the past that rules look at, filled from the exchanges beside the cycles and read once an hour."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from hedgewatch.domain.candle import Series, SeriesKind, on_grid
from hedgewatch.domain.errors import StoreUnavailableError
from hedgewatch.domain.funding import WEEK
from hedgewatch.domain.hedge import Hedge, Past
from hedgewatch.domain.history import DAILY_WINDOW, DAY, HOUR, CoinPast, LegPast
from hedgewatch.domain.instrument import InstrumentKind, InstrumentRef
from hedgewatch.monitoring.backfill import Backfill, span_of
from hedgewatch.monitoring.books import KeptBooks
from hedgewatch.monitoring.ports import Clock
from hedgewatch.monitoring.series import PastStore

BREATH = timedelta(seconds=0.5)  # between two pages of one exchange
RECENT_DAYS = 2  # asked for every hour, and first after a start
FUNDING_DAYS = WEEK.days + 1
FAILURES_IN_A_ROW = 3
RETRY_STORE = timedelta(minutes=1)
WHOLE_DAYS = DAILY_WINDOW.days

log = logging.getLogger(__name__)


class KeptPast:
    """What the store tells of the hedges' past, renewed when it is told to; nothing is known before."""

    def __init__(self, store: PastStore | None, clock: Clock) -> None:
        """Read from ``store``; None: there is none yet. books: what is kept of order books beside it."""
        self._store = store
        self.books = KeptBooks()
        self._clock = clock
        self._coins: Mapping[InstrumentRef, CoinPast] = {}
        self._legs: Mapping[tuple[str, str], LegPast] = {}

    def added_to(self, past: Past) -> Past:
        """Return what the past tells with what is known here: of a leg's usual basis, whatever has more hours."""
        basis = dict(past.basis)
        for key, leg in self._legs.items():
            own = basis.get(key)
            if leg.basis is not None and (own is None or own.hours <= leg.basis.hours):
                basis[key] = leg.basis
        return replace(past, books=self.books.latest, basis=basis, coins=self._coins, legs=self._legs)

    async def renew(self, hedges: Sequence[Hedge]) -> None:
        """Read the past of these hedges, one after the other. Raises StoreUnavailableError."""
        if self._store is None:
            return
        coins: dict[InstrumentRef, CoinPast] = {}
        legs: dict[tuple[str, str], LegPast] = {}
        for hedge in hedges:
            found = await self._store.past_of(hedge, self._clock.now())
            coins |= found.coins
            legs |= {(hedge.name, leg): past for leg, past in found.legs.items()}
        self._coins, self._legs = coins, legs


class HistoryKeeper:
    """Fills what is missing of the last 91 days, a page at a time, and renews what is known once an hour.

    After a start it goes on where the last run stopped. What an exchange does not tell stays unknown, and the rules
    that need it say so.
    """

    def __init__(self, hedges: Sequence[Hedge], kept: KeptPast, fillers: Mapping[str, Backfill], clock: Clock) -> None:
        """Fill with one filler for each exchange."""
        self._hedges = hedges
        self._refs = tuple(dict.fromkeys(ref for hedge in hedges for ref in hedge.instruments))
        self._kept = kept
        self._fillers = fillers
        self._clock = clock
        self._renewed: datetime | None = None
        self._whole_on: datetime | None = None
        self._running: asyncio.Task[object] | None = None
        self._retry_at: datetime | None = None

    def is_due(self) -> bool:
        """Tell whether anything is due now and not under way: once an hour something is."""
        now = self._clock.now()
        is_waiting = self._retry_at is not None and now < self._retry_at
        return self._running is None and not is_waiting and self._renewed != on_grid(now, HOUR)

    def stop(self) -> None:
        """Break off what is under way. A page and how far it came are stored together, so nothing is lost."""
        if self._running is not None:
            self._running.cancel()

    async def keep(self) -> None:
        """Do what is due: every hour the latest candles, every day all that is missing. Raises StoreUnavailableError.

        To be called after every cycle; nothing is due after most of them. The first time it may take half an hour.
        """
        if not self.is_due():
            return
        self._running = asyncio.current_task()
        try:
            await self._keep(self._clock.now())
        except StoreUnavailableError:
            self._retry_at = self._clock.now() + RETRY_STORE
            raise
        finally:
            self._running = None

    async def _keep(self, now: datetime) -> None:
        await self._kept.renew(self._hedges)  # at once what the store knows: the exchanges may take their time
        await self._fill(RECENT_DAYS)
        await self._kept.renew(self._hedges)
        self._renewed = on_grid(now, HOUR)
        if self._whole_on != on_grid(now, DAY):
            is_whole = await self._fill(WHOLE_DAYS)
            await self._kept.renew(self._hedges)
            self._whole_on = on_grid(now, DAY) if is_whole else None

    async def _fill(self, days: int) -> bool:
        return all(await asyncio.gather(*(self._fill_one(exchange, days) for exchange in self._fillers)))

    async def _fill_one(self, exchange: str, days: int) -> bool:
        """Fill what is missing of one exchange; return whether it was asked to the end."""
        filler = self._fillers[exchange]
        wanted = tuple(_wanted([ref for ref in self._refs if ref.exchange == exchange], is_whole=days == WHOLE_DAYS))
        unlisted = await filler.unlisted(wanted)
        failures: dict[str, Series] = {}
        in_vain = 0
        for series in wanted:
            if series.ref in unlisted or not filler.tells(series):
                continue
            if in_vain == FAILURES_IN_A_ROW:
                break  # the exchange is away: the next hour asks again, and what the store knows is read meanwhile
            span = span_of(series, self._clock.now(), FUNDING_DAYS if series.kind is SeriesKind.FUNDING else days)
            brought = await filler.bring(series, span)
            in_vain = 0 if brought.failure is None else in_vain + 1
            if brought.failure is not None:
                failures.setdefault(brought.failure, series)
        for failure, series in failures.items():
            log.info("%s: the past of %s stays incomplete: %s", exchange, series, failure)
        return in_vain < FAILURES_IN_A_ROW


def _wanted(refs: Sequence[InstrumentRef], *, is_whole: bool) -> Iterator[Series]:
    """Yield hourly candles of all, and once a day settled rates of perpetuals: cycles keep the latest of those."""
    for ref in refs:
        yield Series(ref=ref, kind=SeriesKind.TRADES, step=HOUR)
        if is_whole and ref.kind is InstrumentKind.PERPETUAL:
            yield Series(ref=ref, kind=SeriesKind.FUNDING, step=None)
