"""What the tests of the whole program share: simulated exchanges, a mailbox, a receiver, and the program itself."""

from __future__ import annotations

import asyncio
import base64
import io
import logging
import os
import signal
import sqlite3
import ssl
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import psycopg
import structlog
import trustme

from hedgewatch.cli import run_command
from hedgewatch.cli.working import open_worker
from hedgewatch.monitoring.cycle import CycleResult
from hedgewatch.settings import load_settings
from hedgewatch.simulator.mailbox import Mailbox
from hedgewatch.simulator.market import World
from hedgewatch.simulator.receiver import WebhookReceiver
from hedgewatch.simulator.server import SimulatedExchanges, wall_clock

SECRET = "whsec_" + base64.b64encode(b"end-to-end-canary-of-the-webhook").decode()
PASSWORD = "canary-of-the-mail/server+1"
SECRETS = {"E2E_WEBHOOK_SECRET": SECRET, "E2E_SMTP_PASSWORD": PASSWORD}
EXCHANGES = ("binance", "bybit", "bingx", "weex", "mexc")
CHANNELS = """
[channels.hook]
kind = "webhook"
url = "{hook}"
secret = "env:E2E_WEBHOOK_SECRET"

[channels.me]
kind = "email"
to = ["me@example.com"]
from = "hedgewatch@example.com"
server = "smtp://me%40example.com@127.0.0.1:{port}"
password = "env:E2E_SMTP_PASSWORD"
ca_file = "{ca_file}"

[routing]
critical = ["hook", "me"]
warning = ["hook", "me"]
"""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What one command answered."""

    code: int
    out: str
    err: str


@dataclass(slots=True, kw_only=True)
class Stage:
    """Everything around the program: five exchanges, a mailbox that wants STARTTLS and a login, a receiver."""

    folder: Path
    exchanges: SimulatedExchanges
    receiver: WebhookReceiver
    mailbox: Mailbox
    ca_file: Path
    started: list[Daemon] = field(default_factory=list)

    @property
    def world(self) -> World:
        return self.exchanges.world

    def channels(self) -> str:
        """Return both channels and the routing as TOML."""
        return CHANNELS.format(hook=self.receiver.url, port=self.mailbox.port, ca_file=self.ca_file)

    def configure(self, text: str, *, storage: str | None = None, poll: str = "1s") -> Path:
        """Write a configuration whose exchanges are the simulated ones, and return its path."""
        storage = storage or f"sqlite:///{self.folder / 'hedgewatch.db'}"
        parts = [f'[monitor]\npoll_every = "{poll}"', f'[storage]\nurl = "{storage}"']
        parts += [f'[exchanges.{name}]\nbase_url = "{self.exchanges.base_url}"' for name in EXCHANGES]
        path = self.folder / "hedgewatch.toml"
        path.write_text("\n\n".join([*parts, text]))
        path.chmod(0o600)
        return path

    def daemon(self, config: Path, *arguments: str) -> Daemon:
        """Return a daemon that is killed with the stage if a test left it running."""
        made = Daemon(config, *arguments, logs=self.folder / f"daemon{len(self.started)}")
        self.started.append(made)
        return made


class Daemon:
    """The real program in a process of its own, its output in files."""

    def __init__(self, config: Path, *arguments: str, logs: Path) -> None:
        self._command = [sys.executable, "-m", "hedgewatch", "--config", str(config), *arguments]
        self._out, self._err = logs.with_suffix(".out"), logs.with_suffix(".err")
        self._process: asyncio.subprocess.Process | None = None

    @property
    def process(self) -> asyncio.subprocess.Process:
        assert self._process is not None
        return self._process

    async def start(self, **environ: str) -> None:
        with self._out.open("ab") as out, self._err.open("ab") as err:
            self._process = await asyncio.create_subprocess_exec(
                *self._command, env=environment(**environ), stdout=out, stderr=err
            )

    async def stop(self) -> int:
        """Send SIGTERM and return the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return await asyncio.wait_for(self.process.wait(), 40)

    async def ended(self) -> int:
        return await asyncio.wait_for(self.process.wait(), 40)

    async def clear_away(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    @property
    def out(self) -> str:
        return self._out.read_text()

    @property
    def err(self) -> str:
        return self._err.read_text()


def environment(**more: str) -> dict[str, str]:
    """Return the environment of the program: this one, with bytecode allowed, and the secrets."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, **SECRETS, **more}


@asynccontextmanager
async def staged(folder: Path, scenario: str = "calm") -> AsyncIterator[Stage]:
    """Start exchanges, mailbox and receiver on loopback."""
    authority, ca_file = trustme.CA(), folder / "ca.pem"
    authority.cert_pem.write_to_path(ca_file)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    mailbox = Mailbox(tls=tls, user="me@example.com", password=PASSWORD)
    world = World(5, scenario, wall_clock())
    async with SimulatedExchanges(world) as exchanges, WebhookReceiver(SECRET) as receiver, mailbox:
        stage = Stage(folder=folder, exchanges=exchanges, receiver=receiver, mailbox=mailbox, ca_file=ca_file)
        try:
            yield stage
        finally:
            for daemon in stage.started:
                await daemon.clear_away()


def say(*arguments: str) -> Said:
    """Run one command here, in the way that ``python -m hedgewatch`` does, its logs included."""
    out, err = io.StringIO(), io.StringIO()
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        with redirect_stdout(out), redirect_stderr(err):
            code = run_command(arguments)
    finally:
        root.handlers[:], root.level = handlers, level
        structlog.reset_defaults()
    return Said(code=code, out=out.getvalue(), err=err.getvalue())


async def ask(*arguments: str) -> Said:
    """Run one command in a thread, while this loop serves the simulated exchanges."""
    return await asyncio.to_thread(say, *arguments)


async def watch_here(config: Path, cycles: int) -> None:
    """Run a worker in this process until it has committed so many cycles."""
    committed: list[CycleResult] = []
    settings = load_settings(config, os.environ)
    async with AsyncExitStack() as stack:
        worker = await open_worker(stack, settings, os.environ, on_cycle=committed.append)
        running = asyncio.create_task(worker.run())
        await until(lambda: len(committed) >= cycles, f"{cycles} cycles")
        worker.stop()
        await running


async def until(found: Callable[[], T], what: str, seconds: float = 30) -> T:
    """Return what ``found`` returns once that is true; fail with ``what`` if it does not come."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        value = found()
        if value:
            return value
        await asyncio.sleep(0.05)
    raise AssertionError(f"{what} did not come within {seconds} s")


def rows(url: str, query: str) -> list[Any]:
    """Return what a query finds; nothing while there is no such table yet."""
    try:
        if url.startswith("sqlite:///"):
            connection = sqlite3.connect(f"file:{url.removeprefix('sqlite:///')}?mode=ro", uri=True)
            try:
                return connection.execute(query).fetchall()
            finally:
                connection.close()
        with psycopg.connect(url) as server:
            return server.execute(query.encode()).fetchall()
    except (sqlite3.OperationalError, psycopg.errors.UndefinedTable):
        return []


def told(stage: Stage, rule: str | None = None) -> list[tuple[str, Mapping[str, Any]]]:
    """Return (type, data) of every verified webhook, in the order of arrival."""
    messages: list[Any] = [message.body for message in stage.receiver.received]
    bodies = [(body["type"].removeprefix("hedge.alert."), body["data"]) for body in messages]
    return [(kind, data) for kind, data in bodies if rule in {None, data["rule"]}]
