"""What people say to alerts, in SQL: read at every cycle, written beside the running worker."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, delete, select, update

from hedgewatch.domain.errors import ConfigurationError
from hedgewatch.domain.intervention import Acknowledgement, Closing, Interventions, Silence
from hedgewatch.domain.told import ToldHolding, ToldPosition
from hedgewatch.monitoring.ports import DeliveryState
from hedgewatch.storage.alert_rows import OPEN
from hedgewatch.storage.audit import note_audit
from hedgewatch.storage.bulk import put, take_the_last
from hedgewatch.storage.database import Database
from hedgewatch.storage.intervention_tables import acknowledgement, hedge_closing, silence
from hedgewatch.storage.tables import alert, episode, outbox
from hedgewatch.storage.told import read_told, store_holding, store_position
from hedgewatch.storage.types import from_ms, maybe_at, maybe_ms, to_ms


def read_interventions(connection: Connection, now: datetime) -> Interventions:
    """Read what still holds: acknowledgements of open episodes, silences that have not ended, closed hedges."""
    open_ones = select(acknowledgement).join(alert, alert.c.episode == acknowledgement.c.episode)
    silences = select(silence).where(silence.c.ends_at_ms > to_ms(now)).order_by(silence.c.id)
    return Interventions(
        acknowledgements={
            row["episode"]: Acknowledgement(
                episode=row["episode"],
                by=row["author"],
                note=row["note"],
                at=from_ms(row["at_ms"]),
                until=maybe_at(row["until_ms"]),
            )
            for row in connection.execute(open_ones).mappings()
        },
        silences=tuple(_silence(dict(row)) for row in connection.execute(silences).mappings()),
        closings={
            row["hedge"]: Closing(
                hedge=row["hedge"], entry=row["entry"], by=row["author"], note=row["note"], at=from_ms(row["at_ms"])
            )
            for row in connection.execute(select(hedge_closing)).mappings()
        },
        told=read_told(connection),
    )


def _silence(row: Mapping[str, Any]) -> Silence:
    return Silence(
        id=row["id"],
        matchers=json.loads(row["matchers"]),
        by=row["author"],
        comment=row["comment"],
        starts_at=from_ms(row["starts_at_ms"]),
        ends_at=from_ms(row["ends_at_ms"]),
    )


class SqlDesk:
    """Fills the port Desk over a database: one short transaction a word, durable when the call returns."""

    def __init__(self, database: Database) -> None:
        """Take the database, beside its active worker or without one."""
        self._database = database

    def acknowledge(self, acknowledgement: Acknowledgement) -> None:
        """Note that somebody has seen an open episode; the latest word on an episode holds."""
        self._database.run_now(lambda connection: _acknowledge(connection, acknowledgement))

    def silence(self, silence: Silence) -> None:
        """Begin a silence."""
        self._database.run_now(lambda connection: _begin(connection, silence))

    def unsilence(self, silence_id: str, by: str, now: datetime) -> None:
        """End a silence now. Raises ConfigurationError if there is no such silence, or it has ended."""
        self._database.run_now(lambda connection: _end(connection, silence_id, by, now))

    def close_hedge(self, closing: Closing) -> None:
        """Note that somebody has closed a hedge."""
        self._database.run_now(lambda connection: _close(connection, closing))

    def open_hedge(self, hedge: str, by: str, now: datetime, *, note: str = "") -> None:
        """Take a closing back. Raises ConfigurationError if the hedge was not closed."""
        self._database.run_now(lambda connection: _open(connection, hedge, by, now, note=note))

    def set_position(self, told: ToldPosition) -> None:
        """Note what a declared position is now; the latest word on a leg holds."""
        self._database.run_now(lambda connection: store_position(connection, told))

    def set_holding(self, told: ToldHolding) -> None:
        """Note what a declared holding is now; the latest word on it holds."""
        self._database.run_now(lambda connection: store_holding(connection, told))

    def replay(self, event_id: str, by: str, now: datetime) -> int:
        """Make an event's dead deliveries due again, under the same id, and return how many there were.

        Raises ConfigurationError if the event has none.
        """
        return self._database.run_now(lambda connection: _replay(connection, event_id, by, now))


def _acknowledge(connection: Connection, said: Acknowledgement) -> None:
    state = connection.execute(select(episode.c.state).where(episode.c.episode == said.episode)).scalar_one_or_none()
    if state is None:
        raise ConfigurationError(f"there is no episode {said.episode}; `hedgewatch alerts list` shows them")
    if state != OPEN:
        raise ConfigurationError(f"episode {said.episode} is {state}: there is nothing left to acknowledge")
    known = select(acknowledgement).where(acknowledgement.c.episode == said.episode)
    before = connection.execute(known).mappings().one_or_none()
    row = (said.episode, said.by, said.note, to_ms(said.at), maybe_ms(said.until))
    put(connection, acknowledgement, [row], conflict=take_the_last(acknowledgement))
    connection.execute(update(episode).where(episode.c.episode == said.episode).values(acknowledged_by=said.by))
    after = connection.execute(known).mappings().one()
    note_audit(connection, said.at, said.by, done=("acknowledge", said.episode), before=before, after=after)


def _begin(connection: Connection, said: Silence) -> None:
    matchers = json.dumps(dict(said.matchers), sort_keys=True)
    row = (said.id, matchers, said.by, said.comment, to_ms(said.starts_at), to_ms(said.ends_at))
    put(connection, silence, [row])
    after = connection.execute(select(silence).where(silence.c.id == said.id)).mappings().one()
    note_audit(connection, said.starts_at, said.by, done=("silence", said.id), before=None, after=after)


def _end(connection: Connection, silence_id: str, by: str, now: datetime) -> None:
    known = select(silence).where(silence.c.id == silence_id)
    before = connection.execute(known).mappings().one_or_none()
    if before is None:
        raise ConfigurationError(f"there is no silence {silence_id}; `hedgewatch alerts list` shows them")
    if before["ends_at_ms"] <= to_ms(now):
        raise ConfigurationError(f"silence {silence_id} has ended already")
    connection.execute(update(silence).where(silence.c.id == silence_id).values(ends_at_ms=to_ms(now)))
    after = connection.execute(known).mappings().one()
    note_audit(connection, now, by, done=("unsilence", silence_id), before=before, after=after)


def _close(connection: Connection, said: Closing) -> None:
    known = select(hedge_closing).where(hedge_closing.c.hedge == said.hedge)
    before = connection.execute(known).mappings().one_or_none()
    row = (said.hedge, said.entry, said.by, said.note, to_ms(said.at))
    put(connection, hedge_closing, [row], conflict=take_the_last(hedge_closing))
    after = connection.execute(known).mappings().one()
    note_audit(connection, said.at, said.by, done=("close", said.hedge), before=before, after=after)


def _open(connection: Connection, hedge: str, by: str, now: datetime, *, note: str) -> None:
    known = select(hedge_closing).where(hedge_closing.c.hedge == hedge)
    before = connection.execute(known).mappings().one_or_none()
    if before is None:
        raise ConfigurationError(f'nobody has closed the hedge "{hedge}"')
    connection.execute(delete(hedge_closing).where(hedge_closing.c.hedge == hedge))
    note_audit(connection, now, by, done=("open", hedge), before=before, after={"note": note})


def _replay(connection: Connection, event_id: str, by: str, now: datetime) -> int:
    dead = and_(outbox.c.event_id == event_id, outbox.c.state == DeliveryState.DEAD.value)
    before = [
        dict(row) for row in connection.execute(select(outbox.c.channel, outbox.c.attempts).where(dead)).mappings()
    ]
    if not before:
        raise ConfigurationError(f"event {event_id} has no dead delivery; `hedgewatch outbox list` shows them")
    # tried anew for 72 hours: the first attempt is forgotten, the log of attempts is not
    again = {"state": DeliveryState.PENDING.value, "attempts": 0, "due_at_ms": 0, "first_attempt_at_ms": None}
    connection.execute(update(outbox).where(dead).values(**again))
    note_audit(connection, now, by, done=("replay", event_id), before={"dead": before}, after={"due": len(before)})
    return len(before)
