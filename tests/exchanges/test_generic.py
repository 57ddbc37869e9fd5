"""An exchange that has no quirk of its own is read by ccxt's unified calls."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import ccxt.async_support
import pytest

from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.market import ExchangeOutcome, MarketReading
from hedgewatch.exchanges.quirks.generic import quirk_of
from hedgewatch.exchanges.source import CcxtSource, Patience
from hedgewatch.monitoring.ports import Wanted
from hedgewatch.simulator.server import SimulatedExchanges


@pytest.fixture
def loud() -> Iterator[None]:
    root, level = logging.getLogger(), logging.getLogger().level
    root.setLevel(logging.DEBUG)
    yield
    root.setLevel(level)


@pytest.mark.parametrize("batch", [True, False])
@pytest.mark.usefixtures("loud")
async def test_the_generic_quirk_reads_by_unified_calls(
    server: SimulatedExchanges, clock: Any, shelf: Any, caplog: pytest.LogCaptureFixture, *, batch: bool
) -> None:
    server.world.pin("BTC", futures=("60010.1", "60010.3"), spot=("59999.5", "60000.5"), funding_rate="0.000063")
    has = ccxt.async_support.bybit().has | {"fetchTickers": batch, "fetchFundingRates": batch}
    one = CcxtSource(
        exchange="bybit",
        base_url=server.base_url,
        patience=Patience(answer_seconds=Decimal(10), listing_seconds=Decimal(20)),
        shelf=shelf,
        clock=clock,
        quirk=quirk_of("bybit", has),
    )
    one.client.timeout_on_exit = 1
    wanted = tuple(InstrumentRef(exchange="bybit", symbol=symbol) for symbol in ("BTC/USDT", "BTC/USDT:USDT"))
    answer = await one.fetch(Wanted(instruments=wanted, settled_since={}))
    await one.close()
    spot, futures = answer.readings
    assert (answer.outcome, answer.error) == (ExchangeOutcome.OK, None)
    assert isinstance(spot, MarketReading)
    assert isinstance(futures, MarketReading)
    assert spot.quote is not None
    assert futures.quote is not None
    assert futures.funding is not None
    assert (spot.quote.bid, futures.quote.ask) == (Decimal("59999.5"), Decimal("60010.3"))
    assert (futures.funding.rate, futures.funding.interval_hours) == (Decimal("0.000063"), 8)
    assert not [record for record in caplog.records if record.name.startswith("ccxt")]
