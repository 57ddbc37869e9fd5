"""Leading: of several workers on one database one is active, the others stand by."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenure:
    """Who leads. holder: its name, empty if nobody ever did. epoch: grows by one with each change of the leader."""

    holder: str
    epoch: int
    is_mine: bool


class Lease(Protocol):
    """The right to poll, judge and record; it ends by itself unless it is renewed."""

    @property
    def name(self) -> str:
        """This worker's name, unlike that of any other worker ever."""
        ...

    @property
    def epoch(self) -> int | None:
        """The epoch this worker leads in as far as it knows, None while it stands by.

        It stays what it was while the database cannot be asked: nobody else can take over then either.
        """
        ...

    @property
    def renew_seconds(self) -> Decimal:
        """How often ``hold()`` is to be called."""
        ...

    async def hold(self) -> Tenure:
        """Renew the lease, or take it if it has ended, and tell who leads. Raises StoreUnavailableError."""
        ...

    async def release(self) -> None:
        """Let the next worker lead at once; one that stands by only leaves its seat. Raises nothing."""
        ...
