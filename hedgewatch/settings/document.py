"""The file on disk and the overrides in the environment, as one document."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import platformdirs

from hedgewatch.domain.errors import ConfigurationError
from hedgewatch.settings.models import DEFAULT_FILE, Settings
from hedgewatch.settings.visit import KeyPath, Tree, keys_of, models_at

PREFIX = "HEDGEWATCH__"
FILE_VARIABLE = "HEDGEWATCH_CONFIG"

Document = dict[str, Any]


def find_file(path: Path | None, environ: Mapping[str, str]) -> Path:
    """Return the file to read: the one asked for, $HEDGEWATCH_CONFIG, the one here, the user's."""
    if path is not None:
        return path
    if environ.get(FILE_VARIABLE):
        return Path(environ[FILE_VARIABLE])
    users = platformdirs.user_config_path("hedgewatch") / DEFAULT_FILE.name
    for candidate in (DEFAULT_FILE, users):
        if candidate.exists():
            return candidate
    raise ConfigurationError(
        f"no configuration found: neither {DEFAULT_FILE} here nor {users}; "
        "`hedgewatch init` writes one, --config names another"
    )


def read_document(file: Path) -> Document:
    """Read a TOML file with exact decimals; raises ConfigurationError that names the file and the line."""
    try:
        text = file.read_bytes().decode("utf-8")
    except FileNotFoundError:
        raise ConfigurationError(f"{file}: there is no such file; `hedgewatch init {file}` writes one") from None
    except IsADirectoryError:
        raise ConfigurationError(f"{file}: is a folder, not a file; name {file / DEFAULT_FILE.name}") from None
    except OSError as error:
        raise ConfigurationError(f"{file}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{file}: is not UTF-8 text (at byte {error.start})") from None
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{file}: is not valid TOML: {error}") from None
    except (ArithmeticError, ValueError, RecursionError) as error:
        raise ConfigurationError(f"{file}: holds a value that cannot be read: {type(error).__name__}") from None


def apply_environment(document: Document, environ: Mapping[str, str]) -> tuple[Document, dict[KeyPath, str]]:
    """Return the document with every ``HEDGEWATCH__SECTION__KEY`` laid over it, and who set which key path.

    Names are matched without case, and _ stands for -; a number counts into a list. Lists and tables are written as in
    TOML. Raises ConfigurationError for a variable that reaches no table.
    """
    merged, overrides = _copied(document), dict[KeyPath, str]()
    problems: list[str] = []
    for variable in sorted(name for name in environ if name.startswith(PREFIX)):
        try:
            paths = _lay(merged, variable, environ[variable])
        except ConfigurationError as error:
            problems.extend(error.problems)
        else:
            overrides.update(dict.fromkeys(paths, variable))
    if problems:
        raise ConfigurationError(*problems)
    return merged, overrides


def with_dotted_rules(document: Document) -> Document:
    """Return the document with ``[rules.self.NAME]`` written as the rule ``self.NAME``."""
    rules = document.get("rules")
    own = rules.get("self") if isinstance(rules, dict) else None
    if not isinstance(rules, dict) or not isinstance(own, dict):
        return document
    others = {name: rule for name, rule in rules.items() if name != "self"}
    return document | {"rules": others | {f"self.{name}": rule for name, rule in own.items()}}


def _copied(value: Tree) -> Tree:
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list) else value


def _lay(document: Document, variable: str, text: str) -> list[KeyPath]:
    """Write one variable's value into the document; return the key paths of it and of every table it made."""
    parts = variable.removeprefix(PREFIX).split("__")
    if not all(parts):
        raise ConfigurationError(f"{variable}: names no key; write {PREFIX}SECTION__KEY")
    path: KeyPath = ()
    made: list[KeyPath] = []
    node: Tree = document
    for part in parts[:-1]:
        key = _key(node, path, part, variable)
        if isinstance(node, dict) and key not in node:
            node[key] = {}
            made.append((*path, key))
        node, path = node[key], (*path, key)
    last = _key(node, path, parts[-1], variable)
    node[last] = _value(variable, text)
    return [*made, (*path, last)]


def _key(node: Tree, path: KeyPath, part: str, variable: str) -> Tree:
    """Find what a part of a variable's name means in a table or list."""
    if isinstance(node, list):
        if part.isdecimal() and int(part) < len(node):
            return int(part)
        raise ConfigurationError(f"{variable}: {part} does not count into a list of {len(node)}")
    if not isinstance(node, dict):
        raise ConfigurationError(f"{variable}: what lies before {part} is a value, not a table")
    known = (*node, *keys_of(models_at(Settings, path)))
    bare = part.lower()
    return next((key for key in known if key.lower().replace("-", "_") == bare), _new_key(path, part))


def _new_key(path: KeyPath, part: str) -> str:
    return part.upper() if path == ("currencies",) else part.lower()


def _value(variable: str, text: str) -> Tree:
    """Take text as it is; a list or table is written as in TOML."""
    if not text.lstrip().startswith(("[", "{")):
        return text
    try:
        return tomllib.loads(f"value = {text}", parse_float=Decimal)["value"]
    except tomllib.TOMLDecodeError:
        raise ConfigurationError(f"{variable}: is no TOML list or table") from None
