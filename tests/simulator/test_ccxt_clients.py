"""The real ccxt clients, pointed at the server, read what the world says."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from hedgewatch.simulator.listings import HOUR, Kind
from hedgewatch.simulator.market import World
from hedgewatch.simulator.server import SimulatedExchanges

EXCHANGES = ("binance", "bybit", "bingx", "weex", "mexc")
NOW = 1_795_500_000_123
SPOT, PERPETUAL = "BTC/USDT", "BTC/USDT:USDT"
OTHER_SPOT, OTHER_PERPETUAL = "ETH/USDT", "ETH/USDT:USDT"

pytestmark = pytest.mark.parametrize("exchange", EXCHANGES)
Connect = Callable[..., Any]


@pytest.fixture(autouse=True)
def pinned(world: World) -> None:
    world.pin("BTC", spot=("59999.5", "60000.5"), futures=("60010.1", "60010.3"), mark="60010.4", index="60001.2")
    world.pin("BTC", funding_rate="0.00012345", settled_rate="-0.00054321")


def exact(*figures: Any) -> list[Decimal]:
    return [Decimal(str(figure)) for figure in figures]


async def test_markets_load_with_their_steps_and_sizes(exchange: str, connect: Connect, world: World) -> None:
    client = connect(exchange)
    markets = await client.load_markets()
    assert len(markets) == len(world.listings(exchange))
    for symbol, kind in ((SPOT, Kind.SPOT), (PERPETUAL, Kind.PERPETUAL)):
        market, listing = markets[symbol], world.listing(exchange, "BTC", kind)
        assert market["active"]
        assert exact(market["precision"]["price"], market["precision"]["amount"])[0] == listing.tick
        assert (market["type"], market["linear"]) == (("spot", None) if kind is Kind.SPOT else ("swap", True))
    expected = {"mexc": Decimal("0.0001"), "weex": Decimal("0.001")}.get(exchange, Decimal(1))
    assert Decimal(str(markets[PERPETUAL]["contractSize"])) == expected


async def test_a_dated_future_is_listed_where_it_trades(exchange: str, connect: Connect, world: World) -> None:
    markets = await connect(exchange).load_markets()
    dated = sorted(market["symbol"][:-7] for market in markets.values() if market["future"])
    if exchange in {"binance", "bybit"}:
        assert dated == ["BTC/USD:BTC", "BTC/USDT:USDT"]
        expiry = world.listing(exchange, "BTC", Kind.FUTURE).expiry
        assert {market["expiry"] for market in markets.values() if market["future"]} == {expiry}
    else:
        assert dated == []


async def test_spot_bids_and_asks_come_back_to_the_digit(exchange: str, connect: Connect) -> None:
    books = await connect(exchange).fetch_bids_asks([SPOT, OTHER_SPOT])
    assert set(books) == {SPOT, OTHER_SPOT}
    assert exact(books[SPOT]["bid"], books[SPOT]["ask"]) == exact("59999.5", "60000.5")


async def test_perpetual_bids_and_asks_come_from_the_batch_call_that_has_them(exchange: str, connect: Connect) -> None:
    client = connect(exchange)
    fetch = client.fetch_tickers if exchange in {"bingx", "mexc"} else client.fetch_bids_asks
    books = await fetch([PERPETUAL, OTHER_PERPETUAL])
    assert set(books) == {PERPETUAL, OTHER_PERPETUAL}
    assert exact(books[PERPETUAL]["bid"], books[PERPETUAL]["ask"]) == exact("60010.1", "60010.3")


async def test_tickers_have_last_prices_and_the_exchanges_known_gaps(exchange: str, connect: Connect) -> None:
    client = connect(exchange)
    spot, futures = await client.fetch_tickers([SPOT]), await client.fetch_tickers([PERPETUAL, OTHER_PERPETUAL])
    assert Decimal(spot[SPOT]["last"]) in exact("59999.5", "60000.5")
    assert (futures[PERPETUAL]["bid"] is None) == (exchange in {"binance", "weex"})
    assert futures[PERPETUAL]["timestamp"] == (None if exchange == "bybit" else NOW)


async def test_mark_and_index_come_back_to_the_digit(exchange: str, connect: Connect) -> None:
    client = connect(exchange)
    if exchange == "mexc":
        raw = (await client.fetch_tickers([PERPETUAL]))[PERPETUAL]["info"]
        mark, index = raw["fairPrice"], raw["indexPrice"]
    elif exchange == "bybit":
        found = (await client.fetch_tickers([PERPETUAL]))[PERPETUAL]
        mark, index = found["markPrice"], found["indexPrice"]
    else:
        found = (await client.fetch_funding_rates([PERPETUAL]))[PERPETUAL]
        mark, index = found["markPrice"], found["indexPrice"]
    assert exact(mark, index) == exact("60010.4", "60001.2")


async def test_the_coming_rate_stands_where_each_exchange_puts_it(exchange: str, connect: Connect) -> None:
    client = connect(exchange)
    rate = (
        await client.fetch_funding_rate(PERPETUAL)
        if exchange == "mexc"
        else (await client.fetch_funding_rates([PERPETUAL, OTHER_PERPETUAL]))[PERPETUAL]
    )
    name = "nextFundingRate" if exchange == "weex" else "fundingRate"
    settlement = "nextFundingTimestamp" if exchange in {"weex", "bingx"} else "fundingTimestamp"
    assert Decimal(rate[name]) == Decimal("0.00012345")
    assert rate[settlement] == NOW - NOW % (8 * HOUR) + 8 * HOUR
    assert rate["interval"] == (None if exchange == "binance" else "8h")
    if exchange == "weex":
        assert Decimal(rate["fundingRate"]) == Decimal("-0.00054321")


async def test_a_four_hour_contract_says_so(exchange: str, connect: Connect, world: World) -> None:
    world.pin("ETH", exchange=exchange, interval_hours=4)
    client = connect(exchange)
    if exchange == "binance":
        intervals = await client.fetch_funding_intervals()
        assert {"XYZ/USDT:USDT", OTHER_PERPETUAL} <= set(intervals)
        assert PERPETUAL not in intervals
        found = intervals[OTHER_PERPETUAL]
    else:
        found = await client.fetch_funding_rate(OTHER_PERPETUAL)
    assert found["interval"] == "4h"


async def test_past_rates_are_the_worlds(exchange: str, connect: Connect, world: World) -> None:
    rates = await connect(exchange).fetch_funding_rate_history(PERPETUAL, None, 5)
    expected = world.history(world.listing(exchange, "BTC", Kind.PERPETUAL), 0, NOW, 5)
    assert [(rate["timestamp"], Decimal(rate["fundingRate"])) for rate in rates] == expected
    assert expected[-1][1] == Decimal("-0.00054321")


async def test_past_rates_can_be_asked_from_a_moment_on(exchange: str, connect: Connect) -> None:
    since = NOW - 24 * HOUR
    rates = await connect(exchange).fetch_funding_rate_history(PERPETUAL, since, 20)
    assert len(rates) == 3
    assert all(since <= rate["timestamp"] <= NOW for rate in rates)


async def test_books_begin_at_the_pinned_prices(exchange: str, connect: Connect) -> None:
    client = connect(exchange)
    for symbol, bid, ask in ((SPOT, "59999.5", "60000.5"), (PERPETUAL, "60010.1", "60010.3")):
        book = await client.fetch_order_book(symbol, 5)
        assert exact(book["bids"][0][0], book["asks"][0][0]) == exact(bid, ask)
        assert len(book["bids"]) == (15 if exchange == "weex" else 5)


async def test_mexc_books_count_contracts_and_the_others_coins(exchange: str, connect: Connect, world: World) -> None:
    book = await connect(exchange).fetch_order_book(PERPETUAL, 5)
    coins = world.quote(world.listing(exchange, "BTC", Kind.PERPETUAL), NOW).bid_size
    amount = Decimal(str(book["bids"][0][1]))
    assert amount * (Decimal("0.0001") if exchange == "mexc" else 1) == coins


async def test_the_exchanges_clock_can_be_read(exchange: str, connect: Connect) -> None:
    client = connect(exchange)
    assert await client.fetch_time() == NOW
    if exchange != "bingx":
        assert await client.fetch_time({"type": "swap"} if exchange != "bybit" else {}) == NOW


async def test_every_call_is_counted(exchange: str, connect: Connect, server: SimulatedExchanges) -> None:
    await connect(exchange).fetch_time()
    assert [(call.exchange, call.method, call.at) for call in server.calls] == [(exchange, "GET", NOW)]
    assert sum(server.counts[server.calls[0].exchange].values()) == 1


async def test_an_unknown_symbol_is_refused_in_the_exchanges_words(exchange: str, connect: Connect) -> None:
    client = connect(exchange)
    await client.load_markets()
    market = client.market(PERPETUAL)
    market["id"] = market["id"].replace("BTC", "GONE")
    with pytest.raises(Exception, match=r"(?i)symbol"):
        await client.fetch_order_book(PERPETUAL)
