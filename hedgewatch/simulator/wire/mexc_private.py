"""MEXC's signed questions: texts on the spot side, JSON numbers and contracts on the other."""

from __future__ import annotations

from decimal import Decimal

from hedgewatch.simulator.holdings import Payment, RestingOrder, Wallet
from hedgewatch.simulator.listings import Kind, Listing
from hedgewatch.simulator.statement import Held, Pool
from hedgewatch.simulator.wire.form import NO_TIME, Row, SignedAsk, Wire, number, text
from hedgewatch.simulator.wire.ledger import listing_named, payments_within
from hedgewatch.simulator.wire.mexc_markets import (
    CONTRACTS,
    contract_symbol,
    contract_wanted,
    spot_symbol,
    spot_wanted,
    success,
)

PAGE, LONGEST_PAGE = 20, 100
LONG, SHORT = 1, 2
ISOLATED, CROSS = 1, 2
HEDGE, ONE_WAY = 1, 2
PLACES = 8


def money(value: Decimal) -> int | float | None:
    """Write an amount as the JSON number that it is here, eight decimals."""
    return number(round(value, PLACES))


def spot_account(signed: SignedAsk) -> object:
    """Answer /api/v3/account; the permissions are the account's, not the key's."""
    rows = [
        {"asset": asset, "free": text(purse.free), "locked": text(purse.locked)}
        for asset, purse in signed.statement.coins(Wallet.SPOT)
    ]
    return {
        "makerCommission": 0,
        "takerCommission": 20,
        "buyerCommission": 0,
        "sellerCommission": 0,
        "canTrade": True,
        "canWithdraw": True,
        "canDeposit": True,
        "updateTime": None,
        "accountType": "SPOT",
        "balances": rows,
        "permissions": ["SPOT"],
    }


def spot_orders(signed: SignedAsk) -> object:
    """Answer /api/v3/openOrders."""
    listings = {listing.asset.name: listing for listing in spot_wanted(signed.ask)}
    orders = [order for order in signed.account.orders.values() if order.kind is Kind.SPOT and order.asset in listings]
    return [
        {
            "symbol": spot_symbol(listings[order.asset]),
            "orderId": f"C02__{order.id}",
            "orderListId": -1,
            "clientOrderId": "",
            "price": text(order.price),
            "origQty": text(abs(order.contracts)),
            "executedQty": "0",
            "cummulativeQuoteQty": "0",
            "status": "NEW",
            "timeInForce": None,
            "type": "LIMIT",
            "side": "BUY" if order.contracts > 0 else "SELL",
            "stopPrice": None,
            "icebergQty": None,
            "time": order.at,
            "updateTime": None,
            "isWorking": True,
            "origQuoteOrderQty": text(abs(order.contracts) * order.price),
        }
        for order in orders
    ]


def spot_fee(signed: SignedAsk) -> object:
    """Answer /api/v3/tradeFee."""
    fees = {"makerCommission": 0.0, "takerCommission": 0.0005}
    return {"data": fees, "code": 0, "msg": "success", "timestamp": signed.ask.clock}


def assets(signed: SignedAsk) -> object:
    """Answer account/assets."""
    statement = signed.statement
    pools = statement.pools(Wallet.LINEAR, (Kind.PERPETUAL,)) + statement.pools(Wallet.INVERSE, (Kind.INVERSE,))
    return success([asset(pool) for pool in pools])


def asset(pool: Pool) -> Row:
    """Write one asset; a bonus counts in the equity (how it does was never seen live)."""
    return {
        "currency": pool.asset,
        "positionMargin": money(pool.initial_margin),
        "availableBalance": money(pool.available + pool.purse.credit),
        "cashBalance": money(pool.available),
        "frozenBalance": 0,
        "equity": money(pool.equity + pool.purse.credit),
        "unrealized": money(pool.pnl),
        "bonus": money(pool.purse.credit),
    }


def positions(signed: SignedAsk) -> object:
    """Answer position/open_positions."""
    listings = contract_wanted(signed.ask)
    return success([position(held) for held in signed.statement.positions(*CONTRACTS) if held.listing in listings])


def position(held: Held) -> Row:
    """Write one position: contracts without a sign, no mark, no worth; 0 is the price that nothing liquidates."""
    one = held.position
    margin = one.margin if one.is_isolated else held.initial_margin
    return {
        "positionId": one.id,
        "symbol": contract_symbol(held.listing),
        "positionType": LONG if held.contracts > 0 else SHORT,
        "openType": ISOLATED if one.is_isolated else CROSS,
        "state": 1,
        "holdVol": number(abs(held.contracts)),
        "frozenVol": 0,
        "closeVol": 0,
        "holdAvgPrice": money(one.entry),
        "openAvgPrice": money(one.entry),
        "closeAvgPrice": 0,
        "liquidatePrice": number(round(held.liquidation, 2)) if held.liquidation else 0,
        "oim": money(margin),
        "im": money(margin),
        "holdFee": 0,
        "realised": 0,
        "leverage": number(one.leverage),
        "createTime": one.opened_at,
        "updateTime": one.updated_at,
        "autoAddIm": False,
    }


def funding_records(signed: SignedAsk) -> object:
    """Answer position/funding_records: pages, newest first; negative was paid."""
    ask, asked = signed.ask, signed.query
    listing = contract_wanted(ask)[0] if asked.get("symbol") else None
    start, end = ask.number("start_time", NO_TIME), ask.number("end_time", ask.clock)
    paid = payments_within(signed, CONTRACTS, listing, start=start, end=end)[::-1]
    page, size = max(1, ask.number("page_num", 1)), min(max(1, ask.number("page_size", PAGE)), LONGEST_PAGE)
    pages = {"pageSize": size, "totalCount": len(paid), "totalPage": -(-len(paid) // size), "currentPage": page}
    rows = [funding_row(signed, payment) for payment in paid[(page - 1) * size : page * size]]
    return success(pages | {"resultList": rows})


def funding_row(signed: SignedAsk, payment: Payment) -> Row:
    """Write one payment; its asset is not told."""
    listing = listing_named(signed, payment.asset, payment.kind)
    return {
        "id": payment.id,
        "symbol": contract_symbol(listing) if listing else "",
        "positionType": LONG if payment.contracts > 0 else SHORT,
        "positionValue": money(payment.notional),
        "funding": money(payment.amount),
        "rate": number(payment.rate),
        "settleTime": payment.at,
    }


def position_mode(signed: SignedAsk) -> object:
    """Answer position/position_mode."""
    return success(HEDGE if signed.account.is_dual_side else ONE_WAY)


def contract_orders(signed: SignedAsk) -> object:
    """Answer order/list/open_orders: pages."""
    ask = signed.ask
    listings = {(listing.asset.name, listing.kind): listing for listing in contract_wanted(ask)}
    orders = [order for order in signed.account.orders.values() if (order.asset, order.kind) in listings]
    page, size = max(1, ask.number("page_num", 1)), min(max(1, ask.number("page_size", PAGE)), LONGEST_PAGE)
    return success(
        [
            order_row(signed, order, listings[order.asset, order.kind])
            for order in orders[(page - 1) * size : page * size]
        ]
    )


def order_row(signed: SignedAsk, order: RestingOrder, listing: Listing) -> Row:
    """Write one order: 1 opens a long, 2 closes a short, 3 opens a short, 4 closes a long."""
    is_buy = order.contracts > 0
    side = (2 if is_buy else 4) if order.is_reduce_only else (1 if is_buy else 3)
    zeros = ("dealAvgPrice", "dealVol", "orderMargin", "takerFee", "makerFee", "profit", "errorCode", "usedMargin")
    return {
        "orderId": str(order.id),
        "symbol": contract_symbol(listing),
        "positionId": 0,
        "price": number(order.price),
        "vol": number(abs(order.contracts)),
        "leverage": 20,
        "side": side,
        "category": 1,
        "orderType": 1,
        "feeCurrency": listing.settle,
        "openType": ISOLATED,
        "state": 2,
        "externalOid": f"_m_{order.id}",
        "createTime": order.at,
        "updateTime": order.at,
        "positionMode": HEDGE if signed.account.is_dual_side else ONE_WAY,
        **dict.fromkeys(zeros, 0),
    }


def fees(_signed: SignedAsk) -> object:
    """Answer account/tiered_fee_rate."""
    discounts = {"makerFeeDiscount": 1, "takerFeeDiscount": 1}
    return success({"level": 0, "dealAmount": 0, "walletBalance": 0, "makerFee": 0, "takerFee": 0.0002} | discounts)


CONTRACT = {
    "account/assets": assets,
    "account/tiered_fee_rate": fees,
    "position/open_positions": positions,
    "position/funding_records": funding_records,
    "position/position_mode": position_mode,
    "order/list/open_orders": contract_orders,
}
WIRE = Wire(
    signed={
        "/api/v3/account": spot_account,
        "/api/v3/openOrders": spot_orders,
        "/api/v3/tradeFee": spot_fee,
    }
    | {f"/api/v1/private/{path}": answer for path, answer in CONTRACT.items()},
)
