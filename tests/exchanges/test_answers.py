"""The cut: an answer of the wanted rows only, with ccxt's parse of the whole answer as the oracle."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.market import MarketReading
from hedgewatch.exchanges.answers import cut, decode_and_cut, decode_exactly
from hedgewatch.exchanges.quirks.shape import Call
from hedgewatch.monitoring.ports import Wanted
from hedgewatch.simulator.market import World
from hedgewatch.simulator.server import SimulatedExchanges

EXCHANGES = ("binance", "bybit", "bingx", "weex", "mexc")
LIST = Call(name="x", method="x", futures=True, path="/x", rows=("data",))
FUTURES_TICKERS = {"bybit": "fetch_tickers", "bingx": "fetch_tickers", "mexc": "fetch_tickers"}


def refs(exchange: str, *symbols: str) -> tuple[InstrumentRef, ...]:
    return tuple(InstrumentRef(exchange=exchange, symbol=symbol) for symbol in symbols)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=12, min_value=-(10**9), max_value=10**9))
def test_a_bare_fraction_arrives_with_every_digit(number: Decimal) -> None:
    text = f"{number:f}"
    body = f'{{"data": [{{"symbol": "A", "x": {text}}}, {{"symbol": "B", "x": 1.5}}]}}'
    for answer in (decode_exactly(body), decode_and_cut(body, LIST, {"A"})):
        assert Decimal(answer["data"][0]["x"]) == number


def test_a_small_rate_keeps_its_exponent_form_exact() -> None:
    assert Decimal(decode_exactly('{"fundingRate": 6.3e-05}')["fundingRate"]) == Decimal("0.000063")
    big = 2**70
    row = decode_and_cut(f'{{"data": [{{"symbol": "A", "x": {big}}}]}}', LIST, {"A"})["data"][0]
    assert Decimal(row["x"]) == big


@pytest.mark.parametrize("body", ["{", '{"a": NaN}', '{"a": Infinity}', "[1,]", "<html>"])
def test_what_is_no_json_is_refused(body: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  json and orjson word it differently
        decode_exactly(body)


@pytest.mark.parametrize(
    "answer",
    [{"data": None}, {"data": "x"}, {"other": []}, {"data": [1, 2]}, {"data": [{"id": "A"}]}, [], {"code": 1}],
)
def test_an_answer_of_unknown_form_stays_whole(answer: Any) -> None:
    assert cut(answer, LIST, {"A"}) == answer


def test_an_answer_is_cut_to_the_wanted_rows_without_changing_the_old_one() -> None:
    answer = {"code": 0, "data": [{"symbol": "A"}, {"symbol": "B"}]}
    assert cut(answer, LIST, {"A"}) == {"code": 0, "data": [{"symbol": "A"}]}
    assert len(answer["data"]) == 2  # type: ignore[arg-type]  # a list


@pytest.mark.parametrize("exchange", EXCHANGES)
async def test_ccxt_parses_the_cut_answer_as_it_parses_the_whole(
    exchange: str, source: Any, server: SimulatedExchanges, world: World
) -> None:
    one = source(exchange, server.base_url)
    futures = [f"{listing.asset.name}/USDT:USDT" for listing in world.listings(exchange) if listing.kind == "perpetual"]
    spots = [f"{listing.asset.name}/USDT" for listing in world.listings(exchange) if listing.kind == "spot"]
    await one.markets.ready([*spots, *futures])
    questions: list[tuple[str, list[str], bool]] = [
        ("fetch_bids_asks" if exchange not in {"bybit", "bingx"} else "fetch_tickers", spots, False),
        (FUTURES_TICKERS.get(exchange, "fetch_bids_asks"), futures, True),
    ]
    if exchange != "mexc":
        questions.append(("fetch_funding_rates", futures, True))
    for method, symbols, is_futures in questions:
        few = symbols[::3]
        one.door.wanted = None
        whole = await getattr(one.client, method)(symbols)
        ids = frozenset(one.markets.market_id(symbol) for symbol in few)
        one.door.wanted = {is_futures: ids}
        small = await getattr(one.client, method)(few)
        assert len(few) > 1
        assert json.dumps(small, sort_keys=True) == json.dumps({s: whole[s] for s in few}, sort_keys=True)


@pytest.mark.parametrize("exchange", EXCHANGES)
async def test_our_reading_says_what_ccxt_says_of_the_whole_answer(
    exchange: str, source: Any, server: SimulatedExchanges, world: World
) -> None:
    one = source(exchange, server.base_url)
    perpetuals = [f"{x.asset.name}/USDT:USDT" for x in world.listings(exchange) if x.kind == "perpetual"]
    answer = await one.fetch(Wanted(instruments=refs(exchange, *perpetuals[::2]), settled_since={}))
    one.door.wanted = None
    await one.markets.ready(perpetuals)
    books = await getattr(one.client, FUTURES_TICKERS.get(exchange, "fetch_bids_asks"))(perpetuals)
    rates = {} if exchange == "mexc" else await one.client.fetch_funding_rates(perpetuals)
    for reading in answer.readings:
        assert isinstance(reading, MarketReading)
        assert reading.quote is not None
        assert reading.funding is not None
        assert reading.mark is not None
        book = books[reading.ref.symbol]
        rate = rates.get(reading.ref.symbol) or await one.client.fetch_funding_rate(reading.ref.symbol)
        assert (str(reading.quote.bid), str(reading.quote.ask)) == (book["bid"], book["ask"])
        coming = rate["nextFundingRate"] if exchange == "weex" else rate["fundingRate"]
        assert reading.funding.rate == Decimal(coming)
        stamp = rate["nextFundingTimestamp"] if exchange in {"weex", "bingx"} else rate["fundingTimestamp"]
        assert reading.funding.settles_at is not None
        assert reading.funding.settles_at.timestamp() * 1000 == stamp
        if rate["interval"] is not None:
            assert f"{reading.funding.interval_hours:f}h" == rate["interval"]
        if rate["markPrice"] is not None:
            assert reading.mark.mark_price == Decimal(rate["markPrice"])
