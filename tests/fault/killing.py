"""What the kill tests share: a squeezed hedge, the daemon as a process, and an independent reference."""

from __future__ import annotations

import asyncio
import base64
import os
import random
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hedgewatch.simulator.market import World
from hedgewatch.simulator.server import SimulatedExchanges

SEED = int(os.environ.get("HEDGEWATCH_TEST_SEED", "20261122"))
SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
CALM, WARNING, CRITICAL = 6, 400, 1200  # what the future costs above spot, in dollars
REAL = ("-m", "hedgewatch", "--config", "{config}", "worker", "--log-format", "json")
CONFIG = """
[monitor]
poll_every = "1s"

[storage]
url = "sqlite:///{database}"

[exchanges.binance]
base_url = "{exchange}"

[[holdings]]
asset = "BTC"
quantity = 5

[[hedges]]
name = "squeezed"
asset = "BTC"
spot = "binance:BTC/USDT"
futures = "binance:BTC/USDT:USDT"
position = {{ contracts = -4.8, entry_price = 60000, margin = 288000, entry_basis = 6 }}

[rules.basis_adverse]
keep_firing_for = 1
warning = {{ fire = 0.005, clear = 0.0025, for = 0 }}
critical = {{ fire = 0.015, clear = 0.0075, for = 0 }}

[channels.hook]
kind = "webhook"
url = "{hook}"
secret = "env:KILL_TEST_SECRET"

[routing]
critical = ["hook"]
warning = ["hook"]
"""
FIRE = {"warning": 0.005, "critical": 0.015}
CLEAR = 0.0025
ENTRY_BASIS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One message that the receiver has taken, repeated or not."""

    event_id: str
    body: dict[str, Any]

    @property
    def type(self) -> str:
        return str(self.body["type"]).rsplit(".", maxsplit=1)[-1]

    @property
    def data(self) -> dict[str, Any]:
        found: dict[str, Any] = self.body["data"]
        return found


def without_a_past(exchanges: SimulatedExchanges) -> None:
    """Let the exchange list no candles: the premium is then judged against that of the entry, as the references do."""
    exchanges.faults.set("binance", "list", path="lines")


def called_for(rows: list[tuple[float | None, float | None]]) -> list[str]:
    """Recompute, from committed snapshots alone, what had to be told: an independent reference for one rule."""
    told: list[str] = []
    level = None
    for basis_rate, spot in rows:
        if basis_rate is None or spot is None:
            continue
        adverse = basis_rate - ENTRY_BASIS / spot
        reached = next((name for name in ("critical", "warning") if adverse > FIRE[name]), None)
        if reached and level is None:
            level = reached
            told.append(f"firing {reached}")
        elif reached == "critical" and level == "warning":
            level = reached
            told.append("escalated critical")
        elif level and adverse < CLEAR:
            told.append(f"resolved {level}")
            level = None
    return told


def snapshots(database: Path) -> list[tuple[float | None, float | None]]:
    """Return (basis rate, spot price) of each committed cycle, oldest first."""
    return read(database, "SELECT basis_rate, spot_price FROM basis_history ORDER BY read_at_ms")


def faults_in(told: Iterable[Told], expected: Sequence[str]) -> list[str]:
    """Set what arrived against what was called for: what was lost, invented, doubled, or told in two ways."""
    by_id: dict[str, Told] = {}
    faults = [
        f"{message.event_id} told two stories"
        for message in told
        if by_id.setdefault(message.event_id, message).body != message.body
    ]
    basis = [message for message in by_id.values() if message.data["rule"] == "basis_adverse"]
    basis.sort(key=lambda message: (message.data["since"], message.data["sequence"]))
    heard = [f"{message.type} {message.data['severity']}" for message in basis if message.type != "reminder"]
    if heard != list(expected):
        faults.append(f"called for {list(expected)}, told {heard}")
    firsts = Counter(message.data["episode"] for message in by_id.values() if message.type == "firing")
    faults += [f"{episode} was told as firing {times} times" for episode, times in firsts.items() if times > 1]
    return faults


def configure(folder: Path, *, exchange: str, hook: str) -> tuple[Path, Path]:
    """Write the configuration; return its path and the database's."""
    database, config = folder / "killed.db", folder / "killed.toml"
    config.write_text(CONFIG.format(database=database, exchange=exchange, hook=hook))
    config.chmod(0o600)
    return config, database


async def daemon(
    config: Path, program: Sequence[str] = REAL, *, crash_at: str | None = None
) -> asyncio.subprocess.Process:
    """Start the daemon, or a mutant of it. crash_at: the step at which it is to die by itself."""
    silent = asyncio.subprocess.DEVNULL
    arguments = [word.format(config=config) for word in program]
    environ = {**os.environ, "KILL_TEST_SECRET": SECRET, "HEDGEWATCH_CRASH_AT": crash_at or ""}
    return await asyncio.create_subprocess_exec(sys.executable, *arguments, env=environ, stdout=silent, stderr=silent)


def read(database: Path, query: str) -> list[Any]:
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def has_cycles(database: Path) -> bool:
    if not database.exists() or not read(database, "SELECT 1 FROM sqlite_master WHERE name = 'cycle_history'"):
        return False
    return bool(read(database, "SELECT committed_at_ms FROM cycle_history LIMIT 1"))


async def first_commit(database: Path, process: asyncio.subprocess.Process) -> float:
    """Return how many seconds a start takes here until its first committed cycle: kills are spread around it."""
    started = time.monotonic()
    while time.monotonic() - started < 60:
        assert process.returncode is None, "the daemon ended by itself"
        if await asyncio.to_thread(has_cycles, database):
            return time.monotonic() - started
        await asyncio.sleep(0.05)
    pytest.fail("no cycle was committed within a minute")


def quote(world: World, premium: float, chance: random.Random) -> None:
    """Let the future stand so far above spot, which ticks: a book that stood still would be no price."""
    spot = chance.randrange(59_990, 60_010)
    futures = spot + premium
    world.pin("BTC", spot=(f"{spot}.00", f"{spot}.01"), futures=(f"{futures}.0", f"{futures}.1"))


async def restless(world: World, chance: random.Random) -> None:
    """Let the futures jump between calm, warning and critical faster than the daemon polls."""
    while True:
        quote(world, chance.choice((CALM, CALM, WARNING, CRITICAL)), chance)
        await asyncio.sleep(chance.uniform(0.3, 1.5))


async def until_delivered(database: Path, seconds: float = 40) -> None:
    """Wait until the outbox is empty."""
    for _ in range(int(seconds * 5)):
        states = Counter(state for (state,) in read(database, "SELECT state FROM delivery_history"))
        if states and set(states) == {"delivered"}:
            return
        await asyncio.sleep(0.2)
    pytest.fail(f"not delivered in {seconds} s: {states}")
