"""How a fault looks on the wire: refusals, and answers that are spoilt in body or figures."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
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
        # what an account holds
        "positionAmt",
        "size",
        "holdVol",
        "entryPrice",
        "avgPrice",
        "openAvgPrice",
        "openValue",
        "liquidationPrice",
        "liqPrice",
        "liquidatePrice",
        "free",
        "walletBalance",
        "marginBalance",
        "availableBalance",
        "balance",
        "equity",
        "amount",
        "totalAmount",
        "income",
        "execFee",
        "funding",
    )
)
TIMES = re.compile(r"(?i)time|^ts$|^[ET]$")
FIRST_TIME = 1_000_000_000_000  # smaller numbers are no epoch milliseconds
STALE_SECONDS = 600
BOOKS = frozenset(("bids", "asks", "b", "a"))
JUMP = 10


def refusal(fault: Fault, now: int, refusals: Mapping[int, object]) -> web.Response | None:
    """Return the refusal that a fault stands for, None where it is no refusal."""
    if fault.kind is FaultKind.TOO_MANY:
        seconds = {"Retry-After": f"{fault.number('retry_after', 1):g}"}
        return json_response(orjson.dumps(refusals.get(429)), status=429, headers=seconds)
    if fault.kind is FaultKind.BANNED:
        until = now + fault.ban
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


def without(answer: object, symbol: str, field: str = "symbol") -> object:
    """Return an answer without the rows of one symbol (or of what ``field`` names)."""
    if isinstance(answer, list):
        rows = [row for row in answer if not (isinstance(row, dict) and row.get(field) == symbol)]
        return [without(row, symbol, field) for row in rows]
    if isinstance(answer, dict):
        return {name: without(value, symbol, field) for name, value in answer.items()}
    return answer


def shrunken(answer: object, keep: int | None) -> object:
    """Return an answer whose lists keep only their first rows: ``keep`` of them, else half."""
    if isinstance(answer, list):
        return answer[: len(answer) // 2 if keep is None else keep]
    if isinstance(answer, dict):
        return {name: shrunken(value, keep) for name, value in answer.items()}
    return answer


def doubled(answer: object) -> object:
    """Return an answer in which every row of a list stands twice."""
    if isinstance(answer, list):
        return [copy for row in answer for copy in (row, row)]
    if isinstance(answer, dict):
        return {name: doubled(value) for name, value in answer.items()}
    return answer


def aged(answer: object, milliseconds: int) -> object:
    """Return an answer whose times, numbers or texts, lie back."""
    if isinstance(answer, list):
        return [aged(row, milliseconds) for row in answer]
    if isinstance(answer, dict):
        return {
            name: earlier(value, milliseconds) if TIMES.search(name) else aged(value, milliseconds)
            for name, value in answer.items()
        }
    return answer


def earlier(found: object, milliseconds: int) -> object:
    """Return a time that lies back; what is no time stays."""
    text = str(found)
    if isinstance(found, bool) or not text.isdecimal() or int(text) < FIRST_TIME:
        return found
    return type(found)(int(text) - milliseconds)  # type: ignore[call-arg]  # text stays text, a number a number


def garbled(answer: object, value: str, symbol: str, fields: Collection[str] = PRICES) -> object:
    """Return an answer whose figures in ``fields`` (of one symbol, or of all) became ``value``."""
    if isinstance(answer, list):
        return [garbled(row, value, symbol, fields) for row in answer]
    if not isinstance(answer, dict):
        return answer
    is_meant = not symbol or answer.get("symbol", symbol) == symbol
    row: dict[str, object] = {}
    for name, found in answer.items():
        if is_meant and name in fields:
            row[name] = wrong(found, value)
        elif is_meant and name in BOOKS and fields is PRICES:
            row[name] = [[wrong(level[0], value), *level[1:]] for level in cast("list[list[object]]", found)]
        else:
            row[name] = garbled(found, value, symbol, fields)
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


def garbage_fields(fault: Fault) -> Collection[str]:
    """Return the field that a fault names, else the figures that matter."""
    return (fault.word("field"),) if "field" in fault.details else PRICES


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
    FaultKind.LIST: lambda _fault, _body: b"[]",
    FaultKind.OBJECT: lambda _fault, _body: b"{}",
    FaultKind.MISSING: lambda fault, body: orjson.dumps(
        without(orjson.loads(body), fault.word("symbol"), fault.word("field", "symbol"))
    ),
    FaultKind.SHRUNKEN: lambda fault, body: orjson.dumps(
        shrunken(orjson.loads(body), int(fault.number("keep", 0)) if "keep" in fault.details else None)
    ),
    FaultKind.DUPLICATE: lambda _fault, body: orjson.dumps(doubled(orjson.loads(body))),
    FaultKind.STALE: lambda fault, body: orjson.dumps(
        aged(orjson.loads(body), round(fault.number("seconds", STALE_SECONDS) * 1000))
    ),
    FaultKind.GARBAGE: lambda fault, body: orjson.dumps(
        garbled(orjson.loads(body), fault.word("value", "nan"), fault.word("symbol"), garbage_fields(fault))
    ),
}


def json_response(body: bytes, *, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """Send JSON bytes."""
    return web.Response(body=body, status=status, content_type=JSON_TYPE, headers=headers)


def html_response(title: str, *, status: int) -> web.Response:
    """Send a page where JSON was expected."""
    return web.Response(text=HTML.format(title=title), status=status, content_type="text/html")
