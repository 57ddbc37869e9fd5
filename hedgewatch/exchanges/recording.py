"""Recording: raw answers kept for a bug report, without keys, signatures, addresses or identities.

What stays: shapes, numbers (balances and prices among them), symbols and times. What goes: whatever names a person, an
account, a key, an order or an address of the network.
"""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from hedgewatch.domain.errors import ConfigurationError
from hedgewatch.domain.instrument import InstrumentRef

PRIVATE_FOLDER, PRIVATE_FILE = 0o700, 0o600
MOST_ROWS, FIRST_ROWS = 60, 10  # of a list: more are cut to the wanted ones and the first few
LONGEST_PAGE = 4000
MASK = "***"
UNSIGNED_AWAY = frozenset({"signature", "sign", "timestamp", "recvwindow", "apikey", "api_key", "nonce"})
ID_KEY = re.compile(r"(?:[a-z0-9](?:Id|ID)s?|(?:^|_)ids?|[uU][iI][dD]s?)$")
IDENTITY_KEY = re.compile(
    r"(?i)api[-_]?key|access[-_]?key|public[-_]?key|cursor|secret|passphrase|password|signature|token|e?mail|phone|mobile|address|(?:^|_)ips?$"
    r"|ip_?(?:address|list)|user_?name|nick|(?:^|_)name$|remark|note$|inviter|affiliate|vip_?level|kyc|country"
)
ADDRESS = re.compile(
    r"\b\d{1,3}(?:\.\d{1,3}){3}\b|\b(?:[0-9a-fA-F]{1,4}:){4,7}[0-9a-fA-F]{1,4}\b|[\w.+-]+@[\w-]+\.[\w.]+"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One answer as it arrived: path and query without the host that may lead it, status, body, whether signed.

    posted: the body of the question, None if it had none.
    """

    exchange: str
    method: str
    path: str
    query: str
    status: int
    body: str
    signed: bool
    posted: str | None = None


def private_folder(folder: Path) -> Path:
    """Make a folder that only its owner may read. Raises ConfigurationError if it holds anything or cannot be made."""
    try:
        folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise ConfigurationError(f"--record: {folder} is not empty; name a folder that is new or empty")
        folder.chmod(PRIVATE_FOLDER)
    except OSError as error:
        raise ConfigurationError(f"--record: {folder} cannot be used: {error.strerror or error}") from error
    return folder


class Recorder:
    """Writes one scrubbed file an answer into a private folder; safe to use from several threads."""

    def __init__(self, folder: Path, recorded_at: datetime, about: Mapping[str, str]) -> None:
        """Record into ``folder``, which is made, and refused if it is not empty. about: versions, for the reader."""
        self._folder = private_folder(folder)
        self._numbers = count(1)
        self._lock = threading.Lock()
        self._hides: list[Callable[[str], str]] = []
        self.wanted: frozenset[str] = frozenset()
        self.written = 0
        day = recorded_at.date().isoformat()
        self._write("about.json", {**about, "provenance": "recorded by a user", "recorded_on": day})

    def hide(self, hide: Callable[[str], str]) -> None:
        """Mask one more set of keys wherever it turns up."""
        self._hides.append(hide)

    def want(self, refs: Iterable[InstrumentRef]) -> None:
        """Keep the rows of these instruments of long lists, by every id that an exchange may make of their names."""
        for ref in refs:
            quote = ref.symbol.partition("/")[2].partition(":")[0]
            self.wanted |= {f"{ref.base}{mark}{quote}" for mark in ("", "-", "_")}

    def keep(self, heard: Heard) -> None:
        """Write one answer down."""
        words = [word for word in re.split(r"[^A-Za-z0-9]+", heard.path) if word]
        with self._lock:
            number = next(self._numbers)
            name = f"{heard.exchange}-{number:03d}-{'-'.join(words[-3:])}.json"[:120]
            self._write(name, self._told(heard, words))
            self.written += 1

    def _told(self, heard: Heard, words: list[str]) -> dict[str, Any]:
        answer = _parsed(heard.body)
        if isinstance(answer, str):
            answer = answer[:LONGEST_PAGE]
        return {
            "method": words[-1] if words else "",
            "exchange": heard.exchange,
            "provenance": "recorded by a user",
            "source": "doctor --record",
            "description": f"identities masked; lists of more than {MOST_ROWS} rows cut",
            "url": heard.path,
            "httpMethod": heard.method,
            "query": scrubbed(_asked(heard), frozenset()),
            "signed": heard.signed,
            "status": heard.status,
            "input": [],
            "httpResponse": scrubbed(answer, self.wanted),
        }

    def _write(self, name: str, told: Mapping[str, Any]) -> None:
        text = json.dumps(told, indent=1, ensure_ascii=False)
        for hide in self._hides:
            text = hide(text)
        handle = os.open(self._folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text + "\n")


def _parsed(text: str) -> Any:  # noqa: ANN401  JSON, or the text where it is none
    try:
        return json.loads(text)
    except ValueError:
        return text


def _asked(heard: Heard) -> dict[str, Any]:
    """Return what was asked for, in the address or in the body, without what only signs it."""
    posted = _parsed(heard.posted or "")
    pairs = [*parse_qsl(heard.query), *(posted.items() if isinstance(posted, dict) else ())]
    return {key: value for key, value in pairs if key.lower() not in UNSIGNED_AWAY}


def scrubbed(value: Any, wanted: Collection[str]) -> Any:  # noqa: ANN401  JSON
    """Return JSON with identities masked in their own shape, and long lists cut."""
    if isinstance(value, dict):
        return {
            str(key): masked(inner) if is_identity(str(key)) else scrubbed(inner, wanted)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [scrubbed(one, wanted) for one in _cut(value, wanted)]
    return ADDRESS.sub(MASK, value) if isinstance(value, str) else value


def masked(value: Any) -> Any:  # noqa: ANN401  JSON
    """Return a value of the same shape that says nothing: nested values masked one by one, flags and blanks kept."""
    if isinstance(value, dict):
        return {key: masked(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [masked(one) for one in value]
    if value is None or isinstance(value, bool) or value == "":
        return value
    if isinstance(value, str):
        return "0" * len(value) if value.isdecimal() else MASK
    return 0


def is_identity(key: str) -> bool:
    """Tell whether a key names something that identifies: an id, an address, a key, a name."""
    return bool(ID_KEY.search(key) or IDENTITY_KEY.search(key))


def _cut(rows: list[Any], wanted: Collection[str]) -> list[Any]:
    if len(rows) <= MOST_ROWS or not isinstance(rows[0], dict):
        return rows
    kept = [row for row in rows if isinstance(row, dict) and _names(row) & set(wanted)]
    return [*kept[:MOST_ROWS], *(row for row in rows[:FIRST_ROWS] if row not in kept)]


def _names(row: Mapping[str, Any]) -> set[str]:
    return {value for value in row.values() if isinstance(value, str)}
