"""Writing a document as TOML (the standard library only reads it)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from hedgewatch.settings.document import Document
from hedgewatch.settings.values import decimal_text
from hedgewatch.settings.visit import Tree

_BARE = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """A table with a comment on its heading."""

    value: Document
    note: str | None


def toml_text(document: Document) -> str:
    """Write a document as TOML: exact decimals, a comment where a table carries a note."""
    return "\n".join(_lines(document, ())).lstrip("\n") + "\n"


def _lines(table: Document, path: tuple[str, ...]) -> Iterator[str]:
    """Yield a table's own values first, then the tables below it: TOML allows no other order."""
    for key, value in table.items():
        if not _is_section(value, path):
            yield f"{_key(key)} = {_value(value)}"
    for key, value in table.items():
        if not _is_section(value, path):
            continue
        here = (*path, key)
        heading = ".".join(_key(part) for part in here)
        if isinstance(value, list):
            for item in value:
                yield f"\n[[{heading}]]"
                yield from _lines(item, here)
            continue
        note = f"  # {value.note}" if isinstance(value, Noted) and value.note else ""
        below = value.value if isinstance(value, Noted) else value
        if note or any(not _is_section(item, here) for item in below.values()):
            yield f"\n[{heading}]{note}"
        yield from _lines(below, here)


def _is_section(value: Tree, path: tuple[str, ...]) -> bool:
    """Tell whether a value gets a heading of its own, as sections and rules do; the rest is written inline."""
    if isinstance(value, Noted):
        return True
    if isinstance(value, dict):
        return not path or all(isinstance(item, dict | Noted) for item in value.values()) or path[-1] in _SHELVES
    return isinstance(value, list) and not path and bool(value) and isinstance(value[0], dict)


_SHELVES = frozenset({"exchanges", "accounts", "currencies", "channels"})


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else json.dumps(key)


def _value(value: Tree) -> str:
    return next((write(value) for kind, write in _WRITERS if isinstance(value, kind)), _text(str(value)))


def _flag(value: Tree) -> str:
    return "true" if value else "false"


def _moment(value: Tree) -> str:
    return str(value.isoformat().replace("+00:00", "Z"))


def _list(value: Tree) -> str:
    return f"[{', '.join(_value(item) for item in value)}]"


def _inline(value: Tree) -> str:
    inside = ", ".join(f"{_key(key)} = {_value(item)}" for key, item in value.items())
    return f"{{ {inside} }}" if inside else "{}"


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


# The first that fits: a flag is also an int, a moment also a date.
_WRITERS: tuple[tuple[type, Callable[[Tree], str]], ...] = (
    (bool, _flag),
    (Decimal, decimal_text),
    (int, str),
    (date, _moment),
    (list, _list),
    (dict, _inline),
)
