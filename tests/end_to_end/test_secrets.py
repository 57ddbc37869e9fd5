"""Canaries: secrets that every part of the program has held, looked for in everything it has written."""

from __future__ import annotations

import asyncio
import base64
import io
import logging
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import aiohttp
import psycopg
import pytest
import structlog

from hedgewatch import logs
from hedgewatch.cli.daemon import run_parts
from hedgewatch.cli.working import open_worker
from hedgewatch.domain.redaction import Redactor
from hedgewatch.monitoring.cycle import CycleResult
from hedgewatch.settings import load_settings
from tests.end_to_end.stage import PASSWORD, SECRET, Stage, ask, rows, until

WRONG_PASSWORD = "canary-that-the-server-refuses"
DATABASE_PASSWORD = "canary-of-the-database"
KEY, KEY_SECRET, PHRASE = "canaryKEYcanaryKEY", "canarySECRETcanarySECRET", "canaryPHRASE/with+signs"
CHAT_TOKEN = "canary0of0the0chat0token0"
HEDGES = """
[[holdings]]
asset = "BTC"
quantity = 5

[[holdings]]
name = "there"
asset = "ETH"
account = "treasury"

[accounts.treasury]
exchange = "binance"
api_key = "env:E2E_KEY"
secret = "env:E2E_KEY_SECRET"
password = "env:E2E_PHRASE"

[[hedges]]
name = "btc-core"
asset = "BTC"
spot = "binance:BTC/USDT"
futures = "binance:BTC/USDT:USDT"
position = { contracts = -4 }
"""
REFUSED = """
[channels.refused]
kind = "email"
to = ["me@example.com"]
from = "hedgewatch@example.com"
server = "smtp://me%40example.com@127.0.0.1:{port}"
password = "env:E2E_WRONG_PASSWORD"
ca_file = "{ca_file}"

[channels.chat]
kind = "apprise"
url = "env:E2E_CHAT"
"""
DELIVERED = "SELECT channel FROM delivery_history WHERE state = 'delivered'"


def forms(secret: str) -> Iterator[bytes]:
    """Give every form in which a secret may travel."""
    raw = secret.encode()
    yield raw
    yield quote(secret, safe="").encode()
    yield raw.hex().encode()
    yield raw.hex().upper().encode()
    yield base64.b64encode(raw).rstrip(b"=")
    yield base64.b64encode(b"\0me@example.com\0" + raw).rstrip(b"=")
    for before in (1, 2):  # inside something longer, whose groups of three fall otherwise
        whole = base64.b64encode(b"\0" * before + raw)
        yield whole[before + 1 : len(whole) // 4 * 4 - 4]


def leaks(text: str | bytes, more: Iterable[str] = ()) -> list[str]:
    """Return the secrets that stand somewhere in a text."""
    body = text.encode() if isinstance(text, str) else text
    signing = SECRET.removeprefix("whsec_")
    secrets = (
        *(SECRET, signing, base64.b64decode(signing).decode(), PASSWORD, WRONG_PASSWORD),
        *(KEY, KEY_SECRET, PHRASE, CHAT_TOKEN),
        *more,
    )
    return [secret for secret in secrets if any(form in body for form in forms(secret))]


@pytest.fixture(autouse=True)
def _canaries(monkeypatch: pytest.MonkeyPatch, stage: Stage) -> None:
    stage.exchanges.accounts.add("binance", "treasury", key=KEY, secret=KEY_SECRET, password=PHRASE)
    chat = f"mmost://{urlsplit(stage.receiver.url).netloc}/{CHAT_TOKEN}"
    canaries = {"WRONG_PASSWORD": WRONG_PASSWORD, "KEY": KEY, "KEY_SECRET": KEY_SECRET, "PHRASE": PHRASE, "CHAT": chat}
    for name, value in canaries.items():
        monkeypatch.setenv(f"E2E_{name}", value)


def configured(stage: Stage, storage: str | None = None) -> Path:
    refused = REFUSED.format(port=stage.mailbox.port, ca_file=stage.ca_file)
    channels = stage.channels().replace('["hook", "me"]', '["hook", "me", "refused", "chat"]')
    return stage.configure(HEDGES + channels + refused, storage=storage)


async def pages_of(err: str) -> str:
    """Read every page of a daemon whose log tells its address."""
    found = re.search(r"http://127\.0\.0\.1:\d+", err)
    assert found is not None, err
    texts = []
    async with aiohttp.ClientSession() as session:
        for path in ("/", "/hedges/btc-core", "/hedges/none", "/healthz", "/readyz", "/nothing"):
            async with session.get(found[0] + path) as response:
                texts.append(f"{response.headers}{await response.text()}")
    return "".join(texts)


async def test_no_secret_leaves_the_daemon(stage: Stage) -> None:
    storage = f"sqlite:///{stage.folder / 'hedgewatch.db'}"
    stage.receiver.refuse(1)
    stage.mailbox.refuse(1)
    daemon = stage.daemon(configured(stage), "run", "--listen", "127.0.0.1:0", "--log-format", "json")
    await daemon.start()
    await until(lambda: {("hook",), ("me",)} <= set(rows(storage, DELIVERED)), "both deliveries, after a refusal")
    failed = "SELECT channel FROM delivery_history WHERE last_error IS NOT NULL"
    await until(lambda: {("refused",), ("chat",)} <= set(rows(storage, failed)), "the errors of both that refuse")
    stage.exchanges.faults.set("binance", "503")
    await until(lambda: rows(storage, "SELECT 1 FROM cycle_history WHERE error IS NOT NULL"), "an exchange's error")
    pages = await pages_of(daemon.err)
    assert await daemon.stop() == 0
    assert "btc-core" in pages
    assert leaks(daemon.out + daemon.err) == []
    assert leaks(pages) == []
    written = [path for path in stage.folder.rglob("*") if path.is_file() and path.name != "ca.pem"]
    for path in written:
        assert leaks(path.read_bytes()) == [], path
    assert any(path.name.startswith("hedgewatch.db") for path in written)
    for path in stage.folder.rglob("hedgewatch.db*"):
        assert path.stat().st_mode & 0o077 == 0, f"others may read {path.name}"
    print(f"\ncanaries: {sum(path.stat().st_size for path in written):,} bytes in {len(written)} files, 0 found")  # noqa: T201  the figures
    for mail in stage.mailbox.mails:
        assert leaks(mail.message.as_bytes()) == []
    for message in stage.receiver.received:
        assert leaks(f"{message.headers}{message.body}") == []


async def test_no_secret_leaves_a_command(stage: Stage) -> None:
    config = str(configured(stage))
    commands = (
        ("config", "check"),
        ("config", "show"),
        ("config", "show", "--json"),
        ("once",),
        ("doctor", "--json"),
        ("doctor", "--record", str(stage.folder / "recording")),
        ("status", "--json"),
        ("db", "upgrade", "--json"),
        ("channels", "test", "hook"),
        ("channels", "test", "me", "--json"),
        ("channels", "test", "refused"),
        ("channels", "test", "chat"),
        ("channels", "test", "nobody"),
    )
    for command in commands:
        said = await ask("--config", config, *command)
        assert leaks(said.out + said.err) == [], command
    assert [leaks(mail.message.as_bytes()) for mail in stage.mailbox.mails] == [[]]
    assert len(stage.receiver.received) == 1
    recorded = [path for path in (stage.folder / "recording").rglob("*") if path.is_file()]
    assert recorded
    assert [leaks(path.read_bytes()) for path in recorded] == [[]] * len(recorded)


async def test_the_password_of_the_database_stays_inside(
    stage: Stage, pg_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = urlsplit(pg_url)
    storage = urlunsplit(parts._replace(netloc=f"{parts.username}:{DATABASE_PASSWORD}@{parts.hostname or ''}"))
    monkeypatch.setenv("E2E_DATABASE", storage)
    daemon = stage.daemon(configured(stage, "env:E2E_DATABASE"), "worker", "--log-format", "json")
    await daemon.start()
    await until(lambda: rows(pg_url, DELIVERED), "a delivery")
    assert await daemon.stop() == 0
    nowhere = storage.replace("?host=", "?host=/nowhere")
    unreachable = [await ask("--config", str(configured(stage, "env:E2E_DATABASE")), "status", "--json")]
    monkeypatch.setenv("E2E_DATABASE", nowhere)
    unreachable += [
        await ask("--config", str(configured(stage, "env:E2E_DATABASE")), *command)
        for command in (("status",), ("db", "check"), ("db", "upgrade"), ("doctor",), ("config", "show"))
    ]
    assert [said.code for said in unreachable[1:]] == [1, 1, 1, 3, 0]
    without = stage.daemon(configured(stage, "env:E2E_DATABASE"), "worker", "--log-format", "json")
    await without.start()  # a worker outlasts its database, and tells of it until it is stopped
    await until(lambda: "database" in without.err, "a word on the database that is not there")
    await without.stop()
    texts = [
        daemon.out + daemon.err,
        without.out + without.err,
        dump(pg_url),
        *(said.out + said.err for said in unreachable),
    ]
    assert [leaks(text, [DATABASE_PASSWORD]) for text in texts] == [[]] * len(texts)


def dump(url: str) -> str:
    """Return every row of every table and view as text."""
    with psycopg.connect(url) as connection:
        names = connection.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
        ).fetchall()
        texts = [str(connection.execute(f'SELECT * FROM "{name}"'.encode()).fetchall()) for (name,) in names]  # noqa: S608  names of the catalogue
    assert len(texts) > 10
    return "".join(texts)


@pytest.fixture
def _logs_as_before() -> Iterator[None]:
    root = logging.getLogger()
    before, level, quiet = root.handlers[:], root.level, {name: logging.getLogger(name).level for name in logs.QUIET}
    yield
    root.handlers[:], root.level = before, level
    for name, kept in quiet.items():
        logging.getLogger(name).setLevel(kept)
    structlog.reset_defaults()


@pytest.mark.usefixtures("_logs_as_before")
@pytest.mark.parametrize("as_json", [True, False])
async def test_no_secret_is_logged_even_at_the_lowest_level_and_in_a_traceback(stage: Stage, as_json: bool) -> None:  # noqa: FBT001  a parameter of the test
    stream, redactor = io.StringIO(), Redactor()
    settings = load_settings(configured(stage), os.environ)
    redactor.add(settings.known_secrets(os.environ))
    logs.configure(redactor, as_json=as_json, level="DEBUG", stream=stream)
    for name in logs.QUIET:
        logging.getLogger(name).setLevel(logging.DEBUG)
    storage = f"sqlite:///{stage.folder / 'hedgewatch.db'}"

    def break_down(_: CycleResult) -> None:
        raise RuntimeError(f"the key {SECRET} of {PASSWORD!r} does not fit")

    async with AsyncExitStack() as stack:
        worker = await open_worker(stack, settings, os.environ, on_cycle=break_down)
        running = asyncio.create_task(run_parts([worker], asyncio.Event()))
        await until(lambda: rows(storage, DELIVERED), "a delivery")
        worker.stop()
        await running
    text = stream.getvalue()
    assert "job_broke" in text
    assert "RuntimeError" in text
    assert "*** does not fit" in text or "'***' does not fit" in text
    assert len(text.splitlines()) > 20, "nothing was logged at DEBUG"
    assert leaks(text) == []
