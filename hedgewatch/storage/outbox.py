"""The outbox in SQL: deliveries that are not done yet."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    and_,
    case,
    exists,
    func,
    insert,
    literal_column,
    or_,
    select,
    text,
    update,
)

from hedgewatch.domain.thresholds import Severity
from hedgewatch.monitoring.delivery import TRIED_FOR
from hedgewatch.monitoring.health import ChannelTrouble
from hedgewatch.monitoring.ports import Delivery, DeliveryState
from hedgewatch.storage.database import Database, database_ms
from hedgewatch.storage.tables import attempt, event, outbox
from hedgewatch.storage.types import from_ms, maybe_at, maybe_ms, to_ms

PENDING: ColumnElement[str] = literal_column(
    f"'{DeliveryState.PENDING.value}'"
)  # spelt out, so that the index of pending rows serves

ClaimTime = Callable[[Connection, datetime], int]
DEAD: ColumnElement[str] = literal_column(f"'{DeliveryState.DEAD.value}'")
FALLBACK = (
    "INSERT INTO outbox (event_id, channel, episode, sequence, made_at_ms, state, attempts, due_at_ms) "
    "SELECT DISTINCT o.event_id, :channel, o.episode, o.sequence, o.made_at_ms, 'pending', 0, 0 "
    "FROM outbox o JOIN event e ON e.id = o.event_id "
    "WHERE {found} AND o.channel <> :channel AND e.severity = 'critical' "
    "ON CONFLICT (event_id, channel) DO NOTHING"
)
# two statements, each of which its small index serves
FALLBACK_OF_WAITING = text(
    FALLBACK.format(found="o.state = 'pending' AND (o.made_at_ms <= :made_before OR o.attempts >= :attempts)")
)
FALLBACK_OF_GIVEN_UP = text(FALLBACK.format(found="o.state = 'dead' AND o.made_at_ms > :not_before"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What came of one try to deliver. error: None if it was taken. retry_at: None after an error if it is given up."""

    event_id: str
    channel: str
    at: datetime
    error: str | None = None
    retry_at: datetime | None = None


class SqlOutbox:
    """Fills the port Outbox over a database, beside the outboxes of other workers.

    A claim begins and ends by the database's time: the workers' own clocks may differ by more than a claim lasts. One
    that is left by a worker provably dead is released with its seat (storage/lease.py).
    """

    def __init__(self, database: Database, claimant: str, *, time: ClaimTime | None = None) -> None:
        """Take the database, the worker's name, and what tells the time of claims (None: the database)."""
        self._database = database
        self._claimant = claimant
        self._time = time or _database_time

    async def claim(self, channel: str, now: datetime, claimed_for_seconds: Decimal) -> Delivery | None:
        """Claim the channel's next due delivery, oldest episode event first; None if nothing is due.

        A later event of an episode is not due before the earlier ones are delivered or dead. A claim that a power
        failure undoes is merely made again. Raises StoreUnavailableError.
        """
        claim_ms = int(claimed_for_seconds * 1000)

        def claim(connection: Connection) -> Delivery | None:
            at_ms = self._time(connection, now)
            row = connection.execute(_due(channel, to_ms(now), at_ms, claim_ms)).mappings().one_or_none()
            if row is None:
                return None
            claimed = {"claimed_until_ms": at_ms + claim_ms, "claimed_by": self._claimant}
            mine = and_(outbox.c.event_id == row["event_id"], outbox.c.channel == channel)
            connection.execute(update(outbox).where(mine).values(**claimed))
            return _delivery(row)

        return await self._database.run(claim, durable=False)

    async def fall_back(self, channels: Sequence[str], made_before: datetime, attempts: int) -> None:
        """Make critical events that still wait for a channel, or were given up, due on these channels too.

        Waiting: made at or before ``made_before``, or tried in vain at least ``attempts`` times. Given up: made less
        than 72 hours before that. Raises StoreUnavailableError.
        """
        before_ms = to_ms(made_before)
        waiting = [{"channel": channel, "made_before": before_ms, "attempts": attempts} for channel in channels]
        given_up = [{"channel": channel, "not_before": to_ms(made_before - TRIED_FOR)} for channel in channels]

        def take(connection: Connection) -> None:
            connection.execute(FALLBACK_OF_WAITING, waiting)
            connection.execute(FALLBACK_OF_GIVEN_UP, given_up)

        await self._database.run(take, durable=False)

    async def delivered(self, delivery: Delivery, at: datetime) -> None:
        """Note that the channel took it. Raises StoreUnavailableError."""
        await self.note(attempt_at(delivery, at))

    async def failed(self, delivery: Delivery, at: datetime, error: str, retry_at: datetime | None) -> None:
        """Note a failed attempt, to be tried again at ``retry_at``, or dead if that is None.

        Raises StoreUnavailableError.
        """
        await self.note(attempt_at(delivery, at, error=error, retry_at=retry_at))

    async def note(self, made: Attempt) -> None:
        """Note what came of a delivery. Raises StoreUnavailableError."""
        await self._database.run(lambda connection: note_attempt(connection, made))

    def hold(self, connection: Connection, deliveries: Iterable[tuple[str, str]], *, now: datetime, lasts: int) -> None:
        """Claim, in a running transaction, deliveries (event id and channel) that this worker is sending already.

        lasts: for how many milliseconds.
        """
        until_ms = self._time(connection, now) + lasts
        for event_id, channel in deliveries:
            mine = and_(outbox.c.event_id == event_id, outbox.c.channel == channel, outbox.c.state == PENDING)
            connection.execute(update(outbox).where(mine).values(claimed_until_ms=until_ms, claimed_by=self._claimant))


def _due(channel: str, now_ms: int, at_ms: int, claim_ms: int) -> Select[tuple[object, ...]]:
    earlier = outbox.alias("earlier")
    waits = exists().where(
        earlier.c.episode == outbox.c.episode,
        earlier.c.channel == outbox.c.channel,
        earlier.c.sequence < outbox.c.sequence,
        earlier.c.state == PENDING,
    )
    # a claim that ends much later than one made now would: the clock was set back, its maker is gone. Somewhat later
    # means nothing: on a server another worker may have claimed it since this one looked at the time
    unclaimed = or_(
        outbox.c.claimed_until_ms.is_(None),
        outbox.c.claimed_until_ms <= at_ms,
        outbox.c.claimed_until_ms > at_ms + 2 * claim_ms,
    )
    # a wait that began after now does not end when it was meant to: the clock was set back
    last_tried_at_ms = (
        select(attempt.c.at_ms)
        .where(attempt.c.event_id == outbox.c.event_id, attempt.c.channel == outbox.c.channel)
        .order_by(attempt.c.number.desc())
        .limit(1)
        .scalar_subquery()
    )
    return (
        select(outbox, event.c.type, event.c.severity, event.c.payload)
        .join(event, event.c.id == outbox.c.event_id)
        .where(
            outbox.c.channel == channel,
            outbox.c.state == PENDING,
            or_(outbox.c.due_at_ms <= now_ms, last_tried_at_ms > now_ms),
            unclaimed,
            ~waits,
        )
        .order_by(outbox.c.made_at_ms, outbox.c.sequence, outbox.c.event_id)
        .limit(1)
        .with_for_update(skip_locked=True, of=outbox)
    )


def _database_time(connection: Connection, _: datetime) -> int:
    return database_ms(connection)


def _delivery(row: RowMapping) -> Delivery:
    return Delivery(
        event_id=row["event_id"],
        channel=row["channel"],
        event_type=row["type"],
        severity=row["severity"],
        payload=bytes(row["payload"]),
        made_at=from_ms(row["made_at_ms"]),
        attempts=row["attempts"],
        first_attempt_at=maybe_at(row["first_attempt_at_ms"]),
    )


def attempt_at(
    delivery: Delivery, at: datetime, *, error: str | None = None, retry_at: datetime | None = None
) -> Attempt:
    """Describe what came of a delivery: taken, or (with an error) to be tried again or given up."""
    return Attempt(event_id=delivery.event_id, channel=delivery.channel, at=at, error=error, retry_at=retry_at)


def note_attempt(connection: Connection, made: Attempt) -> None:
    """Log an attempt, and change the delivery unless another attempt has ended it meanwhile."""
    mine = and_(outbox.c.event_id == made.event_id, outbox.c.channel == made.channel)
    at_ms = to_ms(made.at)
    number = (
        1
        + connection.execute(
            select(func.count()).where(attempt.c.event_id == made.event_id, attempt.c.channel == made.channel)
        ).scalar_one()
    )
    connection.execute(
        insert(attempt).values(
            event_id=made.event_id, channel=made.channel, number=number, at_ms=at_ms, error=made.error
        )
    )
    connection.execute(
        update(outbox)
        .where(mine, outbox.c.state == DeliveryState.PENDING.value)
        .values(
            **_after(made),
            attempts=outbox.c.attempts + 1,
            first_attempt_at_ms=func.coalesce(outbox.c.first_attempt_at_ms, at_ms),
            claimed_until_ms=None,
            claimed_by=None,
        )
    )


def note_attempt_once(connection: Connection, made: Attempt) -> None:
    """Log an attempt that may be logged already."""
    known = select(func.count()).where(
        attempt.c.event_id == made.event_id, attempt.c.channel == made.channel, attempt.c.at_ms == to_ms(made.at)
    )
    if not connection.execute(known).scalar_one():
        note_attempt(connection, made)


def _after(made: Attempt) -> Mapping[str, object]:
    if made.error is None:
        return {"state": DeliveryState.DELIVERED.value, "delivered_at_ms": to_ms(made.at)}
    state = DeliveryState.PENDING if made.retry_at is not None else DeliveryState.DEAD
    return {"state": state.value, "last_error": made.error, "due_at_ms": maybe_ms(made.retry_at) or 0}


def read_troubles(connection: Connection) -> dict[str, ChannelTrouble]:
    """Read what each channel does not take: messages that wait, and those that were given up."""
    troubles: dict[str, ChannelTrouble] = {}
    # one question each: both in one would read the whole outbox, not the small indexes of either
    critical_at = case((event.c.severity == Severity.CRITICAL.value, outbox.c.made_at_ms))
    waiting = (
        select(outbox.c.channel, func.max(outbox.c.attempts), func.min(critical_at), func.max(outbox.c.last_error))
        .join(event, event.c.id == outbox.c.event_id)
        .where(outbox.c.state == PENDING)
        .group_by(outbox.c.channel)
    )
    for channel, attempts, at, error in connection.execute(waiting):
        troubles[channel] = ChannelTrouble(attempts=attempts, oldest_critical_at=maybe_at(at), last_error=error)
    dead = (
        select(outbox.c.channel, func.count(), func.max(outbox.c.last_error))
        .where(outbox.c.state == DEAD)
        .group_by(outbox.c.channel)
    )
    for channel, count, error in connection.execute(dead):
        known = troubles.get(channel, ChannelTrouble())
        troubles[channel] = replace(known, dead=count, last_error=known.last_error or error)
    return {channel: trouble for channel, trouble in troubles.items() if trouble != ChannelTrouble()}
