"""The short form of the garbage matrix; ``python -m tests.benchmarks.garbage_matrix`` runs every cell."""

from __future__ import annotations

import sys

import pytest

from tests.exchanges.conftest import EXCHANGES
from tests.exchanges.matrix import run_exchange, simulated
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
    assert tally.counts["unknown and told"] > 10
