"""Contract facts: what an exchange says of an instrument, each change of it with its time and source."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from hedgewatch.domain.account import LeverageTiers
from hedgewatch.domain.instrument import Instrument, InstrumentRef
from hedgewatch.domain.market import MarketReading, ReadingFailure, UnknownReason
from hedgewatch.domain.numbers import PRECISION, plain

MARKETS = "markets"  # the source of what stands in the exchange's list of markets
LISTED, UNLISTED = "listed", "unlisted"
KEPT = 4096  # an exchange hands out the same values until its markets change, so they are written out once


class FactName(StrEnum):
    """What is remembered of an instrument. TIERS: the leverage tiers as text, given by whoever reads them."""

    PAYOFF = "payoff"
    CONTRACT_SIZE = "contract_size"
    TICK = "tick"
    LOT_STEP = "lot_step"
    MIN_CONTRACTS = "min_contracts"
    MIN_NOTIONAL = "min_notional"
    ORDER_UNIT = "order_unit"
    EXPIRY = "expiry"
    LISTING = "listing"
    FUNDING_INTERVAL_HOURS = "funding_interval_hours"
    TIERS = "tiers"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractFact:
    """One fact as it was first seen. value: plain text; before: the value until then, None if none was known.

    seen_at: when it was read so for the first time. source: the call that told.
    """

    ref: InstrumentRef
    name: FactName
    value: str
    before: str | None
    seen_at: datetime
    source: str


Facts = Mapping[InstrumentRef, Mapping[FactName, ContractFact]]
TierTexts = Mapping[InstrumentRef, tuple[str, str]]
NO_TIERS: TierTexts = {}


TOLD_FOR = timedelta(hours=24)  # so long a change is news


def recent_changes(
    known: Facts, ref: InstrumentRef, names: Collection[FactName], now: datetime
) -> tuple[ContractFact, ...]:
    """Return the last changes of some facts that are less than a day old; one seen for the first time is none."""
    return tuple(
        fact
        for name, fact in known.get(ref, {}).items()
        if fact.before is not None and name in names and now - fact.seen_at < TOLD_FOR
    )


def tiers_text(tiers: LeverageTiers) -> str:
    """Write leverage tiers as one text: ``unit floor:rate floor:rate …``, whatever else is told of them."""
    parts = (f"{_text(tier.floor)}:{_text(tier.maintenance_margin_rate)}" for tier in tiers.tiers)
    return " ".join((tiers.unit.value, *parts))


def with_changes(known: Facts, changed: Iterable[ContractFact]) -> Facts:
    """Return the facts after some have changed."""
    after = dict(known)
    for fact in changed:
        after[fact.ref] = {**after.get(fact.ref, {}), fact.name: fact}
    return after


def changed_facts(
    known: Facts,
    readings: Iterable[MarketReading | ReadingFailure],
    seen_at: datetime,
    tiers: TierTexts = NO_TIERS,
) -> tuple[ContractFact, ...]:
    """Return the facts that a cycle's readings tell for the first time, or otherwise than they are known.

    What is not told stays as it is known. A symbol that the exchange does not know any more is unlisted. tiers: by
    contract, each with the call that told.
    """
    return tuple(
        ContractFact(
            ref=reading.ref,
            name=name,
            value=value,
            before=before.value if before else None,
            seen_at=seen_at,
            source=source,
        )
        for reading in readings
        for name, (value, source) in {**_told(reading, known), **_tiers(reading.ref, tiers)}.items()
        if (before := known.get(reading.ref, {}).get(name)) is None or before.value != value
    )


def _tiers(ref: InstrumentRef, tiers: TierTexts) -> Mapping[FactName, tuple[str, str]]:
    return {FactName.TIERS: tiers[ref]} if ref in tiers else {}


def _told(reading: MarketReading | ReadingFailure, known: Facts) -> Mapping[FactName, tuple[str, str]]:
    if isinstance(reading, ReadingFailure):
        is_gone = reading.reason is UnknownReason.UNKNOWN_SYMBOL and FactName.LISTING in known.get(reading.ref, {})
        return {FactName.LISTING: (UNLISTED, MARKETS)} if is_gone else {}
    told = {name: (value, MARKETS) for name, value in _of_instrument(reading.instrument).items()}
    funding = reading.funding
    if funding is not None and funding.interval_hours is not None:
        told[FactName.FUNDING_INTERVAL_HOURS] = (_text(funding.interval_hours), funding.stamp.source)
    return told


@lru_cache(maxsize=KEPT)
def _of_instrument(instrument: Instrument) -> Mapping[FactName, str]:
    told = {
        FactName.PAYOFF: instrument.payoff,
        FactName.CONTRACT_SIZE: instrument.contract_size,
        FactName.TICK: instrument.tick,
        FactName.LOT_STEP: instrument.lot_step,
        FactName.MIN_CONTRACTS: instrument.min_contracts,
        FactName.MIN_NOTIONAL: instrument.min_notional,
        FactName.ORDER_UNIT: instrument.order_unit,
        FactName.EXPIRY: instrument.expiry.isoformat() if instrument.expiry else None,
        FactName.LISTING: {True: LISTED, False: UNLISTED, None: None}[instrument.active],
    }
    return {
        name: _text(value) if isinstance(value, Decimal) else str(value)
        for name, value in told.items()
        if value is not None
    }


@lru_cache(maxsize=KEPT)
def _text(value: Decimal) -> str:
    return plain(value, PRECISION)
