"""The lease of the active worker in SQL: taken, renewed and checked by the database's own clock."""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, literal_column, select, text, update

from hedgewatch.domain.errors import LeaseLostError, StoreUnavailableError
from hedgewatch.monitoring.leading import Tenure
from hedgewatch.monitoring.ports import DeliveryState
from hedgewatch.storage.bulk import put, take_the_last
from hedgewatch.storage.database import NOW_MS, Database, database_ms
from hedgewatch.storage.lease_tables import lease, worker
from hedgewatch.storage.seats import no_seat, seats_of
from hedgewatch.storage.tables import outbox
from hedgewatch.storage.types import from_ms

LEASE_SECONDS = Decimal(15)
RENEWALS = 3  # within one lease
LEADER = "leader"


def worker_name() -> str:
    """Name this worker: its machine, its process, and what tells it from all that were and will be."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"


class Fence(Protocol):
    """What keeps a worker from writing after another one has taken over."""

    @property
    def epoch(self) -> int | None:
        """The epoch this worker leads in as far as it knows."""
        ...

    def require(self, connection: Connection) -> int | None:
        """Make sure, to the end of the running transaction, that this worker leads; return its epoch.

        Raises LeaseLostError.
        """
        ...


class Unfenced:
    """The fence of a store that only one program writes: a test's, or a replay's."""

    @property
    def epoch(self) -> None:
        """None: there is no lease."""
        return

    def require(self, connection: Connection) -> None:
        """Let everything pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """One row of the lease, and the database's time when it was read."""

    holder: str
    epoch: int
    expires_at_ms: int
    now_ms: int


class SqlLease:
    """Fills the port Lease over a database, and fences what this worker writes.

    The lease is taken when it has ended, or at once from a worker that is provably dead: its seat is free. That a
    worker looks dead and is not (its session broke off) does no harm, since every write is checked against the epoch.
    """

    def __init__(self, database: Database, name: str, *, seconds: Decimal = LEASE_SECONDS) -> None:
        """Take the database, this worker's name, and how long a lease lasts."""
        self._database = database
        self._name = name
        self._lasts_ms = int(seconds * 1000)
        self._seats = seats_of(database.place)
        self._epoch: int | None = None
        self._known = Tenure(holder="", epoch=0, is_mine=False)

    @property
    def name(self) -> str:
        """This worker's name."""
        return self._name

    @property
    def epoch(self) -> int | None:
        """The epoch this worker leads in as far as it knows, None while it stands by."""
        return self._epoch

    @property
    def renew_seconds(self) -> Decimal:
        """How often ``hold()`` is to be called."""
        return Decimal(self._lasts_ms) / 1000 / RENEWALS

    async def hold(self) -> Tenure:
        """Renew the lease, or take it if it has ended, and tell who leads. Raises StoreUnavailableError."""
        with contextlib.suppress(LeaseLostError):
            # a renewal that a power failure undoes is only an older one; a new epoch must never be undone
            await self._database.run(self._greet, durable=False)
        if self._epoch is None:
            self._known = await self._database.run(self._take)
            self._epoch = self._known.epoch if self._known.is_mine else None
        return self._known

    async def release(self) -> None:
        """Let the next worker lead at once; one that stands by only leaves its seat. Raises nothing."""
        with contextlib.suppress(StoreUnavailableError):  # without a database it ends by itself
            await self._database.run(self._go)
        self._epoch = None

    def require(self, connection: Connection) -> int:
        """Make sure, to the end of the running transaction, that this worker leads; return its epoch.

        The lease's row stays locked until then, and is renewed by the way. Raises LeaseLostError.
        """
        if self._epoch is not None:
            now: ColumnElement[int] = literal_column(NOW_MS[connection.dialect.name])
            mine = and_(lease.c.name == LEADER, lease.c.holder == self._name, lease.c.epoch == self._epoch)
            renewed = connection.execute(update(lease).where(mine).values(expires_at_ms=now + self._lasts_ms))
            if renewed.rowcount == 1:
                return self._epoch
        self._epoch = None
        raise LeaseLostError(f"storage: {self._database.place.shown}: another worker leads; this one stands by")

    def _greet(self, connection: Connection) -> None:
        """Say that this worker lives, and renew the lease if it leads."""
        seat = self._seats.sit(connection)
        if seat is None:
            raise no_seat(self._database.place)
        row = connection.execute(select(worker).where(worker.c.seat == seat)).mappings().one_or_none()
        now_ms = database_ms(connection)
        started_at_ms = row["started_at_ms"] if row and row["holder"] == self._name else now_ms
        if row and row["holder"] != self._name:
            _release_claims(connection, row["holder"])
        put(connection, worker, [(seat, self._name, started_at_ms, now_ms)], conflict=take_the_last(worker))
        if self._epoch is not None:
            self.require(connection)

    def _take(self, connection: Connection) -> Tenure:
        put(connection, lease, [(LEADER, "", 0, 0)])
        held = _read(connection)
        if held is None:  # its holder is writing at this moment
            return replace(self._known, is_mine=False)
        longest_ms = self._lasts_ms + self._lasts_ms // RENEWALS  # one that ends later: the clock was set back
        is_over = not held.now_ms < held.expires_at_ms <= held.now_ms + longest_ms
        is_dead = self._is_dead(connection, held.holder)
        if not (is_over or is_dead):
            return Tenure(holder=held.holder, epoch=held.epoch, is_mine=False)
        if is_dead:
            _release_claims(connection, held.holder)
        taken = {
            "holder": self._name,
            "epoch": held.epoch + 1,
            "expires_at_ms": held.now_ms + self._lasts_ms,
        }
        connection.execute(update(lease).where(lease.c.name == LEADER).values(**taken))
        return Tenure(holder=self._name, epoch=held.epoch + 1, is_mine=True)

    def _is_dead(self, connection: Connection, holder: str) -> bool:
        if holder == self._name:  # it was taken and the answer was lost, or given back
            return True
        seat = connection.execute(select(worker.c.seat).where(worker.c.holder == holder)).scalar_one_or_none()
        return seat is None or self._seats.is_free(connection, seat)

    def _go(self, connection: Connection) -> None:
        mine = and_(lease.c.name == LEADER, lease.c.holder == self._name)
        connection.execute(update(lease).where(mine).values(expires_at_ms=0))
        connection.execute(delete(worker).where(worker.c.holder == self._name))
        _release_claims(connection, self._name)
        self._seats.leave(connection)


def read_workers(connection: Connection) -> list[dict[str, Any]]:
    """Read who sits on this database, the holder of the lease first."""
    now: ColumnElement[int] = literal_column(NOW_MS[connection.dialect.name])
    held = exists().where(lease.c.name == LEADER, lease.c.holder == worker.c.holder, lease.c.expires_at_ms > 0)
    query = select(worker, now.label("now_ms"), held.label("active")).order_by(worker.c.started_at_ms, worker.c.seat)
    found = [
        {
            "worker": row["holder"],
            "active": bool(row["active"]),
            "started_at": from_ms(row["started_at_ms"]),
            "seen_at": from_ms(row["seen_at_ms"]),
            "seen_seconds": Decimal(row["now_ms"] - row["seen_at_ms"]) / 1000,
        }
        for row in connection.execute(query).mappings()
    ]
    return sorted(found, key=lambda row: not row["active"])


def _read(connection: Connection) -> _Held | None:
    """Read and lock the lease's row; None while another session has it locked."""
    query = select(lease).where(lease.c.name == LEADER).with_for_update(skip_locked=True)
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        return None
    return _Held(
        holder=row["holder"],
        epoch=row["epoch"],
        expires_at_ms=row["expires_at_ms"],
        now_ms=database_ms(connection),
    )


def _release_claims(connection: Connection, dead: str) -> None:
    """Let others send what a dead worker had claimed."""
    theirs = outbox.c.claimed_by == dead
    pending = text(f"state = '{DeliveryState.PENDING.value}'")  # spelt out, so that the index of pending rows serves
    connection.execute(update(outbox).where(pending, theirs).values(claimed_until_ms=None, claimed_by=None))
