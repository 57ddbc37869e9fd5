"""Rows: numbers, flags and choices out of one row of an answer; garbage raises, blanks are None."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, TypeVar

from hedgewatch.domain.market import UnknownReason
from hedgewatch.domain.numbers import ZERO
from hedgewatch.exchanges.parse import Row, UnreadableError, number_in, price_in

T = TypeVar("T")

HIGHEST_AMOUNT, LOWEST_AMOUNT = Decimal(10) ** 18, Decimal(10) ** -30


def amount_of(row: Row, key: str | None) -> Decimal | None:
    """Read an amount of either sign; None if blank. Raises UnreadableError for garbage and absurd magnitudes."""
    number = number_in(row, key, str(key))
    if number and not LOWEST_AMOUNT < abs(number) < HIGHEST_AMOUNT:
        raise UnreadableError(UnknownReason.OUT_OF_RANGE, f"{key} is {number:.3e}")
    return number


def needed(row: Row, key: str) -> Decimal:
    """Read an amount that must be there. Raises UnreadableError."""
    number = amount_of(row, key)
    if number is None:
        raise UnreadableError(UnknownReason.MISSING, f"no {key} in the row")
    return number


def held(row: Row, key: str) -> Decimal:
    """Read an amount that must be there and cannot be below zero. Raises UnreadableError."""
    number = needed(row, key)
    if number < 0:
        raise UnreadableError(UnknownReason.OUT_OF_RANGE, f"{key} is {number}, below zero")
    return number


def not_below_zero(row: Row, key: str | None) -> Decimal | None:
    """Read an amount that cannot be below zero; None if blank. Raises UnreadableError."""
    return None if amount_of(row, key) is None or key is None else held(row, key)


def price_or_none(row: Row, key: str | None) -> Decimal | None:
    """Read a price; blank and zero, which exchanges write for "none", are None. Raises UnreadableError."""
    number = amount_of(row, key)
    return None if number is None or number == ZERO else price_in(row, key, str(key))


def flag_of(row: Row, key: str) -> bool | None:
    """Read a flag, written as such or as text; None if it is neither."""
    value = row.get(key)
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value.lower()) if isinstance(value, str) else None


def chosen(row: Row, key: str, choices: Mapping[str, T]) -> T:
    """Read a choice by the exchange's word or number for it, any case. Raises UnreadableError for any other."""
    value = row.get(key)
    word = str(value).upper() if type(value) in {str, int} else ""
    if word not in choices:
        raise UnreadableError(UnknownReason.OUT_OF_RANGE, f"{key} is {str(value)[:30]!r}, none of {', '.join(choices)}")
    return choices[word]


def text_of(row: Row, key: str) -> str | None:
    """Read a text or a whole number as text; None if blank or anything else."""
    value = row.get(key)
    return str(value) if type(value) in {str, int} and value != "" else None


def at(whole: Any, *keys: str) -> Row:  # noqa: ANN401  JSON
    """Return the object at the end of ``keys``; empty if there is none."""
    for key in keys:
        whole = whole.get(key) if isinstance(whole, dict) else None
    return whole if isinstance(whole, dict) else {}
