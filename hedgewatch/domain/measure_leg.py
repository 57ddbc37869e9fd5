"""Measure a leg: its prices, basis and funding, what it holds, and how near it is to liquidation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from hedgewatch.domain.account import AccountSnapshot, OpenOrder, PartFailure
from hedgewatch.domain.basis import Basis, basis, basis_label
from hedgewatch.domain.contract_terms import fees_of
from hedgewatch.domain.freshness import (
    STALE_REASONS,
    Reading,
    age_of,
    are_a_pair,
    seconds_between,
    why_no_price,
)
from hedgewatch.domain.funding import mean_of_window, rate_per_8h, rate_per_year
from hedgewatch.domain.hedge import CycleFacts, Leg, LegSnapshot, Quality
from hedgewatch.domain.held import HeldPosition
from hedgewatch.domain.history import FundingMean
from hedgewatch.domain.instrument import NO_HEDGE, InstrumentRef, Payoff
from hedgewatch.domain.market import Funding, MarketReading, Quote, ReadingFailure, Standstill, UnknownReason
from hedgewatch.domain.numbers import ONE, ZERO
from hedgewatch.domain.position import at_mark, held_position, position_coins, why_not_sized
from hedgewatch.domain.proxy import covered_coins
from hedgewatch.domain.standing import standing_of

Still = Mapping[InstrumentRef, Standstill]


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIn:
    """How another asset's future counts for a hedge: its coins by beta, its basis against that asset's own index.

    beta: above zero, None if it is not known. Source: contracts, the paragraph on legs.
    """

    beta: Decimal | None


def measure_leg(
    leg: Leg, facts: CycleFacts, spot: Quote | None, still: Still, *, stand_in: StandIn | None = None
) -> LegSnapshot:
    """Return everything that can be said of a leg now; spot: the price its basis is against, None if there is none."""
    reading = _futures_reading(leg.futures, facts)
    read = reading if isinstance(reading, MarketReading) else None
    instrument, funding = (read.instrument, read.funding) if read else (None, None)
    unknown = why_no_price(reading, still, facts.read_at)
    quote, price, mark_price, index_price = _prices(read if unknown is None else None, read)
    found = _basis(quote, spot, index_price, is_own=stand_in is None)
    rate_8h, apr = _coming(funding)
    held = at_mark(held_position(leg, facts), instrument, mark_price)
    standing = standing_of(leg, held, instrument, mark_price, facts=facts)
    return LegSnapshot(
        leg=leg,
        reading=reading,
        contracts=held.contracts,
        coins=position_coins(held, instrument, mark_price),
        futures_price=price,
        mark_price=mark_price,
        basis=found.absolute if found else None,
        basis_rate=found.rate if found else None,
        mark_basis_rate=None if mark_price is None or index_price is None else basis(mark_price, index_price).rate,
        basis_label=basis_label(found.rate).value if found else None,
        funding=funding,
        funding_rate_8h=rate_8h,
        funding_apr=apr,
        funding_mean=_funding_mean(leg, facts, rate_8h),
        unrealised_pnl_usd=_in_dollars(leg, held.unrealised_pnl, mark_price),
        liquidation_price=standing.price,
        liquidation_distance=standing.distance,
        margin_usage=standing.usage,
        leverage=standing.leverage,
        quality=_quality(read, unknown, held, is_funded=rate_8h is not None),
        unknown=unknown,
        data_age_seconds=_data_age(leg, reading, facts),
        held=held,
        is_never=standing.is_never,
        size_doubt=why_not_sized(leg, instrument, mark_price, facts),
        orders=_orders(leg, facts),
        fees=fees_of(leg, facts),
        liquidation_difference=standing.difference,
        per_coin=ONE if stand_in is None else _per_coin(stand_in, price, spot),
    )


def _prices(
    priced: MarketReading | None, read: MarketReading | None
) -> tuple[Quote | None, Decimal | None, Decimal | None, Decimal | None]:
    """Return the quote with its mid, and the mark and index prices. priced: None where the quote is no price."""
    quote, mark = priced.quote if priced else None, read.mark if read else None
    mark_price, index_price = (mark.mark_price, mark.index_price) if mark else (None, None)
    return quote, quote.mid if quote else None, mark_price, index_price


def _basis(
    quote: Quote | None, spot: Quote | None, index_price: Decimal | None, *, is_own: bool
) -> Basis[Decimal] | None:
    if quote is None:
        return None
    if is_own:
        return basis(quote.mid, spot.mid) if spot and are_a_pair(quote, spot) else None
    return None if index_price is None else basis(quote.mid, index_price)


def _per_coin(stand_in: StandIn, price: Decimal | None, spot: Quote | None) -> Decimal | None:
    if stand_in.beta is None or price is None or spot is None:
        return None
    return covered_coins(ONE, price, beta=stand_in.beta, spot=spot.mid)


def _futures_reading(ref: InstrumentRef, facts: CycleFacts) -> Reading:
    """Return what was read of a leg's future; a quanto one hedges no coin, so it is as good as not listed."""
    reading = facts.readings.get(ref)
    if reading is None:
        return ReadingFailure(ref=ref, reason=UnknownReason.MISSING, detail=f"{ref} was not asked for")
    if isinstance(reading, MarketReading) and reading.instrument.payoff is Payoff.QUANTO:
        return ReadingFailure(ref=ref, reason=UnknownReason.UNKNOWN_SYMBOL, detail=f"{ref}: {NO_HEDGE}")
    return reading


def _coming(funding: Funding | None) -> tuple[Decimal | None, Decimal | None]:
    """Return the coming rate per 8 hours and per year; None where the interval is not known."""
    if funding is None or funding.interval_hours is None:
        return None, None
    hours = funding.interval_hours
    return rate_per_8h(funding.rate, hours), rate_per_year(funding.rate, hours)


def _funding_mean(leg: Leg, facts: CycleFacts, coming_8h: Decimal | None) -> FundingMean | None:
    """Return the mean of the last day; where nothing is settled that is known, the coming rate stands in."""
    mean = mean_of_window(facts.past.settled.get(leg.futures, ()), facts.read_at)
    if mean is not None:
        return FundingMean(rate_8h=mean[0], hours=mean[1], from_coming=False)
    return None if coming_8h is None else FundingMean(rate_8h=coming_8h, hours=ZERO, from_coming=True)


def _in_dollars(leg: Leg, gain: Decimal | None, mark_price: Decimal | None) -> Decimal | None:
    """Value a gain in the settle asset: coins at the mark price, a quote currency as dollars."""
    if gain is None or not leg.futures.is_inverse or gain == 0:
        return gain
    return None if mark_price is None else gain * mark_price


def _quality(
    read: MarketReading | None, unknown: UnknownReason | None, held: HeldPosition, *, is_funded: bool
) -> Quality:
    """Grade a leg; a dated one has no funding to know."""
    reasons = [reason for reason in (unknown, held.doubt.reason if held.doubt else None) if reason is not None]
    if read is None or any(reason not in STALE_REASONS for reason in reasons):
        return Quality.UNKNOWN
    if reasons:
        return Quality.STALE
    is_whole = read.mark is not None and (is_funded or read.instrument.ref.is_dated)
    return Quality.OK if is_whole else Quality.PARTIAL


def _data_age(leg: Leg, reading: Reading, facts: CycleFacts) -> Decimal | None:
    """Return the age of the older of price and account."""
    age, said = age_of(reading, facts.read_at), facts.accounts.get(leg.account or "")
    if not leg.is_read:
        return age
    if age is None or not isinstance(said, AccountSnapshot):
        return None
    return max(age, ZERO, seconds_between(facts.read_at, said.received_at))


def _orders(leg: Leg, facts: CycleFacts) -> tuple[OpenOrder, ...] | None:
    if not leg.is_read:
        return ()
    said = facts.accounts.get(leg.account or "")
    if not isinstance(said, AccountSnapshot) or isinstance(said.orders, PartFailure):
        return None
    return tuple(order for order in said.orders if order.ref == leg.futures)
