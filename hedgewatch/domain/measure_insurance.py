"""Measure the insurance: what keeping a hedge is expected to cost, and the tail loss that it removes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from hedgewatch.domain.funding import expected_rate_8h
from hedgewatch.domain.hedge import CycleFacts, Hedge, LegSnapshot
from hedgewatch.domain.history import LEAST_CHANGES, NO_COIN_PAST, NO_LEG_PAST, CoinPast
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.insurance import OPEN_ENDED, Insurance
from hedgewatch.domain.market import MarketReading
from hedgewatch.domain.numbers import ONE, ZERO, exactly, from_float
from hedgewatch.domain.protection import (
    expected_cost,
    expected_shortfall,
    protection_of,
    tail_factor,
    variance_ratio_of_own_coin,
)
from hedgewatch.domain.stand_in import beta_in_use, effectiveness_of
from hedgewatch.domain.volatility import DAYS_OF_YEAR, LEAST_OBSERVATIONS, tail_volatility

SHORTEST = ONE  # day: the last hours say nothing about a tail
FACTOR = tail_factor()
DAY = timedelta(days=1)
BASIS_HOURS_NEEDED = 24 + LEAST_CHANGES


@exactly
def insurance_of(
    hedge: Hedge,
    legs: Sequence[LegSnapshot],
    facts: CycleFacts,
    *,
    exposure: Decimal | None,
    ratio: Decimal | None,
    spot_usd: Decimal | None,
) -> Insurance:
    """Weigh what keeping a hedge costs against what it protects, until its end, or for 30 days if none was set.

    A perpetual costs the funding that is expected, half the last week's mean and half the coming rate; a dated future
    what its basis still comes up. Keeping is what is decided, so no fee is in it: the exit's is due either way.
    ratio: of the hedge now. spot_usd: of a coin. Source: domain specification 4.1.
    """
    days = days_left(hedge, facts)
    costs = [_cost_of(hedge, leg, facts, days) for leg in legs]
    cost = None if None in costs or not costs else sum((one for one in costs if one is not None), ZERO)
    notional = sum((leg.notional_usd or ZERO for leg in legs), ZERO)
    priced = Insurance(
        days=days,
        cost=cost,
        a_day=None if cost is None else cost / days,
        cost_apr=None if cost is None or notional == 0 else cost / days * DAYS_OF_YEAR / notional,
        missing="what it costs is not known" if cost is None else None,
    )
    if exposure is None or exposure <= 0 or ratio is None or spot_usd is None:
        return replace(priced, missing="the coins or their price are not known")
    return _protecting(priced, hedge, legs, facts, held=(exposure, ratio), spot_usd=spot_usd)


def _protecting(
    priced: Insurance,
    hedge: Hedge,
    legs: Sequence[LegSnapshot],
    facts: CycleFacts,
    *,
    held: tuple[Decimal, Decimal],
    spot_usd: Decimal,
) -> Insurance:
    """Add what is protected. held: the exposure and the share of it that is hedged."""
    ref, coin = _longest_known(hedge, legs, facts)
    sigma, basis_sigma = coin.volatility, _basis_volatility(hedge, legs, facts)
    if sigma is None or sigma == 0:
        return replace(priced, missing=_more_days(ref, coin))
    if any(leg.leg.futures.base != hedge.asset for leg in legs):
        left = _left_by_proxy(hedge, legs, facts, held[1])
        if left is None:
            return replace(priced, missing="it hedges with another asset's future, whose effectiveness is not known")
    elif basis_sigma is None:
        return replace(priced, missing=_more_hours(hedge, legs, facts))
    else:
        left = variance_ratio_of_own_coin(held[1], basis_sigma, sigma)
    shortfall = expected_shortfall(tail_volatility(sigma), priced.days, FACTOR)
    protection = protection_of(held[0] * spot_usd, shortfall, left)
    return replace(
        priced,
        protection=protection,
        ratio=None if priced.cost is None or protection <= 0 else priced.cost / protection,
        volatility=sigma,
        variance_ratio=left,
        missing=priced.missing or (None if protection > 0 else "it protects nothing"),
    )


def _left_by_proxy(hedge: Hedge, legs: Sequence[LegSnapshot], facts: CycleFacts, ratio: Decimal) -> Decimal | None:
    """Return the share of the coin's variance that a proxy leaves when so much of its target is there.

    None if it is not known, and where legs of several assets stand for the coin. Source: domain specification 4.1.
    """
    if hedge.proxy is None or len({leg.leg.futures.base for leg in legs}) != 1:
        return None
    past = facts.past.legs.get((hedge.name, legs[0].leg.name), NO_LEG_PAST).proxy
    beta = beta_in_use(hedge.proxy, past)
    removed = None if beta is None else effectiveness_of(beta * ratio, past).share_removed
    return None if removed is None else max(ZERO, ONE - removed)


def days_left(hedge: Hedge, facts: CycleFacts) -> Decimal:
    """Return the days until a hedge's end, one at least; 30 if it has none."""
    end = hedge.terms.ends_at
    return OPEN_ENDED if end is None else max(SHORTEST, from_float((end - facts.read_at) / DAY, "days"))


def expected_rate(hedge: str, leg: LegSnapshot, facts: CycleFacts) -> Decimal | None:
    """Return the funding per 8 hours that is expected of a perpetual leg; None: nothing is known."""
    week = facts.past.legs.get((hedge, leg.leg.name), NO_LEG_PAST).week_rate_8h
    return expected_rate_8h(week, leg.funding_rate_8h)


def _cost_of(hedge: Hedge, leg: LegSnapshot, facts: CycleFacts, days: Decimal) -> Decimal | None:
    """Return what a leg costs over the days, + is paid; a long one pays what a short one earns."""
    notional = leg.notional_usd
    if notional is None or leg.coins is None:
        return None
    if notional == 0:
        return ZERO
    if leg.leg.futures.is_dated:
        cost = _carry_of_dated(leg, facts, notional, days)
    else:
        rate = expected_rate(hedge.name, leg, facts)
        cost = None if rate is None else expected_cost(notional, rate, days, fees=ZERO, margin=ZERO)
    return cost if cost is None or leg.coins < 0 else -cost


def _carry_of_dated(leg: LegSnapshot, facts: CycleFacts, notional: Decimal, days: Decimal) -> Decimal | None:
    expiry = leg.reading.instrument.expiry if isinstance(leg.reading, MarketReading) else None
    if leg.basis_rate is None or expiry is None:
        return None
    to_expiry = from_float((expiry - facts.read_at) / DAY, "days_to_expiry")
    part = ONE if to_expiry <= days else days / to_expiry
    return -leg.basis_rate * part * notional


def _longest_known(hedge: Hedge, legs: Sequence[LegSnapshot], facts: CycleFacts) -> tuple[InstrumentRef, CoinPast]:
    """Return the first spot source or, if need be, contract of the coin that tells its volatility, else the longest."""
    own = (leg.leg.futures for leg in legs if leg.leg.futures.base == hedge.asset)
    pasts = [(ref, facts.past.coins.get(ref, NO_COIN_PAST)) for ref in (*hedge.spot, *own)]
    known = (pair for pair in pasts if pair[1].volatility is not None)
    return next(known, max(pasts, key=lambda pair: pair[1].returns))


def _basis_volatility(hedge: Hedge, legs: Sequence[LegSnapshot], facts: CycleFacts) -> Decimal | None:
    """Return the volatility of the basis of what is held, weighted by coins; None while one is not known."""
    held = [leg for leg in legs if leg.coins]
    known = [
        (facts.past.legs.get((hedge.name, leg.leg.name), NO_LEG_PAST).basis_volatility, abs(leg.coins or ZERO))
        for leg in held
    ]
    weight = sum((coins for _, coins in known), ZERO)
    total = sum((sigma * coins for sigma, coins in known if sigma is not None), ZERO)
    if any(sigma is None for sigma, _ in known):
        return None
    return total / weight if weight else ZERO


def _more_days(ref: InstrumentRef, coin: CoinPast) -> str:
    return f"the volatility of {ref} needs {LEAST_OBSERVATIONS} daily returns, has {coin.returns}"


def _more_hours(hedge: Hedge, legs: Sequence[LegSnapshot], facts: CycleFacts) -> str:
    pasts = {leg.leg.name: facts.past.legs.get((hedge.name, leg.leg.name), NO_LEG_PAST) for leg in legs if leg.coins}
    name = next(name for name, past in pasts.items() if past.basis_volatility is None)
    basis = pasts[name].basis
    return f"the basis of {name} needs {BASIS_HOURS_NEEDED} hourly closes in a row, has {basis.hours if basis else 0}"
