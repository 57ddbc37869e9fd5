"""A reload of two hundred broken files: each is refused in words, and what ran before runs on without a gap."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from hedgewatch.bootstrap.renewal import Renewal
from hedgewatch.cli.working import open_worker
from hedgewatch.domain.alert import AlertPhase
from hedgewatch.monitoring.cycle import CycleResult
from hedgewatch.settings import load_settings
from hedgewatch.storage.memory import MemoryStore
from hedgewatch.storage.migrate import upgrade
from hedgewatch.worker import Worker
from tests.end_to_end.stage import SECRETS, Stage, staged, until
from tests.fault.killing import SEED

HEDGE = """
[[holdings]]
asset = "BTC"
quantity = 5

[[hedges]]
name = "btc-core"
asset = "BTC"
spot = "binance:BTC/USDT"
futures = "binance:BTC/USDT:USDT"
position = { contracts = -4.8 }

[rules.drift]
for = 0
keep_firing_for = 0
"""
CASES = 200
WRONG_VALUES = ('""', "-1", "nan", "[]", "{}", "[[]]", '"x"', "1e999999", '"env:"', '"http://["', "2026-01-01", "true")

Mutation = Callable[[str, random.Random], str | None]


def wrong_value(text: str, chance: random.Random) -> str:
    lines = text.splitlines()
    named = [number for number, line in enumerate(lines) if " = " in line]
    number = chance.choice(named)
    lines[number] = f"{lines[number].partition(' = ')[0]} = {chance.choice(WRONG_VALUES)}"
    return "\n".join(lines)


def unknown_key(text: str, chance: random.Random) -> str:
    lines = text.splitlines()
    named = [number for number, line in enumerate(lines) if " = " in line]
    lines.insert(chance.choice(named) + 1, "no_such_key = 1")
    return "\n".join(lines)


def unknown_exchange(text: str, _: random.Random) -> str:
    return text.replace("binance:BTC/USDT:USDT", "binanze:BTC/USDT:USDT")


def unlisted_symbol(text: str, _: random.Random) -> str:
    return text.replace("binance:BTC/USDT:USDT", "binance:NOSUCH/USDT:USDT").replace('"BTC"', '"NOSUCH"')


def half_written(text: str, chance: random.Random) -> str:
    whole = text.encode()
    return whole[: chance.randrange(1, len(whole) // 2)].decode()


def empty(_: str, __: random.Random) -> str:
    return ""


def secret_missing(text: str, _: random.Random) -> str:
    return text.replace("env:E2E_WEBHOOK_SECRET", "env:NO_SUCH_SECRET")


def another_database(text: str, _: random.Random) -> str:
    return text.replace("hedgewatch.db", "elsewhere.db")


def gone(_: str, __: random.Random) -> None:
    return None


def not_text(text: str, chance: random.Random) -> str:
    at = chance.randrange(len(text))
    return text[:at] + "\udcff" + text[at:]


MUTATIONS: tuple[Mutation, ...] = (
    wrong_value,
    unknown_key,
    half_written,
    unknown_exchange,
    unlisted_symbol,
    empty,
    secret_missing,
    another_database,
    gone,
    not_text,
)


@asynccontextmanager
async def working(config: Path, kind: type[Renewal]) -> AsyncIterator[tuple[Worker, Renewal, list[CycleResult]]]:
    """Run a worker here, with what it commits."""
    committed: list[CycleResult] = []
    environ = {**os.environ, **SECRETS}
    async with AsyncExitStack() as stack:
        worker = await open_worker(stack, load_settings(config, environ), environ, on_cycle=committed.append)
        assert worker._renewal is not None
        worker._renewal.__class__ = kind
        running = asyncio.create_task(worker.run())
        try:
            yield worker, worker._renewal, committed
        finally:
            worker.stop()
            await running


def write(config: Path, text: str | None, number: int) -> None:
    """Put a text in the file's place: written over, or as another file that a link is swapped to."""
    if text is None:
        config.unlink(missing_ok=True)
        return
    other = config.with_name(f"other{number}.toml")
    other.write_bytes(text.encode(errors="surrogateescape"))
    other.chmod(0o600)
    if number % 2:
        link = config.with_name("link")
        link.unlink(missing_ok=True)
        link.symlink_to(other)
        link.replace(config)
    else:
        other.replace(config)


class Deaf(Renewal):
    """A mutant: it keeps what runs, and tells nobody that it refused anything."""

    async def prepare(self) -> tuple[str, ...]:
        problems = await super().prepare()
        self._furnished.watching.cycle.rejected = ()
        return problems


class Forgetful(Renewal):
    """A mutant: it takes over what can be taken over by beginning anew, the alerts included."""

    async def prepare(self) -> tuple[str, ...]:
        problems = await super().prepare()
        self._furnished.watching.cycle._store = MemoryStore()
        return problems


async def faults_of(stage: Stage, kind: type[Renewal], cases: int) -> list[str]:
    """Reload so many broken files, then a sound one; return what went wrong."""
    chance = random.Random(SEED)  # noqa: S311  a seed that can be told, not a secret
    stage.world.pin("BTC", exchange="binance", spot=("59999.5", "60000.5"), futures=("60019.5", "60020.5"))
    config = stage.configure(HEDGE + stage.channels())
    sound, faults = config.read_text(), list[str]()
    refused = taken = 0
    async with working(config, kind) as (worker, renewal, committed):
        await until(lambda: committed, "the first cycle")
        before = worker._watching.watch
        while refused < cases:
            write(config, MUTATIONS[refused % len(MUTATIONS)](sound, chance), refused)
            problems = await renewal.prepare()
            if not problems:  # a value that is not wrong where chance has put it
                renewal._ready = None
                taken += 1
                continue
            refused += 1
            assert all(problem and "Traceback" not in problem for problem in problems)
            assert worker._watching.watch is before
        await cycles_more(committed, 2)
        if "self.config_rejected" not in firing(committed[-1]):
            faults.append("nobody was told of the refusal")
        write(config, sound, 0)
        assert await renewal.prepare() == ()
        await cycles_more(committed, 2)
        if "self.config_rejected" in firing(committed[-1]):
            faults.append("the refusal outlives a sound configuration")
    drift = [state for one in committed for state in one.verdict.states if state.target.rule == "drift"]
    episodes = {state.episode for state in drift if state.episode}  # a side that was blind for a poll has none
    faults += ["the alert that was firing began anew"] if len(episodes) != 1 else []
    # a poll is a second; a machine that is busy with three workers at once may be half a one late twice
    missed = sum((after.read_at - since.read_at).total_seconds() > 2.5 for since, after in pairwise(committed))
    faults += [f"{missed} polls missed"] if missed else []
    print(f"poisoned configurations: {refused} refused, {taken} sound ones left out, faults {faults}, seed {SEED}")  # noqa: T201
    return faults


async def cycles_more(committed: list[CycleResult], number: int) -> None:
    seen = len(committed)
    await until(lambda: len(committed) >= seen + number, f"{number} cycles more")


def firing(result: CycleResult) -> set[str]:
    return {state.target.rule for state in result.verdict.states if state.phase is AlertPhase.FIRING}


async def reloaded(folder: Path, kind: type[Renewal], cases: int) -> list[str]:
    upgrade(f"sqlite:///{folder / 'hedgewatch.db'}")  # one after the other: its library has one place for all threads
    async with staged(folder) as stage:
        return await faults_of(stage, kind, cases)


async def test_no_broken_configuration_stops_what_runs(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    cases = {Renewal: CASES, Deaf: len(MUTATIONS), Forgetful: len(MUTATIONS)}
    each = (reloaded(tmp_path_factory.mktemp("reloaded"), kind, number) for kind, number in cases.items())
    real, *mutants = await asyncio.gather(*each)
    assert real == []
    assert mutants == [["nobody was told of the refusal"], ["the alert that was firing began anew"]]
