"""Closing: the reasons to end a hedge, in a fixed order."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from hedgewatch.domain.exposure import hedge_ratio
from hedgewatch.domain.numbers import ONE, ZERO, exact, exactly, non_negative
from hedgewatch.domain.thresholds import Action

KEPT = Decimal("0.98")


class CloseReason(StrEnum):
    """Why a hedge should be closed, mended or looked at, in the order in which reasons are told."""

    POSITION_MISSING = "POSITION_MISSING"
    POSITION_REDUCED = "POSITION_REDUCED"
    ORPHANED = "ORPHANED"
    OVER_HEDGED = "OVER_HEDGED"
    EVENT_PASSED = "EVENT_PASSED"
    HORIZON_END = "HORIZON_END"
    PROFIT_TARGET = "PROFIT_TARGET"
    COST_OUTWEIGHS = "COST_OUTWEIGHS"
    ROLL_DUE = "ROLL_DUE"


# What each asks for (domain specification 8). A profit target never means the hedge alone: spot is sold with it.
ACTIONS: Mapping[CloseReason, Action] = {
    CloseReason.POSITION_MISSING: Action.REBALANCE,
    CloseReason.POSITION_REDUCED: Action.REBALANCE,
    CloseReason.ORPHANED: Action.CLOSE,
    CloseReason.OVER_HEDGED: Action.REBALANCE,
    CloseReason.EVENT_PASSED: Action.CLOSE,
    CloseReason.HORIZON_END: Action.CLOSE,
    CloseReason.PROFIT_TARGET: Action.CLOSE,
    CloseReason.COST_OUTWEIGHS: Action.CLOSE,
    CloseReason.ROLL_DUE: Action.ROLL,
}


@exactly
def close_reasons(  # noqa: PLR0913  the inputs of the formula
    now: datetime,
    *,
    event_ts: datetime | None = None,
    horizon_end: datetime | None = None,
    avg_cost: Decimal | None = None,
    spot: Decimal | None = None,
    target_gain: Decimal | None = None,
    cost_ratio: Decimal | None = None,
    cost_threshold: Decimal = Decimal("0.25"),
    breach_hours: Decimal = ZERO,
    min_breach_hours: Decimal = Decimal(24),
    long_coin: Decimal = ZERO,
    futures_coin: Decimal = ZERO,
    max_over_hedge: Decimal = Decimal("0.05"),
    expected_contracts: Decimal | None = None,
    actual_contracts: Decimal | None = None,
    days_to_expiry: Decimal | None = None,
    roll_window_days: Decimal = Decimal(7),
) -> tuple[CloseReason, ...]:
    """Return every reason that holds, in the order of CloseReason. None: not known or not set, and gives no reason.

    avg_cost, spot: quote per coin. target_gain, cost_ratio, max_over_hedge: fractions. breach_hours: how long the cost
    ratio has been beyond its threshold. Short is negative. Source: domain specification 8; equality counts where it
    says so. Raises InvalidValueError for a negative price, time or threshold.
    """
    held = _known(breach_hours=breach_hours, min_breach_hours=min_breach_hours, max_over_hedge=max_over_hedge)
    prices = _known(avg_cost=avg_cost, spot=spot, roll_window_days=roll_window_days)
    ratio = hedge_ratio(exact(long_coin, "long_coin"), exact(futures_coin, "futures_coin"))
    holds = {
        **_position_holds(expected_contracts, actual_contracts),
        CloseReason.ORPHANED: long_coin <= 0 and futures_coin < 0,
        CloseReason.OVER_HEDGED: ratio is not None and ratio > ONE + held["max_over_hedge"],
        CloseReason.EVENT_PASSED: event_ts is not None and now >= event_ts,
        CloseReason.HORIZON_END: horizon_end is not None and now >= horizon_end,
        CloseReason.PROFIT_TARGET: _has_gained(prices.get("avg_cost"), prices.get("spot"), target_gain),
        CloseReason.COST_OUTWEIGHS: _reaches(cost_ratio, "cost_ratio", exact(cost_threshold, "cost_threshold"))
        and held["breach_hours"] >= held["min_breach_hours"],
        CloseReason.ROLL_DUE: days_to_expiry is not None
        and exact(days_to_expiry, "days_to_expiry") <= prices["roll_window_days"],
    }
    return tuple(reason for reason in CloseReason if holds[reason])


def _known(**given: Decimal | None) -> dict[str, Decimal]:
    return {name: non_negative(value, name) for name, value in given.items() if value is not None}


def _position_holds(expected: Decimal | None, actual: Decimal | None) -> dict[CloseReason, bool]:
    wanted = ZERO if expected is None else abs(exact(expected, "expected_contracts"))
    found = None if actual is None else abs(exact(actual, "actual_contracts"))
    is_missing = found == 0 and wanted > 0
    return {
        CloseReason.POSITION_MISSING: is_missing,
        CloseReason.POSITION_REDUCED: found is not None and not is_missing and found < wanted * KEPT,
    }


def _has_gained(avg_cost: Decimal | None, spot: Decimal | None, target_gain: Decimal | None) -> bool:
    if avg_cost is None or spot is None or target_gain is None:
        return False
    return spot >= avg_cost * (ONE + exact(target_gain, "target_gain"))


def _reaches(value: Decimal | None, field: str, threshold: Decimal) -> bool:
    return value is not None and exact(value, field) >= threshold
