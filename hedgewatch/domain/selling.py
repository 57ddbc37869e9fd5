"""Selling: the coins and their hedge given up together, so that at no moment one stands without the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from hedgewatch.domain.advice import VALID_FOR, Advice, closing_part
from hedgewatch.domain.exposure import PricedPosition, hedge_ratio, position_value
from hedgewatch.domain.hedge import HedgeSnapshot
from hedgewatch.domain.instrument import Instrument, Payoff
from hedgewatch.domain.inventory import HeldShare
from hedgewatch.domain.market import MarketReading, Quote
from hedgewatch.domain.numbers import ONE, ZERO, exactly
from hedgewatch.domain.order import Order, Side, TimeInForce
from hedgewatch.domain.pricing import grid_of, limit_price, shortage_words, slippage
from hedgewatch.domain.rebalance import Trade, trade_of
from hedgewatch.domain.target import wanted_coins


@dataclass(frozen=True, slots=True, kw_only=True)
class _Saleable:
    """Coins that can be sold at the hedge's spot market now, and what is left out, in words."""

    coins: Decimal
    account: str | None
    left_out: tuple[str, ...]


@exactly
def sell_and_close(snapshot: HedgeSnapshot) -> Advice:
    """Return the orders that sell the coins of a hedge at spot and buy back the part of its short that hedged them.

    Both or neither: the coins without the short are exposed, the short without the coins is a bet. What stands for
    other coins (staked, wrapped) or is locked is left out and named, and its part of the short stays. The spot sale is
    passive, at the best ask; the purchase reduce-only, passive. The ratio of each order is that after all of them.
    Source: domain specification 8 (PROFIT_TARGET).
    """
    if snapshot.exposure is None or snapshot.futures_coins is None or not snapshot.legs:
        return Advice(why_none="the position is not known")
    saleable = _saleable(snapshot)
    sale = _spot_sale(snapshot, saleable)
    if isinstance(sale, str):
        return Advice(why_none="; ".join([sale, *saleable.left_out]))
    after = replace(snapshot, exposure=snapshot.exposure - sale.coins)
    prices = snapshot.spot_price, snapshot.futures_price
    target = wanted_coins(after.hedge, after.exposure, *prices, spot_price_usd=snapshot.spot_price_usd)
    after = replace(after, target=target)
    excess = ZERO if target is None else target - snapshot.futures_coins
    closing = closing_part(after, after.legs, excess) if excess > 0 else Advice()
    if closing.why_none is not None and not closing.resting:
        return Advice(why_none=f"coins and short must go together: {closing.why_none}")
    ratio = hedge_ratio(after.exposure or ZERO, snapshot.futures_coins)
    if closing.orders:
        ratio = closing.orders[-1].hedge_ratio_after
    return Advice(
        orders=tuple(replace(order, hedge_ratio_after=ratio) for order in (sale, *closing.orders)),
        resting=closing.resting,
        condition=closing.condition,
        left_out=saleable.left_out,
    )


def _saleable(snapshot: HedgeSnapshot) -> _Saleable:
    left_out = [words for share in snapshot.hedge.held if (words := _why_left_out(share, snapshot)) is not None]
    sold = [share for share in snapshot.hedge.held if _why_left_out(share, snapshot) is None]
    coins = sum(((snapshot.quantities.get(one.holding.name) or ZERO) * one.share for one in sold), ZERO)
    accounts = {share.holding.account for share in sold}
    moved = [one.holding for one in sold if one.holding.where]
    return _Saleable(
        coins=max(ZERO, coins),
        account=accounts.pop() if len(accounts) == 1 else None,
        left_out=(*left_out, *(f"{one.name} lies at {one.where} and must be moved there first" for one in moved)),
    )


def _why_left_out(share: HeldShare, snapshot: HedgeSnapshot) -> str | None:
    holding = share.holding
    if holding.asset != snapshot.hedge.asset:
        return f"{holding.name} is {holding.asset}, which this market does not trade: its part of the short stays"
    if holding.locked_until is not None and holding.locked_until > snapshot.read_at.date():
        return f"{holding.name} is locked until {holding.locked_until}: its part of the short stays"
    return None


def _spot_sale(snapshot: HedgeSnapshot, saleable: _Saleable) -> Order | str:
    spot = snapshot.spot
    if not isinstance(spot, MarketReading) or spot.quote is None or snapshot.spot_price is None:
        return "there is no live spot price to sell at"
    if saleable.coins == 0:
        return "there are no coins to sell"
    grid = grid_of(spot.instrument)
    if grid is None:
        return f"the lot size of {spot.ref} is not known"
    price = limit_price(Side.SELL, spot.quote, spot.instrument.tick, is_marketable=False)
    held = PricedPosition(payoff=Payoff.LINEAR, contracts=saleable.coins, contract_size=ONE, price=price)
    trade = trade_of(-saleable.coins, held, grid, limit_price=price)
    notional = position_value(Payoff.LINEAR, trade.contracts, ONE, price).notional_quote
    if trade.shortage is not None:
        return shortage_words(spot.instrument, trade, notional)
    return _order(snapshot, spot.instrument, spot.quote, trade, price=price, account=saleable.account)


def _order(
    snapshot: HedgeSnapshot, instrument: Instrument, quote: Quote, trade: Trade, *, price: Decimal, account: str | None
) -> Order:
    fee = instrument.maker_fee
    return Order(
        ref=instrument.ref,
        account=account,
        side=Side.SELL,
        position_side=None,
        coins=trade.contracts,
        contracts=trade.contracts,
        order_quantity=trade.contracts,
        order_unit=instrument.order_unit,
        limit_price=price,
        time_in_force=TimeInForce.POST_ONLY,
        reduce_only=False,
        valid_until=snapshot.read_at + VALID_FOR,
        estimated_fee_usd=None if fee is None else trade.contracts * price * fee,
        hedge_ratio_after=None,
        estimated_slippage_usd=slippage(Side.SELL, quote, price, trade.contracts),
    )


def together_words(advice: Advice) -> Iterator[str]:
    """Yield what a message says of a sale and its closing beside the orders themselves."""
    if advice.orders:
        yield "both or neither: the coins alone would be exposed, the short alone a bet"
    yield from advice.left_out
    if advice.why_none:
        yield advice.why_none
