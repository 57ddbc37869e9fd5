"""Reasons to close: each at its edge, all in their order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from hedgewatch.domain.closing import ACTIONS, CloseReason, close_reasons
from hedgewatch.domain.errors import InvalidValueError

D = Decimal
NOW = datetime(2026, 11, 22, 18, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("facts", "reasons"),
    [
        ({}, []),
        ({"expected_contracts": D(-5000), "actual_contracts": D(0)}, ["POSITION_MISSING"]),
        ({"expected_contracts": D(0), "actual_contracts": D(0)}, []),
        ({"expected_contracts": D(-5000)}, []),
        ({"expected_contracts": D(-5000), "actual_contracts": D(-4900)}, []),
        ({"expected_contracts": D(-5000), "actual_contracts": D(-4899)}, ["POSITION_REDUCED"]),
        ({"long_coin": D(0), "futures_coin": D(-5)}, ["ORPHANED"]),
        ({"long_coin": D(0), "futures_coin": D(0)}, []),
        ({"long_coin": D(5), "futures_coin": D("-5.25")}, []),
        ({"long_coin": D(5), "futures_coin": D("-5.250001")}, ["OVER_HEDGED"]),
        ({"event_ts": NOW}, ["EVENT_PASSED"]),
        ({"event_ts": NOW + SECOND}, []),
        ({"horizon_end": NOW}, ["HORIZON_END"]),
        ({"horizon_end": NOW + SECOND}, []),
        ({"avg_cost": D("2.2"), "spot": D("2.09"), "target_gain": D("-0.05")}, ["PROFIT_TARGET"]),
        ({"avg_cost": D(40000), "spot": D(60000), "target_gain": D("0.5")}, ["PROFIT_TARGET"]),
        ({"avg_cost": D(40000), "spot": D(59999), "target_gain": D("0.5")}, []),
        ({"spot": D(60000), "target_gain": D("0.5")}, []),
        ({"cost_ratio": D("0.25"), "breach_hours": D(24)}, ["COST_OUTWEIGHS"]),
        ({"cost_ratio": D("0.25"), "breach_hours": D("23.99")}, []),
        ({"cost_ratio": D("0.2499"), "breach_hours": D(48)}, []),
        ({"days_to_expiry": D(7)}, ["ROLL_DUE"]),
        ({"days_to_expiry": D("7.01")}, []),
        ({"days_to_expiry": D(-1)}, ["ROLL_DUE"]),
    ],
)
def test_a_reason_holds_from_its_edge_on(facts: dict[str, Any], reasons: list[str]) -> None:
    assert list(close_reasons(NOW, **facts)) == reasons


def test_reasons_are_told_in_a_fixed_order() -> None:
    found = close_reasons(
        NOW,
        days_to_expiry=D(1),
        cost_ratio=D(1),
        breach_hours=D(24),
        avg_cost=D(1),
        spot=D(2),
        target_gain=D(1),
        horizon_end=NOW,
        event_ts=NOW,
        long_coin=D(5),
        futures_coin=D(-6),
        expected_contracts=D(-7),
        actual_contracts=D(-6),
    )
    assert list(found) == [one for one in CloseReason if one not in {"POSITION_MISSING", "ORPHANED"}]


def test_every_reason_has_its_action() -> None:
    assert set(ACTIONS) == set(CloseReason)


@pytest.mark.parametrize(
    "bad",
    [{"avg_cost": D(-1)}, {"spot": D(-1)}, {"breach_hours": D(-1)}, {"cost_ratio": D("NaN")}, {"long_coin": 5.0}],
)
def test_a_fact_that_makes_no_sense_is_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(InvalidValueError, match=f"^{next(iter(bad))}: "):
        close_reasons(NOW, **bad)
