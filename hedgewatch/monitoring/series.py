"""The past: the ports through which it is asked of exchanges and kept in the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from hedgewatch.domain.candle import Candle, Series, Span
from hedgewatch.domain.hedge import Hedge
from hedgewatch.domain.history import CoinPast, LegPast
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.market import SettledFunding, UnknownReason


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesPage:
    """A stretch of a series as its exchange told it, oldest first. refused: rows that were there and not believed."""

    candles: tuple[Candle, ...] = ()
    settled: tuple[SettledFunding, ...] = ()
    refused: int = 0

    @property
    def count(self) -> int:
        """How many rows it has."""
        return len(self.candles) + len(self.settled)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFailure:
    """A page that was not told, and why. retry_at: nothing is asked before then."""

    reason: UnknownReason
    detail: str
    retry_at: datetime | None = None


class SeriesSource(Protocol):
    """One exchange's past, read only."""

    @property
    def exchange(self) -> str:
        """Ccxt's id of the exchange."""
        ...

    async def unlisted(self, refs: Sequence[InstrumentRef]) -> Mapping[InstrumentRef, str]:
        """Know these instruments; return a line for each that cannot be asked about."""
        ...

    def page_length(self, series: Series) -> timedelta | None:
        """Return the longest stretch one call tells; None if the exchange does not tell this series."""
        ...

    async def read(self, series: Series, span: Span) -> SeriesPage | PageFailure:
        """Read one page, no longer than ``page_length``. Never raises for a fault of the exchange."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


class SeriesStore(Protocol):
    """Where the past is kept, with what of it was asked for already."""

    async def covered(self, series: Series) -> tuple[Span, ...]:
        """Return the stretches that were read whole. Raises StoreUnavailableError."""
        ...

    async def keep(self, series: Series, page: SeriesPage, covered: Span) -> None:
        """Store a page and how far its stretch has come, both or neither; rows that are there stay.

        covered: from where its run began up to the end of this page. Raises StoreUnavailableError.
        """
        ...

    async def moments(self, series: Series, span: Span) -> tuple[datetime, ...]:
        """Return when the stored candles opened, or funding settled, oldest first. Raises StoreUnavailableError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class HedgePast:
    """What the store tells of one hedge's past: of its prices by instrument, of its legs by name."""

    coins: Mapping[InstrumentRef, CoinPast] = field(default_factory=dict)
    legs: Mapping[str, LegPast] = field(default_factory=dict)


class PastStore(Protocol):
    """Where the past of a hedge is read from; nothing is written here."""

    async def past_of(self, hedge: Hedge, now: datetime) -> HedgePast:
        """Return what is stored of a hedge's past, as of ``now``. Raises StoreUnavailableError."""
        ...
