"""Values of the domain as JSON text and back, exactly: what a spool's line holds."""

from __future__ import annotations

import base64
import json
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

PLAIN = (str, bool, int, type(None))


class UnreadableError(ValueError):
    """A text that is no value of ours, or of a version that wrote it otherwise."""


class Codec:
    """Writes and reads values of the given dataclasses and of all that they are made of, and of nothing else.

    The form of a value says what it is, so that one class can stand for another in a union. A value that occurs twice
    in one text is written once.
    """

    def __init__(self, *roots: type) -> None:
        """Learn the classes that ``roots`` are made of."""
        self._classes = _reachable(roots)

    def write(self, value: object) -> str:
        """Return the text of a value. Raises TypeError for one of an unknown class."""
        return json.dumps(_Writing(self._classes).form(value), separators=(",", ":"), ensure_ascii=False)

    def read(self, text: str) -> Any:  # noqa: ANN401  whatever was written
        """Return the value of a text. Raises UnreadableError."""
        try:
            return _Reading(self._classes).value(json.loads(text))
        except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
            raise UnreadableError(f"not a line of this version: {type(error).__name__}: {error}") from error


def _reachable(roots: Sequence[type]) -> Mapping[str, type]:
    """Find every dataclass and enum that the fields of ``roots`` may hold, by name."""
    found: dict[str, type] = {}
    waiting: list[Any] = list(roots)
    while waiting:
        kind = waiting.pop()
        waiting += typing.get_args(kind)
        if isinstance(kind, type) and not isinstance(kind, types.GenericAlias) and found.get(kind.__name__) is not kind:
            if _is_record(kind):
                waiting += typing.get_type_hints(kind).values()
            elif not issubclass(kind, Enum):
                continue
            if kind.__name__ in found:
                raise TypeError(f"two classes are called {kind.__name__}")
            found[kind.__name__] = kind
    return found


def _is_record(kind: type) -> bool:
    return is_dataclass(kind) or (issubclass(kind, tuple) and hasattr(kind, "_fields"))


def _members(kind: Any) -> Mapping[str, Any]:  # noqa: ANN401  a dataclass or named tuple
    """Return the names of a record's fields and what each is if it is left out, MISSING if it may not be."""
    if not is_dataclass(kind):
        return {name: kind._field_defaults.get(name, MISSING) for name in kind._fields}
    return {
        field.name: field.default if field.default_factory is MISSING else field.default_factory()
        for field in fields(kind)
        if field.init
    }


class _Writing:
    """One text being written: it remembers what it has written already."""

    def __init__(self, classes: Mapping[str, type]) -> None:
        self._classes = classes
        self._seen: dict[int, int] = {}

    def form(self, value: Any) -> Any:  # noqa: ANN401  any value, any JSON
        if type(value) in PLAIN:
            return value
        if _is_record(type(value)):
            return self._record(value)
        if isinstance(value, (list, tuple)):
            return [self.form(held) for held in value]
        return self._marked(value)

    def _marked(self, value: Any) -> Any:  # noqa: ANN401  one line a kind
        if isinstance(value, Mapping):
            return {"m": [[self.form(key), self.form(held)] for key, held in value.items()]}
        if isinstance(value, AbstractSet):
            return {"s": [self.form(held) for held in value]}
        if isinstance(value, Enum):
            return {"e": [self._name(type(value)), value.value]}
        if isinstance(value, str):
            return str(value)
        for mark, (kind, write, _) in SCALARS.items():
            if type(value) is kind:
                return {mark: write(value)}
        raise TypeError(f"{type(value).__name__} has no form in a spool")

    def _record(self, value: Any) -> Any:  # noqa: ANN401
        known = self._seen.get(id(value))
        if known is not None:
            return {"r": known}
        name, told = self._name(type(value)), {}
        for field, default in _members(type(value)).items():
            held = getattr(value, field)
            if type(held) is not type(default) or held != default:
                told[field] = self.form(held)
        self._seen[id(value)] = len(self._seen)
        return {"c": [name, told]}

    def _name(self, kind: type) -> str:
        if self._classes.get(kind.__name__) is not kind:
            raise TypeError(f"{kind.__name__} has no form in a spool")
        return kind.__name__


class _Reading:
    """One text being read."""

    def __init__(self, classes: Mapping[str, type]) -> None:
        self._classes = classes
        self._seen: list[Any] = []
        self._containers: Mapping[str, Callable[[Any], Any]] = {
            "c": self._record,
            "m": self._mapping,
            "s": self._set,
            "e": self._member,
            "r": self._again,
        }

    def value(self, form: Any) -> Any:  # noqa: ANN401  any JSON, any value
        if isinstance(form, list):
            return tuple(self.value(held) for held in form)
        if not isinstance(form, dict):
            return form
        ((mark, held),) = form.items()
        return SCALARS[mark][2](held) if mark in SCALARS else self._containers[mark](held)

    def _mapping(self, pairs: Any) -> Any:  # noqa: ANN401
        return {self.value(key): self.value(held) for key, held in pairs}

    def _set(self, members: Any) -> Any:  # noqa: ANN401
        return frozenset(self.value(held) for held in members)

    def _member(self, named: Any) -> Any:  # noqa: ANN401
        name, value = named
        return self._classes[name](value)

    def _again(self, number: int) -> Any:  # noqa: ANN401
        return self._seen[number]

    def _record(self, named: Any) -> Any:  # noqa: ANN401
        name, told = named
        kind = self._classes[name]
        known = _members(kind)
        # a field that this version no longer has is left out: an upgrade during an outage must lose no line
        made = kind(**{field: held for field, held in ((f, self.value(h)) for f, h in told.items()) if field in known})
        self._seen.append(made)
        return made


SCALARS: Mapping[str, tuple[type, Callable[[Any], str], Callable[[str], Any]]] = {
    "d": (Decimal, str, Decimal),
    "t": (datetime, datetime.isoformat, datetime.fromisoformat),
    "p": (timedelta, lambda span: str(span // timedelta(microseconds=1)), lambda us: timedelta(microseconds=int(us))),
    "b": (bytes, lambda raw: base64.b64encode(raw).decode(), base64.b64decode),
    "f": (float, repr, float),
}
