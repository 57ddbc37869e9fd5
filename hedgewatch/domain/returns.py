"""Returns: what prices did from one day to the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from hedgewatch.domain.numbers import N, exactly, logarithm, positive

DAY = timedelta(days=1)


@exactly
def log_returns(closes: Sequence[N]) -> tuple[N, ...]:
    """Return the logarithm of each close over the one before, oldest first: one fewer than the closes.

    Raises InvalidValueError for a close that is not above zero.
    """
    for at, close in enumerate(closes):
        positive(close, f"closes[{at}]")
    return tuple(logarithm(after / before) for before, after in pairwise(closes))


@exactly
def daily_log_returns(closes: Mapping[date, Decimal]) -> tuple[Decimal, ...]:
    """Return the log returns of the days whose close and that of the day before are known, oldest first.

    closes: at 00:00 UTC of each day. A gap is never bridged by a return of several days.
    Raises InvalidValueError for a close that is not above zero.
    """
    days = sorted(closes)
    return tuple(log_returns((closes[before], closes[day]))[0] for before, day in pairwise(days) if day - before == DAY)


@exactly
def paired_returns(
    item: Mapping[date, Decimal], proxy: Mapping[date, Decimal]
) -> tuple[tuple[Decimal, ...], tuple[Decimal, ...]]:
    """Return the daily simple returns of two assets on the days on which both are known, oldest first.

    item and proxy: the close at 00:00 UTC of each day. A day counts if both have its close and that of the day before;
    a gap is never bridged by a return of several days. Source: domain specification 6.
    Raises InvalidValueError for a close that is not above zero.
    """
    common = sorted(item.keys() & proxy.keys())
    for day in common:
        positive(item[day], f"item[{day}]")
        positive(proxy[day], f"proxy[{day}]")
    days = [(before, day) for before, day in pairwise(common) if day - before == DAY]
    left, right = (
        tuple((closes[day] - closes[before]) / closes[before] for before, day in days) for closes in (item, proxy)
    )
    return left, right
