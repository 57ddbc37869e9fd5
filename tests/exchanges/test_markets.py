"""Markets: kept on a shelf, refreshed behind the back, never worsened by a bad reload."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from hedgewatch.domain.errors import ConfigurationError
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.market import ExchangeAnswer, ExchangeOutcome, MarketReading
from hedgewatch.exchanges.markets import suggest
from hedgewatch.exchanges.source import CcxtSource, quirk_for
from hedgewatch.monitoring.ports import Wanted
from hedgewatch.simulator.server import SimulatedExchanges

EXCHANGES = ("binance", "bybit", "bingx", "weex", "mexc")
SPOT, PERPETUAL = "BTC/USDT", "BTC/USDT:USDT"
LISTS = ("exchangeInfo", "instruments-info", "contracts", "symbols", "detail")


async def read(source: CcxtSource, *symbols: str) -> ExchangeAnswer:
    wanted = tuple(InstrumentRef(exchange=source.exchange, symbol=symbol) for symbol in symbols)
    return await source.fetch(Wanted(instruments=wanted, settled_since={}))


@pytest.mark.parametrize("exchange", EXCHANGES)
async def test_a_second_start_reads_before_it_lists(
    exchange: str, source: Any, server: SimulatedExchanges, shelf: Any
) -> None:
    first = source(exchange, server.base_url)
    known = await read(first, SPOT, PERPETUAL)
    assert set(shelf.kept[exchange]) == {SPOT, PERPETUAL}
    assert json.loads(shelf.kept[exchange][SPOT])["symbol"] == SPOT
    for path in LISTS:
        server.faults.set(exchange, "503", path=path)
    answer = await read(source(exchange, server.base_url), SPOT, PERPETUAL)
    for before, after in zip(known.readings, answer.readings, strict=True):
        assert isinstance(before, MarketReading)
        assert isinstance(after, MarketReading)
        assert after.quote is not None
        assert after.instrument == before.instrument


async def test_a_start_from_the_shelf_lists_anew_some_minutes_later(
    source: Any, server: SimulatedExchanges, clock: Any
) -> None:
    await read(source("binance", server.base_url), SPOT)
    second = source("binance", server.base_url)
    server.forget_calls()
    await read(second, SPOT)
    assert not [call for call in server.calls if call.path.endswith("exchangeInfo")]
    clock.pass_by(minutes=4)
    await read(second, SPOT)
    await second.markets.close()
    assert len([call for call in server.calls if call.path.endswith("exchangeInfo")]) == 2


async def test_a_shelf_full_of_rubbish_is_only_passed_over(source: Any, server: SimulatedExchanges, shelf: Any) -> None:
    for rubbish in ("{", "[]", "null", '{"symbol": 3}', '{"a": {"b": "c"}}'):
        shelf.kept["bybit"] = {SPOT: rubbish}
        answer = await read(source("bybit", server.base_url), SPOT)
        assert answer.outcome is ExchangeOutcome.OK


@pytest.mark.parametrize("kind", ["html", "empty_list", "503", "truncated", "null"])
@pytest.mark.parametrize("exchange", ["binance", "weex"])
async def test_a_bad_reload_keeps_the_good_markets(
    exchange: str, kind: str, source: Any, server: SimulatedExchanges, clock: Any
) -> None:
    one = source(exchange, server.base_url)
    await read(one, SPOT)
    server.faults.set(exchange, kind, path="exchangeInfo")
    clock.pass_by(hours=7)
    await read(one, SPOT)
    await one.markets.close()
    answer = await read(one, SPOT)
    assert isinstance(answer.readings[0], MarketReading)
    assert answer.outcome is ExchangeOutcome.DEGRADED
    server.faults.clear()
    clock.pass_by(hours=1)
    await read(one, SPOT)
    await one.markets.close()
    assert (await read(one, SPOT)).outcome is ExchangeOutcome.OK


async def test_a_first_load_that_fails_is_tried_again(source: Any, server: SimulatedExchanges) -> None:
    one = source("bybit", server.base_url)
    server.faults.set("bybit", "html")
    assert (await read(one, SPOT)).outcome is ExchangeOutcome.FAILED
    server.faults.clear()
    assert (await read(one, SPOT)).outcome is ExchangeOutcome.OK


async def test_a_symbol_that_is_listed_later_is_found_later(
    source: Any, server: SimulatedExchanges, clock: Any
) -> None:
    one = source("binance", server.base_url)
    assert (await read(one, "NEW/USDT")).calls == 2
    assert (await read(one, "NEW/USDT")).calls == 0
    clock.at += timedelta(minutes=16)
    await read(one, "NEW/USDT")
    await one.markets.close()
    assert one.door.calls == 4


async def test_numbers_of_markets_are_text(source: Any, server: SimulatedExchanges, shelf: Any) -> None:
    def floats(found: Any) -> list[float]:
        if isinstance(found, dict | list):
            return [
                number for value in (found.values() if isinstance(found, dict) else found) for number in floats(value)
            ]
        return [found] if isinstance(found, float) else []

    for exchange in EXCHANGES:
        await read(source(exchange, server.base_url), SPOT, PERPETUAL)
        assert floats([json.loads(text) for text in shelf.kept[exchange].values()]) == []


@pytest.mark.parametrize(
    ("symbol", "listed", "suggestion"),
    [
        ("BTC/USDT:USD", ["BTC/USDT", "BTC/USDT:USDT", "ETH/USDT:USDT"], "BTC/USDT:USDT"),
        ("BTC/USD", ["BTC/USDT", "BTC/USDT:USDT", "BCH/USD"], "BTC/USDT"),
        ("BTCC/USDT", ["BTC/USDT", "ETH/USDT"], "BTC/USDT"),
        ("ZZZ/QQQ", ["BTC/USDT", "ETH/USDT"], None),
        ("BTC/USDT", [], None),
    ],
)
def test_the_nearest_symbol_of_the_same_kind_is_suggested(symbol: str, listed: list[str], suggestion: str) -> None:
    assert suggest(symbol, listed) == suggestion


def test_an_unknown_exchange_is_a_configuration_error_with_a_suggestion() -> None:
    with pytest.raises(ConfigurationError, match='there is no exchange "binanse"; did you mean "binance"'):
        quirk_for("binanse")


def test_any_other_exchange_of_ccxt_has_a_generic_quirk() -> None:
    assert [call.method for call in quirk_for("okx").calls] == ["fetch_tickers", "fetch_tickers", "fetch_funding_rates"]
    assert quirk_for("kraken").calls
