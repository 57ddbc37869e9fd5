"""WEEX' signed questions: coins, sides without signs, and a ledger that is asked by POST. No earn, no key's rights."""

from __future__ import annotations

from hedgewatch.simulator.holdings import Payment, RestingOrder, Wallet
from hedgewatch.simulator.listings import DAY, Kind, Listing
from hedgewatch.simulator.statement import Held
from hedgewatch.simulator.wire.form import Row, SignedAsk, Wire, text
from hedgewatch.simulator.wire.ledger import WEEK, listing_named, payments_within
from hedgewatch.simulator.wire.signatures import RefusedError
from hedgewatch.simulator.wire.weex import symbol_of, wanted

FUNDING = "position_funding"
PAGE, LONGEST_PAGE = 20, 100
LONGEST_SPAN = 100 * DAY


def spot_account(signed: SignedAsk) -> object:
    """Answer /api/v3/account/; the permissions are the account's, not the key's."""
    rows = [
        {"asset": asset, "free": text(purse.free, 8), "locked": text(purse.locked)}
        for asset, purse in signed.statement.coins(Wallet.SPOT)
    ]
    return {
        "makerCommission": 0,
        "takerCommission": 0,
        "commissionRates": {"maker": "0.00000000", "taker": "0.00000000"},
        "canTrade": True,
        "canWithdraw": True,
        "canDeposit": True,
        "updateTime": signed.ask.clock,
        "accountType": "SPOT",
        "balances": rows,
        "permissions": ["SPOT"],
        "uid": 8_886_281_669,
    }


def contract_balance(signed: SignedAsk) -> object:
    """Answer /capi/v3/account/balance."""
    return [
        {
            "asset": pool.asset,
            "balance": text(pool.balance, 8),
            "availableBalance": text(pool.available, 8),
            "frozen": text(pool.initial_margin, 8),
            "unrealizePnl": text(pool.pnl, 8),
        }
        for pool in signed.statement.pools(Wallet.LINEAR, (Kind.PERPETUAL,))
    ]


def positions(signed: SignedAsk) -> object:
    """Answer /capi/v3/account/position/allPosition."""
    return [position(held) for held in signed.statement.positions(Kind.PERPETUAL)]


def position(held: Held) -> Row:
    """Write one position: its size in coins, its worth at entry, no mark; 0 is the price that nothing liquidates."""
    one = held.position
    size, worth = text(abs(held.contracts)), text(abs(held.contracts) * one.entry, 5)
    zeros = ("fundingFee", "cumCloseSize", "cumCloseValue", "cumCloseFee", "cumFundingFee", "cumLiquidateFee")
    return {
        "id": one.id,
        "asset": "USDT",
        "symbol": symbol_of(held.listing),
        "side": "LONG" if held.contracts > 0 else "SHORT",
        "marginType": "ISOLATED" if one.is_isolated else "CROSSED",
        "separatedMode": "COMBINED",
        "separatedOpenOrderId": 0,
        "leverage": text(one.leverage, 2),
        "size": size,
        "openValue": worth,
        "openFee": "0",
        "marginSize": text(one.margin if one.is_isolated else held.initial_margin, 5),
        "isolatedMargin": text(one.margin, 5) if one.is_isolated else "0",
        "isAutoAppendIsolatedMargin": False,
        "cumOpenSize": size,
        "cumOpenValue": worth,
        "cumOpenFee": "0",
        "createdMatchSequenceId": 14_770_315_288,
        "updatedMatchSequenceId": 14_770_315_288,
        "createdTime": one.opened_at,
        "updatedTime": one.updated_at,
        "unrealizePnl": text(held.pnl, 5),
        "liquidatePrice": text(held.liquidation, 2) if held.liquidation else "0",
        **dict.fromkeys(zeros, "0"),
    }


def income(signed: SignedAsk) -> object:
    """Answer /capi/v3/account/income: newest first; times only as a pair; the next page by the two parts of nextKey."""
    ask, asked = signed.ask, signed.query
    start, end = ask.number("startTime", 0), ask.number("endTime", 0)
    if bool(start) is not bool(end) or end - start > LONGEST_SPAN:
        raise RefusedError(400, {"code": -1170, "msg": "Time range is invalid: startTime and endTime are a pair."})
    start, end = start or ask.clock - WEEK, end or ask.clock
    listing = wanted(ask, Kind.PERPETUAL)[0] if asked.get("symbol") else None
    is_asked = asked.get("incomeType", FUNDING) == FUNDING
    paid = payments_within(signed, (Kind.PERPETUAL,), listing, start=start, end=end)[::-1] if is_asked else []
    if (after := ask.number("nextKeyTime", 0)) and (number := ask.number("nextKeyId", 0)):
        paid = [payment for payment in paid if (payment.at, payment.id) < (after, number)]
    size = min(max(1, ask.number("limit", PAGE)), LONGEST_PAGE)
    page, has_more = paid[:size], len(paid) > size
    key = {"nextKeyId": str(page[-1].id), "nextKeyTime": str(page[-1].at)} if has_more else None
    return {"hasNextPage": has_more, "nextKey": key, "items": [income_row(signed, payment) for payment in page]}


def income_row(signed: SignedAsk, payment: Payment) -> Row:
    """Write one payment: negative was paid."""
    listing = listing_named(signed, payment.asset, payment.kind)
    return {
        "billId": str(payment.id),
        "asset": payment.settle,
        "symbol": symbol_of(listing) if listing else "",
        "income": text(payment.amount),
        "incomeType": FUNDING,
        "balance": "0",
        "fillFee": "0",
        "time": str(payment.at),
        "transferReason": "UNKNOWN_TRANSFER_REASON",
    }


def fees(signed: SignedAsk) -> object:
    """Answer /capi/v3/account/commissionRate."""
    listing = wanted(signed.ask, Kind.PERPETUAL)[0]
    return {"symbol": symbol_of(listing), "makerCommissionRate": "0.0002", "takerCommissionRate": "0.0008"}


def open_orders(signed: SignedAsk) -> object:
    """Answer /capi/v3/openOrders."""
    listings = {listing.asset.name: listing for listing in wanted(signed.ask, Kind.PERPETUAL)}
    orders = [one for one in signed.account.orders.values() if one.kind is Kind.PERPETUAL and one.asset in listings]
    return [order_row(order, listings[order.asset]) for order in orders]


def order_row(order: RestingOrder, listing: Listing) -> Row:
    """Write one order; its position side is the position that it opens or reduces."""
    is_buy = order.contracts > 0
    is_long = is_buy is not order.is_reduce_only
    return {
        "avgPrice": "0.00000",
        "clientOrderId": f"web-{order.id}",
        "cumQuote": "0",
        "executedQty": "0",
        "orderId": order.id,
        "origQty": text(abs(order.contracts)),
        "price": text(order.price),
        "reduceOnly": order.is_reduce_only,
        "side": "BUY" if is_buy else "SELL",
        "positionSide": "LONG" if is_long else "SHORT",
        "status": "NEW",
        "stopPrice": "0",
        "symbol": symbol_of(listing),
        "time": order.at,
        "timeInForce": "GTC",
        "type": "LIMIT",
        "updateTime": order.at,
        "workingType": "UNKNOWN_PRICE_TYPE",
    }


def config(signed: SignedAsk) -> object:
    """Answer /capi/v3/account/accountConfig; the fields are documented, no answer was ever recorded."""
    rights = {"canTrade": True, "canDeposit": True, "canWithdraw": True}
    return rights | {"dualSidePosition": signed.account.is_dual_side, "updateTime": signed.ask.clock}


WIRE = Wire(
    signed={
        "/api/v3/account/": spot_account,
        "/capi/v3/account/balance": contract_balance,
        "/capi/v3/account/position/allPosition": positions,
        "/capi/v3/account/income": income,
        "/capi/v3/account/commissionRate": fees,
        "/capi/v3/account/accountConfig": config,
        "/capi/v3/openOrders": open_orders,
    },
    posted=frozenset({"/capi/v3/account/income"}),
)
