"""What hedgewatch knows of its own troubles: channels, the database, its disk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelTrouble:
    """What a channel does not take.

    attempts: the most that any waiting message has had. oldest_critical_at: when the oldest waiting critical event was
    made, None if none waits. dead: messages given up and not replayed.
    """

    attempts: int = 0
    oldest_critical_at: datetime | None = None
    dead: int = 0
    last_error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreOutage:
    """The database cannot be written.

    since: when that was first found. reason: what it said, without secrets. folder: where all is kept meanwhile.
    """

    since: datetime
    reason: str
    folder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskRoom:
    """Room on the disk that the database (or, of a server, the spool) lies on.

    folder: which one. ballast_given_up: the reserve beside the database was used to write what had to be written.
    """

    folder: str
    free_bytes: int
    total_bytes: int
    ballast_given_up: bool = False
