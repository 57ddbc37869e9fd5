from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from hedgewatch.simulator.listings import Exchange, Kind
from hedgewatch.simulator.market import World
from hedgewatch.simulator.registry import Accounts

NOW = 1_795_500_000_123


@pytest.mark.parametrize("exchange", list(Exchange))
def test_a_furnished_treasury_is_hedged_and_has_a_past(exchange: Exchange, world: World, clock: Any) -> None:
    accounts = Accounts(world, clock)
    account = accounts.add(exchange, "treasury", key="k", secret="s")
    accounts.command(exchange, "treasury", "furnish")
    statement = account.statement(NOW)
    owned = sum(purse.balance for (_, asset), purse in account.purses.items() if asset == "BTC")
    short = statement.positions(Kind.PERPETUAL)[0]
    assert short.contracts * short.listing.contract_size == pytest.approx(-owned, abs=Decimal("0.6"))
    assert len([one for one in account.payments if one.kind is Kind.PERPETUAL]) == 9
    assert all(held.liquidation is None or held.liquidation > 75_000 for held in statement.held)
    again = Accounts(World(7, "calm", NOW - 1_000), lambda: NOW)
    other = again.add(exchange, "treasury", key="k", secret="s")
    again.furnish(other)
    assert [one.contracts for one in other.positions] == [one.contracts for one in account.positions]
