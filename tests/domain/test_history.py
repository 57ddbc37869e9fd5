"""What hours and days tell: returns, means, labels and payments, and how much of each there must be."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from hedgewatch.domain.basis import BasisLabel
from hedgewatch.domain.history import (
    DAY_HOURS_NEEDED,
    HOUR,
    CoinPast,
    Payment,
    past_of_basis,
    past_of_payments,
    past_of_price,
    return_of_a_day,
)

NOW = datetime(2026, 11, 22, 18, 20, tzinfo=UTC)
FULL = NOW.replace(minute=0)
D = Decimal


def days(*closes: str | None) -> dict[date, Decimal]:
    """Closes of the days up to today; None: not known."""
    first = NOW.date() - timedelta(days=len(closes) - 1)
    return {first + timedelta(days=at): D(close) for at, close in enumerate(closes) if close is not None}


def hours(*closes: str | None) -> dict[datetime, Decimal]:
    """Closes of the last full hours, oldest first; None: not known."""
    first = FULL - len(closes) * HOUR
    return {first + at * HOUR: D(close) for at, close in enumerate(closes) if close is not None}


def test_a_volatility_needs_thirty_returns() -> None:
    few = past_of_price(days(*["60000", "61000"] * 15), {})
    assert (few.returns, few.volatility) == (29, None)
    enough = past_of_price(days(*["60000", "61000"] * 15, "60000"), {})
    assert enough.returns == 30
    assert enough.volatility is not None
    assert D("0.31") < enough.volatility < D("0.33")  # 1.65 % a day, either way


def test_a_gap_gives_no_return_of_several_days() -> None:
    assert past_of_price(days("1", "2", None, "9", "9"), {}).returns == 2


@pytest.mark.parametrize(("age", "found"), [("23:59", None), ("24:00", "0.2"), ("25:59", "0.2"), ("26:00", None)])
def test_the_return_of_a_day_is_against_the_close_of_then(age: str, found: str | None) -> None:
    then = NOW - timedelta(hours=int(age[:2]), minutes=int(age[3:]))
    past = CoinPast(hourly={then: D(50000)})
    assert return_of_a_day(past, D(60000), NOW) == (D(found) if found else None)


def test_of_several_closes_the_latest_of_then_counts() -> None:
    past = CoinPast(hourly={NOW - timedelta(hours=25): D(1), NOW - timedelta(hours=24): D(2), NOW: D(9)})
    assert return_of_a_day(past, D(3), NOW) == D("0.5")


def test_the_present_hour_and_what_is_older_than_thirty_days_do_not_count() -> None:
    past = past_of_basis({FULL: D(9), FULL - HOUR: D(1), FULL - 720 * HOUR: D(3), FULL - 721 * HOUR: D(9)}, NOW)
    assert past.basis is not None
    assert (past.basis.mean, past.basis.hours) == (2, 2)


def test_nothing_known_is_not_zero() -> None:
    past = past_of_basis({}, NOW)
    assert (past.basis, past.basis_volatility, past.day.label) == (None, None, None)


def test_half_a_day_of_closes_makes_a_mean_of_the_day() -> None:
    few = past_of_basis(hours(*["0.002"] * (DAY_HOURS_NEEDED - 1)), NOW).day
    assert (few.hours, few.mean, few.label) == (11, None, None)
    enough = past_of_basis(hours(*["0.002"] * DAY_HOURS_NEEDED), NOW).day
    assert (enough.mean, enough.label, enough.before, enough.changed_at) == (D("0.002"), "CONTANGO", None, None)


@pytest.mark.parametrize(
    ("rate", "label"),
    [("0.001", BasisLabel.FLAT), ("0.00101", BasisLabel.CONTANGO), ("-0.00101", BasisLabel.BACKWARDATION)],
)
def test_a_label_is_entered_beyond_ten_basis_points(rate: str, label: BasisLabel) -> None:
    assert past_of_basis(hours(*[rate] * 24), NOW).day.label is label


@pytest.mark.parametrize(("rate", "label"), [("0.0005", BasisLabel.CONTANGO), ("0.00049", BasisLabel.FLAT)])
def test_and_left_inside_five(rate: str, label: BasisLabel) -> None:
    assert past_of_basis(hours(*["0.002"] * 24, *[rate] * 24), NOW).day.label is label


def test_a_change_is_remembered_with_its_hour() -> None:
    past = past_of_basis(hours(*["0.002"] * 24, *["-0.002"] * 24), NOW).day
    assert (past.label, past.before) == (BasisLabel.BACKWARDATION, BasisLabel.FLAT)
    assert past.changed_at == FULL - 5 * HOUR  # 19 hours at -20 bp against 5 at +20: the mean is -11.7 bp


def test_the_volatility_of_the_basis_is_of_its_changes_over_a_day() -> None:
    still = past_of_basis(hours(*["0.001"] * 48), NOW)
    assert still.basis_volatility == 0
    assert past_of_basis(hours(*["0.001"] * 47), NOW).basis_volatility is None


def paid(hours_ago: int, usd: str | None, *, amount: str = "1", is_estimate: bool = False) -> Payment:
    at = NOW - timedelta(hours=hours_ago)
    return Payment(
        paid_at=at,
        asset="USDT" if usd else "BTC",
        amount=D(amount),
        usd=D(usd) if usd else None,
        is_estimate=is_estimate,
    )


def test_payments_are_summed_by_day_over_thirty_days_and_since_the_start() -> None:
    found = past_of_payments([paid(31 * 24, "-100"), paid(30, "-3"), paid(2, "-1"), paid(1, "4")], NOW)
    assert found is not None
    assert (found.usd, found.since_start, found.payments) == (0, -100, 3)
    assert found.by_day == {date(2026, 11, 21): -3, date(2026, 11, 22): 3}
    assert found.first_at == NOW - timedelta(days=31)


def test_coins_of_unknown_worth_are_kept_apart_and_estimates_named() -> None:
    found = past_of_payments([paid(3, None, amount="-0.5"), paid(2, "-1", is_estimate=True)], NOW)
    assert found is not None
    assert (found.usd, found.unvalued, found.is_estimate) == (-1, {"BTC": D("-0.5")}, True)
    assert past_of_payments([], NOW) is None
