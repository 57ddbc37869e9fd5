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
    Flags = bool | NDArray[np.bool_]
    Counts = int | NDArray[np.int_]

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

# One context for each width that `plain` writes
ROUNDERS = {
    digits: decimal.Context(prec=digits, rounding=decimal.ROUND_HALF_EVEN) for digits in range(1, PRECISION + 1)
}
OUT_OF_RANGE = (decimal.Overflow, decimal.DivisionByZero, decimal.InvalidOperation)

ZERO = Decimal(0)
ONE = Decimal(1)


def exactly(function: Callable[P, R]) -> Callable[P, R]:
    """Run ``function`` in the 34-digit context that traps floats, whatever the ambient context is.

    A result beyond every range (a power that overflows, a division by what underflowed) is an InvalidValueError too.
    One context serves all calls, so that a call inside another finds it set: making one costs more than most formulas.
    Nothing inside may change it.
    """

    @wraps(function)
    def inside(*args: P.args, **kwargs: P.kwargs) -> R:
        ambient = decimal.getcontext()
        if ambient is CONTEXT:
            return function(*args, **kwargs)
        decimal.setcontext(CONTEXT)
        try:
            return function(*args, **kwargs)
        except OUT_OF_RANGE as error:
            raise InvalidValueError("result", "cannot be computed, an input is too large or too small") from error
        finally:
            decimal.setcontext(ambient)

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
    if type(value) is Decimal and value.is_finite() and -WIDEST <= value.adjusted() <= WIDEST:
        return value  # nearly always: this door is passed some thirty times for each hedge in a cycle
    if type(value) is str:
        return _from_text(value, field)
    if hasattr(value, "dtype"):
        return _finite(value, field)
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise InvalidValueError(field, f"expected a decimal number, found {type(value).__name__} {value!r}")
    return _from_text(value, field)


def _from_text(value: str | int | Decimal, field: str) -> Decimal:
    try:
        number = Decimal(value)  # which takes no notice of blanks around it
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
    if type(number) is Decimal and number > 0:
        return number
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


def at_least(value: N, least: int, field: str) -> N:
    """Return ``exact(value)`` if it is ``least`` or above (of an array: all are); raise InvalidValueError otherwise."""
    number = exact(value, field)
    if not _everywhere(number >= least):
        raise InvalidValueError(field, f"must not be below {least}, found {_least(number)}")
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


def quotient(numerator: N, denominator: N) -> N | None:
    """Return the quotient where the denominator is above zero; elsewhere None, and NaN in an array."""
    if isinstance(denominator, Decimal):
        return numerator / denominator if denominator > 0 else None
    safe = denominator.copy()
    safe[~(denominator > 0)] = math.nan
    return numerator / safe


def root(value: N) -> N:
    """Return the square root, of an array elementwise. The caller has refused what is below zero."""
    return value.sqrt() if isinstance(value, Decimal) else value**0.5


def power(base: N, exponent: N, field: str) -> N:
    """Return a power, of arrays elementwise. Raises InvalidValueError that names ``field`` if it overflows."""
    try:
        return base**exponent
    except decimal.Overflow:
        raise InvalidValueError(field, "is too large to grow by itself so often") from None


def exponential(value: Decimal, field: str) -> Decimal:
    """Return e to the power of a value. Raises InvalidValueError that names ``field`` if it overflows."""
    try:
        return value.exp()
    except decimal.Overflow:
        raise InvalidValueError(field, "is too large to grow by itself so long") from None


def logarithm(value: N) -> N:
    """Return the natural logarithm, of an array elementwise. The caller has refused what is not above zero."""
    if isinstance(value, Decimal):
        return value.ln()
    # an array brings its own functions along: the domain imports no numpy
    return value.__array_namespace__().log(value)  # type: ignore[no-any-return]


def from_float(value: float, field: str) -> Decimal:
    """Bring a statistic or a stored 8-byte float (NumPy's too) back to Decimal through its shortest text."""
    return exact(repr(float(value)), field)


def plain(value: Decimal, digits: int = SIGNIFICANT_DIGITS) -> str:
    """Write a Decimal without exponent, with at most ``digits`` significant digits and no trailing zeros."""
    text = format(ROUNDERS[digits].plus(value), "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text
