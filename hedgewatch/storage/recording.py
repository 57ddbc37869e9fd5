"""One cycle on its way into the database, and the steps of the transaction that stores it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from hedgewatch.monitoring.ports import CycleRecord
from hedgewatch.storage.identities import Identities
from hedgewatch.storage.recollection import Recollection


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One cycle on its way into the database. epoch: of the lease it is written under, None without one."""

    cycle: CycleRecord
    known: Recollection
    identities: Identities
    epoch: int | None
    committed_at: datetime


Step = Callable[[Connection, Recording], None]
