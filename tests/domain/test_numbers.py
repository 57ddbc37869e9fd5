"""The doors of numbers: what comes in, as one number or as an array, and what is refused by name."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from hedgewatch.domain.errors import InvalidValueError
from hedgewatch.domain.numbers import (
    alike,
    at_least,
    exact,
    exactly,
    from_float,
    logarithm,
    non_negative,
    plain,
    positive,
    quotient,
    root,
    within,
)

HALVES = np.array([0.5, -0.5, 0.0])
NOT_NUMBERS = [True, 1.5, float("nan"), "NaN", "-inf", Decimal("sNaN"), "", "1,5", None, [], "1e401", "1e-401", 10**500]


@pytest.mark.parametrize("bad", NOT_NUMBERS, ids=lambda bad: str(bad)[:8])
def test_what_is_no_finite_decimal_is_refused_by_name(bad: Any) -> None:
    with pytest.raises(InvalidValueError, match=r"^margin: expected"):
        exact(bad, "margin")


@pytest.mark.parametrize("good", ["1e400", "-1E-400", "0", "0E+999999", " 5 ", 7, Decimal("0.1")])
def test_what_is_a_finite_decimal_comes_in(good: Any) -> None:
    assert exact(good, "margin") == Decimal(good)


@pytest.mark.parametrize("bad", [np.array([1.0, np.nan]), np.array([np.inf]), np.array([1, 2]), np.array([True])])
def test_an_array_with_anything_but_finite_floats_is_refused(bad: Any) -> None:
    with pytest.raises(InvalidValueError, match=r"^margin: expected"):
        exact(bad, "margin")


@pytest.mark.parametrize(
    ("door", "good", "bad"),
    [
        (positive, "0.1", "0"),
        (positive, np.array([0.1, 2.0]), HALVES),
        (non_negative, "0", "-0.1"),
        (non_negative, np.array([0.0, 2.0]), HALVES),
        (lambda value, field: at_least(exact(value, field), -1, field), "-1", "-1.01"),
        (lambda value, field: at_least(value, 0, field), np.array([0.0, 2.0]), HALVES),
        (lambda value, field: within(value, field, 0, 1), "1", "1.01"),
        (lambda value, field: within(value, field, -1, 1), HALVES, np.array([0.0, 1.01])),
    ],
)
def test_a_range_is_kept_by_one_number_and_by_an_array(door: Callable[..., Any], good: Any, bad: Any) -> None:
    assert np.all(door(good, "rate") == (Decimal(good) if isinstance(good, str) else good))
    with pytest.raises(InvalidValueError, match=r"^rate: must (not )?be"):
        door(bad, "rate")


def test_roots_and_logarithms_are_the_same_for_arrays() -> None:
    values = [Decimal("0.5"), Decimal(2), Decimal("61500.25")]
    floats = np.array([float(value) for value in values])
    for function in (root, logarithm):
        assert np.allclose(function(floats), [float(function(value)) for value in values], rtol=1e-14)
    assert alike(Decimal("0.94"), floats) == 0.94
    assert alike(Decimal("0.94"), values[0]) is not None
    assert isinstance(alike(Decimal("0.94"), values[0]), Decimal)


def test_a_quotient_by_nothing_is_not_known() -> None:
    assert quotient(Decimal(1), Decimal(0)) is None
    assert quotient(Decimal(1), Decimal(-4)) is None
    assert quotient(Decimal(1), Decimal(4)) == Decimal("0.25")
    row = np.array([4.0, 0.0, -4.0])
    np.testing.assert_equal(quotient(np.ones(3), row), [0.25, np.nan, np.nan])
    assert row[1] == 0


@pytest.mark.parametrize(
    "broken",
    [
        lambda: Decimal("1e399") ** 20_000,
        lambda: 1 / Decimal("1e-399") ** 20_000,
        lambda: Decimal(-1) ** Decimal("0.5"),
    ],
)
def test_a_result_beyond_all_range_is_a_refusal_and_no_crash(broken: Any) -> None:
    with pytest.raises(InvalidValueError, match=r"^result: cannot be computed"):
        exactly(broken)()


def test_a_statistic_comes_back_by_its_shortest_text() -> None:
    assert from_float(0.1, "rate") == Decimal("0.1")
    assert from_float(np.float64(0.1), "rate") == Decimal("0.1")
    with pytest.raises(InvalidValueError, match=r"^rate"):
        from_float(float("nan"), "rate")


def test_a_number_is_written_plainly() -> None:
    written = [plain(Decimal(text)) for text in ("1E+3", "-0", "0E+9", "1E-7", "2.50")]
    assert written == ["1000", "0", "0", "0.0000001", "2.5"]
