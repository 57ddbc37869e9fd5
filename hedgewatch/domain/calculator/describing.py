"""What a calculation takes and gives, in words: read from its function, so that it cannot be out of date."""

from __future__ import annotations

import inspect
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Union, get_args, get_origin, get_type_hints

from hedgewatch.domain.calculator.calculation import Calculation
from hedgewatch.domain.calculator.examples import EXAMPLES
from hedgewatch.domain.calculator.reading import REQUIRED, Input, inputs_of_record, type_meant
from hedgewatch.domain.numbers import plain

WORDS: Mapping[type, str] = {
    Decimal: "decimal",
    int: "whole number",
    bool: "true or false",
    datetime: "time: epoch milliseconds, or text with its zone",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class InputWords:
    """One input in words. default: as JSON shows it, None without one; an input that may stay unknown has ``null``."""

    name: str
    kind: str
    is_required: bool
    default: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """A calculation in words. optional_outputs: given only if what they need was given. example: JSON text."""

    name: str
    group: str
    question: str
    explanation: str
    inputs: tuple[InputWords, ...]
    outputs: tuple[str, ...]
    optional_outputs: tuple[str, ...]
    example: str


def describe(calculation: Calculation) -> Description:
    """Put a calculation into words. Its explanation is its function's own: units, signs, errors, source."""
    always, sometimes = _outputs(calculation)
    return Description(
        name=calculation.name,
        group=calculation.group,
        question=calculation.question,
        explanation=_explanation(calculation),
        inputs=tuple(_words_of(one) for one in calculation.inputs),
        outputs=always,
        optional_outputs=sometimes,
        example=EXAMPLES[calculation.name],
    )


def _explanation(calculation: Calculation) -> str:
    """Return the function's docstring as its user reads it."""
    text = inspect.getdoc(calculation.function) or ""
    return text.replace("Raises InvalidValueError for", "Refuses").replace("``", "")


def _words_of(one: Input) -> InputWords:
    is_required = one.default is REQUIRED
    return InputWords(
        name=one.name,
        kind=_kind(one.type),
        is_required=is_required,
        default=None if is_required else _shown(one.default),
    )


def _kind(wanted: Any) -> str:  # noqa: ANN401  a type annotation
    wanted = type_meant(wanted)
    if get_origin(wanted) is tuple and Ellipsis not in get_args(wanted):
        return f"[{', '.join(_kind(one) for one in get_args(wanted))}]"
    if get_origin(wanted) in {list, tuple, Sequence}:
        return f"list of {_kind(get_args(wanted)[0])}"
    if is_dataclass(wanted):
        parts = (_words_of(one) for one in inputs_of_record(wanted))
        return "{" + ", ".join(one.name if one.is_required else f"{one.name} = {one.default}" for one in parts) + "}"
    if issubclass(wanted, StrEnum):
        return " | ".join(one.value for one in wanted)
    return WORDS[wanted]


def _shown(default: object) -> str:
    if default is None:
        return "null"
    if isinstance(default, bool):
        return "true" if default else "false"
    if isinstance(default, Decimal):
        return plain(default)
    return "[]" if isinstance(default, tuple) and not default else str(default)


def _outputs(calculation: Calculation) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names that every answer has, and those that some have."""
    if isinstance(calculation.gives, str):
        return (calculation.gives,), ()
    answer = get_type_hints(calculation.function)["return"]
    shapes = get_args(answer) if get_origin(answer) in {Union, types.UnionType} else (answer,)
    names = [
        [calculation.gives.get(one.name, one.name) for one in fields(get_origin(shape) or shape)] for shape in shapes
    ]
    every = list(dict.fromkeys(name for shape in names for name in shape))
    always = tuple(name for name in every if all(name in shape for shape in names))
    return always, tuple(name for name in every if name not in always)
