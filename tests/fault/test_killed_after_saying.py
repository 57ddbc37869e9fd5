"""SIGKILL right behind the answer of ``alerts ack`` and ``alerts silence``: what was answered is there."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from hedgewatch.bootstrap.crashing import die
from hedgewatch.cli import app
from hedgewatch.simulator.receiver import WebhookReceiver
from tests.end_to_end.stage import rows, until
from tests.fault.killing import SECRET, SEED, configure
from tests.fault.scripted import Script, start

TIMES = 200 if os.environ.get("HEDGEWATCH_FAULT") == "long" else 8
FOR_EVER = 1e9  # seconds in which no price changes


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence(Script):
    """What one command line says. forgets: a mutant, which answers and would have stored it afterwards."""

    words: tuple[str, ...]
    forgets: bool = False


async def say(sentence: Sentence) -> None:
    """Run one command, and die as soon as it has answered."""
    if not sentence.forgets:
        await asyncio.to_thread(app, sentence.words, standalone_mode=False)
    die()


async def open_episodes(url: str) -> list[str]:
    """Let a worker judge until alerts fire; return their episodes."""
    async with WebhookReceiver(SECRET) as receiver:
        process = start(Script(url=url, hook=receiver.url, seed=SEED, slot=FOR_EVER))
        query = "SELECT DISTINCT episode FROM alert_history WHERE state = 'firing'"
        found = await until(lambda: rows(url, query), "an alert", 60)
        process.terminate()
        await asyncio.to_thread(process.join, 30)
    return [episode for (episode,) in found]


def words_of(number: int, episodes: list[str]) -> tuple[str, ...]:
    if number % 2:
        return ("alerts", "silence", "hedge=squeezed", "--for", "2h", "--comment", f"said {number}", "--by", "ann")
    return ("alerts", "ack", episodes[number % len(episodes)], "--note", f"said {number}", "--by", "ann")


def is_there(database: Path, number: int) -> bool:
    """Look as a worker that starts now would: the log of a killed writer is read as well."""
    table, column = ("silence", "comment") if number % 2 else ("acknowledgement", "note")
    connection = sqlite3.connect(database)
    try:
        found = connection.execute(f"SELECT 1 FROM {table} WHERE {column} = ?", (f"said {number}",))  # noqa: S608  ours
        return found.fetchone() is not None
    finally:
        connection.close()


async def said_and_killed(folder: Path, times: int, *, forgets: bool = False) -> int:
    """Return how many of the words that were answered are there right after the kill."""
    config, database = configure(folder, exchange="http://127.0.0.1:9", hook="http://127.0.0.1:9")
    url = f"sqlite:///{database}"
    episodes, kept = await open_episodes(url), 0
    for number in range(times):
        words = ("--config", str(config), *words_of(number, episodes))
        process = start(Sentence(url=url, hook="", seed=SEED, words=words, forgets=forgets), say)
        await asyncio.to_thread(process.join, 60)
        assert process.exitcode == -9, f"{words} was not answered"
        kept += is_there(database, number)
    return kept


async def test_what_was_answered_is_there_after_a_kill(tmp_path: Path) -> None:
    kept = await said_and_killed(tmp_path, TIMES)
    print(f"acknowledged and silenced: {kept} of {TIMES} present after a kill behind the answer, seed {SEED}")  # noqa: T201
    assert kept == TIMES


async def test_a_desk_that_answers_before_it_stores_is_found_out(tmp_path: Path) -> None:
    assert await said_and_killed(tmp_path, 2, forgets=True) == 0
