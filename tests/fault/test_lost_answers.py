"""Answers that get lost with a commit: it came about or not, nobody knows; nothing is lost, nothing doubled."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from typing import TypeVar

import pytest
from sqlalchemy import Connection

from hedgewatch.domain.errors import StoreLostError
from hedgewatch.storage.database import Database
from hedgewatch.storage.lease import SqlLease
from tests.fault.outage_world import CHANNELS, IS_LONG, SEED, House, Told, faults, house, upgrade_unless_locked

HEDGES = 10
SHARE_LOST = 0.3
LIVES, POLLS = (40, 40) if IS_LONG else (2, 20)
MOST_POLLS = 200  # until everything is told; more would be an endless loop
T = TypeVar("T")


class Script:
    """Says how each commit ends: ``coming`` one by one, then ``always``.

    before, after: where the connection breaks; meanwhile: what happens before the answer comes; else nothing.
    """

    def __init__(self) -> None:
        self.coming: Iterator[str] = iter(())
        self.always = ""
        self.meanwhile: Callable[[], None] = lambda: None

    def next(self) -> str:
        return next(self.coming, self.always)


class Dice(Script):
    """Breaks three of ten commits, and counts."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self._chance = chance
        self.is_thrown = False
        self.broken = 0

    def next(self) -> str:
        if not self.is_thrown or self._chance.random() >= SHARE_LOST:
            return ""
        self.broken += 1
        return self._chance.choice(["before", "after"])


class Breaking(Database):
    """A database whose connection breaks right before or right after some commits."""

    def __init__(self, url: str, script: Script) -> None:
        self._script = script
        super().__init__(url, busy_seconds=0.05)

    async def run(self, work: Callable[[Connection], T], *, durable: bool = True) -> T:
        # a worker that does not know that it leads stands by, which is another story
        where = self._script.next() if durable and not isinstance(getattr(work, "__self__", None), SqlLease) else ""

        def broken(connection: Connection) -> T:
            work(connection)
            raise StoreLostError("storage: the connection broke before the commit")

        answer = await super().run(broken if where == "before" else work, durable=durable)
        if where == "meanwhile":
            self._script.meanwhile()
        if where == "after":
            raise StoreLostError("storage: the connection broke after the commit")
        return answer


def breaking(script: Script) -> Callable[[str], Database]:
    def opened(url: str) -> Database:
        upgrade_unless_locked(url)
        return Breaking(url, script)

    return opened


async def poll_with(here: House, called_for: list[str], *numbers: int) -> None:
    called_for += [here.toggle(number) for number in numbers]
    await here.poll()


async def until_told(here: House, told: Told, count: int) -> None:
    for _ in range(MOST_POLLS):
        if not here.stores.outage.is_on and all(len(told.of(channel)) >= count for channel in CHANNELS):
            break
        await here.poll()


@pytest.mark.parametrize("where", ["before", "after"])
async def test_the_memory_outlives_a_cycle_that_was_stored_at_the_second_try(sqlite_url: str, where: str) -> None:
    """The database goes away right after such a cycle: what comes and goes meanwhile has to be told."""
    script, told, called_for = Script(), Told(), list[str]()
    async with house(sqlite_url, told.note, hedges=2, open_with=breaking(script)) as here:
        await here.poll()
        script.coming, script.always = iter([where, ""]), "before"  # the cycle; then nothing is stored any more
        await poll_with(here, called_for, 0)
        assert here.stores.outage.is_on, "it is found out by whoever notes what was delivered"
        for _ in range(4):  # it comes and goes within the outage
            await poll_with(here, called_for, 1)
        script.always = ""
        await until_told(here, told, len(called_for))
        polls = here.polls
    found = faults(sqlite_url, told, called_for, polls=polls, hedges=2)
    assert set(found.values()) == {0}, found


async def test_a_cycle_that_is_stored_as_the_outage_begins_is_known_in_it(sqlite_url: str) -> None:
    """A delivery that cannot be noted begins the outage while a cycle is on its way into the database."""
    script, told, called_for = Script(), Told(), list[str]()
    async with house(sqlite_url, told.note, hedges=2, open_with=breaking(script)) as here:
        await here.poll()
        outage = here.stores.outage
        script.meanwhile = lambda: outage.begin(StoreLostError("storage: the connection broke"), polls=0)
        script.coming, script.always = iter(["meanwhile"]), "before"
        await poll_with(here, called_for, 0)
        assert outage.is_on
        await poll_with(here, called_for)
        await poll_with(here, called_for, 0)
        script.always = ""
        await until_told(here, told, len(called_for))
        polls = here.polls
    found = faults(sqlite_url, told, called_for, polls=polls, hedges=2)
    assert set(found.values()) == {0}, found


async def test_a_delivery_that_is_noted_as_the_outage_begins_is_not_made_again(sqlite_url: str) -> None:
    """Of two channels that are told at once one cannot note it, and the other still can."""
    script, told, called_for = Script(), Told(), list[str]()
    async with house(sqlite_url, told.note, hedges=2, open_with=breaking(script)) as here:
        await here.poll()
        script.coming, script.always = iter(["", "before", ""]), "before"  # the cycle and two notes, then nothing
        await poll_with(here, called_for, 0)
        for _ in range(6):  # longer than a claim lasts
            await poll_with(here, called_for)
        script.always = ""
        await until_told(here, told, len(called_for))
        polls = here.polls
    found = faults(sqlite_url, told, called_for, polls=polls, hedges=2)
    assert set(found.values()) == {0}, found


async def live(url: str, seed: int) -> tuple[int, int, dict[str, int]]:
    """Live a worker's life; return how many transitions and broken commits it had, and what went wrong."""
    chance, told, called_for = random.Random(seed), Told(), list[str]()  # noqa: S311  a seed that can be told
    dice = Dice(chance)
    async with house(url, told.note, hedges=HEDGES, open_with=breaking(dice)) as here:
        await here.poll()  # a start without any past would judge nothing
        dice.is_thrown = True
        for _ in range(POLLS):
            await poll_with(here, called_for, *chance.sample(range(HEDGES), chance.choice([0, 1, 1, 2])))
        await until_told(here, told, len(called_for))
        polls = here.polls
    return len(called_for), dice.broken, faults(url, told, called_for, polls=polls, hedges=HEDGES)


async def test_three_of_ten_lost_answers_lose_and_double_nothing(sqlite_url: str) -> None:
    cases, broken, found = 0, 0, Counter[str]()
    for seed in range(SEED, SEED + LIVES):
        of_it, broke, wrong = await live(sqlite_url.replace(".db", f"-{seed}.db"), seed)
        assert set(wrong.values()) == {0}, f"seed {seed}: {wrong}"
        cases, broken, found = cases + of_it, broken + broke, found + Counter(wrong)
    print(f"lives {LIVES}, cases {cases}, answers lost {broken}, {dict(found)}, seeds from {SEED}")  # noqa: T201  the figures of the run
    assert broken > 5 * LIVES
