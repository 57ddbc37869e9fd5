"""Unusual: how far a value stands out from its own past."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from decimal import Decimal

from hedgewatch.domain.errors import InvalidValueError
from hedgewatch.domain.numbers import exact, exactly

FEWEST = 2  # a sample of one has no deviation
NO_DEVIATION = Decimal("1e-12")


@exactly
def zscore(value: Decimal, history: Sequence[Decimal]) -> Decimal | None:
    """Return how many sample standard deviations a value lies above the mean of its past; None if that never moved.

    history: the window before the value, without it. Source: domain specification 3.
    Raises InvalidValueError for a history of fewer than two values.
    """
    exact(value, "value")
    past = _window(history, FEWEST)
    deviation = statistics.stdev(past)
    return None if deviation < NO_DEVIATION else (value - statistics.mean(past)) / deviation


@exactly
def percentile_rank(value: Decimal, history: Sequence[Decimal]) -> Decimal:
    """Return the share of its past that a value lies above, 0 to 100; what equals it counts half.

    Source: domain specification 3. Raises InvalidValueError for no history.
    """
    exact(value, "value")
    past = _window(history, 1)
    less, equal = sum(one < value for one in past), sum(one == value for one in past)
    return 100 * (less + Decimal(equal) / 2) / len(past)


def _window(history: Sequence[Decimal], fewest: int) -> tuple[Decimal, ...]:
    past = tuple(exact(one, f"history[{at}]") for at, one in enumerate(history))
    if len(past) < fewest:
        raise InvalidValueError("history", f"expected {fewest} values or more, found {len(past)}")
    return past
