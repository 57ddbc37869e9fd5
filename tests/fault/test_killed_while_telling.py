"""SIGKILL at the worst moment: when a message is on its way, or was taken and the daemon does not know it yet."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from hedgewatch.simulator.market import World
from hedgewatch.simulator.server import SimulatedExchanges, wall_clock
from tests.fault.killing import (
    CALM,
    CRITICAL,
    REAL,
    SEED,
    WARNING,
    Told,
    called_for,
    configure,
    daemon,
    faults_in,
    quote,
    snapshots,
    without_a_past,
)

PATIENCE = 30.0
MUTANTS = {"marks then sends": 9.0, "forgets alerts": 40.0}  # patience: the first has nothing more to tell
ENOUGH_IDS = 5  # more than a worker that remembers has for all the phases here: three of the basis, one of the drift
MARKET_TICKS = 0.2


class KillingReceiver:
    """A receiver at whose first sight of each message the sender dies: before it took it, or right after, in turn."""

    def __init__(self) -> None:
        self.taken: list[Told] = []
        self.seen: Counter[str] = Counter()
        self.sender: asyncio.subprocess.Process | None = None
        self.arrived = asyncio.Event()

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        message = Told(event_id=request.headers["webhook-id"], body=json.loads(await request.read()))
        self.seen[message.event_id] += 1
        dies = self.seen[message.event_id] == 1 and self.sender is not None
        if not dies or len(self.seen) % 2 == 0:
            self.taken.append(message)
        if dies and self.sender is not None and self.sender.returncode is None:
            self.sender.kill()
        elif message.data["rule"] == "basis_adverse":
            self.arrived.set()
        return web.Response(status=204)


@asynccontextmanager
async def listening(receiver: KillingReceiver) -> AsyncIterator[str]:
    runner = web.ServerRunner(web.Server(receiver.answer, access_log=None), shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


async def kept_alive(config: Path, program: Sequence[str], receiver: KillingReceiver) -> None:
    """Start the daemon again whenever it was killed, as a service manager does."""
    try:
        while True:
            receiver.sender = await daemon(config, program)
            assert await receiver.sender.wait() == -9, "the daemon ended by itself"
    finally:
        if receiver.sender is not None and receiver.sender.returncode is None:
            receiver.sender.kill()
            await receiver.sender.wait()


async def phase(
    world: World, premium: int, receiver: KillingReceiver, *, chance: random.Random, patience: float
) -> None:
    """Let the future stand at ``premium`` until one message more about it arrived for good."""
    receiver.arrived.clear()
    for _ in range(int(patience / MARKET_TICKS)):
        quote(world, premium, chance)
        await asyncio.sleep(MARKET_TICKS)
        if receiver.arrived.is_set() or len(receiver.seen) >= ENOUGH_IDS:
            break


async def killed_while_telling(
    folder: Path, program: Sequence[str], phases: Sequence[int], *, patience: float
) -> KillingReceiver:
    chance = random.Random(SEED)  # noqa: S311  a seed that can be told, not a secret
    receiver = KillingReceiver()
    async with SimulatedExchanges(World(SEED, "calm", wall_clock())) as exchanges, listening(receiver) as hook:
        without_a_past(exchanges)
        config, _ = configure(folder, exchange=exchanges.base_url, hook=hook)
        quote(exchanges.world, phases[0], chance)
        running = asyncio.create_task(kept_alive(config, program, receiver))
        try:
            for premium in phases:
                await phase(exchanges.world, premium, receiver, chance=chance, patience=patience)
                assert not running.done(), running.exception()
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
    return receiver


async def test_a_message_that_was_on_its_way_when_the_daemon_died_comes_again_under_its_id(tmp_path: Path) -> None:
    receiver = await killed_while_telling(tmp_path, REAL, (WARNING, CRITICAL, CALM), patience=PATIENCE)
    expected = called_for(snapshots(tmp_path / "killed.db"))
    assert faults_in(receiver.taken, expected) == []
    assert set(receiver.seen.values()) == {2}, "each was cut off once and came once more"
    assert len(expected) == 3


# the third one loses by a world that moves on meanwhile: test_killed_scripted.py
@pytest.mark.parametrize("name", MUTANTS)
async def test_a_daemon_that_would_lose_or_double_alerts_is_found_out(tmp_path: Path, name: str) -> None:
    program = ("-m", "tests.fault.mutants", name, "{config}")
    receiver = await killed_while_telling(tmp_path, program, (WARNING, WARNING), patience=MUTANTS[name])
    expected = called_for(snapshots(tmp_path / "killed.db"))
    assert faults_in(receiver.taken, expected) != []
