"""Words: how an order, and a leg, is written in a message."""

from __future__ import annotations

from hedgewatch.domain.advice import Advice
from hedgewatch.domain.hedge import HedgeSnapshot, LegSnapshot
from hedgewatch.domain.numbers import plain
from hedgewatch.domain.order import Order, Side, TimeInForce


def order_words(order: Order) -> str:
    """Write an order for a message."""
    coins, base = plain(order.coins), order.ref.symbol.split("/")[0]
    worst = "or better" if order.time_in_force is TimeInForce.POST_ONLY else "or better, at once"
    reduce = ", reduce-only" if order.reduce_only else ""
    verb = "sell" if order.side is Side.SELL else "buy back"
    where = f"{order.ref.symbol} on {order.ref.exchange}"
    return f"{verb} {coins} {base} of {where} at {plain(order.limit_price)} {worst}{reduce}"


def leg_words(snapshot: HedgeSnapshot, leg: LegSnapshot) -> str:
    """Name a leg in a message."""
    return f"{snapshot.hedge.name}: {leg.leg.futures}"


def orders_words(advice: Advice) -> str:
    """Write an advice's orders for a message, with what is off them and what must hold; else why there are none."""
    if not advice.orders:
        return advice.why_none or "no order"
    orders = "; ".join(order_words(order) for order in advice.orders)
    besides = "".join(f"; {words}" for words in (*advice.resting, *advice.left_out))
    condition = f", {advice.condition}" if advice.condition else ""
    return f"{orders}{condition}{besides}"
