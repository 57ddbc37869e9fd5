"""Questions and answers of ``calc``: JSON in, JSON out."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from dataclasses import asdict
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TextIO

from hedgewatch.domain.calculator import CALCULATIONS
from hedgewatch.domain.calculator.calculation import Calculation
from hedgewatch.domain.calculator.describing import Description, InputWords, describe
from hedgewatch.domain.errors import ConfigurationError, InvalidValueError


def write_answer(name: str, text: str | bytes, out: TextIO) -> None:
    """Write what a formula answers to inputs in JSON.

    Raises ConfigurationError that names the formula, and the input it refuses.
    """
    calculation = _asked(name)
    try:
        answer = calculation.answer(_object(_parsed(text), "the inputs"))
    except InvalidValueError as error:
        raise ConfigurationError(f"calc {name}: {_one_line(error)}") from None
    out.write(json.dumps(answer, indent=2) + "\n")


def answer_batch(path: Path, out: TextIO) -> None:
    """Answer one question a line, in order, each as soon as it is read; a bad line is answered with its error.

    Empty lines are passed over. Raises ConfigurationError if the file cannot be opened.
    """
    try:
        opened = nullcontext(sys.stdin.buffer) if str(path) == "-" else path.open("rb")
    except OSError as error:
        raise ConfigurationError(f"calc: --batch: cannot read {path}: {error.strerror}") from None
    with opened as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                out.write(json.dumps(_reply(line, number)) + "\n")
                out.flush()


def _reply(line: bytes, number: int) -> dict[str, Any]:
    name = None
    try:
        question = _object(_parsed(line), "a question")
        name = _text(question.get("function"), "function")
        inputs = _object(question.get("inputs", {}), "inputs")
        return {"function": name, "result": _calculation(name).answer(inputs)}
    except InvalidValueError as error:
        where = f"line {number}: " if name is None else ""
        return {"function": name, "error": where + _one_line(error)}


def _calculation(name: str) -> Calculation:
    if name in CALCULATIONS:
        return CALCULATIONS[name]
    close = get_close_matches(name, CALCULATIONS, n=1)
    mend = f'did you mean "{close[0]}"?' if close else "`hedgewatch calc --list` shows all"
    raise InvalidValueError("function", f"there is no formula {json.dumps(name)}; {mend}")


def _asked(name: str) -> Calculation:
    """Return the formula that the command line names."""
    try:
        return _calculation(name)
    except InvalidValueError as error:
        raise ConfigurationError(f"calc: {error.problem}") from None


def _parsed(text: str | bytes) -> object:
    """Read JSON; a number stays the text it is, so that it is exact, and NaN is refused where it stands by name."""
    try:
        text = text.decode("utf-8-sig") if isinstance(text, bytes) else text
        return json.loads(text, parse_float=str, parse_int=str, parse_constant=str, object_pairs_hook=_each_once)
    except RecursionError:
        raise InvalidValueError("JSON", "is nested too deeply") from None
    except InvalidValueError:
        raise
    except ValueError as error:
        raise InvalidValueError("JSON", f"cannot be read: {error}") from None


def _each_once(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise InvalidValueError(twice, "is given twice")
    return found


def _object(value: object, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidValueError(place, 'expected a JSON object, as {"price": 60000}')
    return value


def _text(value: object, place: str) -> str:
    if not isinstance(value, str):
        raise InvalidValueError(place, "missing" if value is None else "expected the name of a formula")
    return value


def _one_line(error: InvalidValueError) -> str:
    return " ".join(str(error).split())


def write_list(out: TextIO, *, as_json: bool) -> None:
    """Write every formula with its question, by group."""
    found = [describe(calculation) for calculation in CALCULATIONS.values()]
    if as_json:
        out.write(json.dumps([_as_json(one) for one in found], indent=2) + "\n")
        return
    width = max(len(one.name) for one in found)
    group = None
    for one in found:
        if one.group != group:
            out.write(f"{'' if group is None else chr(10)}{one.group}\n")
            group = one.group
        out.write(f"  {one.name:{width}}  {one.question}\n")


def write_description(name: str, out: TextIO, *, as_json: bool) -> None:
    """Write what a formula takes and gives, with an example. Raises ConfigurationError for a name that is none."""
    one = describe(_asked(name))
    out.write(json.dumps(_as_json(one), indent=2) + "\n" if as_json else "\n".join(_lines(one)) + "\n")


def _lines(one: Description) -> Iterable[str]:
    yield f"{one.name}: {one.question}"
    yield f"\n{one.explanation}\n"
    yield "Inputs:"
    width = max(len(each.name) for each in one.inputs)
    for each in one.inputs:
        yield f"  {each.name:{width}}  {each.kind}{_default(each)}"
    sometimes = f"; with the inputs they need: {', '.join(one.optional_outputs)}" if one.optional_outputs else ""
    yield f"\nOutputs: {', '.join(one.outputs)}{sometimes}"
    yield f"\nExample: hedgewatch calc {one.name} '{one.example}'"


def _default(one: InputWords) -> str:
    if one.is_required:
        return ""
    return " (may be left out)" if one.default == "null" else f" = {one.default}"


def _as_json(one: Description) -> dict[str, Any]:
    return asdict(one) | {"example": json.loads(one.example, parse_float=str, parse_int=str)}
