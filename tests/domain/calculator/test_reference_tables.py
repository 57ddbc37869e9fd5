"""Every named calculation against the reference tables: exchanges, textbooks, test suites and the playbook."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from hedgewatch.domain.calculator import CALCULATIONS
from tests.domain.calculator.tables import COUNT, OUTPUT, PUBLISHED, Row, inputs, rows, value

RELATIVE = Decimal("1e-9")


def agrees(found: Any, wanted: Any, tolerance: Decimal) -> bool:
    if isinstance(wanted, list):
        return len(found) == len(wanted) and all(
            agrees(one, want, tolerance) for one, want in zip(found, wanted, strict=True)
        )
    try:
        expected = Decimal(wanted)
    except (ArithmeticError, TypeError, ValueError):
        return bool(found == wanted)
    return abs(Decimal(found) - expected) <= max(tolerance, RELATIVE * abs(expected))


@pytest.mark.parametrize(("function", "row"), rows())
def test_a_reference_case_is_met(function: str, row: Row) -> None:
    found = CALCULATIONS[function].answer(inputs(row))
    for column, cell in row.items():
        name = column.removeprefix(OUTPUT).removesuffix(COUNT)
        if column.startswith(OUTPUT) and cell:
            assert agrees(found[name], value(cell), Decimal(row["tolerance"])), (name, found[name], cell)
            if column.endswith(COUNT) and cell != "null":
                assert isinstance(found[name], int), name
            elif isinstance(found[name], Decimal | float | int):
                assert isinstance(found[name], bool), f"{name} is a bare number, not a decimal's text"
        elif column.startswith(PUBLISHED) and column != "published tolerance" and cell:
            assert agrees(found[column.removeprefix(PUBLISHED)], value(cell), Decimal(row["published tolerance"]))
