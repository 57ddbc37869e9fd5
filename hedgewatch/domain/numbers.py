"""Exact numbers: the only door from text to Decimal, and the context all arithmetic runs in."""

from __future__ import annotations

import decimal
from decimal import Decimal
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from hedgewatch.domain.errors import InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
R = TypeVar("R")

PRECISION = 34
SIGNIFICANT_DIGITS = 15  # what an 8-byte float returns exactly: the width of every stored and printed number

# ccxt changes the ambient context, so ours is local. FloatOperation is trapped: a float never mixes in unseen.
CONTEXT = decimal.Context(
    prec=PRECISION,
    rounding=decimal.ROUND_HALF_EVEN,
    traps=[decimal.InvalidOperation, decimal.DivisionByZero, decimal.Overflow, decimal.FloatOperation],
)

ZERO = Decimal(0)
ONE = Decimal(1)


def exactly(function: Callable[P, R]) -> Callable[P, R]:
    """Run ``function`` in the 34-digit context that traps floats, whatever the ambient context is."""

    @wraps(function)
    def inside(*args: P.args, **kwargs: P.kwargs) -> R:
        with decimal.localcontext(CONTEXT):
            return function(*args, **kwargs)

    return inside


def exact(value: str | int | Decimal, field: str) -> Decimal:
    """Turn text, an integer or a Decimal into a finite Decimal.

    Floats and booleans are refused (they are not exact), NaN and infinity too.
    Raises InvalidValueError that names ``field``.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise InvalidValueError(field, f"expected a decimal number, found {type(value).__name__} {value!r}")
    try:
        number = Decimal(value.strip() if isinstance(value, str) else value)
    except decimal.InvalidOperation:
        raise InvalidValueError(field, f"expected a decimal number, found {value!r}") from None
    if not number.is_finite():
        raise InvalidValueError(field, f"expected a finite number, found {value!r}")
    return number


def positive(value: str | int | Decimal, field: str) -> Decimal:
    """Return ``exact(value)`` if it is above zero; raise InvalidValueError otherwise."""
    number = exact(value, field)
    if number <= 0:
        raise InvalidValueError(field, f"must be above zero, found {number}")
    return number


def from_float(value: float, field: str) -> Decimal:
    """Bring a statistic or a stored 8-byte float back to Decimal through its shortest text."""
    return exact(repr(value), field)


def plain(value: Decimal, digits: int = SIGNIFICANT_DIGITS) -> str:
    """Write a Decimal without exponent, with at most ``digits`` significant digits and no trailing zeros."""
    with decimal.localcontext(CONTEXT) as context:
        context.prec = digits
        rounded = +value
    text = format(rounded, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text
