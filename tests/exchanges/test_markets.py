"""Markets: kept on a shelf, refreshed behind the back, never worsened by a bad reload."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from hedgewatch.domain.errors import ConfigurationError
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.market import ExchangeAnswer, ExchangeOutcome, MarketReading, ReadingFailure, UnknownReason
from hedgewatch.exchanges.listing import listing_of, suggest
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


async def reload(source: CcxtSource, clock: Any, *symbols: str, **duration: float) -> ExchangeAnswer:
    """Let a reload that is due then end, and read by what it left."""
    clock.pass_by(**duration or {"hours": 7})
    await read(source, *symbols)
    await source.markets.close()
    return await read(source, *symbols)


@pytest.mark.parametrize("exchange", EXCHANGES)
async def test_a_list_without_its_futures_is_an_outage(
    exchange: str, source: Any, server: SimulatedExchanges, clock: Any
) -> None:
    one = source(exchange, server.base_url)
    before = await read(one, SPOT, PERPETUAL)
    path = {
        "binance": "/fapi/v1/exchangeInfo",
        "bybit": "instruments-info",
        "bingx": "/swap/v2/quote/contracts",
        "weex": "/capi/v3/market/exchangeInfo",
        "mexc": "/contract/detail",
    }[exchange]
    server.faults.set(exchange, "empty_list", path=path)
    answer = await reload(one, clock, SPOT, PERPETUAL)
    assert [type(reading) for reading in answer.readings] == [MarketReading, MarketReading]
    assert answer.readings[1].instrument == before.readings[1].instrument  # type: ignore[union-attr]  # readings both
    assert answer.outcome is ExchangeOutcome.DEGRADED
    assert "before: the old are kept" in (answer.error or "")


@pytest.mark.parametrize("exchange", EXCHANGES)
async def test_a_list_of_a_third_is_an_outage_after_a_restart_as_well(
    exchange: str, source: Any, server: SimulatedExchanges, clock: Any
) -> None:
    await read(source(exchange, server.base_url), SPOT, PERPETUAL)
    second = source(exchange, server.base_url)
    await read(second, SPOT, PERPETUAL)
    for path in LISTS:
        server.faults.set(exchange, "shrunken", path=path, keep=3)
    answer = await reload(second, clock, SPOT, PERPETUAL)
    assert [type(reading) for reading in answer.readings] == [MarketReading, MarketReading]
    assert "the old are kept" in (answer.error or "")


@pytest.mark.parametrize("exchange", EXCHANGES)
async def test_a_wanted_market_that_is_gone_is_looked_for_twice(
    exchange: str, source: Any, server: SimulatedExchanges, clock: Any
) -> None:
    one = source(exchange, server.base_url)
    await read(one, SPOT, PERPETUAL)
    server.world.delist(exchange, "BTC", "perpetual")
    first = (await reload(one, clock, SPOT, PERPETUAL)).readings[1]
    assert isinstance(first, ReadingFailure)
    assert first.reason is UnknownReason.MISSING  # its row is gone already; that it is delisted is not believed yet
    second = (await reload(one, clock, SPOT, PERPETUAL, minutes=2)).readings[1]
    assert isinstance(second, ReadingFailure)
    assert second.reason is UnknownReason.UNKNOWN_SYMBOL
    assert 'has no market "BTC/USDT:USDT"; did you mean "' in second.detail
    assert one.markets.instrument(PERPETUAL) is None


async def test_a_market_that_was_missing_once_is_never_called_gone(
    source: Any, server: SimulatedExchanges, clock: Any
) -> None:
    one = source("bybit", server.base_url)
    await read(one, SPOT, PERPETUAL)
    server.faults.set("bybit", "missing", path="instruments-info", symbol="BTCUSDT")
    during = await reload(one, clock, SPOT, PERPETUAL)
    assert [type(reading) for reading in during.readings] == [MarketReading, MarketReading]
    assert "asked again before it is believed" in (during.error or "")
    server.faults.clear()
    assert (await reload(one, clock, SPOT, PERPETUAL, minutes=2)).outcome is ExchangeOutcome.OK


@pytest.mark.parametrize("exchange", ["binance", "bybit", "bingx", "mexc"])
async def test_a_halted_market_says_so(exchange: str, source: Any, server: SimulatedExchanges, clock: Any) -> None:
    one = source(exchange, server.base_url)
    await read(one, SPOT, PERPETUAL)
    server.world.change(exchange, "BTC", "perpetual", is_trading=False)
    answer = await reload(one, clock, SPOT, PERPETUAL)
    instrument = one.markets.instrument(PERPETUAL)
    assert instrument is not None
    assert instrument.active is False
    assert answer.readings[0].instrument.active is True  # type: ignore[union-attr]  # a reading


async def test_a_market_with_an_unreadable_size_keeps_its_old_one(
    source: Any, server: SimulatedExchanges, clock: Any, shelf: Any
) -> None:
    one = source("mexc", server.base_url)
    before = (await read(one, PERPETUAL)).readings[0]
    kept = shelf.kept["mexc"][PERPETUAL]
    for value in ("zero", "negative"):
        server.faults.set("mexc", "garbage", path="contract/detail", value=value, field="contractSize")
        answer = await reload(one, clock, PERPETUAL)
        server.faults.clear()
        assert answer.readings[0].instrument == before.instrument  # type: ignore[union-attr]  # readings both
        assert "unreadably" in (answer.error or "")
        assert shelf.kept["mexc"][PERPETUAL] == kept
    assert (await reload(one, clock, PERPETUAL)).outcome is ExchangeOutcome.OK


def test_a_renamed_market_is_suggested_by_its_id() -> None:
    def market(symbol: str, market_id: str) -> dict[str, Any]:
        return {"symbol": symbol, "id": market_id, "type": "swap"}

    known = {"LUNA/USDT:USDT": market("LUNA/USDT:USDT", "LUNAUSDT")}
    now = [market("LUNC/USDT:USDT", "LUNAUSDT"), market("LUNB/USDT:USDT", "X")]
    listing = listing_of(now, ["LUNA/USDT:USDT"], known)
    assert listing.unlisted == {"LUNA/USDT:USDT": "LUNC/USDT:USDT"}
