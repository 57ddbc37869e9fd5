"""Fair price of a perpetual: the closed forms against the payments they stand for."""

from __future__ import annotations

from decimal import Decimal, localcontext
from typing import Any

import pytest

from hedgewatch.domain.errors import InvalidValueError
from hedgewatch.domain.fair_price import FundingSpot, perp_fair_price
from hedgewatch.domain.instrument import Payoff
from hedgewatch.domain.numbers import CONTEXT

LINEAR, INVERSE, QUANTO = Payoff
PREVIOUS, CURRENT = FundingSpot
SPOT, QUARTER = Decimal(10000), Decimal("0.25")


def price(
    payoff: Payoff = LINEAR,
    *,
    rates: tuple[str, str] = ("0.04", "0.02"),
    kappa: str = "0.01",
    iota: str = "0.005",
    dt: Decimal = QUARTER,
    spot: FundingSpot = PREVIOUS,
) -> Decimal | None:
    r_quote, r_base = map(Decimal, rates)
    return perp_fair_price(
        payoff, SPOT, r_quote, r_base, kappa=Decimal(kappa), iota=Decimal(iota), dt_years=dt, funding_spot=spot
    )


def summed(payoff: Payoff, rates: tuple[str, str], kappa: str, iota: str, spot: FundingSpot) -> Decimal:
    """The price as the sum of all coming payments: f solves f = (E f' + (k - i) x) / (1 + k), written out."""
    r_quote, r_base, k, i = (Decimal(text) for text in (*rates, kappa, iota))
    is_inverse = payoff is Payoff.INVERSE
    x, drift = (1 / SPOT, r_base - r_quote) if is_inverse else (SPOT, r_quote - r_base)
    g = (drift * QUARTER).exp()
    pull, weight = (k, k - i) if spot is PREVIOUS else (k * g, (k - i) * g)
    total, left = Decimal(0), weight * x / (1 + pull)
    for _ in range(20_000):
        total, left = total + left, left * g / (1 + pull)
    return 1 / total if is_inverse else total


@pytest.mark.parametrize("payoff", [LINEAR, INVERSE])
@pytest.mark.parametrize("spot", FundingSpot)
@pytest.mark.parametrize(
    ("rates", "kappa", "iota"),
    [(("0.04", "0.02"), "0.01", "0.005"), (("0.01", "0.03"), "0.02", "-0.001"), (("0.03", "0.03"), "0.05", "0")],
)
def test_the_closed_form_is_the_sum_of_all_coming_payments(
    payoff: Payoff, spot: FundingSpot, rates: tuple[str, str], kappa: str, iota: str
) -> None:
    with localcontext(CONTEXT):
        expected = summed(payoff, rates, kappa, iota, spot)
        found = price(payoff, rates=rates, kappa=kappa, iota=iota, spot=spot)
        assert found is not None
        assert abs(found / expected - 1) < Decimal("1e-20")


@pytest.mark.parametrize("payoff", [LINEAR, INVERSE])
@pytest.mark.parametrize("spot", FundingSpot)
def test_ever_shorter_intervals_end_in_continuous_funding(payoff: Payoff, spot: FundingSpot) -> None:
    continuous = price(payoff, kappa="0.2", dt=Decimal(0))
    short = price(payoff, kappa="0.0000002", iota="0.000000005", dt=Decimal("0.000001"), spot=spot)
    assert continuous is not None
    assert short is not None
    assert abs(short / continuous - 1) < Decimal("1e-6")


def test_without_interest_and_rates_the_future_is_worth_spot() -> None:
    for payoff in (LINEAR, INVERSE):
        for dt in (Decimal(0), QUARTER):
            assert price(payoff, rates=("0.03", "0.03"), iota="0", dt=dt) == SPOT


def test_where_funding_cannot_bring_the_premium_back_there_is_no_price() -> None:
    assert price(rates=("0.09", "0.02")) is None  # spot grows faster than funding pulls
    assert price(INVERSE, rates=("0.02", "0.09")) is None
    assert price(iota="0.01") is None  # funding of nothing but interest


@pytest.mark.parametrize(
    ("field", "call"),
    [
        ("payoff", lambda: price(QUANTO)),
        ("kappa", lambda: price(kappa="0")),
        ("dt_years", lambda: price(dt=Decimal(-1))),
        ("r_quote", lambda: price(rates=("1e100", "0"))),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_name(field: str, call: Any) -> None:
    with pytest.raises(InvalidValueError, match=rf"^{field}"):
        call()
