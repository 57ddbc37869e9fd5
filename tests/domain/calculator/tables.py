"""The reference cases as they stand in their tables: one table a calculation, one row a case."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

TABLES = Path(__file__).parent / "reference"
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
