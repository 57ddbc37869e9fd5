"""Volatility: exponentially weighted, a year of 365 days, and nothing from too little."""

from __future__ import annotations

import math
import random
from decimal import Decimal

import numpy as np
import pytest

from hedgewatch.domain.errors import InvalidValueError
from hedgewatch.domain.returns import log_returns
from hedgewatch.domain.volatility import annual_volatility, daily_volatility, shown_volatility, tail_volatility

D = Decimal


def closes(count: int, daily: float = 0.03, seed: int = 3) -> list[D]:
    dice = random.Random(seed)  # noqa: S311  a market, no secret
    price, found = 60_000.0, []
    for _ in range(count):
        found.append(D(repr(round(price, 2))))
        price *= math.exp(dice.gauss(0, daily))
    return found


def test_it_is_the_riskmetrics_recursion() -> None:
    changes = np.diff(np.log(np.array(closes(91), float)))
    variance = changes[:20].var(ddof=1)
    for change in changes[20:]:
        variance = 0.94 * variance + 0.06 * change**2
    found = annual_volatility(log_returns(closes(91)))
    assert found is not None
    assert float(found) == pytest.approx(math.sqrt(variance * 365), rel=1e-12)


def test_arrays_answer_as_decimals_do() -> None:
    exactly = annual_volatility(log_returns(closes(60)))
    assert exactly is not None
    one = annual_volatility(log_returns(np.array(closes(60), float)))
    both = annual_volatility(log_returns(np.array([closes(60), closes(60, seed=4)], float).T))
    assert float(one) == pytest.approx(float(exactly), rel=1e-12)
    assert both.shape == (2,)
    assert both[0] == pytest.approx(float(exactly), rel=1e-12)
    assert daily_volatility(both)[0] == pytest.approx(float(daily_volatility(exactly)), rel=1e-12)


def test_fewer_than_thirty_returns_say_nothing() -> None:
    assert annual_volatility(log_returns(closes(30))) is None
    assert annual_volatility(log_returns(closes(31))) is not None
    assert annual_volatility(()) is None
    assert annual_volatility([D(0)] * 30) == 0


def test_what_is_shown_says_that_it_is_assumed() -> None:
    assumed, known = shown_volatility(None), shown_volatility(D("0.5"))
    assert (assumed.volatility, assumed.is_assumed) == (D("0.8"), True)
    assert (known.volatility, known.is_assumed) == (D("0.5"), False)


def test_a_calm_month_is_no_calm_future() -> None:
    assert tail_volatility(D("0.05")) == D("0.20")
    assert tail_volatility(D("0.6")) == D("0.6")
    assert daily_volatility(D("0.6")) ** 2 * 365 == pytest.approx(D("0.36"))


@pytest.mark.parametrize("bad", ["0", "-1", "NaN"])
def test_a_close_that_is_no_price_is_refused(bad: str) -> None:
    with pytest.raises(InvalidValueError, match=r"^closes\[1\]"):
        log_returns([D(1), D(bad)])
    with pytest.raises(InvalidValueError, match=r"^sigma_annual"):
        tail_volatility(D(bad))


def test_a_return_that_is_not_finite_is_refused() -> None:
    with pytest.raises(InvalidValueError, match=r"^daily_log_returns\[0\]"):
        annual_volatility([D("NaN")] * 30)
