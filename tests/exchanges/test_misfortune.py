"""What goes wrong at an exchange never becomes a number, an uncaught error or a question too many."""

from __future__ import annotations

import asyncio
import socket
from datetime import timedelta
from typing import Any

import pytest

from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.market import ExchangeAnswer, ExchangeOutcome, MarketReading, ReadingFailure, UnknownReason
from hedgewatch.exchanges.source import CcxtSource
from hedgewatch.monitoring.ports import Wanted
from hedgewatch.simulator.server import SimulatedExchanges

EXCHANGES = ("binance", "bybit", "bingx", "weex", "mexc")
SPOT, PERPETUAL = "BTC/USDT", "BTC/USDT:USDT"
IDS = {"bingx": ("BTC-USDT", "BTC-USDT"), "mexc": ("BTCUSDT", "BTC_USDT")}

each_exchange = pytest.mark.parametrize("exchange", EXCHANGES)


async def read(source: CcxtSource, *symbols: str, settled: bool = False) -> ExchangeAnswer:
    wanted = tuple(InstrumentRef(exchange=source.exchange, symbol=symbol) for symbol in symbols)
    since = {ref: source._clock.now() - timedelta(hours=33) for ref in wanted if settled and ":" in ref.symbol}
    return await source.fetch(Wanted(instruments=wanted, settled_since=since))


def assert_blind(answer: ExchangeAnswer) -> None:
    """Assert that no number came through, and that every instrument says why."""
    for reading in answer.readings:
        assert isinstance(reading, ReadingFailure), reading
        assert reading.detail
    assert answer.outcome in {ExchangeOutcome.FAILED, ExchangeOutcome.BANNED}
    assert answer.error


@each_exchange
async def test_a_body_that_is_no_answer_gives_no_number(exchange: str, source: Any, server: SimulatedExchanges) -> None:
    one = source(exchange, server.base_url)
    await read(one, SPOT, PERPETUAL)
    for kind in ("html", "truncated", "empty_body", "null", "empty_list", "503"):
        server.faults.set(exchange, kind)
        answer = await read(one, SPOT, PERPETUAL)
        assert_blind(answer)
        if kind in {"html", "truncated", "empty_body", "null"}:
            assert {r.reason for r in answer.readings if isinstance(r, ReadingFailure)} == {UnknownReason.NOT_JSON}
        server.faults.clear()
        assert (await read(one, SPOT, PERPETUAL)).outcome is ExchangeOutcome.OK


@each_exchange
async def test_a_garbled_number_is_refused_and_its_neighbour_stays(
    exchange: str, source: Any, server: SimulatedExchanges
) -> None:
    one = source(exchange, server.base_url)
    await read(one, SPOT, PERPETUAL, "ETH/USDT:USDT")
    for value in ("nan", "infinity", "negative", "zero", "jump"):
        for symbol in set(IDS.get(exchange, ("BTCUSDT",))):
            server.faults.set(exchange, "garbage", value=value, symbol=symbol)
        answer = await read(one, SPOT, PERPETUAL, "ETH/USDT:USDT")
        server.faults.clear()
        spot, futures, other = answer.readings
        assert isinstance(other, MarketReading)
        assert other.problems == ()
        for reading in (spot, futures):
            quote = reading.quote if isinstance(reading, MarketReading) else None
            assert quote is None or 30_000 < quote.mid < 120_000, (value, reading)
        assert answer.outcome is ExchangeOutcome.DEGRADED


async def test_a_jump_that_lasts_is_believed_in_the_end(source: Any, server: SimulatedExchanges) -> None:
    one = source("bybit", server.base_url)
    await read(one, SPOT)
    server.faults.set("bybit", "garbage", value="jump", symbol="BTCUSDT")
    answers = [await read(one, SPOT) for _ in range(3)]
    assert [isinstance(answer.readings[0], MarketReading) for answer in answers] == [False, False, True]


@each_exchange
async def test_a_missing_row_is_said_to_be_missing(exchange: str, source: Any, server: SimulatedExchanges) -> None:
    one = source(exchange, server.base_url)
    await read(one, SPOT, PERPETUAL)
    for symbol in set(IDS.get(exchange, ("BTCUSDT",))):
        server.faults.set(exchange, "missing", symbol=symbol)
    answer = await read(one, SPOT, PERPETUAL)
    assert {r.reason for r in answer.readings if isinstance(r, ReadingFailure)} == {UnknownReason.MISSING}


@each_exchange
async def test_a_ban_is_obeyed_to_the_second(
    exchange: str, source: Any, server: SimulatedExchanges, clock: Any
) -> None:
    one = source(exchange, server.base_url)
    await read(one, SPOT)
    server.faults.set(exchange, "418", count=20, seconds=600)
    banned = await read(one, SPOT)
    assert banned.outcome is ExchangeOutcome.BANNED
    assert banned.retry_at is not None
    server.faults.clear()
    server.forget_calls()
    silent = await read(one, SPOT)
    assert (silent.outcome, silent.calls) == (ExchangeOutcome.BANNED, 0)
    assert not server.counts[exchange]  # type: ignore[index]  # the enum's values are ids
    clock.at = banned.retry_at + timedelta(milliseconds=1)
    assert (await read(one, SPOT)).outcome is ExchangeOutcome.OK


@each_exchange
async def test_a_rate_limit_is_waited_for(exchange: str, source: Any, server: SimulatedExchanges, clock: Any) -> None:
    one = source(exchange, server.base_url)
    await read(one, SPOT)
    server.faults.set(exchange, "429", retry_after=45)
    answer = await read(one, SPOT)
    assert answer.readings[0].reason is UnknownReason.RATE_LIMITED  # type: ignore[union-attr]  # a failure has one
    assert answer.retry_at == clock.at + timedelta(seconds=45)
    assert answer.outcome is ExchangeOutcome.FAILED


@each_exchange
@pytest.mark.parametrize(
    ("kind", "reason"),
    [("451", UnknownReason.GEO_BLOCKED), ("reset", UnknownReason.FETCH_ERROR), ("503", UnknownReason.MAINTENANCE)],
)
async def test_a_refusal_has_its_reason(
    exchange: str, kind: str, reason: UnknownReason, source: Any, server: SimulatedExchanges
) -> None:
    one = source(exchange, server.base_url)
    await read(one, SPOT)
    server.faults.set(exchange, kind)
    answer = await read(one, SPOT)
    assert answer.readings[0].reason is reason  # type: ignore[union-attr]  # a failure has one


async def test_a_hanging_exchange_fails_at_the_deadline(source: Any, server: SimulatedExchanges) -> None:
    one = source("binance", server.base_url, timeout_seconds="0.5")
    await read(one, SPOT, PERPETUAL)
    server.faults.set("binance", "hang", path="/fapi/")
    started = asyncio.get_running_loop().time()
    answer = await read(one, SPOT, PERPETUAL)
    spot, futures = answer.readings
    assert asyncio.get_running_loop().time() - started < 0.7
    assert isinstance(spot, MarketReading)
    assert isinstance(futures, ReadingFailure)
    assert (futures.reason, answer.outcome) == (UnknownReason.TIMEOUT, ExchangeOutcome.DEGRADED)


async def test_a_second_fetch_does_not_queue(source: Any, server: SimulatedExchanges) -> None:
    one = source("binance", server.base_url)
    first, second = await asyncio.gather(read(one, SPOT), read(one, SPOT))
    assert (first.outcome, second.outcome) == (ExchangeOutcome.OK, ExchangeOutcome.FAILED)
    assert second.calls == 0


async def test_a_port_where_nobody_listens_is_a_failure_value(source: Any) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    answer = await read(source("bybit", f"http://127.0.0.1:{port}"), SPOT)
    assert_blind(answer)


async def test_a_closed_source_asks_nothing(source: Any, server: SimulatedExchanges) -> None:
    one = source("binance", server.base_url)
    await read(one, SPOT)
    await one.close()
    server.forget_calls()
    assert_blind(await read(one, SPOT))
    assert not server.calls


async def test_an_empty_funding_list_is_trusted_only_on_the_usual_hours(
    source: Any, server: SimulatedExchanges
) -> None:
    one = source("binance", server.base_url)
    server.faults.set("binance", "empty_list", path="fundingInfo")
    answer = await read(one, PERPETUAL, "XYZ/USDT:USDT")
    by_symbol = {r.ref.symbol: r for r in answer.readings if isinstance(r, MarketReading)}
    usual, adjusted = by_symbol[PERPETUAL].funding, by_symbol["XYZ/USDT:USDT"].funding
    assert usual is not None
    assert adjusted is not None
    assert usual.interval_hours == 8
    assert adjusted.interval_hours is None  # it settles at 04:00: eight hours would be half the truth


async def test_no_answer_about_intervals_is_no_interval(source: Any, server: SimulatedExchanges) -> None:
    one = source("binance", server.base_url)
    server.faults.set("binance", "503", path="fundingInfo")
    answer = await read(one, PERPETUAL)
    (reading,) = answer.readings
    assert isinstance(reading, MarketReading)
    assert reading.funding is not None
    assert reading.funding.interval_hours is None
    assert answer.outcome is ExchangeOutcome.DEGRADED
