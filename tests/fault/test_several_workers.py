"""Two and four workers on one database: no alert twice, none lost, and a leader that stood still writes no more.

HEDGEWATCH_FAULT=long makes the published run.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest

from hedgewatch.simulator.receiver import WebhookReceiver
from hedgewatch.storage.database import write_lock
from tests.end_to_end.stage import rows
from tests.fault.called_for import reckon
from tests.fault.killing import SECRET, SEED
from tests.fault.scripted import Script, empty, start

LONG = os.environ.get("HEDGEWATCH_FAULT") == "long"
ENOUGH = 2_600 if LONG else 120  # events told in a run without faults
HEDGES = 30 if LONG else 12
ROUNDS = 15 if LONG else 1
LEASE = "1.5"  # shorter than the real one: many changes of the leader in little time
CREWS = [(kind, number) for kind in ("sqlite_url", "pg_url") for number in (2, 4)]
CREWS = CREWS if LONG else [CREWS[0], CREWS[3]]
SKEWS = (0.0, 30.0, -30.0, 15.0)
REFUSED = 0.2
BUSY_SECONDS = 6.0  # what a busy machine may add to a lease so short; the real one is held to its word below
PATIENCE = 60.0
LATER = 200.0
BUSY = "SELECT 1 FROM pg_stat_activity WHERE state IN ('active', 'idle in transaction') AND pid <> pg_backend_pid()"
HOLDER = "SELECT holder, epoch FROM lease WHERE name = 'leader'"


async def until(condition: Callable[[], object], what: str, seconds: float = PATIENCE) -> float:
    """Wait for a condition and return how long it took."""
    begun = time.monotonic()
    while not await asyncio.to_thread(condition):
        assert time.monotonic() < begun + seconds, f"{what} did not come within {seconds} s"
        await asyncio.sleep(0.02)
    return time.monotonic() - begun


@dataclass
class Crew:
    """Several workers on one database."""

    script: Script
    processes: dict[int, BaseProcess] = field(default_factory=dict)
    takeovers: dict[str, list[float]] = field(default_factory=lambda: {"stopped": [], "killed": []})

    def enter(self, ahead: float = 0) -> None:
        process = start(replace(self.script, ahead=ahead))
        assert process.pid is not None
        self.processes[process.pid] = process

    def leader(self) -> tuple[int, int]:
        """Return the process and the epoch of whoever leads."""
        [(holder, epoch)] = rows(self.script.url, HOLDER)
        return int(str(holder).split(":")[1]), epoch

    def all_are_seated(self) -> bool:
        seated = {int(str(holder).split(":")[1]) for (holder,) in self.rows("SELECT holder FROM worker")}
        return self.processes.keys() <= seated

    def newest(self) -> int:
        """Return the epoch of the newest committed cycle."""
        return int(self.rows("SELECT coalesce(max(epoch), 0) FROM cycle")[0][0])

    def rows(self, query: str) -> list[Any]:
        return rows(self.script.url, query)

    async def stop_the_leader(self) -> int:
        """Let the leader stand still for longer than its lease, then go on; return how many cycles it wrote late."""
        pid, epoch = await self._stopped()
        took = await until(lambda: self.newest() > epoch, "a cycle of another leader")
        self.takeovers["stopped"].append(took)
        theirs = f"SELECT count(*) FROM cycle WHERE epoch <= {epoch}"  # noqa: S608  a number
        written = self.rows(theirs)[0][0]
        os.kill(pid, signal.SIGCONT)
        now = self.newest()
        counted = f"SELECT count(*) FROM cycle WHERE epoch >= {now}"  # noqa: S608  a number
        seen = self.rows(counted)[0][0]
        await until(lambda: self.rows(counted)[0][0] > seen + 5, "five more cycles")
        return int(self.rows(theirs)[0][0]) - int(written)

    async def _stopped(self) -> tuple[int, int]:
        """Stop the leader between two transactions: within one it holds what no lease can take from it."""
        for _ in range(200):
            pid, epoch = await asyncio.to_thread(self.leader)
            if pid in self.processes:
                os.kill(pid, signal.SIGSTOP)
                await until(lambda: stands_still(pid), "a stop of every thread")  # noqa: B023  awaited here
                if await asyncio.to_thread(self._is_idle) and self.leader() == (pid, epoch):
                    return pid, epoch
                os.kill(pid, signal.SIGCONT)
            await asyncio.sleep(0.013)
        pytest.fail("the leader was never seen between two transactions")

    def _is_idle(self) -> bool:
        """Tell whether no worker is within a transaction for long: the stopped one would be."""
        deadline = time.monotonic() + 0.3
        while time.monotonic() < deadline:
            if not self.script.url.startswith("sqlite"):
                if not self.rows(BUSY):
                    return True
            else:
                lock = write_lock(Path(self.script.url.removeprefix("sqlite:///")))
                if lock.is_locked or _taken(lock):
                    return True
            time.sleep(0.01)
        return False

    async def kill_the_leader(self) -> None:
        pid, epoch = await asyncio.to_thread(self.leader)
        process = self.processes.pop(pid)
        process.kill()
        self.takeovers["killed"].append(await until(lambda: self.newest() > epoch, "a cycle of another leader"))
        await asyncio.to_thread(process.join)

    async def leave(self) -> None:
        """Stop all, and deliver what waits."""
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            await asyncio.to_thread(process.join, 30)
        assert {process.exitcode for process in self.processes.values()} == {0}
        rest = start(replace(self.script, ahead=LATER), empty)
        await asyncio.to_thread(rest.join, 300)
        assert rest.exitcode == 0

    def end(self) -> None:
        for process in self.processes.values():
            process.kill()
            process.join()


def stands_still(pid: int) -> bool:
    """Tell whether every thread has stopped: one within a call of the system ends that first, and may get a lock."""
    threads = Path(f"/proc/{pid}/task")
    if not threads.is_dir():  # no Linux
        return True
    states = [(thread / "stat").read_text().rpartition(")")[2].split()[0] for thread in threads.iterdir()]
    return set(states) == {"T"}


def _taken(lock: Any) -> bool:
    try:
        lock.acquire(timeout=0)
    except TimeoutError:
        return False
    lock.release()
    return True


@asynccontextmanager
async def at_work(script: Script, skews: tuple[float, ...]) -> AsyncIterator[Crew]:
    """Let one worker per skew of its clock work, until the first cycle is committed and all have their seats."""
    crew = Crew(script)
    try:
        for ahead in skews:
            crew.enter(ahead)
        await until(crew.all_are_seated, "every worker in its seat")
        await until(crew.newest, "the first cycle")
        yield crew
    finally:
        crew.end()


@pytest.mark.parametrize(("kind", "number"), CREWS)
async def test_several_workers_tell_nothing_twice(request: pytest.FixtureRequest, kind: str, number: int) -> None:
    store_url = request.getfixturevalue(kind)
    async with WebhookReceiver(SECRET) as receiver:
        script = Script(url=store_url, hook=receiver.url, seed=SEED, hedges=HEDGES)
        async with at_work(script, (0.0,) * number) as crew:
            await until(lambda: len(receiver.received) >= ENOUGH, "enough alerts", 600)
            await crew.leave()
        found = reckon(store_url, receiver.received)
    print(f"{number} workers on {store_url.partition(':')[0]}, no faults: {found}, seed {SEED}")  # noqa: T201  the figures
    assert found.is_sound
    assert found.repeated == 0
    assert rows(store_url, "SELECT DISTINCT epoch FROM cycle ORDER BY 1")[0] == (1,)


@pytest.mark.parametrize(("kind", "number"), CREWS)
async def test_leaders_that_stop_or_die_lose_nothing_and_write_nothing_late(
    request: pytest.FixtureRequest, kind: str, number: int
) -> None:
    store_url = request.getfixturevalue(kind)
    async with WebhookReceiver(SECRET, refuse_rate=REFUSED, seed=SEED) as receiver:
        script = Script(url=store_url, hook=receiver.url, seed=SEED, lease=LEASE)
        chance = random.Random(SEED)  # noqa: S311  a seed that can be told, not a secret
        late = 0
        async with at_work(script, SKEWS[:number]) as crew:
            for _ in range(ROUNDS):
                late += await crew.stop_the_leader()
                await crew.kill_the_leader()
                crew.enter(chance.choice(SKEWS))
            receiver.refuse_at_random(0)
            await until(crew.all_are_seated, "every worker in its seat")
            await crew.leave()
        found = reckon(store_url, receiver.received, in_order=False)
    tell(store_url, number, crew, str(found))
    assert found.is_sound
    assert late == 0, "a leader that had been replaced wrote on"
    for took in (*crew.takeovers["stopped"], *crew.takeovers["killed"]):
        assert took < 2 * float(LEASE) + BUSY_SECONDS


async def test_a_leader_that_nothing_fences_is_found_out(sqlite_url: str) -> None:
    async with WebhookReceiver(SECRET) as receiver:
        script = Script(url=sqlite_url, hook=receiver.url, seed=SEED, lease=LEASE, is_fenced=False)
        async with at_work(script, (0.0, 0.0)) as crew:
            for _ in range(5):
                if late := await crew.stop_the_leader():
                    break
    assert late > 0


async def test_claims_by_the_workers_own_clocks_are_found_out(sqlite_url: str) -> None:
    async with WebhookReceiver(SECRET) as receiver:
        script = Script(url=sqlite_url, hook=receiver.url, seed=SEED, claims_by_database=False)
        async with at_work(script, (0.0, 30.0)):
            await until(lambda: receiver.statistics.repeated, "a message sent twice")


@pytest.mark.skipif(not LONG, reason="the real lease takes its time: HEDGEWATCH_FAULT=long")
async def test_another_worker_leads_within_two_leases(store_url: str) -> None:
    async with WebhookReceiver(SECRET) as receiver:
        script = Script(url=store_url, hook=receiver.url, seed=SEED, poll="1", slot=2.0)
        late = 0
        async with at_work(script, (0.0, 0.0)) as crew:
            for _ in range(5):
                late += await crew.stop_the_leader()
                await crew.kill_the_leader()
                crew.enter()
            await until(crew.all_are_seated, "every worker in its seat")
            await crew.leave()
        found = reckon(store_url, receiver.received)
    tell(store_url, 2, crew, f"{found}, lease 15 s")
    assert found.is_sound
    assert late == 0, "a leader that had been replaced wrote on"
    assert max(crew.takeovers["stopped"]) < 30
    assert max(crew.takeovers["killed"]) < 30


def tell(url: str, number: int, crew: Crew, found: str) -> None:
    times = "; ".join(
        f"{how} {len(took)} times, taken over after {min(took):.1f} to {max(took):.1f} s"
        for how, took in crew.takeovers.items()
    )
    print(f"{number} workers on {url.partition(':')[0]}: {times}; {found}, seed {SEED}")  # noqa: T201  the figures
