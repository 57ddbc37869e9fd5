"""SIGKILL at random instants and at each named step, thousands of times: nothing is lost, nothing comes under two ids.

HEDGEWATCH_FAULT=long makes the published run.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from dataclasses import replace
from pathlib import Path

from aiohttp import web

from hedgewatch.bootstrap.crashing import STEPS
from hedgewatch.simulator.receiver import WebhookReceiver
from tests.end_to_end.stage import rows
from tests.fault.called_for import Reckoning, reckon
from tests.fault.killing import SECRET, SEED
from tests.fault.mutants import MUTANTS
from tests.fault.scripted import Script, empty, nothing, start

LONG = os.environ.get("HEDGEWATCH_FAULT") == "long"
KILLS = {"sqlite": 1_600 if LONG else 2 * len(STEPS), "postgresql": 600 if LONG else 6}
MUTANT_KILLS = 100 if LONG else 8
EVERY_NAMED = 2  # every other kill is at a named step
REFUSED = 0.2
STEP_SECONDS = 5.0  # until a worker comes to the step it dies at; the next one is named in vain
LATER = 200.0  # the clock of whoever delivers the rest: every retry is due, and no signature looks forged


class SlowReceiver(WebhookReceiver):
    """A receiver that takes its time, and takes nothing whose sender is gone by then: many kills cut a message off."""

    seconds = 0.0

    async def _respond(self, request: web.BaseRequest) -> web.StreamResponse:
        await asyncio.sleep(self.seconds)
        if request.transport is None or request.transport.is_closing():
            return web.Response(status=503)
        return await super()._respond(request)


class Slaughter:
    """Starts one worker after the other on one database and kills each."""

    def __init__(self, script: Script, seed: int) -> None:
        self.script = script
        self.chance = random.Random(seed)  # noqa: S311  a seed that can be told, not a secret
        self.named: dict[str, int] = dict.fromkeys(STEPS, 0)
        self.start_takes = 0.0

    async def first(self) -> None:
        """Measure how long a worker needs until its first cycle is committed: kills are spread around it."""
        warm = start(self.script, nothing)
        await asyncio.to_thread(warm.join)
        begun, process = time.monotonic(), start(self.script)
        while not rows(self.script.url, "SELECT 1 FROM cycle LIMIT 1"):
            assert process.is_alive(), "the worker ended by itself"
            assert time.monotonic() < begun + 60, "no cycle was committed within a minute"
            await asyncio.sleep(0.02)
        self.start_takes = time.monotonic() - begun
        process.kill()
        await asyncio.to_thread(process.join)

    async def kill(self) -> None:
        process = start(self.script)
        earliest = self.start_takes if self.script.mutant else 0
        await asyncio.sleep(self.chance.uniform(earliest, 0.5 + self.start_takes))
        process.kill()
        await asyncio.to_thread(process.join)

    async def die_at(self, step: str) -> None:
        process = start(replace(self.script, crash_at=step))
        await asyncio.to_thread(process.join, STEP_SECONDS)
        self.named[step] += not process.is_alive()
        process.kill()
        await asyncio.to_thread(process.join)

    async def finish(self) -> None:
        """Let one more worker see the world, and deliver what waits."""
        process = start(self.script)
        await asyncio.sleep(0.5 + self.start_takes)
        process.terminate()
        await asyncio.to_thread(process.join, 30)
        assert process.exitcode == 0
        rest = start(replace(self.script, ahead=LATER), empty)
        await asyncio.to_thread(rest.join, 300)
        assert rest.exitcode == 0


async def slaughter(url: str, kills: int, *, mutant: str | None = None) -> tuple[Reckoning, Slaughter]:
    receiver = SlowReceiver(SECRET, refuse_rate=0 if mutant else REFUSED, seed=SEED)
    receiver.seconds = 0.06 if mutant else 0.001
    async with receiver:
        run = Slaughter(Script(url=url, hook=receiver.url, seed=SEED, mutant=mutant), SEED)
        await run.first()
        for number in range(kills):
            if number % EVERY_NAMED or mutant:
                await run.kill()
            else:
                await run.die_at(STEPS[number // EVERY_NAMED % len(STEPS)])
        receiver.refuse_at_random(0)
        receiver.seconds = 0
        await run.finish()
        found = reckon(url, receiver.received)
        refused = receiver.statistics.refused
        assert receiver.statistics.unverified == 0
    print(f"{mutant or 'hedgewatch'}: {kills} kills, {found}, {refused} refused, seed {SEED}")  # noqa: T201  the figures
    return found, run


async def test_kills_at_any_instant_and_at_each_step_lose_nothing(store_url: str) -> None:
    kind = store_url.partition(":")[0]
    found, run = await slaughter(store_url, KILLS[kind])
    assert found.is_sound
    assert found.called_for > KILLS[kind], "too little happened to show anything"
    cycles = rows(store_url, "SELECT count(*) FROM cycle")[0][0]
    assert found.snapshots == cycles * run.script.hedges, "a cycle was stored by half"
    pending = rows(store_url, "SELECT count(*) FROM outbox WHERE state <> 'delivered'")
    assert pending == [(0,)]
    if kind == "sqlite":
        assert all(run.named[step] for step in STEPS[: KILLS[kind] // EVERY_NAMED]), run.named
        assert rows(store_url, "PRAGMA integrity_check") == [("ok",)]


async def test_each_design_that_loses_alerts_is_found_out(tmp_path: Path) -> None:
    urls = [f"sqlite:///{tmp_path / str(number)}.db" for number in range(len(MUTANTS))]
    killed = [slaughter(url, MUTANT_KILLS, mutant=name) for url, name in zip(urls, MUTANTS, strict=True)]
    found = {name: reckoning.lost for name, (reckoning, _) in zip(MUTANTS, await asyncio.gather(*killed), strict=True)}
    assert all(found.values()), found
