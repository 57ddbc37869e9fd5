from __future__ import annotations

import base64
import io
import json
import logging
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
import structlog

from hedgewatch import logs
from hedgewatch.cli import _unexpected
from hedgewatch.domain.redaction import Redactor

PASSWORD = 'canary "of" the\\door/1+é'
KEY = base64.b64encode(b"canary of the signing key").decode()
URL = f"postgresql://me:{quote(PASSWORD, safe='')}@host/name"
LOCAL = "the value " + "of a local variable"
NOT_IN_LOGS = (PASSWORD, "canary", KEY, quote(PASSWORD, safe=""), PASSWORD.encode().hex())


@pytest.fixture(autouse=True)
def _logs_as_before() -> Iterator[None]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = before, level
    structlog.reset_defaults()


def refuses() -> None:
    raise ValueError(f"{PASSWORD} was refused")


def breaks(hidden: str) -> None:
    try:
        refuses()
    except ValueError as error:
        raise RuntimeError(f"{hidden[:0]}{URL} cannot be reached") from error


def configured(*, as_json: bool, level: str = "INFO") -> io.StringIO:
    stream, redactor = io.StringIO(), Redactor()
    redactor.add([URL, f"whsec_{KEY}"])
    logs.configure(redactor, as_json=as_json, level=level, stream=stream)
    return stream


@pytest.mark.parametrize("as_json", [True, False])
@pytest.mark.parametrize(
    "text",
    [
        PASSWORD,
        f"connecting to {URL}",
        f"header {base64.b64encode(PASSWORD.encode()).decode()}",
        f"key whsec_{KEY}",
        f"key {KEY} alone",
        f"repr {PASSWORD!r}",
        PASSWORD.encode().hex(),
    ],
)
def test_no_form_of_a_secret_reaches_the_log(as_json: bool, text: str) -> None:  # noqa: FBT001  a parameter of the test
    stream = configured(as_json=as_json, level="DEBUG")
    structlog.stdlib.get_logger("ours").warning("said", text=text, nested={"list": [text]})
    logging.getLogger("theirs").debug("said %s", text)
    lines = stream.getvalue()
    assert len(lines.splitlines()) == 2
    assert "***" in lines
    for secret in NOT_IN_LOGS:
        assert secret not in lines


@pytest.mark.parametrize("as_json", [True, False])
def test_a_traceback_shows_neither_the_secret_nor_local_variables(as_json: bool) -> None:  # noqa: FBT001  as above
    stream = configured(as_json=as_json)

    try:
        breaks(LOCAL)
    except RuntimeError:
        structlog.stdlib.get_logger("ours").exception("broke")
    text = stream.getvalue()
    assert "RuntimeError" in text
    assert "ValueError" in text
    assert LOCAL not in text
    for secret in NOT_IN_LOGS:
        assert secret not in text


def test_the_trace_that_a_user_asks_for_is_scrubbed_as_well(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stream = configured(as_json=False)
    monkeypatch.setenv("HEDGEWATCH_TRACE", "1")
    with pytest.raises(RuntimeError) as broken:
        breaks(LOCAL)
    assert _unexpected(broken.value) == 1
    text = stream.getvalue() + capsys.readouterr().err
    assert "this should not have happened: RuntimeError" in text
    assert "Traceback" in text
    for secret in NOT_IN_LOGS:
        assert secret not in text


def test_json_lines_stay_json_whatever_a_secret_holds() -> None:
    stream = configured(as_json=True)
    structlog.stdlib.get_logger("ours").info("said", text=f'{PASSWORD} and "more"')
    line: dict[str, Any] = json.loads(stream.getvalue())
    assert line["text"] == '*** and "more"'


class Unwritable:
    """Breaks where it is looked at."""

    def __str__(self) -> str:
        raise RuntimeError(PASSWORD)

    __repr__ = __str__


@pytest.mark.parametrize("as_json", [True, False])
def test_what_cannot_be_looked_into_is_dropped_and_not_shown(
    as_json: bool,  # noqa: FBT001  a parameter of the test
    capsys: pytest.CaptureFixture[str],
) -> None:
    stream = configured(as_json=as_json)
    circle: dict[str, Any] = {"said": PASSWORD}
    circle["again"] = circle
    structlog.stdlib.get_logger("ours").warning("first", circle=circle)
    structlog.stdlib.get_logger("ours").warning("second", thing=Unwritable(), said=PASSWORD)
    logging.getLogger("theirs").warning("said %s of %s", Unwritable(), PASSWORD)
    structlog.stdlib.get_logger("ours").warning("last")
    printed = capsys.readouterr()
    text = stream.getvalue() + printed.out + printed.err
    assert "first" in text
    assert "last" in text
    for secret in NOT_IN_LOGS:
        assert secret not in text
