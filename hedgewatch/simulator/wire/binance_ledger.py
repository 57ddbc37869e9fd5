"""Binance's signed questions beside balances and positions: funding, orders, tiers, fees, position mode."""

from __future__ import annotations

from collections.abc import Callable

from hedgewatch.simulator.holdings import ZERO, Payment, RestingOrder
from hedgewatch.simulator.listings import Kind, Listing
from hedgewatch.simulator.tiers import deductions, tiers_of
from hedgewatch.simulator.wire.binance_futures import PLACES, classic
from hedgewatch.simulator.wire.binance_markets import INVERSE, LINEAR, find, symbol_of, wanted
from hedgewatch.simulator.wire.form import Row, SignedAnswer, SignedAsk, Wire, number, text
from hedgewatch.simulator.wire.ledger import asked_times, listing_named, payments_within

Kinds = tuple[Kind, ...]
FEES: dict[Kinds, tuple[str, str]] = {LINEAR: ("0.000200", "0.000500"), INVERSE: ("0.000100", "0.000500")}
FUNDING = "FUNDING_FEE"
USUAL_PAGE, LONGEST_PAGE = 100, 1000


def of(kinds: Kinds, answer: Callable[[SignedAsk, Kinds], object]) -> SignedAnswer:
    """Let one answer serve linear or inverse contracts."""
    return lambda signed: answer(signed, kinds)


def asked_listing(signed: SignedAsk, kinds: Kinds) -> Listing | None:
    """Return the listing that ``symbol`` names, None without one."""
    symbol = signed.query.get("symbol")
    return find(signed.ask, symbol, *kinds) if symbol else None


def income(signed: SignedAsk, kinds: Kinds) -> object:
    """Answer an income question: the oldest first, the last seven days unless times say otherwise."""
    if signed.query.get("incomeType", FUNDING) != FUNDING:
        return []
    start, end = asked_times(signed)
    paid = payments_within(signed, kinds, asked_listing(signed, kinds), start=start, end=end)
    size = min(signed.ask.number("limit", USUAL_PAGE), LONGEST_PAGE)
    first = (max(1, signed.ask.number("page", 1)) - 1) * size
    return [income_row(signed, payment) for payment in paid[first : first + size]]


def income_row(signed: SignedAsk, payment: Payment) -> Row:
    """Write one payment: negative was paid."""
    listing = listing_named(signed, payment.asset, payment.kind)
    return {
        "symbol": symbol_of(listing) if listing else "",
        "incomeType": FUNDING,
        "income": text(payment.amount, PLACES),
        "asset": payment.settle,
        "time": payment.at,
        "info": FUNDING,
        "tranId": payment.id,
        "tradeId": "",
    }


def open_orders(signed: SignedAsk, kinds: Kinds) -> object:
    """Answer an open orders question."""
    wished = {(listing.asset.name, listing.kind): listing for listing in wanted(signed.ask, *kinds)}
    orders = signed.account.orders.values()
    return [
        order_row(order, wished[order.asset, order.kind]) for order in orders if (order.asset, order.kind) in wished
    ]


def order_row(order: RestingOrder, listing: Listing) -> Row:
    """Write one order."""
    row: Row = {
        "orderId": order.id,
        "symbol": symbol_of(listing),
        "status": "NEW",
        "clientOrderId": f"web_{order.id}",
        "price": text(order.price),
        "avgPrice": "0.00",
        "origQty": text(abs(order.contracts)),
        "executedQty": "0",
        "timeInForce": "GTC",
        "type": "LIMIT",
        "reduceOnly": order.is_reduce_only,
        "closePosition": False,
        "side": "BUY" if order.contracts > 0 else "SELL",
        "positionSide": order.side.upper(),
        "stopPrice": "0",
        "workingType": "CONTRACT_PRICE",
        "priceProtect": False,
        "origType": "LIMIT",
        "time": order.at,
        "updateTime": order.at,
    }
    more: Row = {"pair": listing.pair, "cumBase": "0"} if listing.is_inverse else {"cumQuote": "0"}
    return row | more


def brackets(signed: SignedAsk, kinds: Kinds) -> object:
    """Answer a leverage bracket question: JSON numbers; coins for inverse contracts, and then named for quantities."""
    measure = "qty" if kinds is INVERSE else "notional"
    return [
        {"symbol": symbol_of(listing), "brackets": bracket_rows(listing, measure)}
        for listing in wanted(signed.ask, *kinds)
    ]


def bracket_rows(listing: Listing, measure: str) -> list[Row]:
    """Write the tiers of a contract."""
    tiers = tiers_of(listing)
    floors = [ZERO, *(tier.cap for tier in tiers)]
    return [
        {
            "bracket": place,
            "initialLeverage": number(tier.leverage),
            f"{measure}Cap": number(tier.cap),
            f"{measure}Floor": number(floor),
            "maintMarginRatio": float(tier.rate),
            "cum": float(taken),
        }
        for place, (tier, floor, taken) in enumerate(zip(tiers, floors, deductions(tiers), strict=False), 1)
    ]


def commission(signed: SignedAsk, kinds: Kinds) -> object:
    """Answer a commission rate question."""
    listing = find(signed.ask, signed.query.get("symbol", ""), *kinds)
    maker, taker = FEES[kinds]
    return {"symbol": symbol_of(listing), "makerCommissionRate": maker, "takerCommissionRate": taker}


def position_mode(signed: SignedAsk) -> object:
    """Answer a position mode question."""
    return {"dualSidePosition": signed.account.is_dual_side}


WIRE = Wire(
    signed={
        "/fapi/v1/positionSide/dual": classic(position_mode),
        "/fapi/v1/leverageBracket": classic(of(LINEAR, brackets)),
        "/fapi/v1/income": classic(of(LINEAR, income)),
        "/fapi/v1/commissionRate": classic(of(LINEAR, commission)),
        "/fapi/v1/openOrders": classic(of(LINEAR, open_orders)),
        "/dapi/v1/positionSide/dual": classic(position_mode),
        "/dapi/v2/leverageBracket": classic(of(INVERSE, brackets)),
        "/dapi/v1/income": classic(of(INVERSE, income)),
        "/dapi/v1/commissionRate": classic(of(INVERSE, commission)),
        "/dapi/v1/openOrders": classic(of(INVERSE, open_orders)),
    },
)
