"""Mistakes, gathered: one line each, with file, key path, what was found and what was meant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from hedgewatch.settings.visit import KeyPath, written

_CLOSENESS = 0.6


def did_you_mean(found: str, known: Iterable[str]) -> str:
    """Return ``; did you mean "…"?`` for the nearest known word, or nothing."""
    by_lower = {word.lower(): word for word in known}
    near = get_close_matches(found.lower(), by_lower, 1, _CLOSENESS)
    return f'; did you mean "{by_lower[near[0]]}"?' if near else ""


class Problems:
    """The mistakes of one configuration. Overrides: the environment variable that set a key path."""

    def __init__(self, file: str, overrides: Mapping[KeyPath, str]) -> None:
        self._file = file
        self._overrides = overrides
        self._found: dict[tuple[KeyPath, str], None] = {}

    def add(self, path: KeyPath, text: str) -> None:
        """Note a mistake at a key path."""
        self._found[path, text] = None

    def readable(self, *path: str | int) -> bool:
        """Tell whether no mistake is known at this path, or below it."""
        return all(known[: len(path)] != path for known, _ in self._found)

    def lines(self) -> tuple[str, ...]:
        """Return every mistake, one line each, in the order they were found."""
        return tuple(self._line(path, text) for path, text in self._found)

    def _line(self, path: KeyPath, text: str) -> str:
        lengths = range(len(path), 0, -1)
        variable = next((self._overrides[path[:size]] for size in lengths if path[:size] in self._overrides), None)
        parts = (variable or self._file, written(path), text)
        return ": ".join(part for part in parts if part)
