"""Inverse and dated contracts over the wire formats: listed where one is wanted, read to the digit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from hedgewatch.domain.instrument import InstrumentKind, InstrumentRef, OrderUnit, Payoff
from hedgewatch.domain.market import ExchangeOutcome, MarketReading, UnknownReason
from hedgewatch.exchanges.source import CcxtSource
from hedgewatch.monitoring.ports import Wanted
from hedgewatch.simulator.listings import Kind
from hedgewatch.simulator.market import World
from hedgewatch.simulator.server import SimulatedExchanges
from tests.exchanges.conftest import NOW

COIN_MARGINED = ("binance", "bybit", "bingx", "mexc")
DATED = ("binance", "bybit")
FACE = {"binance": 100, "bybit": 1, "bingx": 100, "mexc": 100}
INVERSE, PERPETUAL, SPOT = "BTC/USD:BTC", "BTC/USDT:USDT", "BTC/USDT"


@pytest.fixture(autouse=True)
def pinned(world: World) -> None:
    world.pin("BTC", spot="60000", futures=("60009", "60011"), inverse=("60019", "60021"), dated=("61499", "61501"))
    world.pin("BTC", mark="60015", index="60001", funding_rate="0.00012", settled_rate="0.0002")


async def read(source: CcxtSource, *symbols: str, since: datetime | None = None) -> tuple[Any, ...]:
    refs = tuple(InstrumentRef(exchange=source.exchange, symbol=symbol) for symbol in symbols)
    asked = {ref: since for ref in refs if ":" in ref.symbol} if since else {}
    answer = await source.fetch(Wanted(instruments=refs, settled_since=asked))
    assert (answer.outcome, answer.error) == (ExchangeOutcome.OK, None)
    assert all(isinstance(reading, MarketReading) for reading in answer.readings), answer.readings
    return (*answer.readings, answer)


@pytest.mark.parametrize("exchange", COIN_MARGINED)
async def test_an_inverse_perpetual_is_read_beside_a_linear_one(
    exchange: str, source: Any, server: SimulatedExchanges
) -> None:
    linear, inverse, spot, answer = await read(
        source(exchange, server.base_url), PERPETUAL, INVERSE, SPOT, since=NOW - timedelta(days=1)
    )
    assert (linear.quote.mid, inverse.quote.mid, spot.quote.mid) == (60010, 60020, 60000)
    assert (linear.instrument.payoff, inverse.instrument.payoff) == (Payoff.LINEAR, Payoff.INVERSE)
    assert inverse.instrument.contract_size == FACE[exchange]
    assert inverse.instrument.order_unit is OrderUnit.CONTRACTS
    assert (inverse.mark.mark_price, inverse.mark.index_price) == (60015, 60001)
    assert inverse.funding.rate == Decimal("0.00012")
    assert inverse.funding.settles_at == datetime(2026, 11, 24, 8, tzinfo=UTC)
    assert linear.problems == ()
    if exchange == "bingx":
        assert inverse.funding.interval_hours is None, "no call of it tells the interval of an inverse contract"
        assert inverse.funding.no_interval is UnknownReason.NOT_AVAILABLE
    else:
        assert inverse.funding.interval_hours == 8
        assert {settled.ref.symbol for settled in answer.settled} == {PERPETUAL, INVERSE}


@pytest.mark.parametrize("exchange", DATED)
@pytest.mark.parametrize(("kind", "stem"), [(Kind.FUTURE, PERPETUAL), (Kind.INVERSE_FUTURE, INVERSE)])
async def test_a_dated_future_has_its_expiry_and_no_funding(
    exchange: str, kind: Kind, stem: str, source: Any, server: SimulatedExchanges, world: World
) -> None:
    expiry = datetime.fromtimestamp((world.listing(exchange, "BTC", kind).expiry or 0) / 1000, UTC)
    dated, _ = await read(source(exchange, server.base_url), f"{stem}-{expiry:%y%m%d}", since=NOW - timedelta(days=1))
    assert (dated.instrument.kind, dated.instrument.expiry) == (InstrumentKind.FUTURE, expiry)
    assert (dated.quote.mid, dated.funding, dated.problems) == (61500, None, ())
    assert dated.mark.mark_price == 60015


@pytest.mark.parametrize("exchange", COIN_MARGINED)
async def test_inverse_contracts_are_not_asked_where_none_is_wanted(
    exchange: str, source: Any, server: SimulatedExchanges
) -> None:
    await read(source(exchange, server.base_url), PERPETUAL, SPOT)
    paths = {call.path for call in server.calls}
    assert not [path for path in paths if "dapi" in path or "cswap" in path], paths
