"""Rolling: when a dated future must be replaced, what that earns, and whether a perpetual would be cheaper."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from hedgewatch.domain.basis import basis
from hedgewatch.domain.errors import InvalidValueError
from hedgewatch.domain.numbers import ONE, exact, exactly, non_negative, positive

DAYS_OF_YEAR = 365
SETTLEMENTS_A_DAY = 3  # eight-hour intervals
EXPIRY_HOUR = 8
OPENS_BEFORE = timedelta(days=7)
DUE_BEFORE = timedelta(hours=24)
# Binance averages the index over its last 30 minutes since 2024-11-11, over the last hour before (domain 1.3).
AVERAGED_BEFORE = timedelta(minutes=30)
FIRST_YEAR, LAST_YEAR, LAST_MONTH = 1970, 9999, 12
NO_MATERIAL_DIFFERENCE = ONE / 100


class RollPhase(StrEnum):
    """How near expiry is: early, the window is open, due now, too late (its price is being averaged), expired."""

    EARLY = "early"
    OPEN = "open"
    DUE = "due"
    SETTLING = "settling"
    EXPIRED = "expired"


class Carrier(StrEnum):
    """What carries the hedge."""

    PERPETUAL = "perp"
    DATED = "dated"


@dataclass(frozen=True, slots=True, kw_only=True)
class RollMetrics:
    """Quote per coin, + is income for a short; annual_roll_yield: a fraction per year."""

    calendar_spread_mid: Decimal
    roll_credit_exec: Decimal
    annual_roll_yield: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class PerpVsDated:
    """Carry over the horizon and per year, fractions of spot, + is income for a short."""

    perp_carry: Decimal
    dated_carry: Decimal
    perp_annual: Decimal
    dated_annual: Decimal
    advantage_dated_annual: Decimal
    prefer: Carrier


@exactly
def roll_metrics(
    near_bid: Decimal,
    near_ask: Decimal,
    far_bid: Decimal,
    far_ask: Decimal,
    *,
    days_near: Decimal,
    days_far: Decimal,
) -> RollMetrics:
    """Return what rolling a short earns: the near one is bought at its ask, the far one sold at its bid.

    days_near, days_far: to expiry. Source: domain specification 7. Raises InvalidValueError for prices that are not
    above zero, a book whose bid is above its ask, and a far expiry that is not later.
    """
    _refuse_crossed(near_bid, near_ask, "near_bid")
    _refuse_crossed(far_bid, far_ask, "far_bid")
    apart = exact(days_far, "days_far") - non_negative(days_near, "days_near")
    if apart <= 0:
        raise InvalidValueError("days_far", f"must be more than days_near ({days_near}), found {days_far}")
    credit = far_bid - near_ask
    return RollMetrics(
        calendar_spread_mid=(far_bid + far_ask - near_bid - near_ask) / 2,
        roll_credit_exec=credit,
        annual_roll_yield=credit * DAYS_OF_YEAR / (near_ask * apart),
    )


@exactly
def perp_vs_dated(  # noqa: PLR0913  the inputs of the formula
    spot: Decimal,
    expected_r8: Decimal,
    dated_bid: Decimal,
    days_to_expiry: Decimal,
    *,
    horizon_days: Decimal,
    perp_fee: Decimal,
    dated_fee: Decimal,
    delivery_fee: Decimal,
) -> PerpVsDated:
    """Compare what a short earns in a perpetual and in a dated future held over a horizon.

    expected_r8: funding per 8 hours, positive is received. Fees: fractions, + is a cost; a dated future held to its
    expiry pays delivery instead of closing. A tie prefers the dated one, whose cost is fixed. Source: domain
    specification 7. Raises InvalidValueError for prices and days that are not above zero.
    """
    horizon = positive(horizon_days, "horizon_days")
    expiry = positive(days_to_expiry, "days_to_expiry")
    entered = basis(positive(dated_bid, "dated_bid"), spot).absolute
    exit_fee = delivery_fee if horizon >= expiry else dated_fee
    perp = exact(expected_r8, "expected_r8") * SETTLEMENTS_A_DAY * horizon - 2 * exact(perp_fee, "perp_fee")
    fees = exact(dated_fee, "dated_fee") + exact(exit_fee, "delivery_fee")
    dated = entered * min(horizon, expiry) / (spot * expiry) - fees
    perp_annual, dated_annual = perp * DAYS_OF_YEAR / horizon, dated * DAYS_OF_YEAR / horizon
    return PerpVsDated(
        perp_carry=perp,
        dated_carry=dated,
        perp_annual=perp_annual,
        dated_annual=dated_annual,
        advantage_dated_annual=dated_annual - perp_annual,
        prefer=Carrier.PERPETUAL if dated < perp else Carrier.DATED,
    )


def is_material(advantage_annual: Decimal) -> bool:
    """Tell whether an advantage is worth acting on: 1 % of notional a year or more. Source: domain specification 7."""
    return abs(exact(advantage_annual, "advantage_annual")) >= NO_MATERIAL_DIFFERENCE


def last_friday(year: int, month: int) -> datetime:
    """Return when a future of that month expires: its last Friday, 08:00 UTC.

    Source: domain specification 7 (Binance's page on quarterly delivery; others from their listing).
    Raises InvalidValueError for a month outside 1 to 12 and a year outside 1970 to 9999.
    """
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise InvalidValueError("year", f"must be between {FIRST_YEAR} and {LAST_YEAR}, found {year}")
    if not 1 <= month <= LAST_MONTH:
        raise InvalidValueError("month", f"must be between 1 and 12, found {month}")
    last = datetime(year, month, calendar.monthrange(year, month)[1], EXPIRY_HOUR, tzinfo=UTC)
    return last - timedelta(days=(last.weekday() - calendar.FRIDAY) % 7)


def roll_phase(
    now: datetime,
    expiry: datetime,
    *,
    opens_before: timedelta = OPENS_BEFORE,
    due_before: timedelta = DUE_BEFORE,
    averaged_before: timedelta = AVERAGED_BEFORE,
) -> RollPhase:
    """Tell how near a future's expiry is. A roll is never made while its settlement price is averaged.

    Source: domain specification 7. Equality counts as reached.
    """
    left = expiry - now
    if left <= timedelta(0):
        return RollPhase.EXPIRED
    if left <= averaged_before:
        return RollPhase.SETTLING
    if left <= due_before:
        return RollPhase.DUE
    return RollPhase.OPEN if left <= opens_before else RollPhase.EARLY


def far_leads(near_volumes: tuple[Decimal, ...], far_volumes: tuple[Decimal, ...]) -> bool:
    """Tell whether the far future traded more than the near one on the last two days: then roll early.

    Daily volumes, oldest first. Source: domain specification 7. Fewer than two days tell nothing: False.
    """
    days = list(zip(near_volumes, far_volumes, strict=True))[-2:]
    return len(days) == 2 and all(far > near for near, far in days)  # noqa: PLR2004  the two days of the rule


def _refuse_crossed(bid: Decimal, ask: Decimal, field: str) -> None:
    if positive(bid, field) > positive(ask, field.replace("bid", "ask")):
        raise InvalidValueError(field, f"is above the ask ({ask}): found {bid}")
