"""A recorder that is killed at any moment leaves whole cycles only, and all that it said were committed."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

from sqlalchemy import Connection

from hedgewatch.storage.database import open_database

KILLS = 20
ROOT = Path(__file__).resolve().parents[2]
PER_CYCLE = {
    "cycle_exchange": 2,
    "market_snapshot": 3,
    "hedge_snapshot": 20,
    "leg_snapshot": 20,
    "event": 1,
    "episode": 1,
    "alert": 1,
    "outbox": 2,
}


def record_and_kill(url: str, first: int, after_seconds: float) -> int:
    """Record from ``first`` on, kill -9 a moment after the first commit; return the last number it told."""
    command = [sys.executable, "-m", "tests.storage.recorder", url, str(first)]
    program = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert program.stdout is not None
    told = [program.stdout.readline()]
    time.sleep(after_seconds)
    program.kill()
    told.extend(program.stdout)
    program.wait()
    program.stdout.close()
    return int([line for line in told if line.endswith("\n")][-1])


def counts(connection: Connection) -> dict[str, int]:
    names = ["cycle", *PER_CYCLE]
    return {name: connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar_one() for name in names}  # noqa: S608  our names


def test_a_killed_recorder_leaves_whole_cycles_only(sqlite_url: str) -> None:
    chance = random.Random(7)  # noqa: S311  a test's own dice
    told = -1
    for _ in range(KILLS):
        told = record_and_kill(sqlite_url, told + 1, chance.uniform(0, 0.05))
        database = open_database(sqlite_url)
        found = database.run_now(counts)
        sound = database.run_now(lambda connection: connection.exec_driver_sql("PRAGMA integrity_check").scalar_one())
        database.close()
        assert sound == "ok"
        assert found["cycle"] in {told + 1, told + 2}  # the last one may have been committed and not told any more
        assert found == {"cycle": found["cycle"], **{name: n * found["cycle"] for name, n in PER_CYCLE.items()}}


def test_a_killed_recorder_on_postgresql_lets_the_next_one_in(pg_url: str) -> None:
    told = -1
    for _ in range(3):
        told = record_and_kill(pg_url, told + 1, 0.02)
        database = open_database(pg_url)
        found = database.run_now(counts)
        database.close()
        assert found["cycle"] in {told + 1, told + 2}
        assert found == {"cycle": found["cycle"], **{name: n * found["cycle"] for name, n in PER_CYCLE.items()}}
