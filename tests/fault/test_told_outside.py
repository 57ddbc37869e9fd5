"""Whatever stops the worker, somebody outside learns of it: the switch trips, the service manager hears no more."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import socket
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hedgewatch.simulator.market import World
from hedgewatch.simulator.receiver import WebhookReceiver
from hedgewatch.simulator.server import SimulatedExchanges, wall_clock
from tests.end_to_end.stage import until
from tests.fault.killing import CALM, CONFIG, SECRET, SEED, quote
from tests.fault.switch_server import PATH, DeadMansSwitch

PERIOD, GRACE = 1.0, 2.0
START_SECONDS = 180  # eight workers begin at once, on a machine that may have two cores and others to serve
IS_LONG = os.environ.get("HEDGEWATCH_FAULT") == "long"
ROUNDS = 13 if IS_LONG else 1
REAL = ("-m", "hedgewatch", "--config", "{config}", "worker", "--log-format", "json")


def stuck(*words: str) -> tuple[str, ...]:
    return ("-m", "tests.fault.stuck", *words, "{config}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Misfortune:
    """How a worker is stopped. is_silent: the service manager is told nothing more either."""

    name: str
    program: Sequence[str] = REAL
    strike: Callable[[asyncio.subprocess.Process, Path], object]
    is_silent: bool = True


def send(number: signal.Signals) -> Callable[[asyncio.subprocess.Process, Path], None]:
    return lambda process, _: process.send_signal(number)


def lock(_: asyncio.subprocess.Process, database: Path) -> sqlite3.Connection:
    """Hold the database's own lock, as a program gone wrong would."""
    connection = sqlite3.connect(database, isolation_level=None, timeout=10)
    connection.execute("BEGIN EXCLUSIVE")
    return connection


MISFORTUNES = (
    Misfortune(name="killed", strike=send(signal.SIGKILL)),
    *((Misfortune(name="hangs", strike=send(signal.SIGSTOP)),) if IS_LONG else ()),
    *(
        Misfortune(name=f"deadlock of the {kind}", program=stuck(kind), strike=send(signal.SIGUSR1))
        for kind in ("cycle", "delivery", "loop")
    ),
    # without its database the worker goes on from its spool, and is not stuck
    *(
        (Misfortune(name="stuck database", program=stuck("writer"), strike=send(signal.SIGUSR1), is_silent=False),)
        if IS_LONG
        else ()
    ),
    Misfortune(name="database locked", strike=lock, is_silent=False),
)
NAIVE = Misfortune(name="naive", program=stuck("naive", "cycle"), strike=send(signal.SIGUSR1))


@dataclass
class Manager:
    """What systemd does: it reads a datagram socket."""

    path: Path
    lines: list[tuple[float, str]] = field(default_factory=list)

    @contextmanager
    def listening(self) -> Iterator[None]:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
            listener.bind(str(self.path))
            listener.setblocking(False)  # noqa: FBT003  the library's signature
            loop = asyncio.get_running_loop()
            loop.add_reader(listener, self._read, listener)
            try:
                yield
            finally:
                loop.remove_reader(listener)

    def _read(self, listener: socket.socket) -> None:
        self.lines += [(time.monotonic(), line) for line in listener.recv(4096).decode().splitlines()]

    def times(self, line: str) -> list[float]:
        return [at for at, told in self.lines if told == line]


async def struck(misfortune: Misfortune, folder: Path, *, exchange: str, hook: str) -> list[str]:
    """Let one worker run, stop it, and return what nobody learnt."""
    config, database = folder / "struck.toml", folder / "struck.db"
    manager = Manager(folder / "notify")
    async with AsyncExitStack() as stack:
        switch = await stack.enter_async_context(DeadMansSwitch(period=PERIOD, grace=GRACE))
        stack.enter_context(manager.listening())
        text = CONFIG.format(database=database, exchange=exchange, hook=hook)
        config.write_text(f'{text}\n[heartbeat]\nurl = "env:HEARTBEAT_URL"\n')
        environ = {"KILL_TEST_SECRET": SECRET, "HEARTBEAT_URL": switch.url, "NOTIFY_SOCKET": str(manager.path)}
        log = stack.enter_context((folder / "log").open("wb"))
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *(word.format(config=config) for word in misfortune.program),
            env={**os.environ, **environ, "WATCHDOG_USEC": "13000000"},
            stdout=log,
            stderr=log,
        )
        try:
            alive = lambda: len(switch.told) >= 2 and len(manager.times("WATCHDOG=1")) >= 2  # noqa: E731
            await until(alive, "two beats", START_SECONDS)
            held = misfortune.strike(process, database)
            at = time.monotonic() + 1  # what was under way may still end
            await asyncio.sleep(1 + PERIOD + GRACE + 0.5)
            faults = [] if switch.is_tripped() else ["the switch has not tripped"]
            late = [told for told in manager.times("WATCHDOG=1") if told > at]
            faults += ["WATCHDOG=1 from a stuck worker"] if late and misfortune.is_silent else []
            if isinstance(held, sqlite3.Connection):
                held.close()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    written = (folder / "log").read_bytes()
    faults += ["the heartbeat's address stands in the log"] if PATH.encode() in written else []
    faults += ["READY=1 before a cycle was committed"] if len(manager.times("READY=1")) != 1 else []
    return [f"{misfortune.name}: {fault}" for fault in faults]


async def all_struck(folders: Sequence[Path], misfortunes: Sequence[Misfortune]) -> list[str]:
    """Strike as many workers side by side; return what nobody learnt of any."""
    world = World(SEED, "calm", wall_clock())
    async with SimulatedExchanges(world) as exchanges, WebhookReceiver(SECRET) as receiver:
        quote(world, CALM, random.Random(SEED))  # noqa: S311  a seed that can be told, not a secret
        each = zip(folders, misfortunes, strict=True)
        found = await asyncio.gather(
            *(struck(one, folder, exchange=exchanges.base_url, hook=receiver.url) for folder, one in each)
        )
    return [fault for faults in found for fault in faults]


async def test_every_end_of_the_worker_is_noticed_outside(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    faults: list[str] = []
    for _ in range(ROUNDS):
        folders = [tmp_path_factory.mktemp("struck") for _ in (*MISFORTUNES, NAIVE)]
        faults += await all_struck(folders, (*MISFORTUNES, NAIVE))
    of_the_mutant = [fault for fault in faults if fault.startswith(NAIVE.name)]
    missed = [fault for fault in faults if fault not in of_the_mutant]
    cases = ROUNDS * len(MISFORTUNES)
    print(f"told outside: {cases} ends, {len(missed)} not noticed within {PERIOD + GRACE} s, seed {SEED}")  # noqa: T201
    assert missed == []
    assert of_the_mutant == ROUNDS * [
        "naive: the switch has not tripped",
        "naive: WATCHDOG=1 from a stuck worker",
    ], "a fault test that passes on a beat that means nothing proves nothing"
