"""The schema's version: what this release needs and what a database has."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, inspect

from hedgewatch.domain.errors import StoreRefusedError

# oldest first; a test holds this equal to migrations/versions
REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009")
HEAD = REVISIONS[-1]


class SchemaStatus(StrEnum):
    """How a database's schema stands to this version."""

    MISSING = "missing"
    BEHIND = "behind"
    CURRENT = "current"
    NEWER = "newer"


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaState:
    """The schema's revision (None: no schema yet), the newest this version knows, and how they stand."""

    revision: str | None
    head: str
    status: SchemaStatus


def state_of(connection: Connection) -> SchemaState:
    """Read the schema's revision."""
    revision = None
    if inspect(connection).has_table("alembic_version"):
        revision = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one_or_none()
    if revision is None:
        status = SchemaStatus.MISSING
    elif revision == HEAD:
        status = SchemaStatus.CURRENT
    else:
        status = SchemaStatus.BEHIND if revision in REVISIONS else SchemaStatus.NEWER
    return SchemaState(revision=revision, head=HEAD, status=status)


def require_current(connection: Connection) -> None:
    """Raise StoreRefusedError unless the schema is this version's."""
    state = state_of(connection)
    if state.status is SchemaStatus.NEWER:
        raise StoreRefusedError(newer_words(state))
    if state.status is not SchemaStatus.CURRENT:
        raise StoreRefusedError(
            f"storage: the database's schema is {state.status} ({state.revision or 'none'}, this version needs "
            f"{state.head}): run `hedgewatch db upgrade`"
        )


def newer_words(state: SchemaState) -> str:
    """Say that the schema is newer than this version, and what to do."""
    return (
        f"storage: the database's schema ({state.revision}) is newer than this version of hedgewatch ({state.head}): "
        "install the version that made it, or a later one"
    )
