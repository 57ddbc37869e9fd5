"""Funding: rates over intervals that change, and what they pay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from hedgewatch.domain.errors import InvalidValueError
from hedgewatch.domain.market import SettledFunding
from hedgewatch.domain.numbers import ONE, ZERO, N, exact, exactly, positive

HOURS_OF_HEADLINE = 8
HOURS_OF_YEAR = 8760
WINDOW = timedelta(hours=24)
WINDOW_HOURS = Decimal(24)


@dataclass(frozen=True, slots=True, kw_only=True)
class NormalisedFunding:
    """One rate per 8 hours, per year without and with compounding."""

    rate_8h: Decimal
    apr: Decimal
    apy: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class FundingAverage:
    """The sum of rates over the hours they cover, and their mean per 8 hours and per year."""

    sum_rate: Decimal
    hours: Decimal
    rate_8h: Decimal
    apr: Decimal


@exactly
def funding_normalise(rate: Decimal, interval_hours: Decimal) -> NormalisedFunding:
    """Bring a rate to 8 hours and to a year by its own interval. Source: domain specification 4.

    Raises InvalidValueError for an interval that is not above zero.
    """
    exact(rate, "rate")
    positive(interval_hours, "interval_hours")
    periods = HOURS_OF_YEAR / interval_hours
    return NormalisedFunding(
        rate_8h=rate * HOURS_OF_HEADLINE / interval_hours,
        apr=rate * HOURS_OF_YEAR / interval_hours,
        apy=(ONE + rate) ** periods - ONE,
    )


@exactly
def rate_per_8h(rate: Decimal, interval_hours: Decimal) -> Decimal:
    """Bring a rate to 8 hours by its own interval. Raises InvalidValueError for an interval that is not above zero."""
    return exact(rate, "rate") * HOURS_OF_HEADLINE / positive(interval_hours, "interval_hours")


@exactly
def funding_average(records: Sequence[tuple[Decimal, Decimal]]) -> FundingAverage:
    """Average (rate, interval_hours) records over changing intervals: the sum over the hours, never a mean of rates.

    Source: domain specification 4. Raises InvalidValueError for no records or an interval that is not above zero.
    """
    if not records:
        raise InvalidValueError("records", "there are none")
    total = sum((exact(rate, "rate") for rate, _ in records), ZERO)
    hours = sum((positive(interval, "interval_hours") for _, interval in records), ZERO)
    return FundingAverage(
        sum_rate=total,
        hours=hours,
        rate_8h=total * HOURS_OF_HEADLINE / hours,
        apr=total * HOURS_OF_YEAR / hours,
    )


@exactly
def mean_of_day(settled: Sequence[SettledFunding], now: datetime) -> tuple[Decimal, Decimal] | None:
    """Return the mean rate per 8 h of what was settled in the last 24 hours, and the hours known; None if nothing was.

    Fewer hours than 24 are known where the records are fewer; a record whose interval is not known is taken to reach
    back to the one before it, and is left out if there is none. Source: contracts, the paragraph on rates.
    """
    since = now - WINDOW
    total, hours = ZERO, ZERO
    before: datetime | None = None
    for record in sorted(settled, key=lambda one: one.settled_at):
        interval = record.interval_hours
        if interval is None and before is not None:
            interval = Decimal(int((record.settled_at - before).total_seconds())) / 3600
        before = record.settled_at
        if interval is not None and since < record.settled_at <= now:
            total += record.rate
            hours += interval
    if hours <= 0:
        return None
    return total * HOURS_OF_HEADLINE / min(hours, WINDOW_HOURS), min(hours, WINDOW_HOURS)


@exactly
def short_pays_per_day(rate_8h: N, notional: N) -> N:
    """Return what a short of ``notional`` pays in a day at a rate per 8 h, + is a cost: a negative rate costs it."""
    return -rate_8h * 3 * notional
