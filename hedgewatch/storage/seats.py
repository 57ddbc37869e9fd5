"""Seats: what each worker on a database holds as long as it lives, so that another can tell that it is dead.

A lease alone would keep a worker that was killed and started again from working for the rest of the lease.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from filelock import FileLock, Timeout
from sqlalchemy import Connection

from hedgewatch.domain.errors import StoreUnavailableError
from hedgewatch.storage.engine import Place, refuse

SEATS = 16
SEAT_KEY = 0x6865646C  # the first half of PostgreSQL's advisory locks of seats; the second is the seat's number


class Seats(Protocol):
    """The seats of one database."""

    def sit(self, connection: Connection) -> int | None:
        """Take the first free seat, or say again which one is held; None if all are taken."""
        ...

    def is_free(self, connection: Connection, seat: int) -> bool:
        """Tell whether nobody alive sits there; nobody else's seat is kept."""
        ...

    def leave(self, connection: Connection) -> None:
        """Give the seat up."""
        ...


def seats_of(place: Place) -> Seats:
    """Return the seats of a database: files beside an SQLite file, locks of the session on a server."""
    return SessionSeats() if place.path is None else FileSeats(place, place.path)


class FileSeats:
    """Seats of an SQLite file: locks that the system frees when their process dies, and not while it is stopped."""

    def __init__(self, place: Place, path: Path) -> None:
        """Take where the database is."""
        self._place = place
        self._path = path
        self._held: tuple[int, FileLock] | None = None

    def sit(self, connection: Connection) -> int | None:  # noqa: ARG002  the port's signature
        """Take the first free seat, or say again which one is held; None if all are taken."""
        for seat in range(SEATS):
            if self._held is not None:
                break
            lock = self._locked(seat)
            if lock is not None:
                self._held = seat, lock
        return None if self._held is None else self._held[0]

    def is_free(self, connection: Connection, seat: int) -> bool:  # noqa: ARG002  the port's signature
        """Tell whether nobody alive sits there; nobody else's seat is kept."""
        lock = self._locked(seat)
        if lock is None:
            return False
        lock.release()
        return True

    def leave(self, connection: Connection) -> None:  # noqa: ARG002  the port's signature
        """Give the seat up."""
        if self._held is not None:
            self._held[1].release()
            self._held = None

    def _locked(self, seat: int) -> FileLock | None:
        name = f"{self._path}.lock" if seat == 0 else f"{self._path}.{seat}.lock"
        lock = FileLock(name, mode=0o600, thread_local=False)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return None
        except OSError as error:
            raise refuse(self._place, f"its lock file cannot be written: {error.strerror}") from error
        return lock


class SessionSeats:
    """Seats of a server's database: locks of the writer's session, which ends with its process or its network."""

    def __init__(self) -> None:
        """Sit nowhere yet."""
        self._held: tuple[int, int] | None = None

    def sit(self, connection: Connection) -> int | None:
        """Take the first free seat, or say again which one is held; None if all are taken."""
        session = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        if self._held is not None and self._held[1] == session:
            return self._held[0]
        self._held = None
        for seat in range(SEATS):
            if _asked(connection, "pg_try_advisory_lock", seat):
                self._held = seat, session
                return seat
        return None

    def is_free(self, connection: Connection, seat: int) -> bool:
        """Tell whether nobody alive sits there; nobody else's seat is kept."""
        return _asked(connection, "pg_try_advisory_xact_lock", seat)

    def leave(self, connection: Connection) -> None:
        """Give the seat up."""
        if self._held is not None:
            _asked(connection, "pg_advisory_unlock", self._held[0])
            self._held = None


def _asked(connection: Connection, function: str, seat: int) -> bool:
    answer = connection.exec_driver_sql(f"SELECT {function}({SEAT_KEY}, {seat})").scalar_one()
    return bool(answer)


def no_seat(place: Place) -> StoreUnavailableError:
    """Make the error of the worker that is one too many."""
    return refuse(place, f"{SEATS} hedgewatch workers share this database already; stop one of them")
