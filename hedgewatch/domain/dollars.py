"""Dollars: what a quote currency is worth, where a source for it is set; without one it counts as 1."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from hedgewatch.domain.freshness import why_no_price
from hedgewatch.domain.hedge import CycleFacts, Hedge, LegSnapshot
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.market import MarketReading, Standstill, UnknownReason
from hedgewatch.domain.numbers import ONE


def dollar_prices(
    hedge: Hedge, facts: CycleFacts, still: Mapping[InstrumentRef, Standstill]
) -> Mapping[str, Decimal | UnknownReason]:
    """Return what each quote currency with a source is worth in dollars now, else why that is not known."""
    return {currency: _mid(ref, facts, still) for currency, ref in hedge.dollars.items()}


def worth(dollars: Mapping[str, Decimal | UnknownReason], currency: str) -> Decimal | None:
    """Return what a currency is worth in dollars: 1 without a source, None where its source tells nothing."""
    found = dollars.get(currency, ONE)
    return None if isinstance(found, UnknownReason) else found


def leg_in_dollars(leg: LegSnapshot, dollars: Mapping[str, Decimal | UnknownReason]) -> LegSnapshot:
    """Return a leg whose amounts in dollars count its quote currency at what that is worth."""
    rate = worth(dollars, leg.leg.futures.quote)
    gain = None if leg.unrealised_pnl_usd is None or rate is None else leg.unrealised_pnl_usd * rate
    return replace(leg, usd=rate, unrealised_pnl_usd=gain)


def _mid(ref: InstrumentRef, facts: CycleFacts, still: Mapping[InstrumentRef, Standstill]) -> Decimal | UnknownReason:
    reading = facts.readings.get(ref)
    unknown = why_no_price(reading, still, facts.read_at)
    if unknown is not None:
        return unknown
    if not isinstance(reading, MarketReading) or reading.quote is None:
        return UnknownReason.MISSING
    return reading.quote.mid
