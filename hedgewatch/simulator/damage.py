"""How a fault looks on the wire: refusals, and answers that are spoilt in body or figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

import orjson
from aiohttp import web

from hedgewatch.simulator.faults import Fault, FaultKind

HTML = "<!DOCTYPE html><html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
JSON_TYPE = "application/json"
RESTRICTED = {
    "code": 0,
    "msg": "Service unavailable from a restricted location according to 'b. Eligibility' in the terms of use.",
}
PRICES = frozenset(
    (
        "bidPrice",
        "askPrice",
        "bid_price",
        "ask_price",
        "bid1Price",
        "ask1Price",
        "bid1",
        "ask1",
        "lastPrice",
        "markPrice",
        "indexPrice",
        "fairPrice",
        "fundingRate",
        "lastFundingRate",
        "forecastFundingRate",
        "price",
    )
)
BOOKS = frozenset(("bids", "asks", "b", "a"))
JUMP = 10


def refusal(fault: Fault, now: int, refusals: Mapping[int, object]) -> web.Response | None:
    """Return the refusal that a fault stands for, None where it is no refusal."""
    if fault.kind is FaultKind.TOO_MANY:
        seconds = {"Retry-After": f"{fault.number('retry_after', 1):g}"}
        return json_response(orjson.dumps(refusals.get(429)), status=429, headers=seconds)
    if fault.kind is FaultKind.BANNED:
        until = now + round(fault.number("seconds", 120) * 1000)
        told = f"Way too much request weight used; IP banned until {until}. Please use the websocket streams."
        return json_response(orjson.dumps({"code": -1003, "msg": told}), status=418)
    if fault.kind is FaultKind.RESTRICTED:
        return json_response(orjson.dumps(RESTRICTED), status=451)
    if (page := PAGES.get(fault.kind)) is not None:
        return html_response(page[1], status=page[0])
    return None


def spoil(fault: Fault, body: bytes) -> bytes:
    """Return the body as a fault leaves it."""
    spoiler = SPOILERS.get(fault.kind)
    return body if spoiler is None else spoiler(fault, body)


def emptied(answer: object) -> object:
    """Return an answer whose lists hold nothing, its envelope whole."""
    if isinstance(answer, list):
        return []
    if isinstance(answer, dict):
        return {name: emptied(value) for name, value in answer.items()}
    return answer


def without(answer: object, symbol: str) -> object:
    """Return an answer without the rows of one symbol."""
    if isinstance(answer, list):
        return [without(row, symbol) for row in answer if not (isinstance(row, dict) and row.get("symbol") == symbol)]
    if isinstance(answer, dict):
        return {name: without(value, symbol) for name, value in answer.items()}
    return answer


def garbled(answer: object, value: str, symbol: str) -> object:
    """Return an answer whose prices and rates (of one symbol, or of all) became ``value``."""
    if isinstance(answer, list):
        return [garbled(row, value, symbol) for row in answer]
    if not isinstance(answer, dict):
        return answer
    is_meant = not symbol or answer.get("symbol", symbol) == symbol
    row: dict[str, object] = {}
    for name, found in answer.items():
        if is_meant and name in PRICES:
            row[name] = wrong(found, value)
        elif is_meant and name in BOOKS:
            row[name] = [[wrong(level[0], value), *level[1:]] for level in cast("list[list[object]]", found)]
        else:
            row[name] = garbled(found, value, symbol)
    return row


def wrong(found: object, value: str) -> object:
    """Return a wrong figure in place of ``found``; words stay words, JSON numbers stay numbers where JSON can."""
    if value in {"nan", "infinity"}:
        return {"nan": "NaN", "infinity": "Infinity"}[value]
    try:
        number = float(cast("str", found))
    except (TypeError, ValueError):
        return found
    changed = {"negative": -number, "zero": 0.0, "jump": number * JUMP}[value]
    return f"{changed:.10f}".rstrip("0").rstrip(".") if isinstance(found, str) else changed


PAGES = {
    FaultKind.FORBIDDEN: (403, "403 Forbidden"),
    FaultKind.MAINTENANCE: (503, "503 Service Temporarily Unavailable: system maintenance"),
    FaultKind.HTML: (200, "Just a moment..."),
}
SPOILERS: dict[FaultKind, Callable[[Fault, bytes], bytes]] = {
    FaultKind.TRUNCATED: lambda _fault, body: body[: max(1, len(body) * 2 // 3)],
    FaultKind.EMPTY_BODY: lambda _fault, _body: b"",
    FaultKind.NULL: lambda _fault, _body: b"null",
    FaultKind.EMPTY_LIST: lambda _fault, body: orjson.dumps(emptied(orjson.loads(body))),
    FaultKind.MISSING: lambda fault, body: orjson.dumps(without(orjson.loads(body), fault.word("symbol"))),
    FaultKind.GARBAGE: lambda fault, body: orjson.dumps(
        garbled(orjson.loads(body), fault.word("value", "nan"), fault.word("symbol"))
    ),
}


def json_response(body: bytes, *, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """Send JSON bytes."""
    return web.Response(body=body, status=status, content_type=JSON_TYPE, headers=headers)


def html_response(title: str, *, status: int) -> web.Response:
    """Send a page where JSON was expected."""
    return web.Response(text=HTML.format(title=title), status=status, content_type="text/html")
