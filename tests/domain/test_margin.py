"""Margin: tiers, usage, what survives a move, the queue of automatic deleveraging."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgewatch.domain.errors import InvalidValueError
from hedgewatch.domain.instrument import Payoff, PositionSide
from hedgewatch.domain.liquidation import liq_price
from hedgewatch.domain.margin import (
    adl_score,
    cross_margin,
    cut_to_survive,
    effective_leverage,
    maintenance_margin,
    margin_topup,
    margin_usage,
    tier_cums,
    usage_of,
    volume_tiers,
)

D = Decimal
BINANCE = tuple(
    (D(floor), D(mmr))
    for floor, mmr in {
        "0": "0.004", "50000": "0.005", "250000": "0.01", "1000000": "0.025", "10000000": "0.05", "20000000": "0.1",
        "50000000": "0.125", "100000000": "0.15", "200000000": "0.25", "300000000": "0.5",
    }.items()
)  # fmt: skip
COIN_M = ((D(0), D("0.004")), (D(5), D("0.005")), (D(10), D("0.01")), (D(20), D("0.025")))


def amounts(lowest: str, highest: str) -> st.SearchStrategy[Decimal]:
    return st.decimals(lowest, highest, allow_nan=False, allow_infinity=False, places=6)


@pytest.mark.parametrize("boundary", [floor for floor, _ in BINANCE[1:]])
def test_the_maintenance_margin_does_not_jump_where_a_tier_begins(boundary: Decimal) -> None:
    at, beyond = maintenance_margin(BINANCE, boundary), maintenance_margin(BINANCE, boundary + D("1e-12"))
    assert beyond.tier == at.tier + 1
    assert abs(beyond.mm - at.mm) < D("1e-11")


@given(notional=amounts("0", "400000000"))
@settings(deadline=None)
def test_the_maintenance_margin_is_what_the_tiers_add_up_to(notional: Decimal) -> None:
    """Count it by slices, each at its own tier's rate: the second derivation of the deductions."""
    ends = [*(floor for floor, _ in BINANCE[1:]), max(notional, BINANCE[-1][0])]
    slices = (
        (min(notional, end) - floor) * mmr for (floor, mmr), end in zip(BINANCE, ends, strict=True) if notional > floor
    )
    assert maintenance_margin(BINANCE, notional).mm == sum(slices)


def test_the_deductions_of_coin_margined_tiers_are_coins() -> None:
    assert maintenance_margin(COIN_M, D(15)).mm == D(5) * D("0.004") + D(5) * D("0.005") + D(5) * D("0.01")


@pytest.mark.parametrize(
    ("tiers", "place"),
    [
        ((), "tiers"),
        (((D(1), D("0.1")),), "tiers[0][0]"),
        (((D(0), D("0.1")), (D(0), D("0.2"))), "tiers[1][0]"),
        (((D(0), D("0.1")), (D(5), D("0.05"))), "tiers[1][1]"),
        (((D(0), D(1)),), "tiers[0][1]"),
        (((D(0), D("NaN")),), "tiers[0][1]"),
    ],
)
def test_tiers_that_make_no_sense_are_refused_by_their_place(tiers: Any, place: str) -> None:
    with pytest.raises(InvalidValueError) as refused:
        tier_cums(tiers)
    assert refused.value.field == place


def test_tiers_by_contracts_hold_for_the_whole_position() -> None:
    tiers = volume_tiers(D("0.004"), D(210000), D(210000), D("0.004"), levels=3)
    assert tiers == ((D(0), D("0.004")), (D(210000), D("0.008")), (D(420000), D("0.012")), (D(630000), D("0.016")))


def test_what_stands_behind_one_position_of_a_cross_account() -> None:
    assert cross_margin(D("1535443.01"), D("-448192.89"), D("356512.508")) == D("730737.612")


@pytest.mark.parametrize(
    ("equity", "kept", "usage", "is_liquidatable"),
    [
        ("10000", "2500", D("0.25"), False),
        ("2500", "2500", D(1), True),
        ("0", "2500", None, True),
        ("-1", "0", None, True),
        ("0", "0", None, False),
    ],
)
def test_usage_is_not_defined_without_equity(
    equity: str, kept: str, usage: Decimal | None, *, is_liquidatable: bool
) -> None:
    found = margin_usage(D(equity), D(kept))
    assert (found.usage, found.is_liquidatable) == (usage, is_liquidatable)


def test_leverage_is_not_defined_without_equity() -> None:
    assert effective_leverage(D(300000), D(30000)) == 10
    assert effective_leverage(D(300000), D(0)) is None


def test_usage_is_the_same_for_arrays() -> None:
    equity, kept, fee = np.array([10000.0, 777.7]), np.array([2500.0, 3.3]), np.array([150.0, 0.1])
    one_by_one = [
        float(usage_of(*(D(repr(float(value))) for value in row))) for row in zip(equity, kept, fee, strict=True)
    ]
    assert np.allclose(usage_of(equity, kept, fee), one_by_one, rtol=1e-12, atol=0)


@given(
    payoff=st.sampled_from([Payoff.LINEAR, Payoff.INVERSE]),
    contracts=amounts("1", "500000"),
    entry=amounts("10", "100000"),
    margin=amounts("0", "100000"),
    move=amounts("0.01", "2"),
    mmr=amounts("0", "0.3"),
)
@settings(deadline=None, max_examples=200)
def test_a_topup_moves_the_liquidation_price_to_the_stress_price(
    payoff: Payoff, contracts: Decimal, entry: Decimal, margin: Decimal, move: Decimal, mmr: Decimal
) -> None:
    asked = margin_topup(payoff, contracts, D(1), entry, margin=margin, mark=entry, move_frac=move, mmr=mmr)
    price = liq_price(
        payoff, PositionSide.SHORT, contracts, D(1), entry=entry, margin=margin + asked.topup, mmr=mmr
    )  # fmt: skip
    assert price is not None
    assert abs(price - asked.stress_price) <= D("1e-20") * asked.stress_price


def test_more_margin_than_needed_is_told_as_what_is_to_spare() -> None:
    found = margin_topup(
        Payoff.LINEAR, D(-5), D(1), D(60000), margin=D(300000), mark=D(60000), move_frac=D("0.5"), mmr=D("0.005")
    )
    assert (found.required_margin, found.topup) == (D("152250"), D("-147750"))


@pytest.mark.parametrize(
    ("payoff", "contracts", "size", "equity"),
    [(Payoff.LINEAR, "-5", "1", "30000"), (Payoff.INVERSE, "-300000", "1", "0.5"), (Payoff.LINEAR, "-5", "1", "7")],
)
def test_cutting_contracts_instead_survives_the_same_move(
    payoff: Payoff, contracts: str, size: str, equity: str
) -> None:
    found = cut_to_survive(
        payoff, D(contracts), D(size), equity=D(equity), mark=D(60000), move_frac=D("0.5"), mmr=D("0.005"),
        long_coin=D(5), lot_step=D("1e-18"),
    )  # fmt: skip
    price = liq_price(
        payoff, PositionSide.SHORT, found.contracts_left, D(size), entry=D(60000), margin=D(equity), mmr=D("0.005")
    )  # fmt: skip
    assert found.contracts_to_cut + found.contracts_left == abs(D(contracts))
    assert price is not None
    assert abs(price / 90000 - 1) < D("1e-12")


def test_what_a_cut_leaves_hedged_is_told() -> None:
    found = cut_to_survive(
        Payoff.LINEAR, D(-5), D(1), equity=D(30000), mark=D(60000), move_frac=D("0.5"), mmr=D("0.005"),
        long_coin=D(5), lot_step=D("0.001"),
    )  # fmt: skip
    assert (found.contracts_to_cut, found.contracts_left, found.hedge_ratio_left) == (
        D("4.015"),
        D("0.985"),
        D("0.197"),
    )


def test_a_position_with_margin_enough_is_not_cut() -> None:
    found = cut_to_survive(
        Payoff.LINEAR, D(-5), D(1), equity=D(300000), mark=D(60000), move_frac=D("0.5"), mmr=D("0.005"), long_coin=D(5)
    )
    assert (found.contracts_to_cut, found.hedge_ratio_left) == (0, 1)


def test_a_losing_short_is_deleveraged_last_and_a_bankrupt_one_has_no_place() -> None:
    losing = adl_score(D(60000), D(63000), D(66000))
    assert (losing.pnl_frac, losing.effective_leverage, round(losing.score or D(0), 12)) == (
        D("-0.05"),
        D(21),
        D("-0.002380952381"),
    )
    assert adl_score(D(60000), D(66000), D(66000)).score is None


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"move_frac": D(-1)}, "move_frac"),
        ({"mmr": D(1)}, "mmr"),
        ({"mmr": D("0.5"), "fee_rate": D("0.5")}, "fee_rate"),
        ({"margin": D(-1)}, "margin"),
        ({"mark": D(0)}, "mark"),
        ({"mmr": 0.005}, "mmr"),
        ({"margin": True}, "margin"),
        ({"move_frac": D("Infinity")}, "move_frac"),
    ],
)
def test_a_topup_from_what_makes_no_sense_is_refused(change: dict[str, Any], field: str) -> None:
    book: dict[str, Any] = {"margin": D(0), "mark": D(60000), "move_frac": D("0.5"), "mmr": D("0.005")}
    with pytest.raises(InvalidValueError, match=f"^{field}: "):
        margin_topup(Payoff.LINEAR, D(5), D(1), D(60000), **(book | change))


def test_a_quanto_position_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="quanto"):
        margin_topup(
            Payoff.QUANTO, D(5), D(1), D(60000), margin=D(1), mark=D(60000), move_frac=D("0.5"), mmr=D("0.005")
        )
