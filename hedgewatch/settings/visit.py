"""Walking a configuration: key paths, the leaves of a value, the keys a table may have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import UnionType
from typing import Annotated, Any, TypeAlias, Union, get_args, get_origin

from pydantic import BaseModel

Tree: TypeAlias = Any  # whatever TOML, or a type annotation, may hold
KeyPath = tuple[str | int, ...]


def written(path: KeyPath) -> str:
    """Write a key path as people say it: ``hedges[2].futures``."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{part}" if text else part
    return text


def below(node: Tree, part: str | int) -> Tree:
    """Return what lies under one part of a key path, None if nothing does."""
    if isinstance(node, Mapping):
        return node.get(part)
    return node[part] if isinstance(node, list) and isinstance(part, int) and part < len(node) else None


def key_of(name: str, model: type[BaseModel]) -> str:
    """Return the key that a field is written by in the file."""
    return model.model_fields[name].alias or name


def leaves(value: object, path: KeyPath = ()) -> Iterator[tuple[KeyPath, object]]:
    """Yield every plain value below ``value`` with its key path."""
    if isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from leaves(getattr(value, name), (*path, key_of(name, type(value))))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from leaves(item, (*path, key))
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from leaves(item, (*path, index))
    else:
        yield path, value


def models_at(annotation: Tree, path: KeyPath) -> tuple[type[BaseModel], ...]:
    """Return the models that may stand at ``path`` below an annotation; none if plain values stand there."""
    kinds = tuple(_unwrapped(annotation))
    if not path:
        return tuple(kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel))
    found: list[type[BaseModel]] = []
    for kind in kinds:
        found.extend(_below(kind, path[0], path[1:]))
    return tuple(found)


def keys_of(models: tuple[type[BaseModel], ...]) -> list[str]:
    """Return the keys that any of these models takes."""
    return [key_of(name, model) for model in models for name in model.model_fields]


def _below(kind: Tree, part: str | int, rest: KeyPath) -> tuple[type[BaseModel], ...]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        for name, field in kind.model_fields.items():
            if part in {name, field.alias}:
                return models_at(field.annotation, rest)
        return ()
    origin: Tree = get_origin(kind)
    arguments = get_args(kind)
    if origin is dict and isinstance(part, str):
        return models_at(arguments[1], rest)
    if origin is tuple and isinstance(part, int):
        return models_at(arguments[0], rest)
    return ()


def _unwrapped(annotation: Tree) -> Iterator[Any]:
    """Yield the kinds an annotation allows, without Annotated, unions and None."""
    origin: Tree = get_origin(annotation)
    if origin is Annotated:
        yield from _unwrapped(get_args(annotation)[0])
    elif origin in {Union, UnionType}:
        for kind in get_args(annotation):
            yield from _unwrapped(kind)
    elif annotation is not type(None):
        yield annotation
