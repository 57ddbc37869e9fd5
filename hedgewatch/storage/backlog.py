"""What channels have not taken, as the heartbeat asks for it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, exists, func, select

from hedgewatch.monitoring.heartbeat import Backlog
from hedgewatch.monitoring.own_alarms import DEAD_LETTER
from hedgewatch.monitoring.ports import DeliveryState
from hedgewatch.storage.alert_rows import OPEN
from hedgewatch.storage.database import Database
from hedgewatch.storage.outbox import DEAD, PENDING
from hedgewatch.storage.tables import episode, outbox
from hedgewatch.storage.types import maybe_at


class SqlBacklogs:
    """Fills the port Backlogs over a database."""

    def __init__(self, database: Database) -> None:
        """Take the database."""
        self._database = database

    async def backlog(self, channels: Sequence[str]) -> Backlog:
        """Tell what these channels have not taken. Raises StoreUnavailableError."""
        return await self._database.run(lambda connection: read_backlog(connection, channels), durable=False)


def read_backlog(connection: Connection, channels: Sequence[str]) -> Backlog:
    """Read what these channels have not taken; a dead letter is told of once its alarm has reached anybody."""
    oldest = select(func.min(outbox.c.made_at_ms)).where(outbox.c.state == PENDING, outbox.c.channel.in_(channels))
    told = outbox.alias("told")
    is_told = exists().where(
        episode.c.rule == DEAD_LETTER,
        episode.c.side == outbox.c.channel,
        episode.c.state == OPEN,
        told.c.episode == episode.c.episode,
        told.c.state == DeliveryState.DELIVERED.value,
    )
    untold = select(outbox.c.channel).where(outbox.c.state == DEAD, outbox.c.channel.in_(channels), ~is_told)
    return Backlog(
        oldest_made_at=maybe_at(connection.execute(oldest).scalar_one()),
        untold_dead=tuple(connection.execute(untold.distinct().order_by(outbox.c.channel)).scalars()),
    )
