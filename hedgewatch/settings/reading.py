"""From a document to typed settings: every mistake is noted, and what is sound is kept for further checks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from hedgewatch.settings.document import Document
from hedgewatch.settings.models import Settings
from hedgewatch.settings.problems import Problems, did_you_mean
from hedgewatch.settings.stand_ins import put, stand_in
from hedgewatch.settings.visit import KeyPath, Tree, below, keys_of, models_at

ROUNDS = 20
_ABSENT = frozenset({"missing", "union_tag_not_found"})
_KIND_NAMES = {dict: "a table", list: "a list", str: "text", bool: "true or false", int: "a whole number"}


def read_settings(document: Document, problems: Problems) -> tuple[Settings, Mapping[str, tuple[int, ...]]]:
    """Read a document; note every mistake, and leave out what is wrong, or let a stand-in take its place.

    The mapping tells, for holdings and hedges, which entry of the file each remaining one was.
    """
    kept = {name: list(range(_length(document.get(name)))) for name in ("holdings", "hedges")}
    for attempt in range(ROUNDS):
        try:
            settings = Settings.model_validate(document)
        except ValidationError as error:
            details = error.errors(include_url=False)
        else:
            return settings, {name: tuple(indexes) for name, indexes in kept.items()}
        paths = [_note(detail, document, kept, problems, is_first=attempt == 0) for detail in details]
        document = _without(document, paths, kept)
    return Settings.model_validate({}), dict.fromkeys(kept, ())


def _length(value: Tree) -> int:
    return len(value) if isinstance(value, list) else 0


def _note(
    detail: ErrorDetails, document: Document, kept: Mapping[str, list[int]], problems: Problems, *, is_first: bool
) -> KeyPath:
    """Note one of pydantic's errors; return the path of what must be left out."""
    path = _path_of(detail, document)
    in_file = _in_file(path, kept)
    if is_first or detail["type"] not in _ABSENT:  # later rounds miss only what an earlier one left out
        problems.add(in_file, _words(detail, path))
    if stand_in(_cut(path)) is None and (detail["type"] in _ABSENT or detail["type"] == "union_tag_invalid"):
        path = path[:-1]
    return _cut(path)


def _path_of(detail: ErrorDetails, document: Document) -> KeyPath:
    """Return an error's place as a path in the document: without the union's tag and the mark of a key."""
    path = tuple(part for part in detail["loc"] if part != "[key]")
    if path[:1] == ("channels",) and len(path) > 2:  # noqa: PLR2004  channels, name, tag
        path = (*path[:2], *path[3:])
    if detail["type"] in {"union_tag_invalid", "union_tag_not_found"}:
        path = (*path, "kind")
    return _as_written(path, document)


def _as_written(path: KeyPath, document: Document) -> KeyPath:
    """Leave out an index where the file has one value that stands for a list of one."""
    node: Tree = document
    kept: KeyPath = ()
    for part in path:
        if isinstance(part, int) and not isinstance(node, list):
            continue
        kept = (*kept, part)
        node = below(node, part)
    return kept


def _in_file(path: KeyPath, kept: Mapping[str, list[int]]) -> KeyPath:
    if len(path) > 1 and path[0] in kept and isinstance(path[1], int):
        return (path[0], kept[str(path[0])][path[1]], *path[2:])
    return path


def _cut(path: KeyPath) -> KeyPath:
    """Leave out the whole list of a member inside an entry: the other members would change places."""
    return path[:-1] if len(path) > 2 and isinstance(path[-1], int) else path  # noqa: PLR2004  section, entry, list


def _without(document: Document, paths: list[KeyPath], kept: Mapping[str, list[int]]) -> Document:
    """Return the document without these paths; entries of holdings and hedges go last and from behind."""
    entries = {path for path in paths if len(path) == 2 and isinstance(path[1], int)}  # noqa: PLR2004
    for path in paths:
        if path not in entries:
            other = stand_in(path)
            document = _dropped(document, path) if other is None else put(document, path, other)
    for path in sorted(entries, key=lambda entry: int(entry[1]), reverse=True):
        document = _dropped(document, path)
        if path[0] in kept:
            del kept[str(path[0])][int(path[1])]
    return document


def _dropped(node: Tree, path: KeyPath) -> Tree:
    """Return a copy of ``node`` without what lies at ``path``; an absent path drops the nearest table above it."""
    if not path:
        return {}
    part, rest = path[0], path[1:]
    if isinstance(node, list) and isinstance(part, int) and part < len(node):
        inside = [_dropped(node[part], rest)] if rest else []
        return [*node[:part], *inside, *node[part + 1 :]]
    if isinstance(node, dict) and part in node:
        others = {key: value for key, value in node.items() if key != part}
        return others | {part: _dropped(node[part], rest)} if rest else others
    return node


def words_of(detail: ErrorDetails, path: KeyPath, known: Iterable[str]) -> str:
    """Say what one of pydantic's errors means. known: the keys that the table at ``path`` may have."""
    return unknown_key(path, known) if detail["type"] == "extra_forbidden" else _words(detail, path)


def unknown_key(path: KeyPath, known: Iterable[str]) -> str:
    """Say that a key is not known, and the nearest of those that are, or all of them."""
    keys = tuple(dict.fromkeys(known))
    hint = did_you_mean(str(path[-1]), keys)
    return f"unknown key{hint}" if hint else f"unknown key; known here: {', '.join(keys)}"


def _words(detail: ErrorDetails, path: KeyPath) -> str:
    speak = _SPEAKERS.get(detail["type"])
    return speak(detail, path) if speak else f"found {_kind_of(detail['input'])}: {_lowered(detail['msg'])}"


def _unknown_key(_detail: ErrorDetails, path: KeyPath) -> str:
    return unknown_key(path, keys_of(models_at(Settings, path[:-1])))


def _missing(_detail: ErrorDetails, _path: KeyPath) -> str:
    return "is missing"


def _own(detail: ErrorDetails, _path: KeyPath) -> str:
    return str(detail["ctx"]["error"])


def _choice(detail: ErrorDetails, _path: KeyPath) -> str:
    choices = re.findall(r"'([^']*)'", detail["ctx"].get("expected") or detail["ctx"].get("expected_tags") or "")
    value = detail["input"]
    found = value.get("kind") if isinstance(value, dict) else value
    if not isinstance(found, str):
        return f"expected {_quoted(choices)}, found {_kind_of(found)}"
    return f'found "{found}"{did_you_mean(found, choices) or f"; expected {_quoted(choices)}"}'


def _no_kind(_detail: ErrorDetails, _path: KeyPath) -> str:
    return 'is missing; write kind = "webhook", "email" or "apprise"'


def _table(detail: ErrorDetails, _path: KeyPath) -> str:
    return f"expected a table, found {_kind_of(detail['input'])}"


def _list(detail: ErrorDetails, _path: KeyPath) -> str:
    return f"expected a list, found {_kind_of(detail['input'])}"


def _text(detail: ErrorDetails, _path: KeyPath) -> str:
    return f"expected text, found {_kind_of(detail['input'])}"


def _too_short(_detail: ErrorDetails, _path: KeyPath) -> str:
    return "is empty"


def _quoted(words: list[str]) -> str:
    return " or ".join(f'"{word}"' for word in words)


def _kind_of(value: Tree) -> str:
    return next((name for kind, name in _KIND_NAMES.items() if type(value) is kind), f"a {type(value).__name__}")


def _lowered(text: str) -> str:
    return text[:1].lower() + text[1:]


_SPEAKERS: Mapping[str, Callable[[ErrorDetails, KeyPath], str]] = {
    "extra_forbidden": _unknown_key,
    "missing": _missing,
    "value_error": _own,
    "literal_error": _choice,
    "union_tag_invalid": _choice,
    "union_tag_not_found": _no_kind,
    "model_type": _table,
    "model_attributes_type": _table,
    "dict_type": _table,
    "tuple_type": _list,
    "string_type": _text,
    "too_short": _too_short,
}
