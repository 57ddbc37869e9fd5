"""What a holding is worth, and what it cost."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hedgewatch.domain.inventory import value_holding
from tests.domain.samples import holding

COLD = replace(holding("5"), cost_basis=Decimal(42000))
LIDO = replace(COLD, asset="stETH", counts_as_asset="ETH", counts_as_per_unit=Decimal("1.1"), cost_basis=None)


def test_value_less_cost_is_what_is_not_realised() -> None:
    valued = value_holding(COLD, Decimal(5), Decimal(60000))
    assert (valued.value_usd, valued.cost_basis_usd, valued.unrealised_pnl_usd) == (300000, 210000, 90000)


def test_a_wrapped_coin_is_worth_what_it_counts_as() -> None:
    valued = value_holding(LIDO, Decimal(30), Decimal(2000))
    assert (valued.price_usd, valued.value_usd, valued.cost_basis_usd) == (2200, 66000, None)


def test_what_is_not_known_stays_unknown() -> None:
    assert value_holding(COLD, None, Decimal(60000)).value_usd is None
    unpriced = value_holding(COLD, Decimal(5), None)
    assert (unpriced.value_usd, unpriced.cost_basis_usd, unpriced.unrealised_pnl_usd) == (None, 210000, None)
    assert value_holding(COLD, Decimal(0), Decimal(60000)).value_usd == 0
