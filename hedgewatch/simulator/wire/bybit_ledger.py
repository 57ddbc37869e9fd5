"""Bybit's signed questions beside balances and positions: funding, orders, fees, the key's rights."""

from __future__ import annotations

from uuid import UUID

from hedgewatch.simulator.holdings import Payment, RestingOrder
from hedgewatch.simulator.listings import DAY, Listing
from hedgewatch.simulator.wire.bybit import KINDS, envelope, symbol_of, wanted
from hedgewatch.simulator.wire.bybit_private import SIDES, listed, refused
from hedgewatch.simulator.wire.form import Row, SignedAsk, Wire, text
from hedgewatch.simulator.wire.ledger import WEEK, asked_times, listing_named, payments_within

FUNDING = "Funding"
EXECUTIONS, MOST_EXECUTIONS = 50, 100
ORDERS, MOST_ORDERS = 20, 50
YEARS = 730 * DAY  # how far back executions can be asked for
TRADE = {"ContractTrade": ["Order", "Position"], "Spot": ["SpotTrade"], "Derivatives": ["DerivativesTrade"]}


def executions(signed: SignedAsk) -> object:
    """Answer /v5/execution/list for funding: newest first, at most seven days a question; a positive fee was paid."""
    start, end = asked_times(signed)
    if end - start > WEEK or start < signed.ask.clock - YEARS:
        raise refused(signed, "The time range between startTime and endTime cannot exceed 7 days")
    kinds = KINDS.get(signed.query.get("category", ""), ())
    listing = wanted(signed.ask)[0] if signed.query.get("symbol") else None
    is_asked = signed.query.get("execType", FUNDING) == FUNDING
    paid = payments_within(signed, kinds, listing, start=start, end=end) if is_asked else []
    rows = [execution(signed, payment) for payment in reversed(paid)]
    return listed(signed, rows, usual=EXECUTIONS, most=MOST_EXECUTIONS)


def execution(signed: SignedAsk, payment: Payment) -> Row:
    """Write one payment."""
    listing = listing_named(signed, payment.asset, payment.kind)
    empty = ("underlyingPrice", "orderLinkId", "feeCurrency", "createType", "tradeIv", "blockTradeId", "markIv")
    return {
        "symbol": symbol_of(listing) if listing else "",
        "orderType": "UNKNOWN",
        "stopOrderType": "UNKNOWN",
        "orderId": str(UUID(int=payment.id << 32)),
        "execId": str(UUID(int=payment.id << 64)),
        "execTime": str(payment.at),
        "feeRate": text(payment.rate),
        "markPrice": text(payment.mark),
        "execPrice": text(payment.mark),
        "execQty": text(abs(payment.contracts)),
        "execValue": text(payment.notional, 8),
        "execFee": text(-payment.amount),
        "execType": FUNDING,
        "side": "Buy" if payment.contracts > 0 else "Sell",
        "orderQty": "0",
        "orderPrice": "0",
        "closedSize": "0",
        "leavesQty": "0",
        "seq": payment.id,
        "isMaker": False,
        "marketUnit": "",
        "indexPrice": "",
        **dict.fromkeys(empty, ""),
    }


def open_orders(signed: SignedAsk) -> object:
    """Answer /v5/order/realtime."""
    asked, kinds = signed.query, KINDS.get(signed.query.get("category", ""), ())
    has_focus = any(asked.get(name) for name in ("symbol", "baseCoin", "settleCoin"))
    if asked.get("category") == "linear" and not has_focus:
        raise refused(signed, "params error: Missing some parameters that must be filled in, symbol or settleCoin")
    listings = {(one.asset.name, one.kind): one for one in wanted(signed.ask) if one.kind in kinds}
    orders = [order for order in signed.account.orders.values() if (order.asset, order.kind) in listings]
    pairs = [(order, listings[order.asset, order.kind]) for order in orders]
    rows = [order_row(order, one) for order, one in pairs if asked.get("settleCoin") in {None, one.settle}]
    return listed(signed, rows, usual=ORDERS, most=MOST_ORDERS)


def order_row(order: RestingOrder, listing: Listing) -> Row:
    """Write one order."""
    empty = (
        "orderLinkId",
        "stopOrderType",
        "takeProfit",
        "stopLoss",
        "triggerPrice",
        "orderIv",
        "avgPrice",
    )
    return {
        "symbol": symbol_of(listing),
        "orderId": str(UUID(int=order.id << 64)),
        "orderType": "Limit",
        "orderStatus": "New",
        "side": "Buy" if order.contracts > 0 else "Sell",
        "qty": text(abs(order.contracts)),
        "leavesQty": text(abs(order.contracts)),
        "cumExecQty": "0",
        "cumExecValue": "0",
        "cumExecFee": "0",
        "price": text(order.price),
        "positionIdx": SIDES[order.side],
        "timeInForce": "PostOnly",
        "reduceOnly": order.is_reduce_only,
        "closeOnTrigger": False,
        "isLeverage": "",
        "cancelType": "UNKNOWN",
        "rejectReason": "EC_NoError",
        "createType": "CreateByUser",
        "createdTime": str(order.at),
        "updatedTime": str(order.at),
        **dict.fromkeys(empty, ""),
        **({"tpslMode": ""} if listing.is_contract else {}),  # ccxt tells contracts from coins by it
    }


def fee_rates(signed: SignedAsk) -> object:
    """Answer /v5/account/fee-rate."""
    taker, maker = ("0.001", "0.001") if signed.query.get("category") == "spot" else ("0.00055", "0.0002")
    rows = [
        {"symbol": symbol_of(listing), "takerFeeRate": taker, "makerFeeRate": maker} for listing in wanted(signed.ask)
    ]
    return envelope(signed.ask, {"category": signed.query.get("category", ""), "list": rows})


def key_rights(signed: SignedAsk) -> object:
    """Answer /v5/user/query-api: readOnly 1 for a key that only reads, and lists of what it may do."""
    key = signed.account.key
    names = (
        "ContractTrade",
        "Spot",
        "Wallet",
        "Options",
        "Derivatives",
        "CopyTrading",
        "BlockTrade",
        "Exchange",
        "NFT",
    )
    granted: dict[str, list[str]] = {name: [] for name in names}
    granted |= TRADE if key.can_trade else {}
    granted |= {"Wallet": ["AccountTransfer", "Withdraw"]} if key.can_withdraw else {}
    result = {
        "id": "13770661",
        "note": signed.account.name,
        "apiKey": key.key,
        "readOnly": int(not (key.can_trade or key.can_withdraw)),
        "secret": "",
        "permissions": granted,
        "ips": list(key.addresses) or ["*"],
        "type": 1,
        "deadlineDay": 83,
        "expiredAt": "2027-05-15T03:21:05Z",
        "createdAt": "2026-10-16T02:24:40Z",
        "unified": 0,
        "uta": 1,
        "userID": 24_600_000,
        "inviterID": 0,
        "vipLevel": "No VIP",
        "mktMakerLevel": "0",
        "affiliateID": 0,
        "rsaPublicKey": "",
        "isMaster": True,
    }
    return envelope(signed.ask, result)


WIRE = Wire(
    signed={
        "/v5/execution/list": executions,
        "/v5/order/realtime": open_orders,
        "/v5/account/fee-rate": fee_rates,
        "/v5/user/query-api": key_rights,
    },
)
