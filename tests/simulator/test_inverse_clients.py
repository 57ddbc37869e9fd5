"""The real ccxt clients read the coin-margined contracts of the four exchanges that have them, dated ones included."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from hedgewatch.simulator.listings import HOUR, Kind
from hedgewatch.simulator.market import World

NOW = 1_795_500_000_123
INVERSE, LINEAR = "BTC/USD:BTC", "BTC/USDT:USDT"
Connect = Callable[..., Any]

pytestmark = pytest.mark.parametrize("exchange", ["binance", "bybit", "bingx", "mexc"])


@pytest.fixture(autouse=True)
def pinned(world: World) -> None:
    world.pin("BTC", spot="60000", futures="60001", inverse=("60010.1", "60010.3"), mark="60010.4", index="60001.2")
    world.pin("BTC", funding_rate="0.00012345", settled_rate="-0.00054321")


async def test_markets_have_their_face_and_settle_in_coins(exchange: str, connect: Connect) -> None:
    market = (await connect(exchange).load_markets())[INVERSE]
    assert (market["inverse"], market["linear"], market["settle"], market["active"]) == (True, False, "BTC", True)
    assert Decimal(market["contractSize"]) == (1 if exchange == "bybit" else 100)


async def test_books_begin_at_the_pinned_prices_and_count_contracts(
    exchange: str, connect: Connect, world: World
) -> None:
    client = connect(exchange)
    book = await client.fetch_order_book(INVERSE, 5)
    quote = world.quote(world.listing(exchange, "BTC", Kind.INVERSE), NOW)
    found = [Decimal(str(book[side][0][0])) for side in ("bids", "asks")]
    assert found == [Decimal("60010.1"), Decimal("60010.3")]
    assert Decimal(str(book["bids"][0][1])) == quote.bid_size
    tops = await (client.fetch_bids_asks if exchange == "binance" else client.fetch_tickers)([INVERSE])
    assert (tops[INVERSE]["bid"], tops[INVERSE]["ask"]) == ("60010.1", "60010.3")


async def test_the_coming_rate_mark_and_settlement_come_back(exchange: str, connect: Connect) -> None:
    client = connect(exchange)
    rate = await client.fetch_funding_rate(INVERSE)
    assert Decimal(rate["fundingRate"]) == Decimal("0.00012345")
    assert (rate["fundingTimestamp"] or rate["nextFundingTimestamp"]) == NOW - NOW % (8 * HOUR) + 8 * HOUR
    if exchange == "mexc":
        raw = (await client.fetch_tickers([INVERSE]))[INVERSE]["info"]
        assert (raw["fairPrice"], raw["indexPrice"]) == (60010.4, 60001.2)
    else:
        assert (Decimal(rate["markPrice"]), Decimal(rate["indexPrice"])) == (Decimal("60010.4"), Decimal("60001.2"))


async def test_past_rates_are_the_worlds(exchange: str, connect: Connect, world: World) -> None:
    if exchange == "bingx":
        pytest.skip("BingX has no past rates of coin-margined contracts")
    rates = await connect(exchange).fetch_funding_rate_history(INVERSE, None, 5)
    expected = world.history(world.listing(exchange, "BTC", Kind.INVERSE), 0, NOW, 5)
    assert [(rate["timestamp"], Decimal(rate["fundingRate"])) for rate in rates] == expected


async def test_a_dated_inverse_future_has_a_book_and_no_funding(exchange: str, connect: Connect, world: World) -> None:
    client = connect(exchange)
    markets = await client.load_markets()
    dated = [name for name, market in markets.items() if market["future"] and market["inverse"]]
    if exchange not in {"binance", "bybit"}:
        assert dated == []
        return
    world.pin("BTC", dated=("61000", "61001"))
    book = await client.fetch_order_book(dated[0], 5)
    assert [Decimal(str(book[side][0][0])) for side in ("bids", "asks")] == [61_000, 61_001]
    assert (await client.fetch_tickers([dated[0]]))[dated[0]]["last"] in {"61000", "61001"}


async def test_linear_and_inverse_stay_apart(exchange: str, connect: Connect) -> None:
    client = connect(exchange)
    rates = await client.fetch_funding_rates([LINEAR]) if exchange != "mexc" else {LINEAR: None}
    assert set(rates) == {LINEAR}
    (ticker,) = (await client.fetch_tickers([LINEAR])).values()
    assert ticker["symbol"] == LINEAR
    assert ticker["last"] == "60001"
