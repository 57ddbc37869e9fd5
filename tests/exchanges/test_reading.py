"""Five exchanges over their wire formats: what the world says is what is read, to the digit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from hedgewatch.domain.instrument import InstrumentKind, InstrumentRef, OrderUnit
from hedgewatch.domain.market import ExchangeAnswer, ExchangeOutcome, MarketReading, ReadingFailure, UnknownReason
from hedgewatch.exchanges.source import CcxtSource
from hedgewatch.monitoring.ports import ExchangeSource, Wanted
from hedgewatch.simulator.listings import Kind
from hedgewatch.simulator.market import World
from hedgewatch.simulator.server import SimulatedExchanges

EXCHANGES = ("binance", "bybit", "bingx", "weex", "mexc")
NOW = datetime(2026, 11, 24, 3, 30, 0, 123_000, tzinfo=UTC)
SPOT, PERPETUAL = "BTC/USDT", "BTC/USDT:USDT"

each_exchange = pytest.mark.parametrize("exchange", EXCHANGES)


def refs(exchange: str, *symbols: str) -> tuple[InstrumentRef, ...]:
    return tuple(InstrumentRef(exchange=exchange, symbol=symbol) for symbol in symbols)


async def read(source: CcxtSource, *symbols: str, since: datetime | None = None) -> ExchangeAnswer:
    wanted = refs(source.exchange, *symbols)
    asked = {} if since is None else {ref: since for ref in wanted if ":" in ref.symbol}
    return await source.fetch(Wanted(instruments=wanted, settled_since=asked))


@pytest.fixture(autouse=True)
def pinned(world: World) -> None:
    world.pin("BTC", spot=("59999.5", "60000.5"), futures=("60010.1", "60010.3"), mark="60010.4", index="60001.2")
    world.pin("BTC", funding_rate="0.000063", settled_rate="-0.00054321")


@each_exchange
async def test_prices_and_funding_come_back_to_the_digit(
    exchange: str, source: Any, server: SimulatedExchanges
) -> None:
    one: ExchangeSource = source(exchange, server.base_url)
    answer = await read(one, SPOT, PERPETUAL)  # type: ignore[arg-type]  # the port is what the test asks for
    spot, futures = answer.readings
    assert (answer.outcome, answer.error, answer.retry_at) == (ExchangeOutcome.OK, None, None)
    assert isinstance(spot, MarketReading)
    assert isinstance(futures, MarketReading)
    assert spot.quote is not None
    assert (spot.quote.bid, spot.quote.ask) == (Decimal("59999.5"), Decimal("60000.5"))
    assert (spot.mark, spot.funding, spot.problems, futures.problems) == (None, None, (), ())
    assert futures.quote is not None
    assert (futures.quote.bid, futures.quote.ask) == (Decimal("60010.1"), Decimal("60010.3"))
    assert futures.mark is not None
    assert (futures.mark.mark_price, futures.mark.index_price) == (Decimal("60010.4"), Decimal("60001.2"))
    assert futures.funding is not None
    assert futures.funding.rate == Decimal("0.000063")
    assert futures.funding.interval_hours == 8
    assert futures.funding.settles_at == datetime(2026, 11, 24, 8, tzinfo=UTC)
    assert answer.skew_seconds is not None
    assert abs(answer.skew_seconds) < 1
    assert futures.quote.stamp.exchange_time == NOW


@each_exchange
async def test_a_four_hour_contract_is_told_from_an_eight_hour_one(
    exchange: str, source: Any, server: SimulatedExchanges, world: World
) -> None:
    world.pin("BTC", interval_hours=4)
    answer = await read(source(exchange, server.base_url), PERPETUAL, "ETH/USDT:USDT")
    btc, eth = answer.readings
    assert isinstance(btc, MarketReading)
    assert isinstance(eth, MarketReading)
    assert btc.funding is not None
    assert eth.funding is not None
    assert (btc.funding.interval_hours, eth.funding.interval_hours) == (4, 8)
    assert btc.funding.settles_at == datetime(2026, 11, 24, 4, tzinfo=UTC)


@each_exchange
async def test_settled_rates_come_with_their_own_interval(
    exchange: str, source: Any, server: SimulatedExchanges
) -> None:
    answer = await read(source(exchange, server.base_url), PERPETUAL, since=NOW - timedelta(hours=33))
    assert [(rate.settled_at.hour, rate.interval_hours) for rate in answer.settled] == [(0, 8), (8, 8), (16, 8), (0, 8)]
    assert answer.settled[-1].rate == Decimal("-0.00054321")
    again = await read(source(exchange, server.base_url), PERPETUAL, since=answer.settled[-1].settled_at)
    assert again.settled == ()


@each_exchange
async def test_instruments_carry_their_unit_and_grid(exchange: str, source: Any, server: SimulatedExchanges) -> None:
    _, futures = (await read(source(exchange, server.base_url), SPOT, PERPETUAL)).readings
    assert isinstance(futures, MarketReading)
    instrument = futures.instrument
    assert instrument.kind is InstrumentKind.PERPETUAL
    assert instrument.contract_size == (Decimal("0.0001") if exchange == "mexc" else 1)
    assert instrument.order_unit is (OrderUnit.CONTRACTS if exchange == "mexc" else OrderUnit.BASE)
    assert instrument.tick == server.world.listing(exchange, "BTC", Kind.PERPETUAL).tick
    assert instrument.lot_step is not None
    assert instrument.taker_fee is not None
    assert instrument.active is True


@each_exchange
async def test_an_unknown_symbol_disables_one_instrument_and_suggests_another(
    exchange: str, source: Any, server: SimulatedExchanges
) -> None:
    answer = await read(source(exchange, server.base_url), SPOT, "BTC/USDT:USD")
    good, unknown = answer.readings
    assert isinstance(good, MarketReading)
    assert isinstance(unknown, ReadingFailure)
    assert unknown.reason is UnknownReason.UNKNOWN_SYMBOL
    assert unknown.detail == f'{exchange} has no market "BTC/USDT:USD"; did you mean "BTC/USDT:USDT"?'
    assert answer.outcome is ExchangeOutcome.OK


@pytest.mark.parametrize("exchange", ["binance", "bybit"])
async def test_a_dated_future_has_an_expiry_and_no_funding(
    exchange: str, source: Any, server: SimulatedExchanges, world: World
) -> None:
    listing = world.listing(exchange, "BTC", Kind.FUTURE)
    assert listing.expiry is not None
    expiry = datetime.fromtimestamp(listing.expiry / 1000, UTC)
    answer = await read(source(exchange, server.base_url), f"BTC/USDT:USDT-{expiry:%y%m%d}")
    (future,) = answer.readings
    assert isinstance(future, MarketReading)
    assert future.quote is not None
    assert (future.instrument.expiry, future.funding, future.problems) == (expiry, None, ())


@each_exchange
async def test_a_later_cycle_asks_only_in_batches(exchange: str, source: Any, server: SimulatedExchanges) -> None:
    one = source(exchange, server.base_url)
    await read(one, SPOT, PERPETUAL)
    server.forget_calls()
    answer = await read(one, SPOT, PERPETUAL)
    assert answer.calls == {"bybit": 2, "mexc": 2}.get(exchange, 3)
    assert sum(server.counts[exchange].values()) == answer.calls  # type: ignore[index]  # the enum's values are ids
