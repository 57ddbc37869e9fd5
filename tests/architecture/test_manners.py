"""Sizes, captions and the few words that may not stand in the source."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "hedgewatch"
SOURCES = sorted(PACKAGE.rglob("*.py"))
EVERY_PYTHON_FILE = [*SOURCES, *sorted((ROOT / "migrations").rglob("*.py")), *sorted((ROOT / "tests").rglob("*.py"))]

LONGEST_FILE = 300
LONGEST_FUNCTION = 45
# the exchange door, the job wrapper, the last line of the program
CATCHERS = ("exchanges/", "worker.py", "cli/__init__.py")


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None:
            yield f"{named(path)}:{node.lineno} {node.name}", node.end_lineno - node.lineno + 1


def catches_everything(node: ast.AST) -> bool:
    """Tell whether a handler swallows any error: bare, ``Exception``, or ``BaseException`` without a bare raise."""
    if not isinstance(node, ast.ExceptHandler):
        return False
    kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
    names = {kind.id if isinstance(kind, ast.Name) else None for kind in kinds if kind is not None}
    if node.type is None or "BaseException" in names:
        return not any(isinstance(inner, ast.Raise) and inner.exc is None for inner in ast.walk(node))
    return "Exception" in names


def suppresses_everything(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and ast.unparse(node.func).endswith("suppress")
        and any(ast.unparse(argument) in {"Exception", "BaseException"} for argument in node.args)
    )


def test_no_file_is_longer_than_one_can_hold_in_mind() -> None:
    lengths = {named(path): len(path.read_text().splitlines()) for path in SOURCES}
    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}


def test_no_function_is_longer_than_a_screen() -> None:
    found = [function for path in SOURCES for function in functions(path)]
    assert [function for function in found if function[1] > LONGEST_FUNCTION] == []


def test_every_room_has_its_caption() -> None:
    for room in sorted(PACKAGE.rglob("__init__.py")):
        first = room.read_text().partition("\n")[0]
        assert re.fullmatch(r'""".+[.]"""', first), f"{named(room)}: its first line is not a one-line caption"


def test_every_file_says_what_it_is_for() -> None:
    silent = [named(path) for path in SOURCES if ast.get_docstring(ast.parse(path.read_text())) is None]
    assert silent == []


def test_everything_is_caught_in_three_places_only() -> None:
    found = [
        path.relative_to(PACKAGE).as_posix()
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if catches_everything(node) or suppresses_everything(node)
    ]
    assert len(found) <= len(CATCHERS), found
    for place in found:
        assert place.startswith(CATCHERS), f"hedgewatch/{place} catches everything"
    assert len({place.partition("/")[0] for place in found}) == len(found), found


@pytest.mark.parametrize("source", ["try: f()\nexcept Exception: pass", "try: f()\nexcept: pass"])
def test_a_planted_catch_is_seen(source: str) -> None:
    assert any(catches_everything(node) for node in ast.walk(ast.parse(source)))


def test_a_planted_suppression_is_seen() -> None:
    source = "with contextlib.suppress(Exception): f()"
    assert any(suppresses_everything(node) for node in ast.walk(ast.parse(source)))


def test_nothing_is_left_to_do() -> None:
    promise = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X)\b")
    found = [named(path) for path in EVERY_PYTHON_FILE if promise.search(path.read_text())]
    assert found == []


def test_no_double_is_a_mock() -> None:
    mocks = re.compile(r"unittest\.mock|\bmocker\b|MagicMock")
    here = Path(__file__)
    found = [named(path) for path in EVERY_PYTHON_FILE if path != here and mocks.search(path.read_text())]
    assert found == []
