"""Candles and settled funding of all five exchanges, a page at a time, against ccxt's own reading of the same pages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from hedgewatch.domain.candle import Series, SeriesKind, Span
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.market import UnknownReason
from hedgewatch.exchanges.parse import UnreadableError
from hedgewatch.exchanges.series import CcxtSeries, rows_of
from hedgewatch.exchanges.series_calls import HOUR, MINUTE, SERIES_CALLS
from hedgewatch.monitoring.series import PageFailure, SeriesPage
from hedgewatch.simulator.listings import Kind
from hedgewatch.simulator.server import SimulatedExchanges
from tests.exchanges.conftest import EXCHANGES, NOW, SetClock

SPOT, PERPETUAL, COIN = "BTC/USDT", "BTC/USDT:USDT", "BTC/USD:BTC"
CLOSED = NOW.replace(minute=0, second=0, microsecond=0)
D = Decimal

each_exchange = pytest.mark.parametrize("exchange", EXCHANGES)
each_series = pytest.mark.parametrize(
    ("symbol", "kind"),
    [(SPOT, SeriesKind.TRADES), (PERPETUAL, SeriesKind.TRADES), (PERPETUAL, SeriesKind.MARK)],
)


def series(exchange: str, symbol: str, kind: SeriesKind, step: timedelta | None = HOUR) -> Series:
    return Series(ref=InstrumentRef(exchange=exchange, symbol=symbol), kind=kind, step=step)


@pytest.fixture
async def past(exchange: str, source: Any, server: SimulatedExchanges, clock: SetClock) -> CcxtSeries:
    one = source(exchange, server.base_url)
    one.client.enableRateLimit = False
    found = CcxtSeries(one, clock, timeout_seconds=D(5))
    inverse = () if exchange in {"weex", "bingx"} else (COIN,)
    refs = [InstrumentRef(exchange=exchange, symbol=symbol) for symbol in (SPOT, PERPETUAL, *inverse)]
    assert await found.unlisted(refs) == {}
    return found


async def read(past: CcxtSeries, wanted: Series, hours: int) -> SeriesPage:
    page = await past.read(wanted, Span(start=CLOSED - timedelta(hours=hours), end=CLOSED))
    assert isinstance(page, SeriesPage), page
    return page


def stamped(at: datetime) -> int:
    return round(at.timestamp() * 1000)


@each_exchange
@each_series
@pytest.mark.parametrize("step", [HOUR, MINUTE])
async def test_a_page_holds_every_closed_candle_of_its_stretch(
    exchange: str, symbol: str, kind: SeriesKind, step: timedelta, past: CcxtSeries
) -> None:
    page = await read(past, series(exchange, symbol, kind, step), hours=1 if step is MINUTE else 48)
    count = 60 if step is MINUTE else 48
    assert [one.opened_at for one in page.candles] == [CLOSED - step * left for left in range(count, 0, -1)]
    assert page.refused == 0
    assert all(one.low <= one.open <= one.high for one in page.candles)
    assert all((one.volume is None) is (kind is SeriesKind.MARK) for one in page.candles)


@each_exchange
@each_series
async def test_ccxt_reads_the_same_candles(exchange: str, symbol: str, kind: SeriesKind, past: CcxtSeries) -> None:
    page = await read(past, series(exchange, symbol, kind), hours=20)
    more: dict[str, Any] = {"price": "mark"} if kind is SeriesKind.MARK else {}
    if exchange == "weex" and symbol == PERPETUAL:
        more |= {"historical": True}
    since = None if (exchange, symbol) == ("weex", SPOT) else stamped(CLOSED - 20 * HOUR)
    client = past._source.client
    told = await client.fetch_ohlcv(symbol, "1h", since, 21, more)
    scale = D("0.0001") if exchange == "mexc" and symbol == PERPETUAL else D(1)
    theirs = {
        row[0]: (*tuple(D(str(value)) for value in row[1:5]), None if row[5] is None else D(str(row[5])) * scale)
        for row in told
        if row[0] < stamped(CLOSED)
    }
    ours = {stamped(one.opened_at): (one.open, one.high, one.low, one.close, one.volume) for one in page.candles}
    if kind is SeriesKind.MARK:
        theirs, ours = ({at: row[:4] for at, row in one.items()} for one in (theirs, ours))
    assert len(ours) == 20
    assert {at: row for at, row in theirs.items() if at in ours} == ours


@each_exchange
async def test_ccxt_reads_the_same_settled_rates(exchange: str, past: CcxtSeries) -> None:
    page = await read(past, series(exchange, PERPETUAL, SeriesKind.FUNDING, None), hours=100)
    client = past._source.client
    told = await client.fetch_funding_rate_history(PERPETUAL, stamped(CLOSED - 100 * HOUR), 100)
    theirs = {row["timestamp"]: D(str(row["fundingRate"])) for row in told if row["timestamp"] < stamped(CLOSED)}
    assert {stamped(one.settled_at): one.rate for one in page.settled} == theirs
    assert {one.interval_hours for one in page.settled} == {D(8)}


@pytest.mark.parametrize("exchange", ["binance", "bybit", "mexc"])
@pytest.mark.parametrize("kind", [SeriesKind.TRADES, SeriesKind.MARK, SeriesKind.FUNDING])
async def test_inverse_contracts_have_a_past_too(exchange: str, kind: SeriesKind, past: CcxtSeries) -> None:
    step = None if kind is SeriesKind.FUNDING else HOUR
    page = await read(past, series(exchange, COIN, kind, step), hours=48)
    assert page.count == (6 if step is None else 48)


@each_exchange
@pytest.mark.parametrize("kind", [SeriesKind.TRADES, SeriesKind.FUNDING])
async def test_a_whole_page_is_as_long_as_the_exchange_allows(
    exchange: str, kind: SeriesKind, past: CcxtSeries, server: SimulatedExchanges
) -> None:
    wanted = series(exchange, PERPETUAL, kind, HOUR if kind is SeriesKind.TRADES else None)
    length = past.page_length(wanted)
    assert length is not None
    server.forget_calls()
    page = await read(past, wanted, hours=min(int(length / HOUR), 1440))
    if kind is SeriesKind.TRADES:
        assert page.count == length / HOUR if length <= timedelta(hours=1440) else 1440
    assert sum(server.counts[exchange].values()) <= 2  # type: ignore[index]  # the enum's values are ids


@pytest.mark.parametrize("exchange", ["weex"])
async def test_what_an_exchange_tells_only_lately_is_not_asked_of_long_ago(
    exchange: str, past: CcxtSeries, server: SimulatedExchanges
) -> None:
    server.forget_calls()
    page = await past.read(
        series(exchange, SPOT, SeriesKind.TRADES), Span(start=CLOSED - 900 * HOUR, end=CLOSED - 600 * HOUR)
    )
    assert page == SeriesPage()
    assert not server.counts[exchange]  # type: ignore[index]  # the enum's values are ids


@each_exchange
@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("html", UnknownReason.NOT_JSON),
        ("object", UnknownReason.MISSING),
        ("null", UnknownReason.NOT_JSON),
        ("empty_body", UnknownReason.NOT_JSON),
        ("truncated", UnknownReason.NOT_JSON),
        ("429", UnknownReason.RATE_LIMITED),
        ("451", UnknownReason.GEO_BLOCKED),
    ],
)
async def test_a_bad_page_is_a_failure_and_never_an_empty_past(
    exchange: str, kind: str, reason: UnknownReason, past: CcxtSeries, server: SimulatedExchanges
) -> None:
    server.faults.set(exchange, kind)
    told = await past.read(series(exchange, PERPETUAL, SeriesKind.TRADES), Span(start=CLOSED - 5 * HOUR, end=CLOSED))
    assert isinstance(told, PageFailure), told
    assert told.reason is reason or kind == "object"


@pytest.mark.parametrize(
    "row",
    [
        [1, "1", "2", "1", "1", "0"],  # a time that is none
        [1795485600000, "1", "0.5", "1", "1", "0"],  # the highest is the lowest
        [1795485600000, "-1", "2", "-1", "1", "0"],
        [1795485600000, "NaN", "2", "1", "1", "0"],
        [1795485600000, "1", "2", "1", None, "0"],
        [1795485600000, "1", "2", "1", "1", "-5"],
        [1795485601000, "1", "2", "1", "1", "5"],  # off the hour
    ],
)
async def test_a_candle_that_cannot_be_is_not_believed(
    row: list[Any], source: Any, clock: SetClock, server: SimulatedExchanges
) -> None:
    one = source("binance", server.base_url)
    past = CcxtSeries(one, clock, timeout_seconds=D(5))
    await past.unlisted([InstrumentRef(exchange="binance", symbol=SPOT)])

    class Answering:
        async def publicGetKlines(self, _asked: dict[str, Any]) -> list[Any]:  # noqa: N802  ccxt's name
            return [row]

    one.client, kept = Answering(), one.client
    told = await past.read(series("binance", SPOT, SeriesKind.TRADES), Span(start=CLOSED - 48 * HOUR, end=CLOSED))
    one.client = kept
    assert isinstance(told, PageFailure)
    assert told.reason is UnknownReason.NOT_A_NUMBER


def test_columns_of_unequal_length_are_no_answer() -> None:
    from_mexc = next(call for key, call in SERIES_CALLS.items() if call.columns)
    columns = {"time": [1], "open": [1, 2], "high": [1], "low": [1], "close": [1], "vol": [1]}
    with pytest.raises(UnreadableError, match="columns of equal length"):
        list(rows_of(from_mexc, {"data": columns}))


@pytest.mark.parametrize("exchange", ["binance", "bybit"])
@pytest.mark.parametrize("kind", [SeriesKind.TRADES, SeriesKind.MARK])
async def test_dated_futures_have_a_past_too(
    exchange: str, kind: SeriesKind, source: Any, server: SimulatedExchanges, clock: SetClock
) -> None:
    [dated] = server.world.listings(exchange, Kind.FUTURE)
    assert dated.expiry is not None
    symbol = f"{PERPETUAL}-{datetime.fromtimestamp(dated.expiry / 1000, UTC):%y%m%d}"
    past = CcxtSeries(source(exchange, server.base_url), clock, timeout_seconds=D(5))
    assert await past.unlisted([InstrumentRef(exchange=exchange, symbol=symbol)]) == {}
    assert (await read(past, series(exchange, symbol, kind), hours=24)).count == 24
