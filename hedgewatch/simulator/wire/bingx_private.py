"""BingX' signed questions: wallets, positions, funding, orders, tiers, fees, the key's rights."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from hedgewatch.simulator.holdings import ZERO, Payment, RestingOrder, Side, Wallet
from hedgewatch.simulator.listings import Kind, Listing
from hedgewatch.simulator.statement import Held, Pool
from hedgewatch.simulator.tiers import deductions, tiers_of
from hedgewatch.simulator.wire.bingx import spot, swap, symbol_of, wanted
from hedgewatch.simulator.wire.bingx_inverse import timed
from hedgewatch.simulator.wire.form import Row, SignedAnswer, SignedAsk, Wire, number, text
from hedgewatch.simulator.wire.ledger import asked_times, listing_named, payments_within

USER = "116***295"
FUNDING = "FUNDING_FEE"
USUAL_PAGE, LONGEST_PAGE = 100, 1000


def spot_balance(signed: SignedAsk) -> object:
    """Answer spot/v1/account/balance."""
    return {"code": 0, "msg": "", "debugMsg": "", "data": {"balances": coins(signed, Wallet.SPOT)}}


def fund_balance(signed: SignedAsk) -> object:
    """Answer fund/v1/account/balance."""
    return spot(signed.ask, {"assets": coins(signed, Wallet.FUNDING)})


def coins(signed: SignedAsk, wallet: Wallet) -> list[Row]:
    """Write the coins of a wallet."""
    return [
        {"asset": asset, "free": text(purse.free), "locked": text(purse.locked)}
        for asset, purse in signed.statement.coins(wallet)
    ]


def margin(pool: Pool, places: int) -> Row:
    """Write the margin of one asset."""
    return {
        "asset": pool.asset,
        "balance": text(pool.balance, places),
        "equity": text(pool.equity, places),
        "unrealizedProfit": text(pool.pnl, places),
        "availableMargin": text(pool.available, places),
        "usedMargin": text(pool.initial_margin, places),
        "freezedMargin": text(ZERO, places),
        "shortUid": "12851936",
    }


def linear_balance(signed: SignedAsk) -> object:
    """Answer swap/v3/user/balance."""
    pools = signed.statement.pools(Wallet.LINEAR, (Kind.PERPETUAL,))
    return swap([{"userId": USER, "realisedProfit": "0.0000"} | margin(pool, 4) for pool in pools])


def inverse_balance(signed: SignedAsk) -> object:
    """Answer cswap/v1/user/balance."""
    return timed(signed.ask, [margin(pool, 8) for pool in signed.statement.pools(Wallet.INVERSE, (Kind.INVERSE,))])


def position(signed: SignedAsk, held: Held) -> Row:
    """Write what linear and inverse positions share.

    A dual-side amount has no sign; whether a one-way one has is not known for sure, so an account says. No figure tells
    the maintenance margin; 0 is the price that nothing liquidates.
    """
    one, account = held.position, signed.account
    is_plain = one.side is not Side.BOTH or account.is_unsigned
    return {
        "symbol": symbol_of(held.listing),
        "positionId": str(one.id),
        "positionSide": one.side.upper(),
        "isolated": one.is_isolated,
        "positionAmt": text(abs(held.contracts) if is_plain else held.contracts),
        "availableAmt": text(abs(held.contracts) if is_plain else held.contracts),
        "avgPrice": text(round(one.entry, 8)),
        "leverage": number(one.leverage),
        "markPrice": text(held.mark),
        "liquidationPrice": number(held.liquidation or ZERO),
        "maxMarginReduction": "0.0000",
        "riskRate": text(risk(signed, held), 8),
        "updateTime": one.updated_at,
    }


def risk(signed: SignedAsk, held: Held) -> Decimal:
    """Return maintenance margin over what backs the position."""
    wallet = Wallet.INVERSE if held.listing.is_inverse else Wallet.LINEAR
    pool = signed.statement.pool(wallet, held.listing.settle)
    backing = held.position.margin + held.pnl if held.position.is_isolated else pool.cross_balance + pool.cross_pnl
    return held.maintenance_margin / backing if backing > 0 else Decimal(1)


def linear_positions(signed: SignedAsk) -> object:
    """Answer swap/v2/user/positions: amounts in coins."""
    listings = wanted(signed.ask, Kind.PERPETUAL)
    rows = [
        position(signed, held)
        | {
            "currency": "USDT",
            "initialMargin": text(held.initial_margin, 4),
            "margin": text(held.position.margin + held.pnl if held.position.is_isolated else held.initial_margin, 4),
            "unrealizedProfit": text(held.pnl, 4),
            "realisedProfit": "0.0000",
            "pnlRatio": text(held.pnl / held.initial_margin, 4),
            "positionValue": text(held.notional, 4),
            "onlyOnePosition": held.position.side is Side.BOTH,
            "createTime": held.position.opened_at,
        }
        for held in signed.statement.positions(Kind.PERPETUAL)
        if held.listing in listings
    ]
    return swap(rows)


def inverse_positions(signed: SignedAsk) -> object:
    """Answer cswap/v1/user/positions: amounts in contracts."""
    listings = wanted(signed.ask, Kind.INVERSE)
    rows = [
        position(signed, held) | {"initialMargin": text(held.initial_margin, 8), "unrealizedProfit": text(held.pnl, 8)}
        for held in signed.statement.positions(Kind.INVERSE)
        if held.listing in listings
    ]
    return timed(signed.ask, rows)


def position_mode(signed: SignedAsk) -> object:
    """Answer swap/v1/positionSide/dual: the words true and false."""
    word = str(signed.account.is_dual_side).lower()
    return {"code": 0, "msg": "", "timeStamp": signed.ask.clock, "data": {"dualSidePosition": word}}


def income(signed: SignedAsk) -> object:
    """Answer swap/v2/user/income: newest first (their order was never seen live); negative was paid."""
    start, end = asked_times(signed)
    listing = wanted(signed.ask, Kind.PERPETUAL)[0] if signed.query.get("symbol") else None
    is_asked = signed.query.get("incomeType", FUNDING) == FUNDING
    paid = payments_within(signed, (Kind.PERPETUAL,), listing, start=start, end=end) if is_asked else []
    size = min(signed.ask.number("limit", USUAL_PAGE), LONGEST_PAGE)
    return swap([income_row(signed, payment) for payment in paid[::-1][:size]])


def income_row(signed: SignedAsk, payment: Payment) -> Row:
    """Write one payment."""
    listing = listing_named(signed, payment.asset, payment.kind)
    return {
        "symbol": symbol_of(listing) if listing else "",
        "incomeType": FUNDING,
        "income": text(payment.amount),
        "asset": payment.settle,
        "info": "Funding Fee",
        "time": payment.at,
        "tranId": str(payment.id),
        "tradeId": str(payment.id),
    }


def open_orders(kind: Kind) -> SignedAnswer:
    """Answer an open orders question of linear or inverse contracts."""

    def answer(signed: SignedAsk) -> object:
        listings = {listing.asset.name: listing for listing in wanted(signed.ask, kind)}
        orders = [order for order in signed.account.orders.values() if order.kind is kind and order.asset in listings]
        return swap({"orders": [order_row(order, listings[order.asset]) for order in orders]})

    return answer


def order_row(order: RestingOrder, listing: Listing) -> Row:
    """Write one order."""
    quantity = text(abs(order.contracts))
    amounts: Row = (
        {"quantity": number(abs(order.contracts)), "origQty": ""} if listing.is_inverse else {"origQty": quantity}
    )
    return {
        "symbol": symbol_of(listing),
        "orderId": order.id,
        "side": "BUY" if order.contracts > 0 else "SELL",
        "positionSide": order.side.upper(),
        "type": "LIMIT",
        "price": text(order.price),
        "executedQty": "0.0",
        "avgPrice": "0",
        "cumQuote": "0",
        "stopPrice": "",
        "profit": "0.0000",
        "commission": "0.000000",
        "status": "Pending" if listing.is_inverse else "NEW",
        "reduceOnly": order.is_reduce_only,
        "time": order.at,
        "updateTime": order.at,
        "clientOrderId": "",
    } | amounts


def tiers(signed: SignedAsk) -> object:
    """Answer swap/v1/maintMarginRatio, which takes one symbol; no leverage in it."""
    listing = wanted(signed.ask, Kind.PERPETUAL)[0]
    steps = tiers_of(listing)
    floors = [ZERO, *(tier.cap for tier in steps)]
    rows = [
        {
            "tier": f"Tier {place}",
            "symbol": symbol_of(listing),
            "minPositionVal": text(floor),
            "maxPositionVal": text(tier.cap),
            "maintMarginRatio": text(tier.rate, 6),
            "maintAmount": text(taken, 6),
        }
        for place, (tier, floor, taken) in enumerate(zip(steps, floors, deductions(steps), strict=False), 1)
    ]
    return timed(signed.ask, rows)


def linear_fees(_signed: SignedAsk) -> object:
    """Answer swap/v2/user/commissionRate: JSON numbers."""
    return swap({"commission": {"takerCommissionRate": 0.0005, "makerCommissionRate": 0.0002}})


def inverse_fees(signed: SignedAsk) -> object:
    """Answer cswap/v1/user/commissionRate: texts."""
    return timed(signed.ask, {"takerCommissionRate": "0.0005", "makerCommissionRate": "0.0002"})


def rights(signed: SignedAsk) -> object:
    """Answer v1/account/apiPermissions; the fields are documented, no answer was ever recorded."""
    key = signed.account.key
    data = {
        "ipRestrict": bool(key.addresses),
        "createTime": key.created_at,
        "enableReading": key.can_read,
        "enableSpotAndMarginTrading": key.can_trade,
        "enableWithdrawals": key.can_withdraw,
        "enableInternalTransfer": False,
        "enableFutures": key.can_trade,
        "permitsUniversalTransfer": False,
        "enableVanillaOptions": False,
    }
    return timed(signed.ask, data)


SIGNED: dict[str, Callable[[SignedAsk], object]] = {
    "spot/v1/account/balance": spot_balance,
    "fund/v1/account/balance": fund_balance,
    "swap/v3/user/balance": linear_balance,
    "swap/v2/user/positions": linear_positions,
    "swap/v1/positionSide/dual": position_mode,
    "swap/v2/user/income": income,
    "swap/v2/user/commissionRate": linear_fees,
    "swap/v2/trade/openOrders": open_orders(Kind.PERPETUAL),
    "swap/v1/maintMarginRatio": tiers,
    "cswap/v1/user/positions": inverse_positions,
    "cswap/v1/user/balance": inverse_balance,
    "cswap/v1/trade/openOrders": open_orders(Kind.INVERSE),
    "cswap/v1/user/commissionRate": inverse_fees,
    "v1/account/apiPermissions": rights,
}
WIRE = Wire(signed={f"/openApi/{path}": answer for path, answer in SIGNED.items()})
