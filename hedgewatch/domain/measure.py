"""Measure: all facts of one hedge at one moment, from what the exchanges said and what the past must tell."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TypedDict

from hedgewatch.domain.delivered import delivered_leg
from hedgewatch.domain.dollars import dollar_prices, leg_in_dollars, worth
from hedgewatch.domain.expiry import is_expired
from hedgewatch.domain.exposure import hedge_ratio
from hedgewatch.domain.freshness import STALE_REASONS, Reading, age_of, standstills, why_no_price
from hedgewatch.domain.hedge import CycleFacts, Hedge, HedgeSnapshot, Leg, LegSnapshot, Quality
from hedgewatch.domain.history import NO_LEG_PAST
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.market import MarketReading, Quote, Standstill, UnknownReason
from hedgewatch.domain.measure_insurance import insurance_of
from hedgewatch.domain.measure_leg import StandIn, measure_leg
from hedgewatch.domain.numbers import ZERO, exactly
from hedgewatch.domain.owned import coins_owned
from hedgewatch.domain.proof import Doubted
from hedgewatch.domain.stand_in import beta_in_use
from hedgewatch.domain.target import wanted_coins


@exactly
def measure_hedge(hedge: Hedge, facts: CycleFacts) -> HedgeSnapshot:
    """Return everything that can be said of a hedge now; what cannot be known is None and lowers the quality."""
    still = standstills(hedge, facts)
    spot, spot_unknown, spot_quote = _priced_spot(hedge, facts, still)
    spot_price = spot_quote.mid if spot_quote else None
    dollars = dollar_prices(hedge, facts, still)
    legs = tuple(_measured(hedge, leg, facts, spot_quote, still=still) for leg in hedge.legs)
    legs = tuple(leg_in_dollars(leg, dollars) for leg in legs) if dollars else legs
    owned = coins_owned(hedge, legs, facts)
    coins = _total(leg.covered for leg in legs)
    exposure, futures_price = owned.exposure, _weighted(legs, lambda leg: leg.futures_price)
    rate = worth(dollars, spot.ref.quote) if spot is not None else None
    ratio = hedge_ratio(exposure, coins) if coins is not None and exposure is not None else None
    spot_usd = None if spot_price is None or rate is None else spot_price * rate
    target = wanted_coins(hedge, exposure, spot_price, futures_price, spot_price_usd=spot_usd)
    return HedgeSnapshot(
        hedge=hedge,
        read_at=facts.read_at,
        spot=spot,
        spot_price=spot_price,
        legs=legs,
        holding=owned.holding,
        exposure=exposure,
        futures_coins=coins,
        net_exposure=None if coins is None or exposure is None else exposure + coins,
        hedge_ratio=ratio,
        drift=None if ratio is None or target is None or not exposure else ratio + target / exposure,
        **_over_legs(legs),
        quality=_quality_of_hedge(spot_unknown, legs, owned.doubt),
        spot_unknown=spot_unknown,
        quantities=owned.quantities,
        coin_doubt=owned.doubt,
        coin_fall=owned.fall,
        still=still,
        dollars=dollars,
        target=target,
        insurance=insurance_of(hedge, legs, facts, exposure=exposure, ratio=ratio, spot_usd=spot_usd),
        data_age_seconds=_oldest([age_of(spot, facts.read_at), *(leg.data_age_seconds for leg in legs)]),
    )


class _OverLegs(TypedDict):
    """What all legs of a hedge come to; one that is not known makes it None."""

    notional_usd: Decimal | None
    futures_price: Decimal | None
    basis_rate: Decimal | None
    funding_rate_8h: Decimal | None
    funding_apr: Decimal | None
    liquidation_price: Decimal | None
    liquidation_distance: Decimal | None
    margin_usage: Decimal | None
    leverage: Decimal | None
    unrealised_pnl_usd: Decimal | None


def _over_legs(legs: Sequence[LegSnapshot]) -> _OverLegs:
    funded = () if all(leg.leg.futures.is_dated for leg in legs) else legs
    return _OverLegs(
        notional_usd=_total(leg.notional_usd for leg in legs),
        futures_price=_weighted(legs, lambda leg: leg.futures_price),
        basis_rate=_weighted(legs, lambda leg: leg.basis_rate),
        funding_rate_8h=_weighted(funded, lambda leg: ZERO if leg.leg.futures.is_dated else leg.funding_rate_8h),
        funding_apr=_weighted(funded, lambda leg: ZERO if leg.leg.futures.is_dated else leg.funding_apr),
        liquidation_price=_nearest(legs, lambda leg: leg.liquidation_price),
        liquidation_distance=_nearest(legs, lambda leg: leg.liquidation_distance),
        margin_usage=_highest(leg.margin_usage for leg in legs),
        leverage=_highest(leg.leverage for leg in legs),
        unrealised_pnl_usd=_total(leg.unrealised_pnl_usd for leg in legs),
    )


def _priced_spot(
    hedge: Hedge, facts: CycleFacts, still: Mapping[InstrumentRef, Standstill]
) -> tuple[Reading | None, UnknownReason | None, Quote | None]:
    """Return what was read of spot, why it gives no price, and the price where it does."""
    spot = live_spot(hedge, facts, still)
    unknown = why_no_price(spot, still, facts.read_at)
    return spot, unknown, spot.quote if isinstance(spot, MarketReading) and unknown is None else None


def _measured(
    hedge: Hedge, leg: Leg, facts: CycleFacts, spot: Quote | None, *, still: Mapping[InstrumentRef, Standstill]
) -> LegSnapshot:
    if is_expired(leg.futures, facts):
        return delivered_leg(leg, facts)
    return measure_leg(leg, facts, spot, still, stand_in=_stand_in(hedge, leg, facts))


def _stand_in(hedge: Hedge, leg: Leg, facts: CycleFacts) -> StandIn | None:
    if hedge.proxy is None or not hedge.stands_in(leg):
        return None
    past = facts.past.legs.get((hedge.name, leg.name), NO_LEG_PAST).proxy
    return StandIn(beta=beta_in_use(hedge.proxy, past))


def live_spot(hedge: Hedge, facts: CycleFacts, still: Mapping[InstrumentRef, Standstill]) -> Reading | None:
    """Return the first spot source with a price of now, else the first one's reading; None if none was asked."""
    readings = [facts.readings[ref] for ref in hedge.spot if ref in facts.readings]
    live = (reading for reading in readings if why_no_price(reading, still, facts.read_at) is None)
    return next(live, next(iter(readings), None))


def _quality_of_hedge(
    spot_unknown: UnknownReason | None, legs: Sequence[LegSnapshot], coins: Doubted | None
) -> Quality:
    """Grade a hedge: it is known as a whole or not, so without its spot price, coins or one of its legs it is not."""
    qualities = {leg.quality for leg in legs}
    reasons = [reason for reason in (spot_unknown, coins.reason if coins else None) if reason is not None]
    if not legs or Quality.UNKNOWN in qualities or any(reason not in STALE_REASONS for reason in reasons):
        return Quality.UNKNOWN
    if Quality.STALE in qualities or reasons:
        return Quality.STALE
    return Quality.OK if qualities == {Quality.OK} else Quality.PARTIAL


def _total(values: Iterable[Decimal | None]) -> Decimal | None:
    """Sum what is known; one unknown makes the sum unknown."""
    known = list(values)
    return None if not known or None in known else sum((value for value in known if value is not None), ZERO)


def _weighted(legs: Sequence[LegSnapshot], value: Callable[[LegSnapshot], Decimal | None]) -> Decimal | None:
    """Average over the legs by coins; one unknown makes it unknown. Legs that hold nothing count only by themselves."""
    holding = [leg for leg in legs if leg.coins != 0] or legs
    pairs = [(value(leg), abs(leg.covered) if leg.covered else None) for leg in holding]
    if len(pairs) == 1:
        return pairs[0][0]
    known = [(number, coins) for number, coins in pairs if number is not None and coins is not None]
    weight = sum((coins for _, coins in known), ZERO)
    if len(known) < len(pairs) or weight == 0:
        return None
    return sum((number * coins for number, coins in known), ZERO) / weight


def _nearest(legs: Sequence[LegSnapshot], value: Callable[[LegSnapshot], Decimal | None]) -> Decimal | None:
    """Return a value of the leg nearest to liquidation; None: one is not known, or none can be liquidated."""
    mortal = [leg for leg in legs if not leg.is_never]
    near = [(leg.liquidation_distance, leg) for leg in mortal if leg.liquidation_distance is not None]
    if not near or len(near) < len(mortal):
        return None
    return value(min(near, key=lambda pair: pair[0])[1])


def _highest(values: Iterable[Decimal | None]) -> Decimal | None:
    known = list(values)
    return None if not known or None in known else max(value for value in known if value is not None)


def _oldest(ages: Sequence[Decimal | None]) -> Decimal | None:
    known = [age for age in ages if age is not None]
    return max(known) if known and len(known) == len(ages) else None
