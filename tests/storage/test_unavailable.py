"""A database that cannot be used is told in one line that says what to do, and no password."""

from __future__ import annotations

import os
import sqlite3
import stat
from pathlib import Path

import psycopg
import pytest

from hedgewatch.domain.errors import StoreUnavailableError
from hedgewatch.storage.database import Database, open_database
from hedgewatch.storage.history import History
from hedgewatch.storage.migrate import check, upgrade
from hedgewatch.storage.schema import SchemaStatus

UNREACHABLE = "postgresql://user:canary-password@127.0.0.1:1/name"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("not a url", "expected sqlite:///FILE or postgresql://USER@HOST/NAME"),
        ("mysql://user:canary-password@host/name", "found 'mysql'"),
        ("postgresql://user:canary-password@host:port/name", "expected sqlite:///FILE"),
        ("sqlite://", "needs a file"),
        ("sqlite:///:memory:", "needs a file"),
        ("sqlite:///{folder}", "this is a folder"),
        ("sqlite:///{folder}/none/hedgewatch.db", "/none does not exist; create it or change storage.url"),
        ("sqlite:///{folder}/garbage.db", "file is not a database"),
        (UNREACHABLE, "Connection refused"),
        (f"{UNREACHABLE}?password=canary-password", "Connection refused"),
    ],
)
@pytest.mark.parametrize("action", [upgrade, open_database])
def test_a_bad_url_is_told_in_one_line(tmp_path: Path, url: str, said: str, action: object) -> None:
    (tmp_path / "garbage.db").write_bytes(b"this is no database, it only looks like one" * 100)
    with pytest.raises(StoreUnavailableError) as told:
        action(url.format(folder=tmp_path))  # type: ignore[operator]  # a function of the URL
    assert said in str(told.value)
    assert "\n" not in str(told.value)
    assert "canary" not in str(told.value)


@pytest.mark.parametrize("url", ["sqlite:///{folder}/none/x.db", UNREACHABLE])
def test_a_bad_url_is_told_by_the_readers_too(tmp_path: Path, url: str) -> None:
    with pytest.raises(StoreUnavailableError) as told, History(url.format(folder=tmp_path)) as history:
        history.cycles_now()
    assert "canary" not in str(told.value)


def test_a_database_that_does_not_exist_on_the_server_is_named(pg_server: str) -> None:
    with pytest.raises(StoreUnavailableError, match='database "nowhere" does not exist'):
        upgrade(pg_server.format(name="nowhere"))


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    folder = tmp_path
    if os.geteuid() == 0:
        folder = Path("/proc/self")  # root may write everywhere else
        if not folder.is_dir():
            pytest.skip("as root, and without /proc, no folder refuses to be written")
    else:
        tmp_path.chmod(0o500)
    with pytest.raises(StoreUnavailableError, match="the file cannot be written: "):
        upgrade(f"sqlite:///{folder}/hedgewatch.db")


def test_a_file_locked_by_another_program_is_told(sqlite_url: str) -> None:
    upgrade(sqlite_url)
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(StoreUnavailableError, match="locked by another program"):
            Database(sqlite_url, busy_seconds=0.2)
    finally:
        other.close()


def test_a_newer_schema_is_refused_by_both_sides(store_url: str) -> None:
    upgrade(store_url)
    statement = "UPDATE alembic_version SET version_num = '9999'"
    if store_url.startswith("sqlite"):
        with sqlite3.connect(store_url.removeprefix("sqlite:///")) as connection:
            connection.execute(statement)
        connection.close()
    else:
        with psycopg.connect(store_url) as server:
            server.execute(statement)
    assert check(store_url).status is SchemaStatus.NEWER
    for action in (upgrade, Database):
        with pytest.raises(StoreUnavailableError, match=r"\(9999\) is newer than this version of hedgewatch"):
            action(store_url)


def test_a_database_without_tables_says_how_to_make_them(pg_url: str) -> None:
    assert check(pg_url).status is SchemaStatus.MISSING
    with pytest.raises(StoreUnavailableError, match="run `hedgewatch db upgrade`"), History(pg_url) as history:
        history.cycles_now()
    with pytest.raises(StoreUnavailableError, match="run `hedgewatch db upgrade`"):
        Database(pg_url)


def test_checking_a_file_that_is_not_there_makes_none(tmp_path: Path, sqlite_url: str) -> None:
    assert check(sqlite_url).status is SchemaStatus.MISSING
    assert list(tmp_path.iterdir()) == []


def test_the_file_is_readable_for_its_owner_only(tmp_path: Path, sqlite_url: str) -> None:
    database = open_database(sqlite_url)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    database.close()
    assert "hedgewatch.db-wal" in modes
    assert set(modes.values()) == {0o600}


def test_sqlite_is_opened_as_durable_as_promised(sqlite_url: str) -> None:
    database = open_database(sqlite_url)
    found = [
        database.run_now(lambda connection, name=name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one())  # type: ignore[misc]  # the loop's name is bound
        for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
    ]
    database.close()
    assert found == ["wal", 2, 1, 10_000]
