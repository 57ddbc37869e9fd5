"""What the pages read, and what they are told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol
from zoneinfo import ZoneInfo

Row = Mapping[str, Any]
Rows = Sequence[Row]


class HistoryReader(Protocol):
    """The stored past, read only: numbers are Decimals, times aware datetimes, unknown is None.

    Every method raises StoreUnavailableError.
    """

    def hedges_now(self, within_seconds: int | None = None) -> Rows:
        """Return each hedge's latest row of hedge_history, of the newest cycle or so long before it."""
        ...

    def legs_now(self, hedge: str | None = None) -> Rows:
        """Return every leg's row of leg_history in the newest cycle."""
        ...

    def outcomes_now(self, hedge: str | None = None) -> Rows:
        """Return every rule's latest answer."""
        ...

    def alerts(self, *, open_only: bool = False, hedge: str | None = None, limit: int = 100) -> Rows:
        """Return episodes (alert_history), newest first."""
        ...

    def cycles_now(self) -> Rows:
        """Return each exchange's row of cycle_history in the newest cycle."""
        ...

    def basis_series(self, hedge: str, leg: str, since_ms: int, points: int) -> Rows:
        """Return about ``points`` rows of basis_history since then, oldest first."""
        ...

    def deliveries(self, limit: int = 100) -> Rows:
        """Return deliveries (delivery_history), newest first."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PageOptions:
    """What the pages are told. timezone: the reader's own; allowed_hosts: names beside localhost and IP addresses."""

    timezone: ZoneInfo
    poll_seconds: Decimal
    allowed_hosts: tuple[str, ...]
    version: str
