"""Beta: least squares, exponential weights, and the choice between them."""

from __future__ import annotations

import itertools
import random
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgewatch.domain.beta import (
    BetaMethod,
    EwmaMoments,
    Regression,
    choose_beta,
    clamp_beta,
    crash_beta,
    ewma_betas,
    ewma_moments,
    ewma_update,
    ols_beta,
    regress,
    stressed_beta,
)
from hedgewatch.domain.errors import InvalidValueError
from hedgewatch.domain.returns import paired_returns

D = Decimal
RETURNS = st.decimals(D("-0.2"), D("0.2"), places=4)
PAIRS = st.lists(st.tuples(RETURNS, RETURNS), min_size=30, max_size=60).filter(
    lambda pairs: len({y for _, y in pairs[:20]}) > 1 and len({x for x, _ in pairs}) > 1
)
QUICK = settings(max_examples=60, deadline=None)


def days(count: int, beta: str = "2", noise: str = "0.01", seed: int = 7) -> tuple[tuple[D, ...], tuple[D, ...]]:
    """Make daily returns of an item that follows its proxy by ``beta``, with some noise."""
    dice = random.Random(seed)  # noqa: S311  a market, no secret
    proxy = [D(repr(round(dice.gauss(0, 0.03), 6))) for _ in range(count)]
    item = [D(beta) * y + D(noise) * D(repr(round(dice.gauss(0, 1), 6))) for y in proxy]
    return tuple(item), tuple(proxy)


@QUICK
@given(PAIRS)
def test_least_squares_agree_with_numpy(pairs: list[tuple[D, D]]) -> None:
    item, proxy = zip(*pairs, strict=True)
    fit = ols_beta(item, proxy)
    assert fit is not None
    (slope, _), covariances = np.polyfit(np.array(proxy, float), np.array(item, float), 1, cov=True)
    assert float(fit.beta) == pytest.approx(slope, rel=1e-7, abs=1e-9)
    assert fit.standard_error is not None
    assert float(fit.standard_error) == pytest.approx(covariances[0, 0] ** 0.5, rel=1e-7, abs=1e-9)
    assert float(fit.r2) == pytest.approx(
        np.corrcoef(np.array(proxy, float), np.array(item, float))[0, 1] ** 2, abs=1e-9
    )


@QUICK
@given(PAIRS)
def test_exponential_weights_agree_with_a_plain_recomputation(pairs: list[tuple[D, D]]) -> None:
    item, proxy = zip(*pairs, strict=True)
    lam = 0.97
    x, y = np.array(item, float), np.array(proxy, float)
    count = len(x) - 20
    weights = np.array([(1 - lam) * lam ** (count - 1 - at) for at in range(count)])
    cov = lam**count * np.cov(x[:20], y[:20])[0, 1] + (weights * x[20:] * y[20:]).sum()
    var = lam**count * y[:20].var(ddof=1) + (weights * y[20:] ** 2).sum()
    betas = ewma_betas(item, proxy)
    assert len(betas) == len(pairs) - 29
    assert float(betas[-1]) == pytest.approx(cov / var, rel=1e-9, abs=1e-12)


def test_rows_of_an_array_answer_as_decimals_do() -> None:
    item, proxy = days(70)
    shifted = days(70, beta="0.5", seed=8)
    rows = [np.array([one, two], float) for one, two in zip(item, shifted[0], strict=True)]
    others = [np.array([one, two], float) for one, two in zip(proxy, shifted[1], strict=True)]
    both, alone = ols_beta(rows, others), ols_beta(item, proxy)
    assert both is not None
    assert alone is not None
    for name in ("beta", "r2", "standard_error", "residual_variance"):
        assert getattr(both, name)[0] == pytest.approx(float(getattr(alone, name)), rel=1e-12)
    assert both.beta.shape == (2,)
    found = np.array(ewma_betas(rows, others))[:, 0]
    assert found == pytest.approx([float(beta) for beta in ewma_betas(item, proxy)], rel=1e-12)
    plain = ols_beta(np.array(item, float), np.array(proxy, float))
    assert plain is not None
    assert float(plain.beta) == pytest.approx(float(alone.beta), rel=1e-12)


def test_a_window_for_each_day_is_one_question() -> None:
    item, proxy = days(120)
    windows = np.lib.stride_tricks.sliding_window_view
    rolling = ols_beta(windows(np.array(item, float), 90).T, windows(np.array(proxy, float), 90).T)
    last = ols_beta(item[-90:], proxy[-90:])
    assert rolling is not None
    assert last is not None
    assert rolling.beta.shape == (31,)
    assert rolling.beta[-1] == pytest.approx(float(last.beta), rel=1e-12)


def test_twenty_nine_days_are_too_few() -> None:
    assert ols_beta(*days(29)) is None
    assert ewma_betas(*days(29)) == ()
    assert ols_beta((), ()) is None
    fit = ols_beta(*days(30))
    assert fit is not None
    assert fit.observations == 30
    assert len(ewma_betas(*days(30))) == 1


def test_a_perfect_fit_has_no_error() -> None:
    fit = regress([D(2), D("4.2"), D("-6.6")], [D(1), D("2.1"), D("-3.3")])
    assert fit.standard_error is not None
    assert abs(fit.beta - 2) + abs(fit.r2 - 1) + fit.standard_error < D("1e-16")
    assert fit.r2 <= 1


def test_two_points_leave_no_error_to_measure() -> None:
    assert regress([D(1), D(2)], [D(1), D(3)]).standard_error is None


@pytest.mark.parametrize(
    ("item", "proxy", "message"),
    [
        ("1 2 3", "1 2", "proxy_returns: has 2 values and item_returns has 3"),
        ("1", "1", "item_returns: needs 2 values or more, found 1"),
        ("1 2", "3 3", "proxy_returns: does not vary"),
        ("3 3", "1 2", "item_returns: does not vary"),
        ("1 NaN", "1 2", r"item_returns\[1\]: expected a finite number"),
    ],
)
def test_series_that_give_no_beta_are_refused_by_name(item: str, proxy: str, message: str) -> None:
    with pytest.raises(InvalidValueError, match=message):
        regress([D(one) for one in item.split()], [D(one) for one in proxy.split()])


@pytest.mark.parametrize("bad", [[D("0.01")] * 30, [float("nan")] * 30, [True] * 30])
def test_a_proxy_that_stands_still_or_is_no_number_is_refused(bad: list[D]) -> None:
    for ask in (ols_beta, ewma_betas):
        with pytest.raises(InvalidValueError, match="proxy_returns"):
            ask(days(30)[0], bad)


@pytest.mark.parametrize(
    ("live", "beta", "method", "has_shifted"),
    [
        ("1.5", "1.5", BetaMethod.OLS, False),
        ("1.69", "1.5", BetaMethod.OLS, False),
        ("1.70", "1.70", BetaMethod.EWMA, True),
        ("1.30", "1.30", BetaMethod.EWMA, True),
        ("9", "4", BetaMethod.EWMA, True),
        ("-1", "0", BetaMethod.EWMA, True),
    ],
)
def test_the_live_beta_replaces_the_long_one_two_errors_away(
    live: str, beta: str, method: BetaMethod, *, has_shifted: bool
) -> None:
    ols = Regression(beta=D("1.5"), r2=D("0.8"), residual_variance=D(1), standard_error=D("0.1"), observations=90)
    choice = choose_beta(ols, D(live))
    assert (choice.beta, choice.method, choice.has_shifted) == (D(beta), method, has_shifted)


def test_a_beta_that_is_certain_is_left_at_once_and_not_by_itself() -> None:
    ols = Regression(beta=D(2), r2=D(1), residual_variance=D(1), standard_error=D(0), observations=90)
    assert not choose_beta(ols, D(2)).has_shifted
    assert choose_beta(ols, D("2.01")).has_shifted


def test_crash_days_count_only_beyond_five_percent_and_stress_the_size() -> None:
    item, proxy = [D("-0.30"), D("-0.10"), D("0.02")], [D("-0.10"), D("-0.05"), D("0.01")]
    crash = crash_beta(item, proxy)
    assert crash is not None
    assert (crash.beta, crash.days) == (3, 1)
    assert crash_beta(item[1:], proxy[1:]) is None
    ols = Regression(beta=D(2), r2=D(1), residual_variance=D(1), standard_error=D("0.1"), observations=90)
    choice = choose_beta(ols, D(2))
    assert stressed_beta(choice, crash) == 3
    assert stressed_beta(choice, None) == 2
    assert clamp_beta(D("4.5")) == 4


def test_a_day_counts_only_if_both_have_it_and_the_day_before() -> None:
    first = date(2026, 11, 1)
    item = {first + timedelta(days=at): D(100 + at) for at in range(6)}
    proxy = {day: D(200) + price for day, price in item.items()}
    del item[first + timedelta(days=2)]
    left, right = paired_returns(item, proxy)
    assert len(left) == len(right) == 3
    assert left[0] == D("0.01")
    with pytest.raises(InvalidValueError, match="item"):
        paired_returns({first: D(0)}, {first: D(1)})


def test_one_day_more_is_hulls_example_and_a_step_of_the_series() -> None:
    after = ewma_update(D("0.95"), D("0.0001"), D("0.0004"), D("0.00012"), x=D("0.005"), y=D("0.025"))
    assert (after.var_x, after.var_y, after.cov) == (D("0.00009625"), D("0.00041125"), D("0.00012025"))
    before = EwmaMoments(var_x=D("0.0001"), var_y=D("0.0004"), cov=D("0.00012"))
    step = ewma_moments(D("0.95"), before, D("0.005"), D("0.025"))
    assert (step.var_x, step.var_y, step.cov) == (after.var_x, after.var_y, after.cov)


def test_without_variance_there_is_no_correlation_and_no_beta() -> None:
    after = ewma_update(D("0.95"), D(0), D(0), D(0), x=D(0), y=D("0.01"))
    assert after.corr is None
    assert after.beta_x_on_y == 0
    assert ewma_update(D("0.95"), D(0), D(0), D(0), x=D("0.01"), y=D(0)).beta_x_on_y is None


@pytest.mark.parametrize(
    ("field", "bad"),
    [("lam", "1.01"), ("lam", "-0.1"), ("var_x", "-1"), ("var_y", "-1"), ("cov", "0.0003"), ("cov", "-0.0003")],
)
def test_moments_that_cannot_be_are_refused_by_name(field: str, bad: str) -> None:
    good = {"lam": "0.95", "var_x": "0.0001", "var_y": "0.0004", "cov": "0.00012", "x": "0", "y": "0"} | {field: bad}
    with pytest.raises(InvalidValueError, match=rf"^{field}: "):
        ewma_update(**{name: D(value) for name, value in good.items()})


def test_a_correlation_stays_between_minus_one_and_one_day_after_day() -> None:
    item, proxy = days(200, noise="0")
    moments = {"var_x": D("0.0004"), "var_y": D("0.0001"), "cov": D("0.0002")}
    for x, y in itertools.islice(zip(item, proxy, strict=True), 200):
        after = ewma_update(D("0.97"), **moments, x=x, y=y)
        moments = {"var_x": after.var_x, "var_y": after.var_y, "cov": after.cov}
        assert after.corr is not None
        assert abs(after.corr - 1) < D("1e-25")
