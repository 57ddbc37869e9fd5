"""Inputs of a calculation: JSON values become what the function's signature asks for."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from hedgewatch.domain.errors import InvalidValueError
from hedgewatch.domain.numbers import exact

REQUIRED = object()
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One input: its public name, the parameter it fills, its type, and its default (REQUIRED if it has none)."""

    name: str
    parameter: str
    type: Any
    default: object


def inputs_of(function: Callable[..., Any], takes: Mapping[str, str]) -> tuple[Input, ...]:
    """Read a function's signature. takes: public name -> parameter, where they differ."""
    names = {parameter: name for name, parameter in takes.items()}
    hints = get_type_hints(function)
    return tuple(
        Input(
            name=names.get(parameter.name, parameter.name),
            parameter=parameter.name,
            type=hints[parameter.name],
            default=REQUIRED if parameter.default is inspect.Parameter.empty else parameter.default,
        )
        for parameter in inspect.signature(function).parameters.values()
    )


def inputs_of_record(wanted: Any) -> tuple[Input, ...]:  # noqa: ANN401  a dataclass
    """Read a dataclass's fields; its ``PUBLIC`` says field -> public name, where they differ."""
    hints, public = get_type_hints(wanted), getattr(wanted, "PUBLIC", {})
    return tuple(
        Input(
            name=public.get(one.name, one.name),
            parameter=one.name,
            type=hints[one.name],
            default=REQUIRED if one.default is MISSING and one.default_factory is MISSING else one.default,
        )
        for one in fields(wanted)
    )


def read_inputs(inputs: Sequence[Input], given: Mapping[str, object]) -> dict[str, object]:
    """Return keyword arguments from JSON values; ``null`` stands for an input left out.

    Raises InvalidValueError that names the input.
    """
    known = {one.name: one for one in inputs}
    for name in given:
        if name not in known:
            close = get_close_matches(name, known, n=1)
            mend = f'; did you mean "{close[0]}"?' if close else f"; it takes {', '.join(known)}"
            raise InvalidValueError(name, f"unknown input{mend}")
    arguments = {}
    for one in inputs:
        value = given.get(one.name)
        if value is not None:
            arguments[one.parameter] = _read(value, one.type, one.name)
        elif one.default is REQUIRED:
            raise InvalidValueError(one.name, "missing")
    return arguments


def _read(value: object, wanted: Any, place: str) -> object:  # noqa: ANN401  a type annotation
    wanted = type_meant(wanted)
    if get_origin(wanted) in {list, tuple, Sequence}:
        return _read_row(value, wanted, place)
    if is_dataclass(wanted):
        return _read_record(value, wanted, place)
    if issubclass(wanted, StrEnum):
        return _read_choice(value, wanted, place)
    return READERS[wanted](value, place)


def type_meant(wanted: Any) -> Any:  # noqa: ANN401  a type annotation
    """Return the one type meant: what is beside None in a union; Decimal where arrays would do as well."""
    if isinstance(wanted, TypeVar):
        return Decimal
    if get_origin(wanted) in {Union, types.UnionType}:
        return next(type_meant(one) for one in get_args(wanted) if one is not type(None))
    return wanted


def _read_row(value: object, wanted: Any, place: str) -> tuple[object, ...]:  # noqa: ANN401  a type annotation
    if not isinstance(value, list | tuple):
        raise InvalidValueError(place, f"expected a list, found {_kind_of(value)}")
    kinds = get_args(wanted)
    if get_origin(wanted) is tuple and Ellipsis not in kinds:
        if len(value) != len(kinds):
            raise InvalidValueError(place, f"expected {len(kinds)} values, found {len(value)}")
        return tuple(
            _read(one, kind, f"{place}[{at}]") for at, (one, kind) in enumerate(zip(value, kinds, strict=True))
        )
    return tuple(_read(one, kinds[0], f"{place}[{at}]") for at, one in enumerate(value))


def _read_record(value: object, wanted: Any, place: str) -> object:  # noqa: ANN401  a dataclass
    if not isinstance(value, Mapping):
        raise InvalidValueError(place, f"expected an object, found {_kind_of(value)}")
    try:
        return wanted(**read_inputs(inputs_of_record(wanted), value))
    except InvalidValueError as error:
        raise InvalidValueError(f"{place}.{error.field}", error.problem) from None


def _read_choice(value: object, wanted: type[StrEnum], place: str) -> StrEnum:
    try:
        return wanted(value)  # type: ignore[arg-type]  # whatever is no member is refused below
    except ValueError:
        choices = " or ".join(f'"{one.value}"' for one in wanted)
        raise InvalidValueError(place, f"expected {choices}, found {value!r}") from None


def _read_number(value: object, place: str) -> Decimal:
    if isinstance(value, str | int | Decimal):
        return exact(value, place)
    raise InvalidValueError(place, f"expected a decimal number, found {_kind_of(value)}")


def _read_count(value: object, place: str) -> int:
    number = _read_number(value, place)
    if number != number.to_integral_value():
        raise InvalidValueError(place, f"expected a whole number, found {value!r}")
    return int(number)


def _read_flag(value: object, place: str) -> bool:
    if isinstance(value, bool):
        return value
    raise InvalidValueError(place, f"expected true or false, found {_kind_of(value)}")


def _read_moment(value: object, place: str) -> datetime:
    """Read epoch milliseconds, or ISO text with its zone."""
    if isinstance(value, str) and "T" in value:
        try:
            moment = datetime.fromisoformat(value)
            in_utc = moment.astimezone(UTC)
        except (ValueError, OverflowError):
            raise InvalidValueError(place, f"expected a time, found {value!r}") from None
        if moment.tzinfo is None:
            raise InvalidValueError(place, f"expected a time with its zone, as 2026-12-31T00:00:00Z, found {value!r}")
        return in_utc
    try:
        return EPOCH + timedelta(milliseconds=_read_count(value, place))
    except OverflowError:
        raise InvalidValueError(place, f"expected epoch milliseconds, found {value!r}") from None


def _kind_of(value: object) -> str:
    return type(value).__name__


READERS: Mapping[type, Callable[[object, str], object]] = {
    Decimal: _read_number,
    int: _read_count,
    bool: _read_flag,
    datetime: _read_moment,
}
