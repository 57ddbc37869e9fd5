"""Whether what was told last of each alert has reached anybody, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, and_, func, select

from hedgewatch.domain.alert import EventType
from hedgewatch.monitoring.ports import DeliveryState
from hedgewatch.storage.tables import alert, event, outbox
from hedgewatch.storage.types import maybe_at

LATE_MS = 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """What became of each alert's latest event, by fingerprint, where it was not taken within a minute.

    late: some channel took it later. taken_at: when the last channel took it, None if none has taken it yet.
    """

    late: frozenset[str] = frozenset()
    taken_at: Mapping[str, datetime | None] = field(default_factory=dict)


NOTHING = Hearing()


def read_hearing(connection: Connection) -> Hearing:
    """Read what became of the latest event of each alert."""
    is_late = outbox.c.delivered_at_ms - outbox.c.made_at_ms > LATE_MS
    latest = and_(outbox.c.episode == alert.c.episode, outbox.c.sequence == alert.c.sequence)
    query = (
        select(
            alert.c.fingerprint,
            event.c.type,
            func.max(outbox.c.delivered_at_ms).label("taken_at_ms"),
            func.count(outbox.c.event_id).filter(is_late).label("late"),
        )
        .join(outbox, latest)
        .join(event, event.c.id == outbox.c.event_id)
        .where(outbox.c.state.in_((DeliveryState.PENDING.value, DeliveryState.DELIVERED.value)))
        .group_by(alert.c.fingerprint, event.c.type)
    )
    found = [row for row in connection.execute(query).mappings() if row["late"] or row["taken_at_ms"] is None]
    return Hearing(
        # a reminder owes no further one, or a slow channel would be owed one for ever
        late=frozenset(row["fingerprint"] for row in found if row["late"] and row["type"] != EventType.REMINDER.value),
        taken_at={row["fingerprint"]: maybe_at(row["taken_at_ms"]) for row in found},
    )
