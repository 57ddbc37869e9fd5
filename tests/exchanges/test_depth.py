"""The order book of one future: read whole and in order, or not at all."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.market import OrderBook, Stamp, UnknownReason
from hedgewatch.exchanges.answers import decode_exactly
from hedgewatch.exchanges.depth import parse_book, read_book
from hedgewatch.exchanges.faults import Fault
from hedgewatch.exchanges.parse import UnreadableError
from hedgewatch.exchanges.quirks import QUIRKS
from hedgewatch.exchanges.quirks.generic import quirk_of
from hedgewatch.exchanges.quirks.shape import Depth
from hedgewatch.simulator.market import World
from hedgewatch.simulator.server import SimulatedExchanges

RESPONSES = Path(__file__).resolve().parents[3] / "shared" / "exchange-responses"
STAMP = Stamp(exchange_time=None, received_at=datetime(2026, 4, 7, tzinfo=UTC), source="recorded")
PLAN = Depth(name="depth", method="")
EXCHANGES = ("binance", "bybit", "bingx", "weex", "mexc")
SECONDS = Decimal(5)
GOOD = {"bids": [["99", "1"], ["98", "2"]], "asks": [["101", "3"], ["102", "4"]]}


def plan_of(exchange: str) -> Depth:
    plan = QUIRKS[exchange].depth
    assert plan is not None
    return plan


def numbers(*levels: tuple[str, str]) -> tuple[tuple[Decimal, Decimal], ...]:
    return tuple((Decimal(price), Decimal(quantity)) for price, quantity in levels)


@pytest.mark.shared
@pytest.mark.skipif(not RESPONSES.is_dir(), reason="the folder of recorded answers is not beside the project")
@pytest.mark.parametrize(
    ("exchange", "path", "bid", "ask", "milliseconds"),
    [
        ("binance", "binance/fetchOrderBook-swap.json", ("2493.56", "20.189"), ("2493.57", "0.877"), 1618631511964),
        ("bybit", "bybit/fetchOrderBook-swap.json", ("42544.7", "172.404"), ("42548", "108.998"), 1706803948569),
        ("bingx", "bingx/fetchOrderBook-linear.json", ("83760.7", "7.0861"), ("83780.1", "18.0617"), 1743240836255),
        ("weex", "weex/fetchOrderBook-spot.json", ("2099.34", "0.44953"), None, None),
        ("mexc", "mexc/fetchOrderBook-swap.json", ("3445.55", "44081"), ("3445.72", "48379"), 1634117846232),
    ],
)
def test_a_recorded_book_is_read_best_first(
    exchange: str,
    path: str,
    bid: tuple[str, str],
    ask: tuple[str, str] | None,
    milliseconds: int | None,
) -> None:
    answer = decode_exactly(json.dumps(json.loads((RESPONSES / path).read_text())["httpResponse"]))
    book = parse_book(answer, plan_of(exchange), STAMP)
    assert book.bids[0] == numbers(bid)[0]
    assert ask is None or book.asks[0] == numbers(ask)[0]
    assert [price for price, _ in book.bids] == sorted((price for price, _ in book.bids), reverse=True)
    assert [price for price, _ in book.asks] == sorted(price for price, _ in book.asks)
    told = book.stamp.exchange_time
    assert (None if told is None else round(told.timestamp() * 1000)) == milliseconds


@pytest.mark.parametrize(
    "answer",
    [
        {"bids": [["98", "2"], ["99", "1"]], "asks": [["102", "4"], ["101", "3"]]},
        {"bids": [[99, 1, 7], [98, 2, 1]], "asks": [[101, 3, 1], [102, 4, 1]]},
        {"bids": [[99.0, 1.0], [98.0, 2.0]], "asks": [[101.0, 3.0], [102.0, 4.0]]},
        {"bids": [["99", "1"], ["98.5", "0"], ["98", "2"]], "asks": [["101", "3"], ["102", "4"]]},
    ],
    ids=["backwards", "bare", "floats", "an empty level"],
)
def test_a_book_is_read_however_it_is_written(answer: Any) -> None:
    book = parse_book(answer, PLAN, STAMP, Decimal(100))
    assert book.bids == numbers(("99", "1"), ("98", "2"))
    assert book.asks == numbers(("101", "3"), ("102", "4"))


@pytest.mark.parametrize(
    "answer",
    [
        *(None, [], "<html>", {}, {"bids": [], "asks": []}, {"bids": None, "asks": None}),
        {**GOOD, "bids": []},
        {**GOOD, "asks": [["101", "0"]]},
        {**GOOD, "bids": [["99"]]},
        {**GOOD, "bids": ["99,1"]},
        {**GOOD, "bids": [None]},
        {**GOOD, "bids": [{"price": "99"}]},
        {**GOOD, "bids": [["99", "much"]]},
        {**GOOD, "bids": [["NaN", "1"]]},
        {**GOOD, "bids": [["99", "-1"]]},
        {**GOOD, "bids": [["0", "1"]]},
        {**GOOD, "bids": [[None, "1"]]},
        {**GOOD, "bids": [[True, "1"]]},
        {**GOOD, "bids": [[float("inf"), 1.0]]},
        {**GOOD, "bids": [["1e30", "1"]]},
        {**GOOD, "bids": [["101.5", "1"]]},
        {**GOOD, "asks": [["5000", "1"]]},
        {"bids": [["9", "1"]], "asks": [["10", "1"]]},
    ],
)
def test_garbage_is_no_book(answer: Any) -> None:
    with pytest.raises(UnreadableError):
        parse_book(answer, PLAN, STAMP, Decimal(100))


@pytest.mark.parametrize("exchange", EXCHANGES)
async def test_the_book_of_every_exchange_is_in_contracts_and_around_its_quote(
    exchange: str, source: Any, server: SimulatedExchanges, world: World, clock: Any
) -> None:
    world.pin("BTC", spot="60000", futures=("59990", "60010"))
    one, ref = source(exchange, server.base_url), InstrumentRef(exchange=exchange, symbol="BTC/USDT:USDT")
    await one.markets.ready([ref.symbol])
    book = await read_book(one, ref, clock, seconds=SECONDS, reference=Decimal(60000))
    assert isinstance(book, OrderBook), book
    assert (book.bids[0][0], book.asks[0][0]) == (59990, 60010)
    assert len(book.bids) >= 100
    instrument = one.markets.instrument(ref.symbol)
    coins = book.bids[0][1] * instrument.contract_size
    assert Decimal("0.5") < coins < 10
    assert (book.stamp.exchange_time is None) == (exchange == "weex")
    assert one.door.calls <= 20


@pytest.mark.parametrize("kind", ["html", "truncated", "empty_list", "empty_body", "null", "503", "429", "reset"])
async def test_a_book_that_an_exchange_garbles_is_a_fault_and_no_book(
    kind: str, source: Any, server: SimulatedExchanges, clock: Any
) -> None:
    one, ref = source("mexc", server.base_url), InstrumentRef(exchange="mexc", symbol="BTC/USDT:USDT")
    await one.markets.ready([ref.symbol])
    server.faults.set("mexc", kind, path="/depth/")
    found = await read_book(one, ref, clock, seconds=SECONDS)
    assert isinstance(found, Fault), found
    assert "mexc" in found.text


async def test_a_book_that_is_late_or_far_off_is_a_fault(source: Any, server: SimulatedExchanges, clock: Any) -> None:
    one, ref = source("binance", server.base_url), InstrumentRef(exchange="binance", symbol="BTC/USDT:USDT")
    await one.markets.ready([ref.symbol])
    far = await read_book(one, ref, clock, seconds=SECONDS, reference=Decimal(130_000))
    assert isinstance(far, Fault)
    assert far.reason is UnknownReason.OUT_OF_RANGE
    late = await read_book(one, ref, clock, seconds=Decimal(0))
    assert isinstance(late, Fault)
    assert late.reason is UnknownReason.TIMEOUT


def test_an_exchange_of_which_only_ccxt_is_known_is_asked_by_its_unified_call_if_it_has_one() -> None:
    with_book, without = quirk_of("okx", {"fetchOrderBook": True}), quirk_of("okx", {})
    assert with_book.depth is not None
    assert with_book.depth.unified
    assert without.depth is None
