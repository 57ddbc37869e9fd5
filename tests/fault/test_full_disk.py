"""A disk that fills up: told before, alerts stored and told while it is full, and all well by itself afterwards."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from hedgewatch.domain.errors import StoreUnavailableError
from hedgewatch.storage.database import Database
from tests.fault.outage_world import House, Store, Told, faults, house, opened
from tests.fault.test_database_outage import forgets, until_back, waits

HEDGES = 10
DISK_BYTES = 3_000_000


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 3 MB of its own; only who may mount has one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    command = [mount or "", "-t", "tmpfs", "-o", f"size={DISK_BYTES},mode=700", "tmpfs", str(folder)]
    if mount is None or os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("no disk of 3 MB can be mounted here; the limits below show the same")
    try:
        yield folder
    finally:
        subprocess.run([shutil.which("umount") or "", "-l", str(folder)], check=True)


def fill(folder: Path, leave: int = 0) -> Path:
    """Write until so many bytes are left."""
    other = folder / "somebody else's"
    with other.open("ab") as file, contextlib.suppress(OSError):
        while shutil.disk_usage(folder).free > leave:
            file.write(bytes(min(4096, shutil.disk_usage(folder).free - leave)))
            file.flush()
    return other


def is_sound(url: str) -> bool:
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    try:
        return bool(connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)])
    finally:
        connection.close()


def levels(told: Told) -> list[str]:
    return [
        f"{body['type'].rsplit('.', 1)[-1]} {body['data']['severity']}"
        for to, _, body in told.messages
        if to == "ops" and body["data"]["rule"] == "self.disk_low"
    ]


async def polls_that_jump(here: House, count: int) -> list[str]:
    called_for = []
    for number in range(count):
        called_for.append(here.toggle(number % HEDGES))
        await here.poll()
    return called_for


async def test_a_full_disk_of_three_megabytes(small_disk: Path) -> None:
    url, told = f"sqlite:///{small_disk / 'hedgewatch.db'}", Told()
    ballast = small_disk / "hedgewatch.db.ballast"
    async with house(url, told.note, hedges=HEDGES) as here:
        called_for = await polls_that_jump(here, 3)
        assert ballast.stat().st_size == 600_000
        fill(small_disk, leave=550_000)
        called_for += await polls_that_jump(here, 1)
        assert levels(told)[-1].endswith("critical"), "told before it is full"
        other = fill(small_disk)
        called_for += await polls_that_jump(here, 1)
        assert not ballast.exists(), "given up"
        assert told.of("ops") == called_for, "stored and told at once"
        while ballast_used_up := not here.stores.outage.is_on:
            fill(small_disk)
            called_for += await polls_that_jump(here, 1)
        assert not ballast_used_up
        called_for += await polls_that_jump(here, 5)
        assert told.of("ops") == called_for, "told without a byte left"
        assert told.of("ops", "self.database_down") == ["None firing"]
        other.unlink()
        before = here.polls
        await until_back(here)
        assert here.polls - before <= 2
        called_for += await polls_that_jump(here, 2)
        assert ballast.stat().st_size == 600_000, "made again"
        assert levels(told)[-1].startswith("resolved")
        assert told.of("ops", "self.database_down") == ["None firing", "None resolved"]
        polls = here.polls
    found = faults(url, told, called_for, polls=polls, hedges=HEDGES)
    lost = found.pop("cycles lost"), found.pop("snapshots lost")
    print(f"cases {len(called_for)}, {found}, cycles without their numbers {lost[0]}")  # noqa: T201  the figures of the run
    assert set(found.values()) == {0}, found
    assert is_sound(url)


@contextlib.contextmanager
def no_file_beyond(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond ``size`` bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def test_files_that_may_not_grow_stop_no_alert(sqlite_url: str) -> None:
    told = Told()
    async with house(sqlite_url, told.note, hedges=HEDGES) as here:
        called_for = await polls_that_jump(here, 2)
        with no_file_beyond(1000):  # the spool neither
            called_for += await polls_that_jump(here, 6)
            assert told.of("ops") == called_for
        await until_back(here)
        called_for += await polls_that_jump(here, 2)
        polls = here.polls
    found = faults(sqlite_url, told, called_for, polls=polls, hedges=HEDGES)
    lost = found.pop("cycles lost"), found.pop("snapshots lost")
    print(f"cases {len(called_for)}, {found}, cycles without their numbers {lost[0]}")  # noqa: T201  the figures of the run
    assert set(found.values()) == {0}, found
    assert is_sound(sqlite_url)


async def test_a_database_that_may_not_grow_is_an_outage_like_any_other(sqlite_url: str) -> None:
    told, databases = Told(), list[Database]()

    def opening(url: str) -> Database:
        databases.append(opened(url))
        return databases[-1]

    def limit(pages: int) -> None:
        databases[0].run_now(lambda connection: connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}"))

    async with house(sqlite_url, told.note, hedges=HEDGES, open_with=opening) as here:
        called_for = await polls_that_jump(here, 2)
        limit(1)
        called_for += await polls_that_jump(here, 8)
        assert here.stores.outage.is_on
        assert told.of("ops") == called_for
        limit(1_000_000)
        await until_back(here)
        called_for += await polls_that_jump(here, 2)
        polls = here.polls
    found = faults(sqlite_url, told, called_for, polls=polls, hedges=HEDGES)
    print(f"cases {len(called_for)}, {found}")  # noqa: T201  the figures of the run
    assert set(found.values()) == {0}, found
    assert is_sound(sqlite_url)


@pytest.mark.parametrize("mutant", [waits, forgets])
async def test_a_store_that_would_lose_on_a_full_disk_is_found_out(sqlite_url: str, mutant: Store) -> None:
    told = Told()
    async with house(sqlite_url, told.note, hedges=HEDGES, fill=mutant) as here:
        called_for = await polls_that_jump(here, 2)
        with no_file_beyond(1000):
            for number in range(4):
                called_for.append(here.toggle(number))
                with contextlib.suppress(StoreUnavailableError):
                    await here.poll()
            told_in_it = told.of("ops")
        if mutant is forgets:
            await until_back(here)
        polls = here.polls
    found = faults(sqlite_url, told, called_for, polls=polls, hedges=HEDGES)
    assert told_in_it != called_for or set(found.values()) != {0}
