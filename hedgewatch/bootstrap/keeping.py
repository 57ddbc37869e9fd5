"""Compose the keeping of the past: the watched exchanges' candles and rates, asked for beside the cycles."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from decimal import Decimal

from hedgewatch.exchanges.depth import CcxtBooks
from hedgewatch.exchanges.series import CcxtSeries
from hedgewatch.exchanges.source import CcxtSource
from hedgewatch.monitoring.backfill import Backfill, Step
from hedgewatch.monitoring.books import BookKeeper, Keepers
from hedgewatch.monitoring.cycle import Watch
from hedgewatch.monitoring.keeping import BREATH, HistoryKeeper, KeptPast
from hedgewatch.monitoring.ports import Clock
from hedgewatch.monitoring.series import SeriesStore

BOOK_SECONDS = Decimal(5)
PAGE_SECONDS = Decimal(20)  # a page of a thousand candles may wait for its turn in the exchange's budget


def make_keeper(
    watch: Watch, sources: Mapping[str, CcxtSource], store: SeriesStore, kept: KeptPast, *, clock: Clock
) -> Keepers:
    """Make the keepers of what ``watch`` looks at; they ask through the sources of the cycles, in their budget."""
    fillers = {
        exchange: Backfill(
            CcxtSeries(source, clock, timeout_seconds=PAGE_SECONDS),
            store,
            clock,
            pause=asyncio.sleep,
            tell=_nobody_watches,
            breath=BREATH,
        )
        for exchange, source in sources.items()
    }
    books = {exchange: CcxtBooks(source, clock, timeout_seconds=BOOK_SECONDS) for exchange, source in sources.items()}
    return Keepers(
        HistoryKeeper(watch.hedges, kept, fillers, clock), BookKeeper(watch.hedges, kept.books, books, clock)
    )


def _nobody_watches(step: Step) -> None:
    del step
