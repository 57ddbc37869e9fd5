"""Exact numbers: the only door from text to Decimal, and the context all arithmetic runs in."""

from __future__ import annotations

import decimal
import math
from decimal import Decimal
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, overload

from hedgewatch.domain.errors import InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

P = ParamSpec("P")
R = TypeVar("R")
N = TypeVar("N", Decimal, "FloatArray")  # one number exactly, or an array of floats in bulk replay

PRECISION = 34
SIGNIFICANT_DIGITS = 15  # what an 8-byte float returns exactly: the width of every stored and printed number
WIDEST = 400  # powers of ten: beyond any 8-byte float, and so near that no formula of ours can overflow

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


@overload
def exact(value: str | int | Decimal, field: str) -> Decimal: ...
@overload
def exact(value: FloatArray, field: str) -> FloatArray: ...
def exact(value: Any, field: str) -> Any:
    """Turn text, an integer or a Decimal into a finite Decimal; an array of floats passes as it is if all are finite.

    Floats and booleans are refused (they are not exact), NaN and infinity too, and what is wider than any 8-byte float.
    Raises InvalidValueError that names ``field``.
    """
    if hasattr(value, "dtype"):
        return _finite(value, field)
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise InvalidValueError(field, f"expected a decimal number, found {type(value).__name__} {value!r}")
    try:
        number = Decimal(value.strip() if isinstance(value, str) else value)
    except decimal.InvalidOperation:
        raise InvalidValueError(field, f"expected a decimal number, found {value!r}") from None
    if not number.is_finite():
        raise InvalidValueError(field, f"expected a finite number, found {value!r}")
    if number and abs(number.adjusted()) > WIDEST:
        raise InvalidValueError(field, f"expected at most {WIDEST} digits on either side, found {number:.3E}")
    return number


def _finite(values: FloatArray, field: str) -> FloatArray:
    if values.dtype.kind != "f":
        raise InvalidValueError(field, f"expected an array of floats, found one of {values.dtype}")
    if not _everywhere(abs(values) < math.inf):
        raise InvalidValueError(field, "expected finite numbers, found an array with NaN or infinity")
    return values


def _everywhere(condition: Any) -> bool:  # noqa: ANN401  what either kind of number compares to
    """Tell whether a comparison holds: of one number, or of every number of an array."""
    return bool(condition.all()) if hasattr(condition, "all") else bool(condition)


@overload
def positive(value: str | int | Decimal, field: str) -> Decimal: ...
@overload
def positive(value: FloatArray, field: str) -> FloatArray: ...
def positive(value: Any, field: str) -> Any:
    """Return ``exact(value)`` if it is above zero (of an array: all are); raise InvalidValueError otherwise."""
    number = exact(value, field)
    if not _everywhere(number > 0):
        raise InvalidValueError(field, f"must be above zero, found {_least(number)}")
    return number


@overload
def non_negative(value: str | int | Decimal, field: str) -> Decimal: ...
@overload
def non_negative(value: FloatArray, field: str) -> FloatArray: ...
def non_negative(value: Any, field: str) -> Any:
    """Return ``exact(value)`` if it is zero or above (of an array: all are); raise InvalidValueError otherwise."""
    number = exact(value, field)
    if not _everywhere(number >= 0):
        raise InvalidValueError(field, f"must be zero or above, found {_least(number)}")
    return number


@overload
def within(value: str | int | Decimal, field: str, lowest: int, highest: int) -> Decimal: ...
@overload
def within(value: FloatArray, field: str, lowest: int, highest: int) -> FloatArray: ...
def within(value: Any, field: str, lowest: int, highest: int) -> Any:
    """Return ``exact(value)`` if it lies between two bounds, both allowed; raise InvalidValueError otherwise."""
    number = exact(value, field)
    if not _everywhere((number >= lowest) & (number <= highest)):
        found = number if isinstance(number, Decimal) else f"{number.min()} to {number.max()}"
        raise InvalidValueError(field, f"must be between {lowest} and {highest}, found {found}")
    return number


def _least(number: Decimal | FloatArray) -> object:
    return number if isinstance(number, Decimal) else number.min()


def alike(constant: Decimal, sample: N) -> N:
    """Return a constant as numbers of the sample's kind: a Decimal beside Decimals, a float beside arrays."""
    return constant if isinstance(sample, Decimal) else float(constant)  # type: ignore[return-value]


def root(value: N) -> N:
    """Return the square root, of an array elementwise. The caller has refused what is below zero."""
    return value.sqrt() if isinstance(value, Decimal) else value**0.5


def logarithm(value: N) -> N:
    """Return the natural logarithm, of an array elementwise. The caller has refused what is not above zero."""
    if isinstance(value, Decimal):
        return value.ln()
    # an array brings its own functions along: the domain imports no numpy
    return value.__array_namespace__().log(value)  # type: ignore[no-any-return]


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
