"""What the pages read of the history."""

from __future__ import annotations

from typing import Any, Protocol

Row = dict[str, Any]


class HistoryReader(Protocol):
    """The stored past, read only: numbers are Decimals, times aware datetimes, unknown is None.

    Every method raises StoreUnavailableError.
    """

    def hedges_now(self, within_seconds: int | None = None) -> list[Row]:
        """Return each hedge's latest row of hedge_history."""
        ...

    def legs_now(self, hedge: str | None = None) -> list[Row]:
        """Return every leg's row of leg_history in the newest cycle."""
        ...

    def outcomes_now(self, hedge: str | None = None) -> list[Row]:
        """Return every rule's latest answer."""
        ...

    def alerts(self, *, open_only: bool = False, hedge: str | None = None, limit: int = 100) -> list[Row]:
        """Return episodes (alert_history), newest first."""
        ...

    def cycles_now(self) -> list[Row]:
        """Return each exchange's row of cycle_history in the newest cycle."""
        ...

    def basis_series(self, hedge: str, leg: str, since_ms: int, points: int) -> list[Row]:
        """Return about ``points`` rows of basis_history since then, oldest first."""
        ...

    def channels_pending(self) -> dict[str, int]:
        """Count the messages that are not delivered yet, by channel."""
        ...
