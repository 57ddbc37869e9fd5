"""Formulas that replay runs over years: arrays get the same answers as Decimals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from hedgewatch.domain.basis import adverse_basis, basis
from hedgewatch.domain.double_whammy import double_whammy
from hedgewatch.domain.exposure import coins_of, hedge_ratio, pnl, position_value, settle_value
from hedgewatch.domain.funding import funding_normalise, rate_per_8h, rate_per_year, short_pays_per_day
from hedgewatch.domain.funding_payments import funding_payment
from hedgewatch.domain.instrument import Payoff, PositionSide

ROWS = 200
ALIKE = 1e-12


def drawn(low: float, high: float, seed: int) -> list[Decimal]:
    return [Decimal(repr(float(one))) for one in np.random.default_rng(seed).uniform(low, high, ROWS).round(8)]


CONTRACTS, SIZES, PRICES, LATER = drawn(-9, 9, 1), drawn(0.001, 100, 2), drawn(100, 90000, 3), drawn(100, 90000, 4)
RATES, HOURS, COINS, RETURNS = drawn(-0.002, 0.002, 5), drawn(1, 8, 6), drawn(-1, 9, 7), drawn(-0.06, 0.06, 8)
SETTLE = drawn(1, 9, 9)


def by_payoff(function: Callable[..., Any], payoff: Payoff) -> Callable[..., Any]:
    return lambda *columns: function(payoff, *columns)


def quanto(contracts: Any, size: Any, price: Any, settle: Any) -> Any:
    return position_value(Payoff.QUANTO, contracts, size, price, settle_price=settle)


def long_adverse(*columns: Any) -> Any:
    return adverse_basis(*columns, hedge_side=PositionSide.LONG)


def grown(*columns: Any) -> Any:
    """What a year makes of one: a float of eight thousand multiplications has lost the digits of a small gain."""
    found = funding_normalise(*columns)
    return replace(found, apy=1 + found.apy)


CASES = [
    *((by_payoff(position_value, payoff), (CONTRACTS, SIZES, PRICES)) for payoff in (Payoff.LINEAR, Payoff.INVERSE)),
    (quanto, (CONTRACTS, SIZES, PRICES, SETTLE)),
    *((by_payoff(pnl, payoff), (CONTRACTS, SIZES, PRICES, LATER)) for payoff in Payoff),
    *((by_payoff(settle_value, payoff), (CONTRACTS, SIZES, PRICES)) for payoff in Payoff),
    *((by_payoff(funding_payment, payoff), (CONTRACTS, SIZES, PRICES, RATES)) for payoff in Payoff),
    *((by_payoff(coins_of, payoff), (CONTRACTS, SIZES, PRICES)) for payoff in (Payoff.LINEAR, Payoff.INVERSE)),
    (hedge_ratio, (COINS, CONTRACTS)),
    (basis, (PRICES, LATER)),
    (adverse_basis, (RATES, RETURNS, PRICES, SIZES)),
    (long_adverse, (RATES, RETURNS, PRICES, SIZES)),
    (grown, (RATES, HOURS)),
    (rate_per_8h, (RATES, HOURS)),
    (rate_per_year, (RATES, HOURS)),
    (short_pays_per_day, (RATES, PRICES)),
    (double_whammy, (RATES, RATES, RETURNS)),
]


def parts(answer: Any) -> dict[str, Any]:
    return {one.name: getattr(answer, one.name) for one in fields(answer)} if is_dataclass(answer) else {"": answer}


@pytest.mark.parametrize(("function", "columns"), CASES)
def test_an_array_gets_the_answers_of_its_decimals(function: Callable[..., Any], columns: Any) -> None:
    one_by_one = [parts(function(*row)) for row in zip(*columns, strict=True)]
    at_once = parts(function(*(np.array(column, dtype=float) for column in columns)))
    for name, found in at_once.items():
        expected = [np.nan if row[name] is None else float(row[name]) for row in one_by_one]
        assert found.shape == (ROWS,)
        np.testing.assert_allclose(found.astype(float), expected, rtol=ALIKE, atol=1e-15)


def test_nothing_held_is_not_a_number_in_an_array() -> None:
    found = hedge_ratio(np.array([5.0, 0.0, -1.0]), np.array([-5.0, -5.0, -5.0]))
    np.testing.assert_equal(found, [1.0, np.nan, np.nan])
