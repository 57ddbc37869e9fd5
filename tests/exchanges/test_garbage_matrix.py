"""The short form of the garbage matrix; ``python -m tests.benchmarks.garbage_matrix`` runs every cell."""

from __future__ import annotations

import sys
from dataclasses import replace
from decimal import Decimal

import pytest

from hedgewatch.domain.market import ExchangeAnswer, MarketReading
from tests.exchanges.conftest import EXCHANGES
from tests.exchanges.firing import Firing
from tests.exchanges.matrix import Asker, run_exchange, simulated
from tests.exchanges.relay import relayed
from tests.exchanges.spoiling import SPOILS

EVERY = 8  # no divisor of the number of bodies, so that each body meets some question


@pytest.mark.parametrize("exchange", EXCHANGES)
async def test_no_spoilt_body_becomes_a_number_or_a_silence(exchange: str) -> None:
    assert len(SPOILS) >= 30
    assert len(SPOILS) % EVERY
    async with simulated() as server:
        tally = await run_exchange(exchange, server.base_url, EVERY)
    sys.stdout.write(f"\n{tally.line(exchange)}\n")
    assert tally.bad == []
    assert tally.resolved == 0
    assert tally.judged > 10 * tally.counts["unknown and told"]
    assert tally.counts["unknown and told"] > 10


def believed(answer: ExchangeAnswer, factor: Decimal) -> ExchangeAnswer:
    """Return what a reader without doubts would have made of prices times ``factor``, funding and all."""
    readings = [
        replace(one, quote=one.quote and replace(one.quote, bid=one.quote.bid * factor, ask=one.quote.ask * factor))
        if isinstance(one, MarketReading) and one.ref.symbol == "BTC/USDT:USDT"
        else one
        for one in answer.readings
    ]
    return replace(answer, readings=tuple(readings))


async def test_the_alerts_of_the_matrix_would_end_at_an_invented_number() -> None:
    async with simulated() as server, relayed(server.base_url) as relay:
        right, _, _ = await Asker("binance", relay).good()
    firing = Firing("binance", right)
    assert {"drift", "basis_adverse", "negative_funding", "liquidation_distance", "leverage"} <= firing.rules
    assert {"cost_outweighs", "profit_target", "depeg"} <= firing.rules
    assert firing.resolved_by(right) == []
    assert "basis_adverse of plain" in firing.resolved_by(believed(right, Decimal("0.9")))
