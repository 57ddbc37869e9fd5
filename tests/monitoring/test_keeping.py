"""The past is kept beside the cycles: from the store at once, from the exchanges page by page, once an hour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from hedgewatch.domain.candle import Candle, Series, SeriesKind, Span
from hedgewatch.domain.errors import StoreUnavailableError
from hedgewatch.domain.hedge import Hedge, Past
from hedgewatch.domain.history import BasisPast, LegPast
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.market import UnknownReason
from hedgewatch.monitoring.backfill import Backfill
from hedgewatch.monitoring.keeping import BREATH, HistoryKeeper, KeptPast
from hedgewatch.monitoring.series import HedgePast, PageFailure, SeriesPage
from tests.domain.samples import FUTURES, SPOT, hedge, leg
from tests.monitoring.sources import SteppedClock

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
KEY = ("btc-core", str(FUTURES))


@dataclass
class Exchange:
    """Fills the port SeriesSource: a candle every hour of the last ``age``; answers nothing while it is away."""

    clock: SteppedClock
    age: timedelta = 400 * DAY
    is_away: bool = False
    exchange: str = "binance"
    asked: list[tuple[Series, Span]] = field(default_factory=list)

    async def unlisted(self, refs: Sequence[InstrumentRef]) -> Mapping[InstrumentRef, str]:
        del refs
        return {}

    def page_length(self, series: Series) -> timedelta | None:
        return 1000 * (series.step or HOUR)

    async def read(self, series: Series, span: Span) -> SeriesPage | PageFailure:
        self.asked.append((series, span))
        if self.is_away:
            return PageFailure(reason=UnknownReason.BANNED, detail="banned")
        one = Decimal(60000)
        first = self.clock.now() - self.age
        hours = (span.start + at * HOUR for at in range((span.end - span.start) // HOUR))
        return SeriesPage(
            candles=tuple(
                Candle(opened_at=at, open=one, high=one, low=one, close=one, volume=None) for at in hours if at > first
            )
        )

    async def close(self) -> None:
        return


@dataclass
class Shelf:
    """Fills the ports SeriesStore and PastStore in memory."""

    stretches: dict[Series, dict[datetime, datetime]] = field(default_factory=dict)
    rows: dict[Series, set[datetime]] = field(default_factory=dict)
    read: list[int] = field(default_factory=list)
    is_away: bool = False

    async def covered(self, series: Series) -> tuple[Span, ...]:
        return tuple(Span(start=start, end=end) for start, end in self.stretches.get(series, {}).items())

    async def keep(self, series: Series, page: SeriesPage, covered: Span) -> None:
        self.rows.setdefault(series, set()).update(one.opened_at for one in page.candles)
        self.stretches.setdefault(series, {})[covered.start] = covered.end

    async def moments(self, series: Series, span: Span) -> tuple[datetime, ...]:
        return tuple(at for at in sorted(self.rows.get(series, ())) if span.start <= at < span.end)

    async def past_of(self, hedge: Hedge, now: datetime) -> HedgePast:
        if self.is_away:
            raise StoreUnavailableError("storage: away")
        del hedge, now
        hours = len(self.rows.get(Series(ref=FUTURES, kind=SeriesKind.TRADES, step=HOUR), ()))
        self.read.append(hours)
        return HedgePast(legs={str(FUTURES): LegPast(basis=BasisPast(mean=Decimal(0), hours=hours))})


@dataclass
class Room:
    clock: SteppedClock = field(default_factory=SteppedClock)
    shelf: Shelf = field(default_factory=Shelf)
    pauses: list[float] = field(default_factory=list)
    spots: tuple[InstrumentRef, ...] = (SPOT,)

    def __post_init__(self) -> None:
        self.exchange = Exchange(clock=self.clock)
        self.start()

    def start(self) -> None:
        async def pause(seconds: float) -> None:
            self.pauses.append(seconds)

        watched = (hedge(leg("-5"), spot=self.spots),)
        self.kept = KeptPast(self.shelf, self.clock)
        filler = Backfill(self.exchange, self.shelf, self.clock, pause=pause, tell=lambda _step: None, breath=BREATH)
        self.keeper = HistoryKeeper(watched, self.kept, {"binance": filler}, self.clock)

    @property
    def hours(self) -> int:
        return self.kept.added_to(Past()).basis[KEY].hours


async def test_after_a_start_the_store_is_asked_first_then_two_days_then_all() -> None:
    room = Room()
    assert not room.kept.added_to(Past()).legs
    await room.keeper.keep()
    assert room.shelf.read == [0, 48, 91 * 24]
    assert {series.ref for series, _ in room.exchange.asked} == {SPOT, FUTURES}
    assert set(room.pauses) == {BREATH.total_seconds()}


async def test_nothing_is_asked_again_within_the_hour() -> None:
    room = Room()
    await room.keeper.keep()
    asked = len(room.exchange.asked)
    await room.keeper.keep()
    assert len(room.exchange.asked) == asked


async def test_an_hour_later_only_the_new_candles_are_asked_for_and_no_stretch_is_added() -> None:
    room = Room()
    await room.keeper.keep()
    room.exchange.asked.clear()
    before = {series: len(stretches) for series, stretches in room.shelf.stretches.items()}
    room.clock.move(3600)
    await room.keeper.keep()
    assert [(series.ref, span.end - span.start) for series, span in room.exchange.asked] == [
        (SPOT, HOUR),
        (FUTURES, HOUR),
    ]
    assert {series: len(stretches) for series, stretches in room.shelf.stretches.items()} == before
    assert room.hours == 91 * 24 + 1


async def test_a_restart_goes_on_where_the_run_before_stopped() -> None:
    room = Room()
    await room.keeper.keep()
    room.exchange.asked.clear()
    room.start()
    await room.keeper.keep()
    trades = [span for series, span in room.exchange.asked if series.kind is SeriesKind.TRADES]
    assert trades == []
    assert room.hours == 91 * 24


async def test_a_young_coin_is_asked_once_a_day_for_what_its_exchange_does_not_have() -> None:
    room = Room()
    room.exchange.age = 10 * DAY
    await room.keeper.keep()
    room.exchange.asked.clear()
    room.clock.move(3600)
    await room.keeper.keep()
    assert all(span.end - span.start == HOUR for _, span in room.exchange.asked)


async def test_an_exchange_that_bans_costs_one_question_a_series_and_leaves_what_is_known() -> None:
    room = Room()
    await room.keeper.keep()
    room.exchange.asked.clear()
    room.exchange.is_away = True
    room.clock.move(3600)
    await room.keeper.keep()
    assert len(room.exchange.asked) == 2
    assert room.hours == 91 * 24


async def test_an_exchange_that_is_away_is_given_up_after_three_series() -> None:
    many = tuple(InstrumentRef(exchange="binance", symbol=f"BTC/{quote}") for quote in ("USDT", "USDC", "EUR", "TRY"))
    room = Room(spots=many)
    room.exchange.is_away = True
    await room.keeper.keep()
    assert len(room.exchange.asked) == 2 * 3, "the recent candles, then the whole past"
    assert len(room.shelf.read) == 3, "and what the store knows is read all the same"
    room.exchange.is_away = False
    room.clock.move(3600)
    await room.keeper.keep()
    assert room.hours == 91 * 24, "the next hour asks for the whole again, not the next day"


async def test_a_store_that_is_away_is_asked_again_in_a_minute_not_at_every_poll() -> None:
    room = Room()
    room.shelf.is_away = True
    with pytest.raises(StoreUnavailableError):
        await room.keeper.keep()
    room.clock.move(59)
    assert not room.keeper.is_due()
    room.clock.move(1)
    assert room.keeper.is_due()
