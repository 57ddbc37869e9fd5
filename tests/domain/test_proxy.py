"""Proxy hedges: the ratio of least variance, sizes by beta, and how good a hedge was."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgewatch.domain.effectiveness import (
    Grade,
    dollar_offset,
    grade_of,
    hedge_effectiveness,
    realised_effectiveness,
    recent_effectiveness,
    telling_offset,
)
from hedgewatch.domain.errors import InvalidValueError
from hedgewatch.domain.proxy import (
    MinimumVariance,
    MinimumVarianceContracts,
    beta_contracts,
    covered_coins,
    min_variance_hedge,
    residual_volatility,
)

D = Decimal
SERIES: dict[str, Any] = {"ds": [D(1), D(2), D(4)], "df": [D(1), D(3), D(4)]}
RATIOS: dict[str, Any] = {"rho": D("0.9"), "sigma_s": D("0.03"), "sigma_f": D("0.04")}
SIZES: dict[str, Any] = {"exposure_units": D(1000), "contract_units": D(10)}
POSITIVE = st.decimals(D("0.001"), D(100_000), places=3)
QUICK = settings(max_examples=80, deadline=None)


@QUICK
@given(st.lists(st.tuples(*[st.decimals(D(-9), D(9), places=2)] * 2), min_size=3, max_size=20))
def test_no_other_ratio_leaves_less_variance(pairs: list[tuple[D, D]]) -> None:
    ds, df = ([float(one) for one in side] for side in zip(*pairs, strict=True))
    if len(set(ds)) == 1 or len(set(df)) == 1:
        return
    best = min_variance_hedge(ds=[x for x, _ in pairs], df=[y for _, y in pairs])
    least = np.var(np.array(ds) - float(best.hedge_ratio) * np.array(df), ddof=1)
    assert float(best.residual_volatility) ** 2 == pytest.approx(least, rel=1e-6, abs=1e-9)
    for other in (0.99, 1.01):
        assert np.var(np.array(ds) - other * float(best.hedge_ratio) * np.array(df), ddof=1) >= least - 1e-9


def test_both_forms_agree_on_the_same_series() -> None:
    ds, df = np.array([1.0, 2.0, 4.0]), np.array([1.0, 3.0, 4.0])
    known = [np.corrcoef(ds, df)[0, 1], ds.std(ddof=1), df.std(ddof=1)]
    by_ratio = min_variance_hedge(*(D(repr(float(one))) for one in known))
    by_series = min_variance_hedge(**SERIES)
    for name in ("hedge_ratio", "r2", "residual_volatility"):
        assert float(getattr(by_ratio, name)) == pytest.approx(float(getattr(by_series, name)), rel=1e-9)


def test_contracts_are_told_only_where_sizes_are_given() -> None:
    assert isinstance(min_variance_hedge(**RATIOS), MinimumVariance)
    sized = min_variance_hedge(**RATIOS, **SIZES)
    assert isinstance(sized, MinimumVarianceContracts)
    assert (sized.contracts, sized.contracts_tailed) == (D("67.5"), None)
    tailed = min_variance_hedge(**RATIOS, **SIZES, spot=D(2), future=D("2.5"))
    assert isinstance(tailed, MinimumVarianceContracts)
    assert tailed.contracts_tailed == 54


@pytest.mark.parametrize(
    ("given_inputs", "field"),
    [
        ({}, "rho"),
        ({**RATIOS, "rho": D("1.01")}, "rho"),
        ({**RATIOS, "sigma_s": D(0)}, "sigma_s"),
        ({**RATIOS, "sigma_f": None}, "sigma_f"),
        ({"ds": SERIES["ds"]}, "df"),
        ({"df": SERIES["df"]}, "ds"),
        ({**SERIES, "rho": D(1)}, "rho"),
        ({**SERIES, "df": SERIES["df"][:2]}, "df"),
        ({"ds": [], "df": []}, "ds"),
        ({**SERIES, "ds": [D(1)] * 3}, "ds"),
        ({**SERIES, "df": [D(1)] * 3}, "df"),
        ({**RATIOS, "exposure_units": D(1)}, "contract_units"),
        ({**RATIOS, "contract_units": D(1)}, "exposure_units"),
        ({**RATIOS, **SIZES, "contract_units": D(0)}, "contract_units"),
        ({**RATIOS, **SIZES, "spot": D(1)}, "future"),
        ({**RATIOS, **SIZES, "future": D(1)}, "spot"),
        ({**RATIOS, "spot": D(1), "future": D(1)}, "exposure_units"),
        ({**RATIOS, **SIZES, "spot": D(-1), "future": D(1)}, "spot"),
    ],
)
def test_half_a_question_is_refused_by_the_name_of_what_is_missing(given_inputs: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidValueError, match=rf"^{field}: "):
        min_variance_hedge(**given_inputs)


@QUICK
@given(POSITIVE, st.decimals(D("0.1"), D(4), places=2), POSITIVE, POSITIVE)
def test_a_leg_sized_by_beta_covers_the_coins_it_was_sized_for(coins: D, beta: D, spot: D, future: D) -> None:
    sized = beta_contracts(coins * spot, beta, future, D(1))
    covered = covered_coins(-sized.contracts, future, beta=beta, spot=spot)
    assert abs(covered + coins) <= coins * D("1e-25")


def test_the_playbooks_altcoin_is_covered_whole_by_beta_and_half_by_dollars() -> None:
    by_beta = beta_contracts(D(100_000), D(2), D(60_000), D("0.001"))
    assert by_beta.hedge_notional == 200_000
    left = [D(-10_000) + notional * D("0.05") for notional in (D(200_000), D(100_000))]
    assert left == [0, -5000]


def test_formulas_take_arrays() -> None:
    values = [D("0.04"), D("0.5")]
    floats = np.array(values, float)
    assert residual_volatility(floats, floats) == pytest.approx(
        [float(residual_volatility(one, one)) for one in values]
    )
    covered = covered_coins(floats, floats, beta=floats, spot=floats)
    assert covered == pytest.approx([float(covered_coins(one, one, beta=one, spot=one)) for one in values], rel=1e-12)


@pytest.mark.parametrize(
    ("share", "grade"),
    [
        ("1", "A"),
        ("0.95", "A"),
        ("0.9499", "B"),
        ("0.80", "B"),
        ("0.79", "C"),
        ("0.5", "C"),
        ("0.49", "D"),
        ("-3", "D"),
    ],
)
def test_a_grade_is_earned_at_its_bound(share: str, grade: str) -> None:
    assert grade_of(D(share)) == Grade(grade)


def test_a_hedge_is_graded_on_the_last_thirty_days_alone() -> None:
    calm = [D(at % 3 - 1) / 100 for at in range(30)]
    wild = [D(5), D(-5)] * 5
    graded = recent_effectiveness(wild + calm, wild + [change / 10 for change in calm])
    assert (graded.share_removed, graded.grade) == (D("0.99"), Grade.A)
    few = recent_effectiveness(calm[:29], calm[:29])
    assert (few.share_removed, few.grade) == (None, Grade.INSUFFICIENT)
    assert realised_effectiveness(calm[:20], calm[:20]).grade is Grade.D
    assert realised_effectiveness(calm[:19], calm[:19]).grade is Grade.INSUFFICIENT


@pytest.mark.parametrize(
    ("unhedged", "hedged", "field"),
    [
        ([], [], "unhedged"),
        ([D(1)], [D(1)], "unhedged"),
        ([D(1), D(2)], [D(1)], "hedged"),
        ([D(1)] * 3, [D(1)] * 3, "unhedged"),
    ],
)
def test_effectiveness_needs_two_series_that_vary(unhedged: list[D], hedged: list[D], field: str) -> None:
    with pytest.raises(InvalidValueError, match=rf"^{field}: "):
        hedge_effectiveness(unhedged, hedged)


@pytest.mark.parametrize(
    ("hedge", "item", "ratio", "within"),
    [
        ("-120", "100", "1.2", True),
        ("-125", "100", "1.25", True),
        ("80", "-100", "0.8", True),
        ("-79", "100", "0.79", False),
    ],
)
def test_the_dollar_offset_is_within_its_line_at_the_line(hedge: str, item: str, ratio: str, *, within: bool) -> None:
    offset = dollar_offset(D(hedge), D(item))
    assert (offset.ratio, offset.within_80_125) == (D(ratio), within)


def test_an_item_that_hardly_moved_tells_no_offset() -> None:
    assert telling_offset(D(5), D(-1), D(100)) is None
    told = telling_offset(D(5), D(-2), D(100))
    assert told is not None
    assert told.ratio == D("2.5")
    with pytest.raises(InvalidValueError, match=r"^item_change: is zero"):
        dollar_offset(D(1), D(0))
    with pytest.raises(InvalidValueError, match=r"^item_value"):
        telling_offset(D(1), D(1), D(0))
