"""The door: a path and the environment in, checked settings out, or every mistake at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from pydantic import BaseModel

from hedgewatch.domain.errors import ConfigurationError
from hedgewatch.settings.check_hedges import Book, check_hedges, check_holdings
from hedgewatch.settings.check_rest import check_channels, check_currencies, check_exchanges, check_secrets, check_web
from hedgewatch.settings.check_rules import check_rules
from hedgewatch.settings.document import Document, apply_environment, find_file, read_document, with_dotted_rules
from hedgewatch.settings.models import Settings
from hedgewatch.settings.problems import Problems
from hedgewatch.settings.reading import read_settings
from hedgewatch.settings.secret import Address, Secret
from hedgewatch.settings.visit import KeyPath, Tree, key_of, written


def load_settings(path: Path | None, environ: Mapping[str, str]) -> Settings:
    """Read the configuration; raises ConfigurationError with every mistake, one line each.

    path: the file asked for, else $HEDGEWATCH_CONFIG, ``hedgewatch.toml`` here, or the user's. Secrets need not be
    there yet: they are read when they are used.
    """
    file = find_file(path, environ)
    merged, overrides = apply_environment(read_document(file), environ)
    return settings_in(merged, file, overrides)


def settings_in(merged: Document, file: Path, overrides: Mapping[KeyPath, str], *, within: str = "") -> Settings:
    """Check a document and return its settings; raises ConfigurationError with every mistake, one line each.

    overrides: who set which key path. within: the table of ``file`` that the document is, empty if it is all of it.
    """
    document = with_dotted_rules(merged)
    overrides = {_with_dotted_rule(key): variable for key, variable in overrides.items()}
    problems = Problems(f"{file}: {within}" if within else str(file), overrides)
    settings, indexes = read_settings(document, problems)
    book = Book(
        settings=settings,
        holdings=indexes["holdings"],
        hedges=indexes["hedges"],
        document=document,
        problems=problems,
    )
    check_holdings(book)
    check_hedges(book)
    check_rules(settings, book.hedges, problems)
    check_exchanges(book)
    check_currencies(book)
    check_channels(book)
    check_web(book)
    check_secrets(book, file, overrides)
    if problems.lines():
        raise ConfigurationError(*problems.lines())
    return _bound(settings, file)


def _with_dotted_rule(path: KeyPath) -> KeyPath:
    return ("rules", f"self.{path[2]}", *path[3:]) if path[:2] == ("rules", "self") and len(path) > 2 else path  # noqa: PLR2004  rules, self, name


def _bound(settings: Settings, file: Path) -> Settings:
    """Tell the settings their file, and every secret its place."""
    bound = _placed(settings, (), file)
    if not isinstance(bound, Settings):
        raise TypeError("settings stay settings")
    bound._file = file  # noqa: SLF001  set once, here
    return bound


def _placed(value: Tree, path: KeyPath, file: Path) -> Tree:
    """Return ``value`` with the place of every secret below it filled in; what holds none stays the same object."""
    if isinstance(value, Secret):
        return replace(value, place=f"{file}: {written(path)}", folder=file.parent)
    if isinstance(value, Address):
        return replace(value, secret=_placed(value.secret, path, file))
    if isinstance(value, BaseModel):
        kind = type(value)
        before = {name: getattr(value, name) for name in kind.model_fields}
        after = {name: _placed(part, (*path, key_of(name, kind)), file) for name, part in before.items()}
        changed = {name: part for name, part in after.items() if part is not before[name]}
        return value.model_copy(update=changed) if changed else value
    if isinstance(value, dict):
        items = {key: _placed(item, (*path, key), file) for key, item in value.items()}
        return items if any(items[key] is not value[key] for key in value) else value
    if isinstance(value, tuple):
        parts = tuple(_placed(item, (*path, index), file) for index, item in enumerate(value))
        return parts if any(new is not old for new, old in zip(parts, value, strict=True)) else value
    return value
