"""Answers: JSON decoded with exact numbers, and cut to what is wanted."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

import orjson

from hedgewatch.exchanges.quirks.shape import Call


def decode_exactly(body: str) -> Any:  # noqa: ANN401  JSON is any of six types
    """Decode JSON with every fraction as its own text and every integer whole. NaN and Infinity are refused.

    Raises ValueError if the text is not JSON.
    """
    return json.loads(body, parse_float=str, parse_constant=_refuse)


def decode_and_cut(body: str, call: Call, wanted: Collection[str]) -> Any:  # noqa: ANN401  see above
    """Decode an answer of ``call`` and keep only the rows of the ``wanted`` ids.

    Orjson is twice as fast but turns bare fractions into floats, so where a kept row holds one, the text is read
    again exactly. Raises ValueError if the text is not JSON.
    """
    if call.bare_numbers:
        return cut(decode_exactly(body), call, wanted)
    answer = cut(orjson.loads(body), call, wanted)
    rows = rows_of(answer, call)
    if rows is None or any(float in map(type, row.values()) for row in rows):
        return cut(decode_exactly(body), call, wanted)
    return answer


def rows_of(answer: Any, call: Call) -> list[dict[str, Any]] | None:  # noqa: ANN401  see above
    """Return the rows of an answer, a lone row as a list of one; None if it has not the form of ``call``."""
    for key in call.rows:
        answer = answer.get(key) if isinstance(answer, dict) else None
    if isinstance(answer, dict) and call.id_key in answer:
        return [answer]
    if isinstance(answer, list) and set(map(type, answer)) <= {dict}:
        return answer
    return None


def cut(answer: Any, call: Call, wanted: Collection[str]) -> Any:  # noqa: ANN401  see above
    """Return the answer with only the wanted rows; whole if its form is not the one we know."""
    rows = rows_of(answer, call)
    if rows is None:
        return answer
    try:
        kept: Any = [row for row in rows if row[call.id_key] in wanted]
    except (KeyError, TypeError):  # a row without an id, or with one that is no text
        return answer
    return _replaced(answer, call.rows, kept)


def _replaced(answer: Any, keys: tuple[str, ...], kept: Any) -> Any:  # noqa: ANN401  see above
    if not keys:
        return kept
    return {**answer, keys[0]: _replaced(answer[keys[0]], keys[1:], kept)}


def words_of(answer: Any, body: str) -> tuple[str | None, str]:  # noqa: ANN401  see above
    """Return the exchange's error code and words of a refusing answer."""
    if isinstance(answer, Mapping):
        code = next((answer[key] for key in ("code", "retCode", "ret_code") if answer.get(key) is not None), None)
        words = next((answer[key] for key in ("msg", "retMsg", "message") if answer.get(key)), "")
        return (None if code is None else str(code)), str(words)
    if "<" in body[:200]:
        return None, "a page instead of data" + (" (maintenance)" if "maintenance" in body[:2000].lower() else "")
    return None, body[:200] if body.strip() else "an empty answer"


def _refuse(constant: str) -> Any:  # noqa: ANN401  json asks for a value, and gets none
    message = f"{constant} is not a number"
    raise ValueError(message)
