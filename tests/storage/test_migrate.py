"""The migrations make exactly the tables of tables.py, whole or not at all, however many programs start at once."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect

from hedgewatch.storage.engine import place_of, prepare_file, writer_engine
from hedgewatch.storage.migrate import check, migrations_folder, upgrade
from hedgewatch.storage.schema import REVISIONS, SchemaStatus
from hedgewatch.storage.tables import metadata
from hedgewatch.storage.views import drop_views

UPGRADE = "import sys; from hedgewatch.storage.migrate import upgrade; print(upgrade(sys.argv[1]).status)"
# dies in the middle: half of the tables are made, nothing is committed
DIE_HALF_WAY = """
import os, signal, sys
from alembic import op
import hedgewatch.storage.migrate as migrate
made = 0
create = op.create_table
def create_some(*args, **kwargs):
    global made
    made += 1
    if made > 10:
        os.kill(os.getpid(), signal.SIGKILL)
    return create(*args, **kwargs)
op.create_table = create_some
migrate.upgrade(sys.argv[1])
"""


def options(index: Any) -> list[str]:
    return sorted(f"{name}={value}" for name, value in index.get("dialect_options", {}).items())


def described(connection: Connection) -> dict[str, Any]:
    """Describe every table: columns, key, indexes, unique constraints, foreign keys."""
    look = inspect(connection)
    return {
        name: {
            "columns": [
                (column["name"], str(column["type"]), column["nullable"], bool(column.get("default")))
                for column in look.get_columns(name)
            ],
            "key": look.get_pk_constraint(name)["constrained_columns"],
            "indexes": sorted(
                (
                    index["name"] or "",
                    index["column_names"],
                    sorted(f"{key}={value}" for key, value in index.get("dialect_options", {}).items()),
                )
                for index in look.get_indexes(name)
            ),
            "unique": sorted(unique["column_names"] for unique in look.get_unique_constraints(name)),
            "foreign": sorted(key["constrained_columns"] for key in look.get_foreign_keys(name)),
        }
        for name in look.get_table_names()
        if name != "alembic_version"
    }


def engine_of(url: str) -> Engine:
    place = place_of(url)
    prepare_file(place)
    return writer_engine(place)


def test_the_migrated_schema_is_that_of_the_tables(store_url: str) -> None:
    upgrade(store_url)
    engine = engine_of(store_url)
    with engine.begin() as connection:
        migrated = described(connection)
        drop_views(connection)
        metadata.drop_all(connection)
        metadata.create_all(connection)
        declared = described(connection)
    engine.dispose()
    assert migrated == declared


def test_sqlite_series_lie_in_their_key(sqlite_url: str) -> None:
    upgrade(sqlite_url)
    engine = engine_of(sqlite_url)
    with engine.begin() as connection:
        rows = connection.exec_driver_sql("SELECT name FROM pragma_table_list WHERE wr = 1 AND schema = 'main'").all()
    engine.dispose()
    declared = {table.name for table in metadata.tables.values() if not table.dialect_options["sqlite"]["with_rowid"]}
    assert {name for (name,) in rows} == declared


def test_the_known_revisions_are_those_of_the_folder() -> None:
    config = Config()
    config.set_main_option("script_location", str(migrations_folder()))
    config.set_main_option("path_separator", "os")
    found = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
    assert tuple(reversed(found)) == REVISIONS


def test_several_programs_may_start_at_once(store_url: str) -> None:
    programs = [
        subprocess.Popen([sys.executable, "-c", UPGRADE, store_url], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    answers = [program.communicate(timeout=60)[0].strip() for program in programs]
    assert answers == ["current"] * 3


def test_an_upgrade_that_is_killed_leaves_the_old_schema(store_url: str) -> None:
    killed = subprocess.run([sys.executable, "-c", DIE_HALF_WAY, store_url], check=False, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    assert check(store_url).status is SchemaStatus.MISSING
    deadline = time.monotonic() + 10
    engine = engine_of(store_url)
    with engine.begin() as connection:
        assert inspect(connection).get_table_names() == []
    engine.dispose()
    assert upgrade(store_url).status is SchemaStatus.CURRENT
    assert time.monotonic() < deadline


def test_the_migrations_are_where_the_package_says() -> None:
    assert (migrations_folder() / "env.py").is_file()
    assert Path(migrations_folder() / "versions").is_dir()
