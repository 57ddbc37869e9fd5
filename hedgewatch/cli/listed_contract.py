"""The contract a hedge is sized in, as its exchange lists and quotes it; where that is silent, as the store has it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

import typer

from hedgewatch.bootstrap.contract import ContractLook, StoredContract, look_at_contract, stored_contract
from hedgewatch.cli.loading import settings_or_defaults
from hedgewatch.cli.plain_contract import PLAIN, FoundContract, SizeGiven, rate_notes
from hedgewatch.cli.wishes import option_of
from hedgewatch.domain.account import LeverageTiers
from hedgewatch.domain.contract_terms import counted_tiers, rule_of
from hedgewatch.domain.errors import (
    ConfigurationError,
    ContractInDoubtError,
    ExchangeUnavailableError,
    InvalidValueError,
    StoreUnavailableError,
)
from hedgewatch.domain.hedge_size import ContractMarket, MarginTerms
from hedgewatch.domain.instrument import Instrument, InstrumentRef
from hedgewatch.domain.market import MarketReading, ReadingFailure, UnknownReason
from hedgewatch.domain.mends import SIZE_MEND
from hedgewatch.domain.numbers import ZERO, exactly, plain
from hedgewatch.domain.size_warnings import SizeWarning
from hedgewatch.monitoring.payload import duration_text, time_text
from hedgewatch.settings import Settings
from hedgewatch.settings.instruments import InstrumentName, read_future
from hedgewatch.worker import SystemClock

SECOND = timedelta(seconds=1)
PLAIN_NUMBERS = "plain numbers do without it: --price --contract-size --kind"


def listed_contract(ctx: typer.Context, given: SizeGiven, futures: str) -> FoundContract:
    """Read a contract from its exchange; where that does not tell, from the store, and say how old it is.

    Raises ConfigurationError for a symbol or an option that is wrong, ExchangeUnavailableError where nothing tells,
    ContractInDoubtError where the listed size and the contract's trade disagree.
    """
    name = _name(given, futures)
    settings, clock = settings_or_defaults(ctx), SystemClock()
    spot = InstrumentRef(exchange=name.ref.exchange, symbol=f"{name.base}/{name.quote}")
    look = asyncio.run(look_at_contract(settings, os.environ, name.ref, spot, clock))
    future = look.future
    if isinstance(future, ReadingFailure) and future.reason is UnknownReason.UNKNOWN_SYMBOL:
        raise ConfigurationError(f"--futures: {future.detail}")
    if look.size is not None and look.size.doubt is not None:
        raise ContractInDoubtError(f"{name.ref}: {look.size.doubt}; {SIZE_MEND}")
    if isinstance(future, MarketReading):
        market = _market_now(future, look)
        if market is not None:
            return _as_read(given, future, market, look)
    told = future.detail if isinstance(future, ReadingFailure) else "; ".join(future.problems)
    stored = _stored(settings, name.ref, spot, told)
    return _as_stored(given, stored, told, clock.now())


def _name(given: SizeGiven, futures: str) -> InstrumentName:
    for option in PLAIN:
        if getattr(given, option) is not None:
            raise InvalidValueError(option_of(option), f"is what {futures} tells: leave it out, or leave out --futures")
    try:
        name = read_future(futures)
    except ValueError as error:
        raise InvalidValueError("--futures", str(error)) from None
    if given.asset is not None and given.asset != name.base:
        raise InvalidValueError("--asset", f"{futures} is a future of {name.base}, not of {given.asset}")
    return name


@exactly
def _market_now(future: MarketReading, look: ContractLook) -> ContractMarket | None:
    """Return the market as it was read just now; None if no price of the future was."""
    quote, mark = future.quote, future.mark
    futures_price = mark.mark_price if mark is not None else None
    if futures_price is None and quote is not None:
        futures_price = quote.mid
    if futures_price is None:
        return None
    spot = look.spot.quote.mid if isinstance(look.spot, MarketReading) and look.spot.quote else None
    if spot is None and mark is not None:
        spot = mark.index_price
    bid, ask = (quote.bid, quote.ask) if quote is not None else (None, None)
    if quote is None and look.book is not None:
        bid, ask = look.book.bids[0][0], look.book.asks[0][0]
    funding = future.funding
    return ContractMarket(
        coin_price=futures_price if spot is None else spot,
        futures_price=futures_price,
        bid=bid,
        ask=ask,
        spot_price=spot,
        funding_rate=funding.rate if funding else None,
        funding_interval_hours=funding.interval_hours if funding else None,
        next_funding_at=funding.settles_at if funding else None,
        book=look.book,
    )


def _as_read(given: SizeGiven, future: MarketReading, market: ContractMarket, look: ContractLook) -> FoundContract:
    stamps = [part.stamp.received_at for part in (future.quote, future.mark) if part is not None]
    return _found(
        given,
        future.instrument,
        market,
        source="exchange",
        read_at=max(stamps),
        age_seconds=ZERO,
        tiers=look.tiers or look.tiers_problem or "the exchange does not tell its tiers",
        warnings=_unknowns(future.instrument, market, look.book_problem),
        notes=future.problems,
    )


def _stored(settings: Settings, future: InstrumentRef, spot: InstrumentRef, told: str) -> StoredContract:
    try:
        found = stored_contract(settings, os.environ, future, spot)
        missing = f"the store has no reading of {future}"
    except StoreUnavailableError as error:
        found, missing = None, str(error)
    if found is None:
        raise ExchangeUnavailableError(f"{told}; {missing}; try again, or {PLAIN_NUMBERS}")
    return found


def _as_stored(given: SizeGiven, stored: StoredContract, told: str, now: datetime) -> FoundContract:
    age = Decimal((now - stored.read_at) // SECOND)
    words = (
        f"{told}: terms and prices are the stored ones, read {duration_text(age)} ago, at {time_text(stored.read_at)}"
    )
    market = _stored_market(stored, now)
    return _found(
        given,
        stored.instrument,
        market,
        source="store",
        read_at=stored.read_at,
        age_seconds=age,
        tiers="the store keeps none",
        warnings=(
            SizeWarning(code="from_store", message=words),
            *_unknowns(stored.instrument, market, "it is not stored"),
        ),
        notes=(),
    )


@exactly
def _stored_market(stored: StoredContract, now: datetime) -> ContractMarket:
    row, spot = stored.market, stored.spot
    price = row["mid"] if row["mark_price"] is None else row["mark_price"]
    spot_price = row["index_price"] if spot is None else spot["mid"]
    settles_at = row["next_funding_at"]
    return ContractMarket(
        coin_price=price if spot_price is None else spot_price,
        futures_price=price,
        bid=row["bid"],
        ask=row["ask"],
        spot_price=spot_price,
        funding_rate=row["funding_rate"],
        funding_interval_hours=row["funding_interval_hours"],
        next_funding_at=settles_at if settles_at is not None and settles_at > now else None,
    )


def _found(
    given: SizeGiven,
    instrument: Instrument,
    market: ContractMarket,
    *,
    source: str,
    read_at: datetime,
    age_seconds: Decimal,
    tiers: LeverageTiers | str,
    warnings: tuple[SizeWarning, ...],
    notes: tuple[str, ...],
) -> FoundContract:
    terms, is_assumed, words = _margin_terms(given, instrument, tiers)
    return FoundContract(
        instrument=instrument,
        market=market,
        terms=terms,
        source=source,
        is_rate_assumed=is_assumed,
        read_at=read_at,
        age_seconds=age_seconds,
        warnings=warnings,
        notes=(*_price_notes(instrument, market), *words, *notes),
    )


def _margin_terms(
    given: SizeGiven, instrument: Instrument, tiers: LeverageTiers | str
) -> tuple[MarginTerms, bool, tuple[str, ...]]:
    """Return by what a contract is liquidated, whether its rate is assumed, and what to say of it.

    tiers: as the exchange tells them, else why they are not known. A rate that was given holds over them.
    """
    rule = rule_of(instrument)
    if isinstance(tiers, LeverageTiers) and given.maintenance_margin_rate is None:
        counted = counted_tiers(tiers, instrument)
        if counted is not None:
            words = f"maintenance margin by the {len(counted)} leverage tiers that {tiers.stamp.source} tells"
            return MarginTerms(rule=rule, tiers=counted), False, (words,)
        tiers = "the exchange's tiers are not in the unit that its rule counts in"
    flat = MarginTerms(rule=rule, tiers=((ZERO, given.margin_rate()),))
    return flat, given.maintenance_margin_rate is None, tuple(f"{note} ({tiers})" for note in rate_notes(given))


def _price_notes(instrument: Instrument, market: ContractMarket) -> Iterator[str]:
    whose = "the future's price, no spot price being known" if market.spot_price is None else "the spot price"
    yield f"{instrument.base} at {plain(market.coin_price, 8)} {instrument.quote}, {whose}"


def _unknowns(instrument: Instrument, market: ContractMarket, book_problem: str | None) -> tuple[SizeWarning, ...]:
    """Say what is not known that an order should not be sent without."""
    found = []
    if market.ask is None:
        found.append(("ask_unknown", "best bid and ask are not known: the limit price is the mark price"))
    if market.book is None:
        words = f"the order book is not known ({book_problem}): nor is what it carries"
        found.append(("book_unknown", words))
    grid = [name for name, step in (("tick", instrument.tick), ("lot step", instrument.lot_step)) if step is None]
    if grid:
        words = f"{' and '.join(grid)} not known: the order is not on the exchange's grid"
        found.append(("grid_unknown", words))
    return tuple(SizeWarning(code=code, message=message) for code, message in found)
