"""Measure: all facts of one hedge at one moment, from what the exchanges said and what the past must tell."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from hedgewatch.domain.basis import basis, basis_label
from hedgewatch.domain.exposure import coins_of, contracts_of, hedge_ratio, pnl
from hedgewatch.domain.freshness import Standstill, are_a_pair, standstills, why_unusable
from hedgewatch.domain.funding import mean_of_window, rate_per_8h, rate_per_year
from hedgewatch.domain.hedge import (
    CycleFacts,
    DeclaredPosition,
    FundingMean,
    Hedge,
    HedgeSnapshot,
    Leg,
    LegSnapshot,
    Quality,
)
from hedgewatch.domain.instrument import NO_HEDGE, Instrument, InstrumentRef, Payoff
from hedgewatch.domain.market import MarketReading, Quote, ReadingFailure, UnknownReason
from hedgewatch.domain.numbers import ZERO, exactly, from_float

Reading = MarketReading | ReadingFailure
STALE_REASONS = frozenset({UnknownReason.STALE, UnknownReason.FROZEN})


@exactly
def measure_hedge(hedge: Hedge, facts: CycleFacts) -> HedgeSnapshot:
    """Return everything that can be said of a hedge now; what cannot be known is None and lowers the quality."""
    still = standstills(hedge, facts)
    spot = live_spot(hedge, facts, still)
    spot_unknown = _why_no_price(spot, still, facts.read_at)
    spot_quote = spot.quote if isinstance(spot, MarketReading) and spot_unknown is None else None
    spot_price = spot_quote.mid if spot_quote else None
    legs = tuple(_measure_leg(leg, facts, spot_quote, still) for leg in hedge.legs)
    holding = sum((share.holding.counted * share.share for share in hedge.held), ZERO)
    coins = _total(leg.coins for leg in legs)
    ratio = hedge_ratio(holding, coins) if coins is not None else None
    return HedgeSnapshot(
        hedge=hedge,
        read_at=facts.read_at,
        spot=spot,
        spot_price=spot_price,
        legs=legs,
        holding=holding,
        exposure=holding,
        futures_coins=coins,
        net_exposure=None if coins is None else holding + coins,
        hedge_ratio=ratio,
        drift=None if ratio is None else ratio - hedge.target_ratio,
        notional_usd=_total(_notional(leg) for leg in legs),
        futures_price=_weighted(legs, lambda leg: leg.futures_price),
        basis_rate=_weighted(legs, lambda leg: leg.basis_rate),
        funding_rate_8h=_weighted(legs, lambda leg: leg.funding_rate_8h),
        funding_apr=_weighted(legs, lambda leg: leg.funding_apr),
        liquidation_price=None,
        liquidation_distance=None,
        margin_usage=None,
        leverage=None,
        carry_cost_usd=None,
        protection_usd=None,
        cost_ratio=None,
        unrealised_pnl_usd=_total(leg.unrealised_pnl_usd for leg in legs),
        quality=_quality_of_hedge(spot_unknown, legs),
        spot_unknown=spot_unknown,
        data_age_seconds=_oldest([age_of(spot, facts.read_at), *(leg.data_age_seconds for leg in legs)]),
    )


def live_spot(hedge: Hedge, facts: CycleFacts, still: Mapping[InstrumentRef, Standstill]) -> Reading | None:
    """Return the first spot source with a price of now, else the first one's reading; None if none was asked."""
    readings = [facts.readings[ref] for ref in hedge.spot if ref in facts.readings]
    live = (reading for reading in readings if _why_no_price(reading, still, facts.read_at) is None)
    return next(live, next(iter(readings), None))


def _why_no_price(
    reading: Reading | None, still: Mapping[InstrumentRef, Standstill], now: datetime
) -> UnknownReason | None:
    """Return why a reading gives no price of now: it failed, came late or stands still; None if it gives one."""
    if not isinstance(reading, MarketReading) or reading.quote is None:
        return why_unknown(reading)
    return why_unusable(reading.quote, still.get(reading.ref), now)


def age_of(reading: Reading | None, now: datetime) -> Decimal | None:
    """Return how many seconds ago a reading's quote was received, None where there is none."""
    if not isinstance(reading, MarketReading) or reading.quote is None:
        return None
    return max(ZERO, from_float((now - reading.quote.stamp.received_at).total_seconds(), "age"))


def why_unknown(reading: Reading | None) -> UnknownReason:
    """Return why a reading has no quote."""
    return reading.reason if isinstance(reading, ReadingFailure) else UnknownReason.MISSING


def position_coins(position: DeclaredPosition, instrument: Instrument | None, price: Decimal | None) -> Decimal | None:
    """Return a declared position in coins, short negative; None without the contract, or (inverse) the price."""
    if position.coins is not None:
        return position.coins
    if position.contracts is None or instrument is None or instrument.payoff is None:
        return None
    if instrument.payoff is Payoff.LINEAR:
        return position.contracts * instrument.contract_size
    if price is None:
        return None
    return coins_of(instrument.payoff, position.contracts, instrument.contract_size, price)


def position_contracts(
    position: DeclaredPosition, instrument: Instrument | None, price: Decimal | None
) -> Decimal | None:
    """Return a declared position in the exchange's contracts, short negative; None where that cannot be known."""
    if position.contracts is not None:
        return position.contracts
    if position.coins is None or instrument is None or instrument.payoff is None:
        return None
    if instrument.payoff is Payoff.LINEAR:
        return position.coins / instrument.contract_size
    return contracts_of(instrument.payoff, position.coins, instrument.contract_size, price) if price else None


def _measure_leg(
    leg: Leg, facts: CycleFacts, spot: Quote | None, still: Mapping[InstrumentRef, Standstill]
) -> LegSnapshot:
    reading = _futures_reading(leg.futures, facts)
    read = reading if isinstance(reading, MarketReading) else None
    instrument, funding = (read.instrument, read.funding) if read else (None, None)
    unknown = _why_no_price(reading, still, facts.read_at)
    quote = read.quote if read and unknown is None else None
    price, mark = quote.mid if quote else None, read.mark if read else None
    mark_price, index_price = (mark.mark_price, mark.index_price) if mark else (None, None)
    found = basis(quote.mid, spot.mid) if quote and spot and are_a_pair(quote, spot) else None
    marked = basis(mark_price, index_price) if mark_price is not None and index_price is not None else None
    hours = funding.interval_hours if funding else None
    rate_8h = rate_per_8h(funding.rate, hours) if funding and hours is not None else None
    return LegSnapshot(
        leg=leg,
        reading=reading,
        contracts=position_contracts(leg.position, instrument, mark_price),
        coins=position_coins(leg.position, instrument, mark_price),
        futures_price=price,
        mark_price=mark_price,
        basis=found.absolute if found else None,
        basis_rate=found.rate if found else None,
        mark_basis_rate=marked.rate if marked else None,
        basis_label=basis_label(found.rate).value if found else None,
        funding=funding,
        funding_rate_8h=rate_8h,
        funding_apr=rate_per_year(funding.rate, hours) if funding and hours is not None else None,
        funding_mean=_funding_mean(leg, facts, rate_8h),
        unrealised_pnl_usd=_unrealised(leg.position, instrument, mark_price),
        liquidation_price=None,
        liquidation_distance=None,
        margin_usage=None,
        leverage=None,
        quality=_quality_of_leg(read, unknown, funding_rate=rate_8h),
        unknown=unknown,
        data_age_seconds=age_of(reading, facts.read_at),
    )


def _futures_reading(ref: InstrumentRef, facts: CycleFacts) -> Reading:
    """Return what was read of a leg's future; a quanto one hedges no coin, so it is as good as not listed."""
    reading = facts.readings.get(ref)
    if reading is None:
        return ReadingFailure(ref=ref, reason=UnknownReason.MISSING, detail=f"{ref} was not asked for")
    if isinstance(reading, MarketReading) and reading.instrument.payoff is Payoff.QUANTO:
        return ReadingFailure(ref=ref, reason=UnknownReason.UNKNOWN_SYMBOL, detail=f"{ref}: {NO_HEDGE}")
    return reading


def _funding_mean(leg: Leg, facts: CycleFacts, coming_8h: Decimal | None) -> FundingMean | None:
    """Return the mean of the last day; where nothing is settled that is known, the coming rate stands in."""
    mean = mean_of_window(facts.past.settled.get(leg.futures, ()), facts.read_at)
    if mean is not None:
        return FundingMean(rate_8h=mean[0], hours=mean[1], from_coming=False)
    return None if coming_8h is None else FundingMean(rate_8h=coming_8h, hours=ZERO, from_coming=True)


def _unrealised(
    position: DeclaredPosition, instrument: Instrument | None, mark_price: Decimal | None
) -> Decimal | None:
    contracts = position_contracts(position, instrument, mark_price)
    if instrument is None or instrument.payoff is None or contracts is None:
        return None
    if position.entry_price is None or mark_price is None:
        return None
    gain = pnl(instrument.payoff, contracts, instrument.contract_size, position.entry_price, mark_price)
    return gain * mark_price if instrument.payoff is Payoff.INVERSE else gain


def _notional(leg: LegSnapshot) -> Decimal | None:
    price = leg.mark_price if leg.mark_price is not None else leg.futures_price
    return None if leg.coins is None or price is None else abs(leg.coins) * price


def _quality_of_leg(
    read: MarketReading | None, unknown: UnknownReason | None, *, funding_rate: Decimal | None
) -> Quality:
    if unknown in STALE_REASONS:
        return Quality.STALE
    if read is None or unknown is not None:
        return Quality.UNKNOWN
    return Quality.OK if read.mark is not None and funding_rate is not None else Quality.PARTIAL


def _quality_of_hedge(spot_unknown: UnknownReason | None, legs: Sequence[LegSnapshot]) -> Quality:
    """Grade a hedge: it is known as a whole or not, so without its spot price or one of its legs it is unknown."""
    qualities = {leg.quality for leg in legs}
    if not legs or Quality.UNKNOWN in qualities or (spot_unknown is not None and spot_unknown not in STALE_REASONS):
        return Quality.UNKNOWN
    if Quality.STALE in qualities or spot_unknown is not None:
        return Quality.STALE
    return Quality.OK if qualities == {Quality.OK} else Quality.PARTIAL


def _total(values: Iterable[Decimal | None]) -> Decimal | None:
    """Sum what is known; one unknown makes the sum unknown."""
    known = list(values)
    return None if not known or None in known else sum((value for value in known if value is not None), ZERO)


def _weighted(legs: Sequence[LegSnapshot], value: Callable[[LegSnapshot], Decimal | None]) -> Decimal | None:
    """Average over the legs by coins; one unknown makes it unknown."""
    pairs = [(value(leg), leg.coins) for leg in legs]
    if len(pairs) == 1:
        return pairs[0][0]
    known = [(number, abs(coins)) for number, coins in pairs if number is not None and coins is not None]
    weight = sum((coins for _, coins in known), ZERO)
    if len(known) < len(pairs) or weight == 0:
        return None
    return sum((number * coins for number, coins in known), ZERO) / weight


def _oldest(ages: Sequence[Decimal | None]) -> Decimal | None:
    known = [age for age in ages if age is not None]
    return max(known) if known and len(known) == len(ages) else None
