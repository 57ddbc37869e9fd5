"""Funding: rates over intervals that change, and what they pay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Generic

from hedgewatch.domain.errors import InvalidValueError
from hedgewatch.domain.market import SettledFunding
from hedgewatch.domain.numbers import ZERO, N, exact, exactly, from_float, non_negative, positive, power, within

HOURS_OF_HEADLINE = 8
HOURS_OF_YEAR = 8760
SETTLEMENTS_A_DAY = 3  # of 8 hours, the headline's interval
DAY = timedelta(days=1)
WEEK = timedelta(days=7)  # the window of the expected rate
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class NormalisedFunding(Generic[N]):
    """One rate per 8 hours, per year without and with compounding."""

    rate_8h: N
    apr: N
    apy: N


@dataclass(frozen=True, slots=True, kw_only=True)
class FundingRecord:
    """One settled rate, a fraction per interval, with the interval that it was for, in hours."""

    rate: Decimal
    interval_hours: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class FundingAverage:
    """The sum of rates over the hours they cover, and their mean per 8 hours and per year."""

    sum_rate: Decimal
    hours: Decimal
    rate_8h: Decimal
    apr: Decimal


@exactly
def funding_rate_from_premium(
    premium: Decimal,
    interest_8h: Decimal = Decimal("0.0001"),
    clamp: Decimal = Decimal("0.0005"),
    interval_hours: Decimal = Decimal(HOURS_OF_HEADLINE),
    *,
    cap: Decimal | None = None,
    floor: Decimal | None = None,
) -> Decimal:
    """Return the funding rate that exchanges make of a premium index, a fraction per interval.

    premium: fraction. interest_8h: per 8 hours. The interest is let through while it is within ``clamp`` of the
    premium; an interval of other than 8 hours takes its part; cap and floor are per interval.
    Source: domain specification 4; Binance's announcement of 2025-09-18, Bybit's and BitMEX's pages.
    Raises InvalidValueError for a clamp below zero, an interval not above zero, a floor above the cap.
    """
    exact(premium, "premium")
    exact(interest_8h, "interest_8h")
    least = non_negative(clamp, "clamp")
    rate_8h = premium + clamped(interest_8h - premium, floor=-least, cap=least)
    rate = rate_8h * positive(interval_hours, "interval_hours") / HOURS_OF_HEADLINE
    return clamped(exact(rate, "premium"), floor=floor, cap=cap)


@exactly
def clamped(rate: Decimal, *, floor: Decimal | None, cap: Decimal | None) -> Decimal:
    """Return a rate kept between a floor and a cap, each None where there is none.

    Raises InvalidValueError for a floor above the cap.
    """
    exact(rate, "rate")
    if floor is not None and cap is not None and exact(floor, "floor") > exact(cap, "cap"):
        raise InvalidValueError("floor", f"must not be above the cap of {cap}, found {floor}")
    if cap is not None and rate > exact(cap, "cap"):
        return cap
    return floor if floor is not None and rate < exact(floor, "floor") else rate


@exactly
def funding_normalise(rate: N, interval_hours: N) -> NormalisedFunding[N]:
    """Bring a rate to 8 hours and to a year by its own interval. Decimals or arrays.

    Source: domain specification 4. Raises InvalidValueError for an interval that is not above zero, and for a rate
    beyond -1 and 1: nobody pays more than the position is worth.
    """
    periods = HOURS_OF_YEAR / positive(interval_hours, "interval_hours")
    return NormalisedFunding(
        rate_8h=rate_per_8h(rate, interval_hours),
        apr=rate_per_year(rate, interval_hours),
        apy=power(1 + within(rate, "rate", -1, 1), periods, "rate") - 1,
    )


@exactly
def rate_per_8h(rate: N, interval_hours: N) -> N:
    """Bring a rate to 8 hours by its own interval. Decimals or arrays. Source: domain specification 4.

    Raises InvalidValueError for an interval that is not above zero.
    """
    return exact(rate, "rate") * HOURS_OF_HEADLINE / positive(interval_hours, "interval_hours")


@exactly
def rate_per_year(rate: N, interval_hours: N) -> N:
    """Bring a rate to a year by its own interval, without compounding. Decimals or arrays.

    Source: domain specification 4. Raises InvalidValueError for an interval that is not above zero.
    """
    return exact(rate, "rate") * HOURS_OF_YEAR / positive(interval_hours, "interval_hours")


@exactly
def funding_average(records: Sequence[FundingRecord]) -> FundingAverage:
    """Average records over changing intervals: the sum over the hours, never a mean of rates.

    Source: domain specification 4. Raises InvalidValueError for no records or an interval that is not above zero.
    """
    if not records:
        raise InvalidValueError("records", "there are none")
    for at, record in enumerate(records):
        exact(record.rate, f"records[{at}].rate")
        positive(record.interval_hours, f"records[{at}].interval_hours")
    total = sum((record.rate for record in records), ZERO)
    hours = sum((record.interval_hours for record in records), ZERO)
    return FundingAverage(
        sum_rate=total, hours=hours, rate_8h=rate_per_8h(total, hours), apr=rate_per_year(total, hours)
    )


@exactly
def mean_of_window(
    settled: Sequence[SettledFunding], now: datetime, window: timedelta = DAY
) -> tuple[Decimal, Decimal] | None:
    """Return the mean rate per 8 h of what was settled in the window before now, and the hours known; None if nothing.

    Fewer hours than the window's are known where the records are fewer; a record whose interval is not known is taken
    to reach back to the one before it, and is left out if there is none. Source: contracts, the paragraph on rates.
    """
    total, hours = ZERO, ZERO
    before: datetime | None = None
    for record in sorted(settled, key=lambda one: one.settled_at):
        interval = record.interval_hours
        if interval is None and before is not None:
            interval = Decimal(int((record.settled_at - before).total_seconds())) / 3600
        before = record.settled_at
        if interval is not None and now - window < record.settled_at <= now:
            total += record.rate
            hours += interval
    if hours <= 0:
        return None
    known = min(hours, from_float(window / HOUR, "window"))
    return rate_per_8h(total, known), known


@exactly
def expected_rate_8h(
    mean_8h: Decimal | None,
    coming_8h: Decimal | None,
    *,
    floor_8h: Decimal | None = None,
    cap_8h: Decimal | None = None,
) -> Decimal | None:
    """Return the rate per 8 h to plan with: half the mean of the last week, half the coming one, within cap and floor.

    mean_8h: of mean_of_window over WEEK. Where one of the two is not known the other stands alone; None without both.
    Source: domain specification 4. Raises InvalidValueError for a floor above the cap.
    """
    known = [exact(rate, "rate_8h") for rate in (mean_8h, coming_8h) if rate is not None]
    return clamped(sum(known, ZERO) / len(known), floor=floor_8h, cap=cap_8h) if known else None


@exactly
def short_pays_per_day(rate_8h: N, notional: N) -> N:
    """Return what a short of ``notional`` pays in a day at a rate per 8 h, + is a cost: a negative rate costs it.

    In the unit of the notional. Decimals or arrays. Raises InvalidValueError for a notional below zero.
    """
    return -exact(rate_8h, "rate_8h") * SETTLEMENTS_A_DAY * non_negative(notional, "notional")
