"""Protection: tail losses, expected cost, and whether a hedge is worth it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from hedgewatch.domain.errors import InvalidValueError
from hedgewatch.domain.protection import (
    CostVerdict,
    TailModel,
    break_even_horizon,
    cost_vs_protection,
    expected_cost,
    expected_shortfall,
    mv_hedge_ratio,
    protection_of,
    tail_factor,
    tail_risk,
    variance_ratio_of_own_coin,
    variance_ratio_of_proxy,
)
from tests.domain.test_margin import amounts

D = Decimal


@pytest.mark.parametrize(
    ("alpha", "factor"),
    [("0.9", "1.754983319"), ("0.95", "2.062712808"), ("0.975", "2.337802792"), ("0.99", "2.665214220")],
)
def test_the_tail_factor_is_the_tabled_one(alpha: str, factor: str) -> None:
    assert abs(tail_factor(D(alpha)) - D(factor)) < D("1e-9")


@given(alpha=amounts("0.5", "0.9999"), sigma=amounts("0.01", "5"), days=amounts("0", "700"))
@settings(deadline=None)
def test_the_mean_beyond_the_quantile_is_never_below_it_and_never_above_all(
    alpha: Decimal, sigma: Decimal, days: Decimal
) -> None:
    for model in TailModel:
        found = tail_risk(alpha, sigma, days, model)
        assert 0 <= found.var_frac <= found.es_frac + D("1e-12") <= 1 + D("1e-12")


def test_the_mean_of_lognormal_losses_is_what_simulation_finds() -> None:
    draws = np.random.default_rng(7).standard_normal(2_000_000)
    deviation = 0.6 * (30 / 365) ** 0.5
    losses = 1 - np.exp(draws * deviation - deviation**2 / 2)
    worst = np.sort(losses)[-50_000:]
    found = tail_risk(D("0.975"), D("0.6"), D(30), TailModel.LOGNORMAL)
    assert abs(worst.mean() - float(found.es_frac)) < 5e-4
    assert abs(worst.min() - float(found.var_frac)) < 1e-3


@pytest.mark.parametrize("alpha", ["0.000000000001", "0.999999999999", "0.99999999999999999999999999"])
def test_the_far_tails_are_still_defined(alpha: str) -> None:
    for model in TailModel:
        assert tail_risk(D(alpha), D("0.6"), D(30), model).es_frac <= 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"alpha": D(0)}, "alpha"),
        ({"alpha": D(1)}, "alpha"),
        ({"alpha": D("1.1")}, "alpha"),
        ({"alpha": D("1e-350")}, "alpha"),
        ({"sigma_annual": D(0)}, "sigma_annual"),
        ({"sigma_annual": D("-0.6")}, "sigma_annual"),
        ({"days": D(-1)}, "days"),
        ({"days": 30.0}, "days"),
    ],
)
def test_a_tail_that_makes_no_sense_is_refused(change: dict[str, Any], field: str) -> None:
    asked: dict[str, Any] = {"alpha": D("0.975"), "sigma_annual": D("0.6"), "days": D(30)}
    with pytest.raises(InvalidValueError, match=f"^{field}: "):
        tail_risk(**(asked | change))


def weigh(rate: str, **changes: Any) -> Any:
    return cost_vs_protection(D(300000), D("0.6"), D(30), D(rate), **changes)


@pytest.mark.parametrize(
    ("rate", "changes", "verdict"),
    [
        ("0.0001", {}, CostVerdict.PAID_TO_HEDGE),
        ("0", {}, CostVerdict.PAID_TO_HEDGE),
        ("-0.0001", {}, CostVerdict.OK),
        ("-0.001", {}, CostVerdict.WATCH),
        ("-0.003", {}, CostVerdict.OUTWEIGHED),
        ("-0.003", {"variance_ratio": D(1)}, CostVerdict.NO_PROTECTION),
        ("0.0001", {"variance_ratio": D("1.5")}, CostVerdict.NO_PROTECTION),
    ],
)
def test_the_verdict_follows_the_ratio(rate: str, changes: dict[str, Any], verdict: CostVerdict) -> None:
    assert weigh(rate, **changes).verdict is verdict


def test_a_ratio_on_a_threshold_has_reached_it() -> None:
    ratio = weigh("-0.001").ratio
    assert weigh("-0.001", watch=ratio, outweigh=D(1)).verdict is CostVerdict.WATCH
    assert weigh("-0.001", outweigh=ratio).verdict is CostVerdict.OUTWEIGHED


def test_what_stays_idle_as_margin_is_a_cost() -> None:
    assert weigh("0", margin=D(73000), opportunity_rate=D("0.05")).cost == 300


def test_nothing_hedged_protects_nothing() -> None:
    nothing = cost_vs_protection(D(0), D("0.6"), D(30), D("-0.001"))
    assert (nothing.cost, nothing.protection, nothing.ratio) == (0, 0, None)


def test_what_variance_a_hedge_leaves() -> None:
    assert variance_ratio_of_own_coin(D(1), D("0.03"), D("0.6")) == D("0.0025")
    assert variance_ratio_of_own_coin(D("0.9"), D(0), D("0.6")) == D("0.01")
    assert variance_ratio_of_proxy(D("0.862")) == D("0.138")
    with pytest.raises(InvalidValueError, match=r"^effectiveness: "):
        variance_ratio_of_proxy(D("1.01"))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"trades": -1}, "trades"),
        ({"margin": D(-1)}, "margin"),
        ({"variance_ratio": D("-0.1")}, "variance_ratio"),
        ({"watch": D("0.3")}, "watch"),
        ({"fee_one_way": D("NaN")}, "fee_one_way"),
        ({"opportunity_rate": D("Infinity")}, "opportunity_rate"),
    ],
)
def test_a_cost_that_makes_no_sense_is_refused(change: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidValueError, match=f"^{field}: "):
        weigh("-0.001", **change)


def test_cost_and_protection_are_the_same_for_arrays() -> None:
    rows = [("300000", "-0.0001", "0.6", "30000"), ("1234.5", "0.0003", "1.9", "0"), ("7", "-0.02", "4", "7")]
    notional, rate, sigma, margin = (np.array([float(cell) for cell in column]) for column in zip(*rows, strict=True))
    days, fees, variance = np.full(3, 30.0), np.full(3, 0.001), np.full(3, 0.5)
    cost = expected_cost(notional, rate, days, fees=fees, margin=margin, opportunity_rate=D("0.05"))
    protection = protection_of(notional, expected_shortfall(sigma, days, tail_factor()), variance)
    for at, row in enumerate(rows):
        one = cost_vs_protection(
            D(row[0]), D(row[2]), D(30), D(row[1]), variance_ratio=D("0.5"), fee_one_way=D("0.0005"), trades=2,
            margin=D(row[3]), opportunity_rate=D("0.05"),
        )  # fmt: skip
        assert np.isclose(cost[at], float(one.cost), rtol=1e-12, atol=0)
        assert np.isclose(protection[at], float(one.protection), rtol=1e-12, atol=0)


@given(
    cost_apr=amounts("-3", "5"),
    fixed=amounts("0", "0.05"),
    sigma=amounts("0.05", "3"),
    variance=amounts("0", "0.9"),
)
@settings(deadline=None, max_examples=200)
def test_at_a_break_even_horizon_the_cost_is_the_share_of_the_protection(
    cost_apr: Decimal, fixed: Decimal, sigma: Decimal, variance: Decimal
) -> None:
    found = break_even_horizon(cost_apr, fixed, sigma, variance_ratio=variance)
    slope = D("0.25") * tail_factor() * sigma * (1 - variance.sqrt())

    def excess(years: Decimal) -> Decimal:
        return cost_apr * years + fixed - slope * years.sqrt()

    for days in (found.min_days, found.max_days):
        if days is not None:
            years = days / 365
            assert abs(excess(years)) <= D("1e-9") * (abs(cost_apr) * years + fixed + slope)
    if found.feasible:
        assert found.min_days is not None
        assert (found.max_days is None) == (cost_apr <= 0)
        between = (found.min_days + (found.max_days or found.min_days + 100)) / 2
        assert excess(between / 365) <= D("1e-9")
    else:
        peak = (slope / (2 * cost_apr)) ** 2  # where the protection leads by most
        assert excess(peak) > 0


def test_a_hedge_that_removes_nothing_is_worth_no_cost() -> None:
    assert not break_even_horizon(D("-1"), D(0), D("0.6"), variance_ratio=D(1)).feasible


def test_a_hedge_without_fixed_cost_is_worth_it_from_the_start() -> None:
    assert break_even_horizon(D("0.1"), D(0), D("0.6")).min_days == 0


@pytest.mark.parametrize(("cost", "ratio"), [("0", "1"), ("-1", "1"), ("1.08", "0"), ("2", "0"), ("0.54", "0.5")])
def test_the_advised_ratio_stays_between_nothing_and_all(cost: str, ratio: str) -> None:
    assert mv_hedge_ratio(D(cost), D("0.6"), D(3)) == D(ratio)


@pytest.mark.parametrize("bad", [{"rra": D(0)}, {"sigma_annual": D(0)}, {"cost_apr": D("NaN")}])
def test_an_advice_from_what_makes_no_sense_is_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(InvalidValueError, match=f"^{next(iter(bad))}: "):
        mv_hedge_ratio(**({"cost_apr": D("0.1"), "sigma_annual": D("0.6"), "rra": D(3)} | bad))
