"""Resting: orders that lie in the book already and do a part of what advice would say again."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from hedgewatch.domain.account import OpenOrder
from hedgewatch.domain.exposure import coins_of
from hedgewatch.domain.hedge import LegSnapshot
from hedgewatch.domain.instrument import PositionSide
from hedgewatch.domain.numbers import ZERO, plain
from hedgewatch.domain.order import Side
from hedgewatch.domain.pricing import position_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Resting:
    """What rests of one side in a leg: coins, positive, and the orders in words."""

    coins: Decimal = ZERO
    words: str = ""


def resting_orders(side: Side, leg: LegSnapshot) -> Resting:
    """Return what rests in a leg that moves its short the same way; none where no order is known."""
    position = position_of(leg)
    found = [order for order in leg.orders or () if _moves_the_short(order, side)]
    if position is None or not found:
        return Resting()
    amounts = [
        coins_of(position.payoff, abs(order.contracts), position.contract_size, position.price) for order in found
    ]
    verb = "sell" if side is Side.SELL else "buy back"
    named = ", ".join(
        f"{verb} {plain(coins)} {leg.leg.futures.base}{_at(order)} (order {order.order_id})"
        for order, coins in zip(found, amounts, strict=True)
    )
    return Resting(coins=sum(amounts, ZERO), words=f"already resting in {leg.leg.futures.symbol}: {named}")


def _at(order: OpenOrder) -> str:
    return "" if order.limit_price is None else f" at {plain(order.limit_price)}"


def _moves_the_short(order: OpenOrder, side: Side) -> bool:
    """Tell whether an order opens or closes a short; in dual-side mode one of the long side does neither."""
    if order.position_side == PositionSide.LONG.value:
        return False
    return (order.contracts < 0 and order.reduce_only is not True) if side is Side.SELL else order.contracts > 0
