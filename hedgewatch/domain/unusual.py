"""Unusual: how far a value stands out from its own past."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from hedgewatch.domain.moments import covariance, mean, series
from hedgewatch.domain.numbers import exact, exactly

NO_DEVIATION = Decimal("1e-12")


@exactly
def zscore(value: Decimal, history: Sequence[Decimal]) -> Decimal | None:
    """Return how many sample standard deviations a value lies above the mean of its past; None if that never moved.

    history: the window before the value, without it. Source: domain specification 3.
    Raises InvalidValueError for a history of fewer than two values.
    """
    exact(value, "value")
    past = series(history, "history")
    deviation = sample_deviation(past)
    return None if deviation is None else (value - mean(past)) / deviation


@exactly
def sample_deviation(history: Sequence[Decimal]) -> Decimal | None:
    """Return the sample standard deviation of two values or more; None if they never moved."""
    deviation = covariance(history, history).sqrt()
    return None if deviation < NO_DEVIATION else deviation


@exactly
def percentile_rank(value: Decimal, history: Sequence[Decimal]) -> Decimal:
    """Return the share of its past that a value lies above, 0 to 100; what equals it counts half.

    Source: domain specification 3. Raises InvalidValueError for no history.
    """
    exact(value, "value")
    past = series(history, "history", least=1)
    less, equal = sum(one < value for one in past), sum(one == value for one in past)
    return 100 * (less + Decimal(equal) / 2) / len(past)
