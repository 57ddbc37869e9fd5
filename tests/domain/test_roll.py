"""Rolling dated futures: when, for what, and against a perpetual."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgewatch.domain.errors import InvalidValueError
from hedgewatch.domain.roll import (
    Carrier,
    RollPhase,
    far_leads,
    is_material,
    last_friday,
    perp_vs_dated,
    roll_metrics,
    roll_phase,
)

D = Decimal
EXPIRY = datetime(2026, 12, 25, 8, tzinfo=UTC)


@given(year=st.integers(1970, 9999), month=st.integers(1, 12))
def test_the_last_friday_is_a_friday_in_the_last_week_of_its_month(year: int, month: int) -> None:
    found = last_friday(year, month)
    assert (found.year, found.month, found.isoweekday(), found.hour) == (year, month, 5, 8)
    if found.date() < datetime(9999, 12, 25, tzinfo=UTC).date():
        assert (found + timedelta(days=7)).month != month


@pytest.mark.parametrize(("year", "month", "field"), [(2026, 0, "month"), (2026, 13, "month"), (1969, 1, "year")])
def test_a_month_that_does_not_exist_is_refused(year: int, month: int, field: str) -> None:
    with pytest.raises(InvalidValueError, match=f"^{field}: "):
        last_friday(year, month)


@pytest.mark.parametrize(
    ("left", "phase"),
    [
        (timedelta(days=7, seconds=1), RollPhase.EARLY),
        (timedelta(days=7), RollPhase.OPEN),
        (timedelta(hours=24, seconds=1), RollPhase.OPEN),
        (timedelta(hours=24), RollPhase.DUE),
        (timedelta(minutes=30, seconds=1), RollPhase.DUE),
        (timedelta(minutes=30), RollPhase.SETTLING),
        (timedelta(0), RollPhase.EXPIRED),
        (timedelta(days=-1), RollPhase.EXPIRED),
    ],
)
def test_a_roll_opens_falls_due_and_is_never_made_while_the_price_is_averaged(
    left: timedelta, phase: RollPhase
) -> None:
    assert roll_phase(EXPIRY - left, EXPIRY) is phase


def test_the_settlement_window_of_another_exchange_is_kept() -> None:
    assert roll_phase(EXPIRY - timedelta(minutes=45), EXPIRY, averaged_before=timedelta(hours=1)) is RollPhase.SETTLING


@pytest.mark.parametrize(
    ("near", "far", "leads"),
    [(("9", "5", "4"), ("1", "6", "5"), True), (("5", "4"), ("6", "4"), False), (("4",), ("6",), False)],
)
def test_two_days_of_more_volume_in_the_far_future_are_a_reason(
    near: tuple[str, ...], far: tuple[str, ...], *, leads: bool
) -> None:
    assert far_leads(tuple(map(D, near)), tuple(map(D, far))) is leads


def test_rolling_in_backwardation_costs() -> None:
    found = roll_metrics(D(59800), D(59810), D(59200), D(59210), days_near=D(0), days_far=D(91))
    assert found.roll_credit_exec == -610
    assert abs(found.annual_roll_yield - D("-0.04091")) < D("5e-6")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"days_far": D(15)}, "days_far"),
        ({"days_near": D(-1)}, "days_near"),
        ({"near_bid": D(60306)}, "near_bid"),
        ({"far_bid": D(61511)}, "far_bid"),
        ({"near_ask": D(0)}, "near_ask"),
        ({"far_ask": D("NaN")}, "far_ask"),
    ],
)
def test_a_roll_that_makes_no_sense_is_refused(change: dict[str, Any], field: str) -> None:
    book = {
        "near_bid": D(60295), "near_ask": D(60305), "far_bid": D(61490), "far_ask": D(61510), "days_near": D(15),
        "days_far": D(105),
    }  # fmt: skip
    with pytest.raises(InvalidValueError, match=f"^{field}: "):
        roll_metrics(**(book | change))


def carried(**changes: Any) -> Any:
    asked: dict[str, Any] = {
        "spot": D(60000), "expected_r8": D("0.00003"), "dated_bid": D(61500), "days_to_expiry": D(90),
        "horizon_days": D(45), "perp_fee": D("0.0005"), "dated_fee": D("0.0005"), "delivery_fee": D("0.0005"),
    }  # fmt: skip
    return perp_vs_dated(**(asked | changes))


def test_little_funding_prefers_the_dated_future() -> None:
    found = carried()
    assert (found.perp_carry, found.dated_carry, found.prefer) == (D("0.00305"), D("0.0115"), Carrier.DATED)
    assert is_material(found.advantage_dated_annual)


def test_a_tie_prefers_the_dated_future_and_is_not_material() -> None:
    found = carried(expected_r8=D(0), dated_bid=D(60000))
    assert (found.advantage_dated_annual, found.prefer) == (0, Carrier.DATED)
    assert not is_material(found.advantage_dated_annual)


def test_a_future_held_to_expiry_pays_delivery_and_earns_no_more_after_it() -> None:
    found = carried(horizon_days=D(180), delivery_fee=D("0.0002"))
    assert found.dated_carry == D("0.0243")


@pytest.mark.parametrize("field", ["spot", "dated_bid", "days_to_expiry", "horizon_days"])
def test_a_comparison_without_prices_or_days_is_refused(field: str) -> None:
    with pytest.raises(InvalidValueError, match=f"^{field}: "):
        carried(**{field: D(0)})
