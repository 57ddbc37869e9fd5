"""An upgrade that is killed in the middle of a revision leaves the one before, and the next start finishes it."""

from __future__ import annotations

import multiprocessing
import os
import signal
from itertools import pairwise
from typing import Any

import pytest
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, MetaData, event, text

from hedgewatch.domain.errors import StoreRefusedError
from hedgewatch.storage.database import Database
from hedgewatch.storage.engine import place_of, prepare_file, writer_engine
from hedgewatch.storage.migrate import check, migrations_folder, upgrade
from hedgewatch.storage.schema import HEAD, REVISIONS, SchemaStatus
from tests.storage.test_upgrade import ROWS, content, fill

SECONDS = 60
KILLED = ("first", "last") if os.environ.get("HEDGEWATCH_FAULT") == "long" else ("last",)
STEPS = list(pairwise(REVISIONS))
CHANGES = ("CREATE TABLE", "CREATE INDEX", "ALTER TABLE", "INSERT INTO")
# processes that are forked from one without threads, which has loaded everything already
MORTALS = multiprocessing.get_context("forkserver")
MORTALS.set_forkserver_preload([__name__, "hedgewatch.storage.migrating"])


def die_upgrading(url: str, revision: str, where: str) -> None:
    """Upgrade, and be killed right after the revision's first change, or right before it would be noted as done."""
    changes = 0

    def die(*details: Any) -> None:
        nonlocal changes
        said, values = str(details[2]).strip(), details[3]
        changes += said.startswith(CHANGES)
        is_noted = said.startswith("UPDATE alembic_version") and revision in said + str(values)
        if is_noted or (where == "first" and changes == 2):
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "before_cursor_execute", die)
    upgrade(url)


def made_by(connection: Connection, last: str) -> MetaData:
    """Make the schema as the release of a revision had it."""
    config = Config()
    config.set_main_option("script_location", str(migrations_folder()))
    config.set_main_option("path_separator", "os")
    scripts = ScriptDirectory.from_config(config)
    context = MigrationContext.configure(connection)
    with Operations.context(context):
        for revision in REVISIONS[: REVISIONS.index(last) + 1]:
            scripts.get_revision(revision).module.upgrade()
    context._ensure_version_table()
    connection.execute(text("INSERT INTO alembic_version (version_num) VALUES (:last)"), {"last": last})
    found = MetaData()
    found.reflect(connection)
    return found


def rows_in(url: str, tables: MetaData) -> dict[str, list[tuple[Any, ...]]]:
    engine = writer_engine(place_of(url))
    with engine.begin() as connection:
        found = content(connection, tables)
    engine.dispose()
    return found


@pytest.mark.parametrize(("before", "revision"), STEPS)
def test_an_upgrade_killed_in_a_revision_loses_no_row_and_is_finished_by_the_next_start(
    store_url: str, before: str, revision: str
) -> None:
    place = place_of(store_url)
    prepare_file(place)
    engine = writer_engine(place)
    with engine.begin() as connection:
        tables = made_by(connection, before)
        fill(connection, tables)
    engine.dispose()
    filled = rows_in(store_url, tables)
    for where in KILLED:
        mortal = MORTALS.Process(target=die_upgrading, args=(store_url, revision, where))
        mortal.start()
        mortal.join(SECONDS)
        assert mortal.exitcode == -signal.SIGKILL
        state = check(store_url)
        assert (state.revision, state.status) == (before, SchemaStatus.BEHIND)
        assert rows_in(store_url, tables) == filled
    with pytest.raises(
        StoreRefusedError, match=f"behind \\({before}, this version needs {HEAD}\\): run `hedgewatch db"
    ):
        Database(store_url)
    assert upgrade(store_url).status is SchemaStatus.CURRENT
    assert rows_in(store_url, tables) == filled
    assert sum(map(len, filled.values())) == ROWS * len(filled)
