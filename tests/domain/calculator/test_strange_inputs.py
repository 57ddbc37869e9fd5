"""Whatever is thrown at a calculation, it answers, or says in one line which input it cannot take."""

from __future__ import annotations

import json
import types
from collections.abc import Sequence
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgewatch.domain.calculator import CALCULATIONS
from hedgewatch.domain.calculator.reading import REQUIRED
from hedgewatch.domain.errors import InvalidValueError

PLAIN = ["0", "1", "2", "-1", "0.5", "0.05", "60000", "0.005", "30", "-5", "100", "0.999"]
EXTREME = ["1e300", "-1e300", "1e-300", "1e400", "1e999999", "0.9999999999999999999999999999999999999", "1" * 60]
WRONG: list[Any] = ["NaN", "Infinity", "-inf", "", "x", True, 1.5, [], {}, 10**5000]
MOMENTS = ["1790000000000", "2026-12-31T00:00:00Z", "0001-01-01T00:00:00+23:59", "2026-13-01T00:00:00Z", "1e300", "-1"]
LONGEST_LINE = 500
OFTEN = 8  # how many sound values are drawn for each wrong one


def numbers() -> st.SearchStrategy[Any]:
    return st.sampled_from([*PLAIN * OFTEN, *EXTREME * 2, *WRONG])


def of(wanted: Any) -> st.SearchStrategy[Any]:
    """Give values for a type of a signature, sound and strange ones."""
    origin, kinds = get_origin(wanted), get_args(wanted)
    if origin in {Union, types.UnionType}:
        return st.none() | of(next(one for one in kinds if one is not type(None)))
    if origin is tuple and Ellipsis not in kinds:
        return st.tuples(*map(of, kinds)).map(list)
    if origin in {list, tuple, Sequence}:
        return st.lists(of(kinds[0]), max_size=4)
    if is_dataclass(wanted):
        return records(wanted)
    if isinstance(wanted, type) and issubclass(wanted, StrEnum):
        return st.sampled_from([*[one.value for one in wanted] * OFTEN, "QUANTO", "", 7])
    others = {datetime: st.sampled_from([*MOMENTS, *WRONG]), bool: st.sampled_from([True, False, "true"])}
    return others.get(wanted, numbers())  # a TypeVar stands for a number


def records(wanted: Any) -> st.SearchStrategy[Any]:
    hints, public = get_type_hints(wanted), getattr(wanted, "PUBLIC", {})
    values = {public.get(one.name, one.name): of(hints[one.name]) for one in fields(wanted)}
    optional = {public.get(one.name, one.name) for one in fields(wanted) if one.default is not MISSING}
    return st.fixed_dictionaries(
        {name: value for name, value in values.items() if name not in optional},
        optional={name: value for name, value in values.items() if name in optional},
    )


@pytest.mark.parametrize("name", CALCULATIONS)
def test_a_strange_input_is_answered_or_refused_by_name(name: str) -> None:
    calculation = CALCULATIONS[name]
    required = {one.name: of(one.type) for one in calculation.inputs if one.default is REQUIRED}
    optional = {one.name: of(one.type) for one in calculation.inputs if one.default is not REQUIRED}

    @given(inputs=st.fixed_dictionaries(required, optional=optional))
    @settings(deadline=None, max_examples=60, database=None)
    def throw(inputs: dict[str, Any]) -> None:
        problem, answer = None, None
        try:
            answer = calculation.answer(inputs)
        except InvalidValueError as refused:
            problem = refused
        if problem is None:
            assert "nan" not in json.dumps(answer, allow_nan=False).lower()
            return
        field = problem.field.partition("[")[0].partition(".")[0]
        assert field in {one.name for one in calculation.inputs}, problem
        assert len(str(problem)) < LONGEST_LINE

    throw()
