"""A daemon killed with -9 while its database is away: what only the spool holds is told after the restart."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
import sys

import pytest

from tests.fault.outage_world import CHANNELS, IS_LONG, SEED, Told, faults, house
from tests.fault.test_database_outage import locked, until_back
from tests.monitoring.sources import SteppedClock

HEDGES = 6
DEATHS = 20 if IS_LONG else 1
DOWN_SECONDS = 600
DIES = (
    "import asyncio, sys; from tests.fault.test_killed_in_outage import die; "
    "asyncio.run(die(sys.argv[1], int(sys.argv[2])))"
)


async def die(url: str, seed: int) -> None:
    """Live until the outage lasts, with one channel that takes nothing, say what has to be told, and be killed."""
    chance, told, called_for = random.Random(seed), Told(), list[str]()  # noqa: S311  a seed that can be told
    async with house(url, told.note, hedges=HEDGES) as here:
        await here.poll()
        with locked(url):
            here.notebooks[1].is_shut = True
            for _ in range(chance.randint(3, 6)):
                called_for += [here.toggle(number) for number in chance.sample(range(HEDGES), 2)]
                await here.poll()
            print(json.dumps([called_for, told.messages, here.polls]), flush=True)  # noqa: T201  the parent reads it
            os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("seed", range(SEED, SEED + DEATHS))
async def test_what_the_spool_of_a_killed_daemon_holds_is_told_once(sqlite_url: str, seed: int) -> None:
    dying = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", DIES, sqlite_url, str(seed)],
        stdout=subprocess.PIPE,
        check=False,
        timeout=60,
    )
    assert dying.returncode == -signal.SIGKILL
    called_for, messages, polls = json.loads(dying.stdout)
    told, clock = Told(), SteppedClock()
    told.messages += [tuple(message) for message in messages]
    assert sorted(told.of("ops")) == sorted(called_for)
    assert told.of("me") == []
    clock.move(DOWN_SECONDS)
    with locked(sqlite_url):  # the database is still away
        async with house(sqlite_url, told.note, hedges=HEDGES, clock=clock) as here:
            await here.poll()
            await here.poll()
            assert sorted(told.of("me")) == sorted(called_for)
            polls += here.polls
            here.leave_seat()
    async with house(sqlite_url, told.note, hedges=HEDGES, clock=clock) as here:
        await until_back(here)
    found = faults(sqlite_url, told, called_for, polls=polls, hedges=HEDGES)
    for absent in ("cycles lost", "snapshots lost"):  # a blind start records no cycle but what it tells
        found.pop(absent)
    print(f"cases {len(called_for) * len(CHANNELS)}, {found}, seed {seed}")  # noqa: T201  the figures of the run
    assert set(found.values()) == {0}, found
