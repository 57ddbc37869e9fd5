"""Moments: means, variances and covariances of series, over a sample and exponentially weighted."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from hedgewatch.domain.errors import InvalidValueError
from hedgewatch.domain.numbers import N, exact, exactly

# A formula over Sequence[N] takes a series of Decimals, or the rows of an array: one observation a row, one column for
# each series (or window of one series) that is answered at once. A plain array of one dimension is one series.


def series(values: Sequence[N], field: str, *, least: int = 2) -> Sequence[N]:
    """Return a series if it is long enough and every value is finite.

    Raises InvalidValueError that names ``field``, with the place of the value: ``ds[3]``.
    """
    if len(values) < least:
        raise InvalidValueError(field, f"needs {least} values or more, found {len(values)}")
    for at, value in enumerate(values):
        exact(value, f"{field}[{at}]")
    return values


def paired(left: Sequence[N], right: Sequence[N], fields: tuple[str, str], *, least: int = 2) -> None:
    """Check two series that belong together: each long enough, both of one length.

    Raises InvalidValueError that names the second field if the lengths differ.
    """
    series(left, fields[0], least=least)
    series(right, fields[1], least=least)
    if len(left) != len(right):
        raise InvalidValueError(fields[1], f"has {len(right)} values and {fields[0]} has {len(left)}")


def mean(values: Sequence[N]) -> N:
    """Return the mean of a series that is not empty."""
    return sum(values[1:], start=values[0]) / len(values)


@exactly
def covariance(left: Sequence[N], right: Sequence[N]) -> N:
    """Return the sample covariance (over n - 1) of two series of one length, two values or more."""
    mean_left, mean_right = mean(left), mean(right)
    return (
        mean([(one - mean_left) * (two - mean_right) for one, two in zip(left, right, strict=True)])
        * len(left)
        / (len(left) - 1)
    )


def varying(values: Sequence[N], field: str) -> N:
    """Return the sample variance (over n - 1) of a series that varies.

    Raises InvalidValueError that names ``field`` if all its values are the same: nothing can be divided by that.
    """
    variance = covariance(values, values)
    is_positive = variance > 0
    if not (is_positive if isinstance(variance, Decimal) else is_positive.all()):
        raise InvalidValueError(field, "does not vary: every value is the same")
    return variance


def ewma(decay: N, before: N, latest: N) -> N:
    """Return an exponentially weighted mean after one more value: decay x before + (1 - decay) x latest.

    Of squares it is a variance, of products a covariance. Source: domain specification 6 and 11 (RiskMetrics; Hull).
    """
    return decay * before + (1 - decay) * latest
