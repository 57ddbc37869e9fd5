"""Ten minutes without a database: alerts go out all the same, and nothing is lost or doubled afterwards."""

from __future__ import annotations

import asyncio
import contextlib
import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest

from hedgewatch.bootstrap.lasting import LastingStores
from hedgewatch.domain.errors import StoreUnavailableError
from hedgewatch.monitoring.ports import CycleRecord, CycleStore, Delivery, Outbox
from hedgewatch.storage.outage.stores import LastingOutbox, LastingStore
from tests.fault.outage_world import IS_LONG, POLL, SEED, WIDE, House, Store, Told, faults, house, opened, rows_of
from tests.monitoring.sources import SteppedClock

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


async def test_a_restart_in_the_outage_tells_that_alone_and_what_was_not_told(sqlite_url: str, tmp_path: Path) -> None:
    told, again, clock = Told(), Told(), SteppedClock()
    async with house(sqlite_url, told.note, hedges=4, clock=clock) as here:
        await here.poll()
        with locked(sqlite_url):
            await here.poll()
            here.shut()
            called_for = [here.toggle(0), here.toggle(1)]
            await here.poll()
            await here.poll()
            assert told.messages == []
            files = list((tmp_path / "hedgewatch.db.spool").glob("*.jsonl"))
            here.leave_seat()
    with locked(sqlite_url):
        with files[0].open("ab") as file:
            file.write(b'00000400 12345678 {"c":["CycleRecord",{"torn')  # killed while it wrote
        async with house(sqlite_url, again.note, hedges=4, clock=clock) as here:
            here.toggle(2)
            for _ in range(3):
                await here.poll()
            assert again.of("ops") == called_for, "what was not told is told, and no hedge is judged"
            assert again.of("ops", "self.database_down") == ["None firing"]
    async with house(sqlite_url, again.note, hedges=4, clock=clock) as here:
        here.premiums[:2] = [WIDE, WIDE]
        await here.poll()
        assert again.of("ops", "self.database_down") == ["None firing", "None resolved"]
        assert again.of("ops") == called_for
        assert not list((tmp_path / "hedgewatch.db.spool").iterdir())
    assert max(again.times().values()) == 1
    with rows_of(sqlite_url) as ask:
        assert ask("SELECT count(*) FROM hedge_snapshot") == [(4 * 5,)]
        assert ask("SELECT state, count(*) FROM outbox GROUP BY state") == [("delivered", 8)]


async def test_a_damaged_line_costs_that_line_and_its_file_is_kept(
    sqlite_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock = SteppedClock()
    async with house(sqlite_url, Told().note, hedges=2, clock=clock) as here:
        await here.poll()
        with locked(sqlite_url):
            for _ in range(4):
                await here.poll()
            here.leave_seat()
    (spooled,) = (tmp_path / "hedgewatch.db.spool").glob("*.jsonl")
    raw = bytearray(spooled.read_bytes())
    raw[raw.index(b"\n") + 100] ^= 1  # in the second line
    spooled.write_bytes(raw)
    async with house(sqlite_url, Told().note, hedges=2, clock=clock):
        assert [path.name for path in spooled.parent.iterdir()] == ["000001.jsonl.damaged"]
    assert "has damaged lines: the good ones are used, the file is kept aside" in caplog.text
    with rows_of(sqlite_url) as ask:
        (cycles,) = ask("SELECT count(*) FROM cycle")
    assert cycles == (4,)


async def test_a_first_start_without_a_database_is_refused_at_once(sqlite_url: str) -> None:
    opened(sqlite_url).close()
    with locked(sqlite_url), pytest.raises(StoreUnavailableError, match="locked by another program"):
        async with house(sqlite_url, Told().note):
            pass


class Forgets(LastingStore):
    """A store that goes on from memory and keeps nothing of it."""

    async def record(self, cycle: CycleRecord) -> None:
        if not self._outage.is_on:
            await super().record(cycle)


class TellsTwice(LastingOutbox):
    """An outbox that does not keep what came of a delivery."""

    async def delivered(self, delivery: Delivery, at: datetime) -> None:
        if self._outage.is_on:
            await self._outage.outbox.delivered(delivery, at)
        else:
            await super().delivered(delivery, at)


def waits(stores: LastingStores) -> tuple[CycleStore, Outbox]:
    """The store as it was: it fails while the database is away."""
    opened_ = stores.outage.usable()
    return opened_.cycles, opened_.outbox


def forgets(stores: LastingStores) -> tuple[CycleStore, Outbox]:
    parts = stores.cycles
    return Forgets(parts._outage, parts._returning, parts._ballast), stores.outbox


def tells_twice(stores: LastingStores) -> tuple[CycleStore, Outbox]:
    parts = stores.outbox
    return stores.cycles, TellsTwice(parts._outage, parts._returning, parts._ballast)


@pytest.mark.parametrize("mutant", [waits, forgets, tells_twice])
async def test_a_store_that_would_lose_or_double_is_found_out(sqlite_url: str, mutant: Store) -> None:
    told, called_for = Told(), list[str]()
    async with house(sqlite_url, told.note, hedges=4, fill=mutant) as here:
        await here.poll()
        with locked(sqlite_url):
            for number in (0, 1, 0, 2, 3):
                called_for.append(here.toggle(number))
                with contextlib.suppress(StoreUnavailableError):
                    await here.poll()
        for _ in range(4):
            with contextlib.suppress(StoreUnavailableError):
                await here.poll()
        polls = here.polls
    found = faults(sqlite_url, told, called_for, polls=polls, hedges=4)
    assert set(found.values()) != {0}, found
