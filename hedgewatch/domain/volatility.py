"""Volatility: how far a price wanders in a year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from hedgewatch.domain.moments import covariance, ewma, series
from hedgewatch.domain.numbers import N, alike, exactly, positive, root

DECAY = Decimal("0.94")  # RiskMetrics, for daily returns
SEED_OBSERVATIONS = 20
LEAST_OBSERVATIONS = 30
DAYS_OF_YEAR = 365  # coins trade every day
FLOOR = Decimal("0.20")
ASSUMED = Decimal("0.80")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownVolatility:
    """A volatility to show. is_assumed: too little is known, and 80 % stands in (VOL_ASSUMED)."""

    volatility: Decimal
    is_assumed: bool


@exactly
def annual_volatility(daily_log_returns: Sequence[N]) -> N | None:
    """Return the volatility a year, as a fraction; None with fewer than 30 returns: a rule that needs it is unknown.

    daily_log_returns: oldest first, of every day of the week. Exponentially weighted squares with decay 0.94, started
    from the sample variance of the first 20, times sqrt(365). Source: domain specification 11 (RiskMetrics 1996).
    Raises InvalidValueError for a return that is not finite.
    """
    series(daily_log_returns, "daily_log_returns", least=0)
    if len(daily_log_returns) < LEAST_OBSERVATIONS:
        return None
    seed = daily_log_returns[:SEED_OBSERVATIONS]
    variance = covariance(seed, seed)
    weight = alike(DECAY, variance)
    for change in daily_log_returns[SEED_OBSERVATIONS:]:
        variance = ewma(weight, variance, change * change)
    return root(variance * DAYS_OF_YEAR)


@exactly
def daily_volatility(annual: N) -> N:
    """Return the volatility of one day: a year's over sqrt(365). Raises InvalidValueError unless it is above zero."""
    return root(positive(annual, "sigma_annual") ** 2 / DAYS_OF_YEAR)


@exactly
def tail_volatility(annual: Decimal) -> Decimal:
    """Return the volatility that expected shortfall is counted with: 20 % a year at least.

    A calm month says little about the next one. Source: domain specification 11.
    """
    return max(positive(annual, "sigma_annual"), FLOOR)


def shown_volatility(annual: Decimal | None) -> ShownVolatility:
    """Return what a page shows: where too little is known, 80 % that says it is assumed. For display only, no rule.

    Source: domain specification 11.
    """
    return ShownVolatility(volatility=ASSUMED if annual is None else annual, is_assumed=annual is None)
