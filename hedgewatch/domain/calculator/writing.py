"""Outputs of a calculation: a result becomes JSON values, with every digit it has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hedgewatch.domain.numbers import PRECISION, plain


def write_result(result: object, gives: Mapping[str, str] | str) -> dict[str, Any]:
    """Return the result under its public names: a dataclass by its fields, a bare value under the one name."""
    if isinstance(gives, str):
        return {gives: _written(result)}
    return {gives.get(one, one): _written(value) for one, value in _fields_of(result)}


def _fields_of(result: object) -> list[tuple[str, object]]:
    assert is_dataclass(result)  # noqa: S101  the table says so of every function without a bare value; a test holds it
    return [(one.name, getattr(result, one.name)) for one in fields(result)]


def _written(value: object) -> Any:  # noqa: ANN401  a JSON value
    if isinstance(value, Decimal):
        return plain(value, PRECISION)
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if is_dataclass(value):
        return {name: _written(one) for name, one in _fields_of(value)}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_written(one) for one in value]
    return str(value) if isinstance(value, str) else value
