"""Every named calculation against the reference tables: exchanges, textbooks, test suites and the playbook."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from hedgewatch.domain.calculator import CALCULATIONS

TABLES = Path(__file__).parent / "reference"
RELATIVE = Decimal("1e-9")
OUTPUT, PUBLISHED, COUNT = "= ", "published ", " (count)"
NOT_INPUTS = {"case", "tolerance", "published tolerance", "source", "note"}

Row = Mapping[str, str]


def rows() -> list[Any]:
    return [
        pytest.param(table.stem, row, id=f"{table.stem}-{row['case']}")
        for table in sorted(TABLES.glob("*.csv"))
        for row in csv.DictReader(table.read_text().splitlines())
    ]


def value(cell: str) -> Any:
    """Read a cell: a list or an object as JSON, ``null``, ``true``, ``false``, else its text."""
    return json.loads(cell) if cell.startswith(("[", "{")) or cell in {"null", "true", "false"} else cell


def inputs(row: Row) -> dict[str, Any]:
    return {
        name: value(cell)
        for name, cell in row.items()
        if cell and name not in NOT_INPUTS and not name.startswith((OUTPUT, PUBLISHED))
    }


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
