"""Rolling: the orders that move a short to a later contract, and whether that is under way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from hedgewatch.domain.advice import Advice, closing_orders, opening_part
from hedgewatch.domain.expiry import expiry_of
from hedgewatch.domain.freshness import seconds_between
from hedgewatch.domain.hedge import CycleFacts, HedgeSnapshot, LegSnapshot
from hedgewatch.domain.held import HeldPosition
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.market import MarketReading
from hedgewatch.domain.numbers import ONE, ZERO, exactly
from hedgewatch.domain.roll import OPENS_BEFORE, RollMetrics, RollPhase, roll_metrics, roll_phase

DAY_SECONDS = 86_400
# Between the two orders of a roll the hedge is not whole, and that is no fault; longer, and it is.
ROLLING_FOR = timedelta(minutes=15)
DELIVERED_FOR = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class RollAdvice:
    """How to roll one leg. far: what to roll to, None where no later contract is read. metrics: what it earns now."""

    advice: Advice
    far: InstrumentRef | None = None
    metrics: RollMetrics | None = None


@exactly
def roll_orders(snapshot: HedgeSnapshot, leg: LegSnapshot, facts: CycleFacts) -> RollAdvice:
    """Return both orders of a roll: sell the later contract, then buy back the near one, reduce-only, both passive.

    The later one is the nearest expiry after this one, on the same exchange and of the same settle asset, that is read;
    else its perpetual. First the far one, so that the coins are never naked; if it cannot be sold, nothing is bought
    back. Source: domain specification 7.
    """
    coins, far = leg.coins, later_contract(leg, facts)
    if far is None:
        words = f"no later contract of {leg.leg.futures.base} is read at {leg.leg.futures.exchange}: choose one there"
        return RollAdvice(advice=Advice(why_none=words))
    if coins is None or coins >= 0:
        return RollAdvice(advice=Advice(why_none="nothing is short to be rolled"), far=far.ref)
    each = leg.per_coin or ONE  # as many coins of the later contract as of this one, whatever they stand for
    opened = opening_part(snapshot, replace(_as_leg(snapshot, leg, far), per_coin=each), -coins * each)
    if not opened.orders:
        return RollAdvice(advice=opened, far=far.ref)
    metrics = _metrics(leg, far, facts)
    sold = each * sum((order.coins for order in opened.orders), ZERO)
    after = replace(snapshot, futures_coins=None if snapshot.futures_coins is None else snapshot.futures_coins - sold)
    closed = closing_orders(after, [leg])
    advice = Advice(
        orders=(*opened.orders, *closed.orders),
        resting=(*opened.resting, *closed.resting),
        condition=opened.condition or closed.condition,
        why_none=closed.why_none,
    )
    return RollAdvice(advice=advice, far=far.ref, metrics=metrics)


def later_contract(leg: LegSnapshot, facts: CycleFacts) -> MarketReading | None:
    """Return what a dated leg can be rolled to: the next expiry that is quoted now, else the perpetual."""
    near = leg.leg.futures
    end = expiry_of(near, facts)
    alike = [
        reading
        for ref, reading in facts.readings.items()
        if isinstance(reading, MarketReading) and reading.quote is not None and _is_alike(ref, near)
    ]
    dated = [(expiry_of(one.ref, facts), one) for one in alike if one.ref.is_dated]
    later = [(expiry, one) for expiry, one in dated if expiry is not None and end is not None and expiry > end]
    if later:
        return min(later, key=lambda pair: pair[0])[1]
    return next((one for one in alike if not one.ref.is_dated), None)


def _is_alike(ref: InstrumentRef, near: InstrumentRef) -> bool:
    return (
        ref != near
        and (ref.exchange, ref.base, ref.settle) == (near.exchange, near.base, near.settle)
        and bool(ref.settle)
        and ref.is_inverse == near.is_inverse
    )


def _as_leg(snapshot: HedgeSnapshot, leg: LegSnapshot, far: MarketReading) -> LegSnapshot:
    """Return the far contract as a leg: the hedge's own where it has one, else an empty one in the same account."""
    own = next((one for one in snapshot.legs if one.leg.futures == far.ref), None)
    if own is not None:
        return own
    return replace(
        leg,
        leg=replace(leg.leg, futures=far.ref, name=str(far.ref), share=None),
        reading=far,
        contracts=ZERO,
        coins=ZERO,
        futures_price=far.quote.mid if far.quote else None,
        mark_price=far.mark.mark_price if far.mark else None,
        held=HeldPosition(contracts=ZERO, is_dual_side=leg.held.is_dual_side),
        orders=(),
        size_doubt=None,
    )


def _metrics(leg: LegSnapshot, far: MarketReading, facts: CycleFacts) -> RollMetrics | None:
    near = leg.reading
    ends = expiry_of(leg.leg.futures, facts), expiry_of(far.ref, facts)
    if not isinstance(near, MarketReading) or near.quote is None or far.quote is None or None in ends:
        return None
    days = [max(ZERO, seconds_between(end, facts.read_at) / DAY_SECONDS) for end in ends if end is not None]
    return roll_metrics(
        near.quote.bid, near.quote.ask, far.quote.bid, far.quote.ask, days_near=days[0], days_far=days[1]
    )


def near_legs(snapshot: HedgeSnapshot, facts: CycleFacts) -> Iterable[tuple[LegSnapshot, datetime]]:
    """Yield the legs whose roll window is open, with their expiry."""
    for leg in snapshot.legs:
        end = expiry_of(leg.leg.futures, facts) if leg.leg.futures.is_dated else None
        if end is not None and roll_phase(facts.read_at, end) not in {RollPhase.EARLY, RollPhase.EXPIRED}:
            yield leg, end


def rolled_excess(snapshot: HedgeSnapshot, facts: CycleFacts) -> Decimal:
    """Return the coins, positive, that a hedge may be over its target because near legs are still open beside far ones.

    So much is short in legs whose roll window is open, where another leg of the hedge is short as well.
    """
    near = [leg for leg, _ in near_legs(snapshot, facts)]
    others = [leg for leg in snapshot.legs if leg not in near and leg.covered is not None and leg.covered < 0]
    return sum((-leg.covered for leg in near if leg.covered is not None and leg.covered < 0), ZERO) if others else ZERO


def is_being_rolled(leg: LegSnapshot, facts: CycleFacts) -> bool:
    """Tell whether a leg was bought back a moment ago because it expires soon: its far leg is about to follow."""
    end, fall = expiry_of(leg.leg.futures, facts), leg.held.fall
    if end is None or fall is None or end - facts.read_at > OPENS_BEFORE:
        return False
    return facts.read_at - fall.at <= ROLLING_FOR


def was_just_delivered(snapshot: HedgeSnapshot, facts: CycleFacts) -> bool:
    """Tell whether a leg expired in the last day: its alert speaks for all that follows from that."""
    ends = (expiry_of(leg.leg.futures, facts) for leg in snapshot.legs if leg.is_delivered)
    return any(end is not None and facts.read_at - end <= DELIVERED_FOR for end in ends)
