"""The store of the past, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Connection, text

from hedgewatch.domain.candle import Candle, Series, SeriesKind, Span
from hedgewatch.domain.errors import StoreUnavailableError
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.market import SettledFunding
from hedgewatch.monitoring.series import SeriesPage
from hedgewatch.storage.database import Database, open_database
from hedgewatch.storage.series_store import SqlSeriesStore

HOUR = timedelta(hours=1)
AT = datetime(2026, 11, 24, tzinfo=UTC)
REF = InstrumentRef(exchange="binance", symbol="BTC/USDT:USDT")
HOURLY = Series(ref=REF, kind=SeriesKind.TRADES, step=HOUR)
FUNDING = Series(ref=REF, kind=SeriesKind.FUNDING, step=None)
D = Decimal


@pytest.fixture
def database(ready_url: str) -> Iterator[Database]:
    opened = open_database(ready_url)
    yield opened
    opened.close()


def candle(hours: int, close: str = "60000.1") -> Candle:
    low, high = D("59999"), D("60001")
    return Candle(opened_at=AT + hours * HOUR, open=low, high=high, low=low, close=D(close), volume=D("1.5"))


def span(start: int, end: int) -> Span:
    return Span(start=AT + start * HOUR, end=AT + end * HOUR)


async def test_a_page_and_how_far_it_came_are_kept_together(database: Database) -> None:
    store = SqlSeriesStore(database)
    await store.keep(HOURLY, SeriesPage(candles=(candle(0), candle(1))), span(0, 2))
    await store.keep(HOURLY, SeriesPage(candles=(candle(2),)), span(0, 3))
    assert await store.covered(HOURLY) == (span(0, 3),)
    assert await store.moments(HOURLY, span(0, 9)) == tuple(AT + hours * HOUR for hours in range(3))
    assert await store.moments(HOURLY, span(1, 2)) == (AT + HOUR,)


async def test_series_do_not_mix(database: Database) -> None:
    store = SqlSeriesStore(database)
    await store.keep(HOURLY, SeriesPage(candles=(candle(0),)), span(0, 1))
    others = [
        Series(ref=REF, kind=SeriesKind.MARK, step=HOUR),
        Series(ref=REF, kind=SeriesKind.TRADES, step=timedelta(minutes=1)),
        Series(ref=InstrumentRef(exchange="bybit", symbol=REF.symbol), kind=SeriesKind.TRADES, step=HOUR),
        FUNDING,
    ]
    for other in others:
        assert await store.covered(other) == ()
        assert await store.moments(other, span(0, 9)) == ()


async def test_a_row_that_is_there_stays_as_it_is(database: Database) -> None:
    store = SqlSeriesStore(database)
    await store.keep(HOURLY, SeriesPage(candles=(candle(0),)), span(0, 1))
    await store.keep(HOURLY, SeriesPage(candles=(candle(0, "60000.9"), candle(1))), span(0, 2))

    def read(connection: Connection) -> list[float]:
        return list(connection.execute(text("SELECT close FROM candle ORDER BY opened_at_ms")).scalars())

    assert await database.run(read) == [60000.1, 60000.1]


async def test_settled_rates_stand_beside_those_the_cycles_heard(database: Database) -> None:
    store = SqlSeriesStore(database)
    rates = [
        SettledFunding(ref=REF, settled_at=AT + hours * HOUR, rate=D("0.0001"), interval_hours=D(8)) for hours in (0, 8)
    ]
    await store.keep(FUNDING, SeriesPage(settled=tuple(rates)), span(0, 9))
    await store.keep(FUNDING, SeriesPage(settled=tuple(rates)), span(0, 9))
    assert await store.moments(FUNDING, span(0, 24)) == (AT, AT + 8 * HOUR)

    def read(connection: Connection) -> list[tuple[object, ...]]:
        query = text("SELECT symbol, rate, interval_hours FROM funding_rates ORDER BY settled_at_ms")
        return [tuple(row) for row in connection.execute(query)]

    assert await database.run(read) == [(REF.symbol, 0.0001, 8)] * 2


async def test_nothing_is_kept_of_a_page_that_fails_half_way(database: Database) -> None:
    store = SqlSeriesStore(database)

    def forbid(connection: Connection) -> None:
        connection.execute(text("DROP TABLE series_stretch"))

    await database.run(forbid)
    with pytest.raises(StoreUnavailableError):
        await store.keep(HOURLY, SeriesPage(candles=(candle(0),)), span(0, 1))

    def count(connection: Connection) -> int:
        return int(connection.execute(text("SELECT count(*) FROM candle")).scalar_one())

    assert await database.run(count) == 0
