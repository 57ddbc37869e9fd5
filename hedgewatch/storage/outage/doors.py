"""What else is asked of the database beside the cycles: out of reach in an outage, and that is all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from hedgewatch.domain.candle import Series, Span
from hedgewatch.monitoring.digest_payload import Day
from hedgewatch.monitoring.heartbeat import Backlog
from hedgewatch.monitoring.series import SeriesPage
from hedgewatch.storage.outage.outage import Outage
from hedgewatch.storage.outage.within import within


class LastingShelf:
    """Fills the port MarketShelf; whoever uses it lives with a shelf that is out of reach."""

    def __init__(self, outage: Outage) -> None:
        """Share the outage with the store of cycles."""
        self._outage = outage

    async def markets(self, exchange: str) -> Mapping[str, str]:
        """Return the kept markets. Raises StoreUnavailableError."""
        return await within(self._outage.usable().shelf.markets(exchange))

    async def keep(self, exchange: str, markets: Mapping[str, str], at: datetime) -> None:
        """Replace what is kept of these symbols. Raises StoreUnavailableError."""
        await within(self._outage.usable().shelf.keep(exchange, markets, at))


class LastingBacklogs:
    """Fills the port Backlogs; in an outage nobody is told that all is well."""

    def __init__(self, outage: Outage) -> None:
        """Share the outage with the store of cycles."""
        self._outage = outage

    async def backlog(self, channels: Sequence[str]) -> Backlog:
        """Tell what these channels have not taken. Raises StoreUnavailableError."""
        return await within(self._outage.usable().backlogs.backlog(channels))


class LastingSeries:
    """Fills the port SeriesStore; what cannot be kept now is asked for again later."""

    def __init__(self, outage: Outage) -> None:
        """Share the outage with the store of cycles."""
        self._outage = outage

    async def covered(self, series: Series) -> tuple[Span, ...]:
        """Return the stretches that were read whole. Raises StoreUnavailableError."""
        return await within(self._outage.usable().series.covered(series))

    async def keep(self, series: Series, page: SeriesPage, covered: Span) -> None:
        """Store a page and how far its stretch has come, both or neither. Raises StoreUnavailableError."""
        await within(self._outage.usable().series.keep(series, page, covered))

    async def moments(self, series: Series, span: Span) -> tuple[datetime, ...]:
        """Return when the stored candles opened, or funding settled. Raises StoreUnavailableError."""
        return await within(self._outage.usable().series.moments(series, span))


class LastingDayBook:
    """Fills the port DayBook; a digest that cannot be made now is made when the database is back."""

    def __init__(self, outage: Outage) -> None:
        """Share the outage with the store of cycles."""
        self._outage = outage

    async def watched_since(self) -> datetime | None:
        """Return when the first cycle was stored, None if there is none. Raises StoreUnavailableError."""
        return await within(self._outage.usable().days.watched_since())

    async def is_kept(self, event_id: str) -> bool:
        """Tell whether a digest was made. Raises StoreUnavailableError."""
        return await within(self._outage.usable().days.is_kept(event_id))

    async def read(self, since: datetime, until: datetime) -> Day:
        """Read what happened. Raises StoreUnavailableError."""
        return await within(self._outage.usable().days.read(since, until))

    async def keep(self, event_id: str, day: date, at: datetime, *, payload: bytes, channels: Sequence[str]) -> None:
        """Store a digest with a delivery for each channel. Raises StoreUnavailableError, LeaseLostError."""
        await within(self._outage.usable().days.keep(event_id, day, at, payload=payload, channels=channels))
