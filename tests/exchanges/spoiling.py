"""Bodies that are no answer, or one with something wrong in it: each a function of the good body."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

Spoil = Callable[[str], str]

PRICES = frozenset(
    ("bidPrice", "askPrice", "bid1Price", "ask1Price", "bid1", "ask1", "markPrice", "indexPrice", "fairPrice")
)
RATES = frozenset(("lastFundingRate", "forecastFundingRate", "fundingRate"))
TERMS = frozenset(("fundingIntervalHours", "fundingIntervalHour", "collectCycle"))
FIGURES = PRICES | RATES | TERMS | {"tickSize", "contractSize", "priceUnit"}
COINS = re.compile(r"(BTC|ETH)([_-]?USDT)$")
ENDS = {"null": None, "an object": {}, "text": "", "a number": 7, "a list of null": [None], "a list of text": ["a"]}


def each_row(found: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """Return JSON with every object that names an instrument changed."""
    if isinstance(found, list):
        return [each_row(one, change) for one in found]
    if isinstance(found, dict):
        inner = {name: each_row(value, change) for name, value in found.items()}
        return change(inner) if "symbol" in inner else inner
    return found


def each_list(found: Any, change: Callable[[list[Any]], list[Any]]) -> Any:
    """Return JSON with every list of objects changed."""
    if isinstance(found, list):
        return change(found) if any(isinstance(one, dict) for one in found) else found
    return {name: each_list(value, change) for name, value in found.items()} if isinstance(found, dict) else found


def figures(make: Callable[[Any], Any], names: frozenset[str] = FIGURES) -> Spoil:
    """Spoil the figures of every row."""

    def change(row: dict[str, Any]) -> dict[str, Any]:
        return {name: make(value) if name in names else value for name, value in row.items()}

    return lambda body: json.dumps(each_row(json.loads(body), change))


def rows(change: Callable[[list[Any]], list[Any]]) -> Spoil:
    """Spoil the lists."""
    return lambda body: json.dumps(each_list(json.loads(body), change))


def ends(value: Any) -> Spoil:
    """Put ``value`` in the place of what the envelope holds, or of the whole where there is no envelope."""

    def change(body: str) -> str:
        found = json.loads(body)
        if not isinstance(found, dict):
            return json.dumps(value)
        return json.dumps({name: value if isinstance(inner, list | dict) else inner for name, inner in found.items()})

    return change


def scaled(value: Any, factor: float) -> Any:
    """Return a number, or the text of one, times ``factor``; what is none stays."""
    try:
        number = float(value) * factor
    except (TypeError, ValueError):
        return value
    return f"{number:.10f}" if isinstance(value, str) else number


def retyped(value: Any) -> Any:
    """Return text for a number, a number for its text."""
    try:
        return str(value) if not isinstance(value, str) else float(value)
    except ValueError:
        return value


def relabelled(found: list[Any]) -> list[Any]:
    """Return rows in which bitcoin's figures carry ether's name, and the other way round."""
    return [{**one, "symbol": swapped(one["symbol"])} if "symbol" in one else one for one in found]


def swapped(name: Any) -> Any:
    """Return ether's name for bitcoin's and bitcoin's for ether's, any other as it is."""
    match = COINS.match(name) if isinstance(name, str) else None
    return name if match is None else {"BTC": "ETH", "ETH": "BTC"}[match[1]] + match[2]


def contradicted(found: list[Any]) -> list[Any]:
    """Return each row twice, the second with prices half as high again."""
    return [
        copy
        for one in found
        for copy in (
            one,
            {name: scaled(value, 1.5) if name in PRICES else value for name, value in one.items()}
            if isinstance(one, dict)
            else one,
        )
    ]


def at_other_times(change: Callable[[int], int]) -> Spoil:
    """Spoil every millisecond stamp."""

    def walk(found: Any) -> Any:
        if isinstance(found, list):
            return [walk(one) for one in found]
        if isinstance(found, dict):
            return {name: walk(value) for name, value in found.items()}
        text = str(found)
        if isinstance(found, bool) or not text.isdecimal() or len(text) != 13:
            return found
        return type(found)(change(int(text)))

    return lambda body: json.dumps(walk(json.loads(body)))


def refused(body: str) -> str:
    """Return an error in an answer of status 200."""
    told = {"code": -1000, "msg": "unknown", "retCode": 10016, "retMsg": "Server error", "success": False}
    return json.dumps(told | ({"data": []} if "data" in body[:200] else {}))


WHOLE: Mapping[str, Spoil] = {
    "html": lambda _: "<!DOCTYPE html><html><body>Just a moment...</body></html>",
    "html maintenance": lambda _: "<html><h1>503 system maintenance</h1></html>",
    "empty": lambda _: "",
    "blank": lambda _: " \n",
    "truncated": lambda body: body[: len(body) * 2 // 3],
    "cut at the end": lambda body: body[:-1],
    "null": lambda _: "null",
    "true": lambda _: "true",
    "number": lambda _: "1",
    "text": lambda _: '"ok"',
    "[]": lambda _: "[]",
    "{}": lambda _: "{}",
    "[[]]": lambda _: "[[]]",
    "twice": lambda body: body + body,
    "error in 200": refused,
    **{f"envelope of {name}": ends(value) for name, value in ENDS.items()},
}
FIGURED: Mapping[str, Spoil] = {
    "NaN": figures(lambda _: "NaN"),
    "bare NaN": figures(lambda _: float("nan")),
    "infinity": figures(lambda _: "Infinity"),
    "bare infinity": figures(lambda _: float("inf")),
    "negative prices": figures(lambda value: scaled(value, -1), PRICES),
    "zero prices": figures(lambda value: scaled(value, 0), PRICES),
    "10x prices": figures(lambda value: scaled(value, 10), PRICES),
    "1e400": figures(lambda _: "1e400"),
    "1e-400": figures(lambda _: "1e-400"),
    "words": figures(lambda _: "abc"),
    "nulls": figures(lambda _: None),
    "blanks": figures(lambda _: ""),
    "booleans": figures(lambda _: True),
    "lists": figures(lambda _: []),
    "objects": figures(lambda _: {}),
    "hexadecimal": figures(lambda _: "0x10"),
    "thousands": figures(lambda _: "1,000"),
    "other types": figures(retyped),
}
ROWED: Mapping[str, Spoil] = {
    "no rows": rows(lambda _: []),
    "rows twice": rows(lambda found: [copy for one in found for copy in (one, one)]),
    "rows contradicting": rows(contradicted),
    "wrong symbol": rows(relabelled),
    "no symbol": rows(
        lambda found: [
            {name: value for name, value in one.items() if name != "symbol"} if isinstance(one, dict) else one
            for one in found
        ]
    ),
    "unknown symbol": rows(
        lambda found: [{**one, "symbol": "NOSUCH"} if isinstance(one, dict) else one for one in found]
    ),
    "null rows": rows(lambda found: [None, *found]),
    "stale times": at_other_times(lambda at: at - 86_400_000),
    "times ahead": at_other_times(lambda at: at + 86_400_000),
    "times in seconds": at_other_times(lambda at: at // 1000),
}
SPOILS: Mapping[str, Spoil] = {**WHOLE, **FIGURED, **ROWED}
