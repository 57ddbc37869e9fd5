"""Ten minutes without a database: alerts go out all the same, and nothing is lost or doubled afterwards."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.fault.outage_world import IS_LONG, POLL, SEED, House, Told, faults, house

HEDGES = 25
OUTAGE_POLLS = 600 // POLL
TRANSITIONS = 2_000 if IS_LONG else 50


@contextmanager
def locked(url: str) -> Iterator[None]:
    """Hold an SQLite file's exclusive lock, as a program would that has begun to write and does not end."""
    other = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        other.close()


async def jump_and_poll(here: House, chance: random.Random, transitions: int, polls: int) -> list[str]:
    """Poll, and let so many transitions happen meanwhile."""
    called_for: list[str] = []
    for number in range(polls):
        wanted = (number + 1) * transitions // polls - len(called_for)
        called_for += [here.toggle(one) for one in chance.sample(range(HEDGES), min(wanted, HEDGES))]
        await here.poll()
    return called_for


async def until_back(here: House) -> float:
    """Poll until the database is in use again; return how many seconds that took."""
    begun = time.monotonic()
    async with asyncio.timeout(60):
        while here.stores.outage.is_on:
            await here.poll()
    return time.monotonic() - begun


async def test_ten_minutes_of_a_locked_database_lose_nothing_and_double_nothing(sqlite_url: str) -> None:
    chance = random.Random(SEED)  # noqa: S311  a seed that can be told, not a secret
    told = Told()
    async with house(sqlite_url, told.note, hedges=HEDGES) as here:
        called_for = await jump_and_poll(here, chance, 6, 3)
        with locked(sqlite_url):
            before = len(told.of("ops"))
            during = await jump_and_poll(here, chance, TRANSITIONS, OUTAGE_POLLS)
            told_in_it = len(told.of("ops")) - before
        called_for += during
        drained = await until_back(here)
        called_for += await jump_and_poll(here, chance, 6, 3)
        polls = here.polls
    found = faults(sqlite_url, told, called_for, polls=polls, hedges=HEDGES)
    print(f"cases {len(during)}, told in the outage {told_in_it}, drained in {drained:.1f} s, {found}, seed {SEED}")  # noqa: T201  the figures of the run
    assert set(found.values()) == {0}, found
    assert told_in_it == len(during)
    assert told.of("ops", "self.database_down") == ["None firing", "None resolved"]
    assert drained < 60
