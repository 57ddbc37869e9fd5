"""Advice: orders that bring a hedge to its target, priced and worded so that they cannot hurt."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

from hedgewatch.domain.exposure import hedge_ratio
from hedgewatch.domain.hedge import HedgeSnapshot, LegSnapshot
from hedgewatch.domain.market import MarketReading
from hedgewatch.domain.numbers import ONE, ZERO, exactly
from hedgewatch.domain.order import Order, Side, TimeInForce
from hedgewatch.domain.pricing import Priced, price_trade, slippage
from hedgewatch.domain.resting import resting_orders
from hedgewatch.domain.sizing import order_quantity

VALID_FOR = timedelta(seconds=60)
SHORT_SIDE = "short"
NOT_YOURS = "if you no longer own these coins"
MAY_REST = "if no such order rests there already: the open orders could not be read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """The orders that mend a hedge; where there are none although there is a drift, ``why_none`` says why.

    resting: what rests at the accounts already and was taken off, in words. condition: what must hold for the orders,
    where it is not proven. left_out: what the orders leave alone, in words.
    """

    orders: tuple[Order, ...] = ()
    why_none: str | None = None
    resting: tuple[str, ...] = ()
    condition: str | None = None
    left_out: tuple[str, ...] = ()


@exactly
def rebalance_orders(snapshot: HedgeSnapshot, *, is_critical: bool) -> Advice:
    """Return the orders that bring a hedge back to its target, each on the grid of the leg it is for.

    A sale is for the first leg that can take it, a purchase for those that are short, in their order; where legs have
    shares, for those that are off theirs. What rests at an account already is taken off and named. Never past the
    target (contracts round down). Under-hedged: sell, passive, or if critical marketable with a cap of 10 bp; none
    while the future is bid more than 1 % below spot. Over-hedged: buy, reduce-only, passive, at most what is short.
    Nothing in a leg whose contract's size is in doubt. Source: domain specification 2.4, contracts section 5.
    """
    if snapshot.exposure is None or snapshot.futures_coins is None or not snapshot.legs:
        return Advice(why_none="the position is not known")
    if snapshot.target is None:
        return Advice(why_none="the price that the target is reckoned with is not known")
    return _advice(snapshot, snapshot.target - snapshot.futures_coins, snapshot.legs, is_critical=is_critical)


@exactly
def closing_orders(snapshot: HedgeSnapshot, legs: Sequence[LegSnapshot]) -> Advice:
    """Return the purchases, reduce-only and passive, that close the shorts of some legs."""
    if any(leg.coins is None for leg in legs):
        return Advice(why_none="the position is not known")
    if any(leg.per_coin is None for leg in legs):  # to buy back all of it, nobody needs to know what it stood for
        legs = [replace(leg, per_coin=ONE) for leg in legs]
    short = sum((-leg.covered for leg in legs if leg.covered is not None and leg.covered < 0), ZERO)
    if not short:
        return Advice(why_none="nothing is short")
    return _advice(_without_shares(snapshot), short, legs, is_critical=False)


def closing_part(snapshot: HedgeSnapshot, legs: Sequence[LegSnapshot], coins: Decimal) -> Advice:
    """Return the purchases, reduce-only and passive, that close so many coins (positive) of some legs' shorts."""
    return _advice(snapshot, coins, legs, is_critical=False)


def opening_part(snapshot: HedgeSnapshot, leg: LegSnapshot, coins: Decimal) -> Advice:
    """Return the sale, passive, that opens so many coins (positive) short in one leg."""
    return _advice(_without_shares(snapshot), -coins, [leg], is_critical=False)


def cutting_part(snapshot: HedgeSnapshot, leg: LegSnapshot, coins: Decimal) -> Advice:
    """Return the purchase, reduce-only and passive, that cuts one leg by so many coins (positive)."""
    return _advice(_without_shares(snapshot), coins, [leg], is_critical=False)


def _without_shares(snapshot: HedgeSnapshot) -> HedgeSnapshot:
    """Forget what each leg should carry: what is closed, cut or rolled is not brought to its share."""
    return replace(snapshot, legs=())


def _advice(snapshot: HedgeSnapshot, wanted: Decimal, legs: Sequence[LegSnapshot], *, is_critical: bool) -> Advice:
    """Go through the legs with room until what is wanted (below zero: sell) is covered."""
    side = Side.SELL if wanted < 0 else Side.BUY
    rests = {leg.leg.name: resting_orders(side, leg) for leg in legs}
    left = abs(wanted) - sum((rests[leg.leg.name].coins * (leg.per_coin or ZERO) for leg in legs), ZERO)
    found: list[Priced] = []
    refusals: list[str] = []
    for leg, room in _rooms(side, snapshot, legs):
        each = leg.per_coin
        if each is None:
            refusals.append(f"no order: how far {leg.leg.futures.base} stands for {snapshot.hedge.asset} is not known")
            continue
        part = left if room is None else min(left, room - rests[leg.leg.name].coins * each)
        if part <= 0:
            continue
        against, at_once = _spot_of(snapshot, leg), is_critical and side is Side.SELL
        priced = price_trade(side, leg, part / each, against, is_marketable=at_once)
        if isinstance(priced, str):
            refusals.append(priced)
            continue
        found.append(priced)
        left -= priced.coins * each
    words = tuple(rest.words for rest in rests.values() if rest.words)
    if not found:
        return Advice(why_none=next(iter([*words, *refusals]), "no leg has room for an order"), resting=words)
    return Advice(orders=tuple(_orders(snapshot, found)), resting=words, condition=_condition(snapshot, side, found))


def _spot_of(snapshot: HedgeSnapshot, leg: LegSnapshot) -> Decimal | None:
    """Return the spot price that a leg's future is held against: of another asset's future, its index."""
    if not snapshot.hedge.stands_in(leg.leg):
        return snapshot.spot_price
    mark = leg.reading.mark if isinstance(leg.reading, MarketReading) else None
    return mark.index_price if mark else None


def _condition(snapshot: HedgeSnapshot, side: Side, found: Iterable[Priced]) -> str | None:
    is_unproven = side is Side.BUY and snapshot.coin_fall is not None
    may_rest = any(priced.leg.orders is None for priced in found)
    said = [words for words, holds in ((NOT_YOURS, is_unproven), (MAY_REST, may_rest)) if holds]
    return ", and ".join(said) or None


def _rooms(
    side: Side, snapshot: HedgeSnapshot, legs: Sequence[LegSnapshot]
) -> Iterable[tuple[LegSnapshot, Decimal | None]]:
    """Yield the legs that can take an order, with the coins that fit; None: any number."""
    targets = _targets(snapshot)
    for leg in legs:
        held = leg.covered or ZERO
        target = targets.get(leg.leg.name)
        gap = None if target is None else (held - target if side is Side.SELL else target - held)
        if side is Side.BUY:
            yield leg, -held if gap is None else min(-held, gap)
        else:
            yield leg, gap


def _targets(snapshot: HedgeSnapshot) -> dict[str, Decimal]:
    """Return the futures coins that each leg should have, where legs have shares; those without share the rest."""
    legs = [leg.leg for leg in snapshot.legs]
    shared = [leg.share for leg in legs if leg.share is not None]
    whole = snapshot.target
    if not shared or whole is None or any(leg.is_delivered for leg in snapshot.legs):
        return {}  # what a delivered leg carried is for the others now
    rest = (ONE - sum(shared, ZERO)) / (len(legs) - len(shared)) if len(legs) > len(shared) else ZERO
    return {leg.name: whole * (rest if leg.share is None else leg.share) for leg in legs}


def _orders(snapshot: HedgeSnapshot, found: Iterable[Priced]) -> Iterable[Order]:
    """Write the orders; each one's ratio counts those before it as filled."""
    coins = snapshot.futures_coins
    for priced in found:
        if coins is not None:
            covered = priced.coins * (priced.leg.per_coin or ONE)
            coins += covered if priced.trade.side is Side.BUY else -covered
        ratio = None if coins is None or snapshot.exposure is None else hedge_ratio(snapshot.exposure, coins)
        yield _order(snapshot, priced, ratio)


def _order(snapshot: HedgeSnapshot, priced: Priced, ratio_after: Decimal | None) -> Order:
    instrument, trade, leg = priced.instrument, priced.trade, priced.leg
    fees = leg.fees
    maker, taker = (fees.maker, fees.taker) if fees else (instrument.maker_fee, instrument.taker_fee)
    fee = taker if priced.is_marketable else maker
    return Order(
        ref=instrument.ref,
        account=leg.leg.account,
        side=trade.side,
        position_side=SHORT_SIDE if leg.held.is_dual_side else None,
        coins=priced.coins,
        contracts=trade.contracts,
        order_quantity=order_quantity(trade.contracts, instrument.contract_size, instrument.order_unit),
        order_unit=instrument.order_unit,
        limit_price=priced.price,
        time_in_force=TimeInForce.IOC if priced.is_marketable else TimeInForce.POST_ONLY,
        reduce_only=trade.reduce_only,
        valid_until=snapshot.read_at + VALID_FOR,
        estimated_fee_usd=None if fee is None or leg.usd is None else priced.notional * fee * leg.usd,
        hedge_ratio_after=ratio_after,
        estimated_slippage_usd=_slippage(priced),
    )


def _slippage(priced: Priced) -> Decimal | None:
    reading = priced.leg.reading
    if not isinstance(reading, MarketReading) or reading.quote is None:
        return None
    return slippage(priced.trade.side, reading.quote, priced.price, priced.coins)
