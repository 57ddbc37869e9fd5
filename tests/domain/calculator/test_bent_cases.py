"""The reference cases bent, one input after the other: each is answered or refused by name, and nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from hedgewatch.domain.calculator import CALCULATIONS
from hedgewatch.domain.errors import InvalidValueError
from tests.domain.calculator.tables import inputs as inputs_of
from tests.domain.calculator.tables import rows

STRANGE = [
    "0", "-1", "1", "1e-30", "1e30", "-1e30", "1e400", "1e-400", "1e999999", "NaN", "Infinity", "-sNaN", "", "abc",
    "long", True, None, 1.5, float("nan"), 7, 10**400, [], {}, [[]], [None], ["1"], ["1", "1"], [["1", "1"]],
    {"qty": "1"},
]  # fmt: skip
NEVER = ["NaN", "Infinity", "-sNaN", 1.5, float("nan")]
LONGEST = 20_000  # an answer may have a thousand digits; a refusal has few
Place = tuple[str | int, ...]


def cases() -> list[Any]:
    """Give the first reference case of each calculation."""
    first: dict[str, Any] = {}
    for parameters in rows():
        function, row = parameters.values
        first.setdefault(function, inputs_of(row))
    return [pytest.param(function, inputs, id=function) for function, inputs in first.items()]


def places(value: Any, above: Place = ()) -> Iterator[Place]:
    """Give every place in the inputs where something stands, the lists and objects too."""
    if above:
        yield above
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from places(inner, (*above, name))
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from places(inner, (*above, at))


def replaced(inputs: Any, place: Place, value: Any) -> Any:
    copy = json.loads(json.dumps(inputs))
    holder = copy
    for step in place[:-1]:
        holder = holder[step]
    holder[place[-1]] = value
    return copy


def at(inputs: Any, place: Place) -> Any:
    for step in place:
        inputs = inputs[step]
    return inputs


def told(function: str, inputs: dict[str, Any]) -> str:
    """Return what a calculation answers as strict JSON, or the line with which it refuses."""
    try:
        return json.dumps(CALCULATIONS[function].answer(inputs), allow_nan=False)
    except InvalidValueError as refusal:
        return str(refusal) if refusal.field else "a refusal without a name"


def is_number(value: Any) -> bool:
    try:
        return Decimal(value).is_finite()
    except (ArithmeticError, TypeError, ValueError):
        return False


@pytest.mark.parametrize(("function", "inputs"), cases())
def test_a_bent_case_is_answered_or_refused_by_name(function: str, inputs: dict[str, Any]) -> None:
    for place in places(inputs):
        for strange in STRANGE:
            line = told(function, replaced(inputs, place, strange))
            assert re.match(r"\{|[\w.\[\]]+: ", line), (place, strange, line)
            assert "\n" not in line, (place, strange)
            assert len(line) < LONGEST, (place, strange)


@pytest.mark.parametrize(("function", "inputs"), cases())
def test_nan_infinity_and_floats_are_refused_wherever_a_number_stands(function: str, inputs: dict[str, Any]) -> None:
    for place in places(inputs):
        if is_number(at(inputs, place)):
            for never in NEVER:
                with pytest.raises(InvalidValueError):
                    CALCULATIONS[function].answer(replaced(inputs, place, never))


@pytest.mark.parametrize(("function", "inputs"), cases())
@pytest.mark.parametrize("number", ["0", "1", "1e-400", "1e400", "-1e400"])
def test_one_number_everywhere_is_answered_or_refused_by_name(
    function: str, inputs: dict[str, Any], number: str
) -> None:
    filled = inputs
    for place in places(inputs):
        if is_number(at(inputs, place)):
            filled = replaced(filled, place, number)
    assert re.match(r"\{|[\w.\[\]]+: ", told(function, filled))


@pytest.mark.parametrize(("function", "inputs"), cases())
def test_a_missing_and_an_unknown_input_are_named(function: str, inputs: dict[str, Any]) -> None:
    assert told(function, {**inputs, "pricee": "1"}).startswith("pricee: unknown input")
    for one in inputs:
        assert told(function, {name: value for name, value in inputs.items() if name != one})


def test_the_table_holds_every_function_of_the_reference_cases() -> None:
    assert {parameters.values[0] for parameters in rows()} - CALCULATIONS.keys() == set()


def test_every_calculation_says_in_one_line_what_it_answers() -> None:
    for calculation in CALCULATIONS.values():
        assert calculation.question.endswith("?"), calculation.name
        assert len(calculation.question) <= 90, calculation.name
