"""Stand-ins for required keys that cannot be read: without them the rest of their entry would go unchecked."""

from __future__ import annotations

from collections.abc import Mapping

from hedgewatch.settings.visit import KeyPath, Tree

# By section and the keys inside an entry. Nothing is said about a stand-in: each check that looks at one of these keys
# asks first whether it was readable.
STAND_INS: Mapping[KeyPath, Tree] = {
    ("accounts", "exchange"): "binance",
    ("accounts", "api_key"): "env:?",
    ("accounts", "secret"): "env:?",
    ("holdings", "asset"): "?",
    ("hedges", "name"): "?",
    ("hedges", "asset"): "?",
    ("hedges", "spot"): [],
    ("hedges", "legs", "futures"): "binance:?/?:?",
    ("channels", "url"): "env:?",
    ("channels", "to"): ["?@?"],
    ("channels", "from"): "?@?",
    ("channels", "server"): "env:?",
}


def stand_in(path: KeyPath) -> Tree | None:
    """Return what stands in for the key at ``path``; None if it may simply be left out."""
    return STAND_INS.get((*path[:1], *(part for part in path[2:] if isinstance(part, str))))


def put(node: Tree, path: KeyPath, value: Tree) -> Tree:
    """Return a copy of ``node`` with ``value`` at ``path``; where a table on the way is missing, ``node`` as it is."""
    if not path:
        return value
    part, rest = path[0], path[1:]
    if isinstance(node, list) and isinstance(part, int) and part < len(node):
        return [*node[:part], put(node[part], rest, value), *node[part + 1 :]]
    if isinstance(node, dict) and (part in node or not rest):
        return node | {part: put(node.get(part), rest, value)}
    return node
