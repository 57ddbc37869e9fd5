"""Compose one look at one contract: from its exchange, or from what the store remembers of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from hedgewatch.bootstrap.accounts import make_account_source
from hedgewatch.bootstrap.sources import LOOK_DEADLINE_SECONDS, make_source, one_look
from hedgewatch.domain.account import LeverageTiers
from hedgewatch.domain.errors import ConfigurationError
from hedgewatch.domain.instrument import Instrument, InstrumentRef
from hedgewatch.domain.market import MarketReading, OrderBook, ReadingFailure, UnknownReason
from hedgewatch.domain.size_check import SizeCheck
from hedgewatch.exchanges.accounts.tiers import read_tiers
from hedgewatch.exchanges.depth import read_book
from hedgewatch.exchanges.faults import Fault
from hedgewatch.exchanges.source import CcxtSource
from hedgewatch.monitoring.ports import Clock, Wanted
from hedgewatch.settings import Settings
from hedgewatch.storage.history import History
from hedgewatch.storage.memory import MemoryStore
from hedgewatch.storage.migrate import check
from hedgewatch.storage.schema import SchemaStatus

BOOK_SECONDS = Decimal(6)
TIERS_SECONDS = Decimal(6)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractLook:
    """What an exchange told of one future and of its spot.

    book or tiers None: book_problem or tiers_problem says why it is not known.
    size: what the contract's day of trade says of its listed size, None where nothing does.
    """

    future: MarketReading | ReadingFailure
    spot: MarketReading | ReadingFailure
    book: OrderBook | None
    book_problem: str | None
    tiers: LeverageTiers | None
    tiers_problem: str | None
    size: SizeCheck | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredContract:
    """What the store remembers of one future: how it was listed, and its last row of market_history."""

    instrument: Instrument
    market: Mapping[str, Any]
    spot: Mapping[str, Any] | None

    @property
    def read_at(self) -> datetime:
        """When its prices were read."""
        moment: datetime = self.market["read_at"]
        return moment


async def look_at_contract(
    settings: Settings, environ: Mapping[str, str], future: InstrumentRef, spot: InstrumentRef, clock: Clock
) -> ContractLook:
    """Ask a future's exchange for its terms, prices, funding, book and tiers, and for the spot price; keep nothing.

    Tiers are asked with the keys of an account, where the exchange tells them to accounts only and one is configured.
    Every fault of the exchange is a value. Raises ConfigurationError for a base_url that is none.
    """
    patience = one_look(LOOK_DEADLINE_SECONDS)
    source = make_source(settings, future.exchange, MemoryStore(), clock, patience=patience)
    try:
        answer = await source.fetch(Wanted(instruments=(future, spot), settled_since={}))
        read = {reading.ref: reading for reading in answer.readings}
        found = read[future]
        book: OrderBook | Fault | None = None
        tiers: LeverageTiers | Fault | None = None
        if isinstance(found, MarketReading):
            mark = found.mark.mark_price if found.mark else None
            book = await read_book(source, future, clock, seconds=BOOK_SECONDS, reference=mark)
            tiers = await _tiers(settings, environ, source, found.instrument, clock)
    finally:
        await source.close()
    return ContractLook(
        future=found,
        spot=read[spot],
        book=book if isinstance(book, OrderBook) else None,
        book_problem=book.text if isinstance(book, Fault) else None,
        tiers=tiers if isinstance(tiers, LeverageTiers) else None,
        tiers_problem=tiers.text if isinstance(tiers, Fault) else None,
        size=answer.sizes.get(future),
    )


async def _tiers(
    settings: Settings, environ: Mapping[str, str], source: CcxtSource, instrument: Instrument, clock: Clock
) -> LeverageTiers | Fault:
    names = (name for name, section in settings.accounts.items() if section.exchange == source.exchange)
    name = next(names, None)
    try:
        account = name and make_account_source(
            settings, name, source, environ=environ, clock=clock, timeout_seconds=TIERS_SECONDS
        )
    except ConfigurationError as error:
        return Fault(reason=UnknownReason.NOT_AVAILABLE, text=str(error))
    try:
        return await read_tiers(source, instrument, account or None, clock, seconds=TIERS_SECONDS)
    finally:
        if account:
            await account.close()


def stored_contract(
    settings: Settings, environ: Mapping[str, str], future: InstrumentRef, spot: InstrumentRef
) -> StoredContract | None:
    """Return what the store remembers of a future; None if there is no store, or nothing with a price in it.

    Raises StoreUnavailableError.
    """
    url = settings.storage.url.resolve(environ).get_secret_value()
    if check(url).status is not SchemaStatus.CURRENT:
        return None
    with History(url) as history:
        instrument, market = history.instrument(future), history.market_now(future)
        if instrument is None or market is None:
            return None
        return StoredContract(instrument=instrument, market=market, spot=history.market_now(spot))
