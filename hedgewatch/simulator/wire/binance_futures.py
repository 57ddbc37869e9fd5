"""Binance's signed questions: accounts and positions of USDT- and coin-margined futures."""

from __future__ import annotations

from decimal import Decimal

from hedgewatch.simulator.holdings import ZERO, Side, Wallet
from hedgewatch.simulator.listings import Listing
from hedgewatch.simulator.statement import Held, Pool
from hedgewatch.simulator.wire.binance_markets import INVERSE, LINEAR, symbol_of, wanted
from hedgewatch.simulator.wire.form import Row, SignedAnswer, SignedAsk, Wire, text
from hedgewatch.simulator.wire.signatures import RefusedError

PLACES = 8
RIGHTS = {"canTrade": True, "canDeposit": True, "canWithdraw": True}
CLOSED = (401, {"code": -2015, "msg": "Invalid API-key, IP, or permissions for action."})


def classic(answer: SignedAnswer) -> SignedAnswer:
    """Let an answer stand for accounts without portfolio margin only; the refusal was never seen live."""

    def guarded(signed: SignedAsk) -> object:
        if signed.account.is_portfolio:
            raise RefusedError(*CLOSED)
        return answer(signed)

    return guarded


def asset_row(signed: SignedAsk, pool: Pool) -> Row:
    """Write one asset of a futures account."""
    return {
        "asset": pool.asset,
        "walletBalance": text(pool.balance, PLACES),
        "unrealizedProfit": text(pool.pnl, PLACES),
        "marginBalance": text(pool.equity, PLACES),
        "maintMargin": text(pool.maintenance_margin, PLACES),
        "initialMargin": text(pool.initial_margin, PLACES),
        "positionInitialMargin": text(pool.initial_margin, PLACES),
        "openOrderInitialMargin": "0.00000000",
        "maxWithdrawAmount": text(pool.available, PLACES),
        "crossWalletBalance": text(pool.cross_balance, PLACES),
        "crossUnPnl": text(pool.cross_pnl, PLACES),
        "availableBalance": text(pool.available, PLACES),
        "updateTime": signed.ask.clock,
    }


def linear_account(signed: SignedAsk) -> object:
    """Answer /fapi/v3/account: only positions that are held."""
    statement = signed.statement
    whole = statement.pool(Wallet.LINEAR, "USDT")
    rows = [asset_row(signed, pool) | {"marginAvailable": True} for pool in statement.pools(Wallet.LINEAR, LINEAR)]
    totals = {
        "totalInitialMargin": whole.initial_margin,
        "totalMaintMargin": whole.maintenance_margin,
        "totalWalletBalance": whole.balance,
        "totalUnrealizedProfit": whole.pnl,
        "totalMarginBalance": whole.equity,
        "totalPositionInitialMargin": whole.initial_margin,
        "totalOpenOrderInitialMargin": ZERO,
        "totalCrossWalletBalance": whole.cross_balance,
        "totalCrossUnPnl": whole.cross_pnl,
        "availableBalance": whole.available,
        "maxWithdrawAmount": whole.available,
    }
    held = ("symbol", "positionSide", "positionAmt", "isolatedMargin", "notional", "isolatedWallet", "initialMargin")
    positions = [
        {name: row[name] for name in (*held, "maintMargin", "updateTime")}
        | {"unrealizedProfit": row["unRealizedProfit"]}
        for row in (linear_position(one) for one in statement.positions(*LINEAR))
    ]
    figures = {name: text(value, PLACES) for name, value in totals.items()}
    head = {"feeTier": 0, **RIGHTS, "updateTime": 0, "tradeGroupId": -1, "multiAssetsMargin": False}
    return head | figures | {"assets": rows, "positions": positions}


def inverse_account(signed: SignedAsk) -> object:
    """Answer /dapi/v1/account."""
    statement = signed.statement
    positions = [
        {
            "symbol": symbol_of(held.listing),
            "positionAmt": text(held.contracts),
            "initialMargin": text(held.initial_margin, PLACES),
            "maintMargin": text(held.maintenance_margin, PLACES),
            "unrealizedProfit": text(held.pnl, PLACES),
            "positionInitialMargin": text(held.initial_margin, PLACES),
            "openOrderInitialMargin": "0",
            "leverage": text(held.position.leverage),
            "isolated": held.position.is_isolated,
            "positionSide": held.position.side.upper(),
            "entryPrice": text(held.position.entry, PLACES),
            "maxQty": "100",
            "notionalValue": text(signed_notional(held), PLACES),
            "isolatedWallet": text(held.position.margin, PLACES),
            "updateTime": held.position.updated_at,
        }
        for held in statement.positions(*INVERSE)
    ]
    rows = [asset_row(signed, pool) for pool in statement.pools(Wallet.INVERSE, INVERSE)]
    return {"assets": rows, "positions": positions, **RIGHTS, "feeTier": 0, "updateTime": 0}


def signed_notional(held: Held) -> Decimal:
    """Return the notional as Binance writes it: negative for a short."""
    return held.notional.copy_sign(held.contracts)


def shared(held: Held) -> Row:
    """Write what linear and inverse positions share; ``0`` is the price that nothing liquidates."""
    position = held.position
    return {
        "symbol": symbol_of(held.listing),
        "positionSide": position.side.upper(),
        "positionAmt": text(position.contracts),
        "entryPrice": text(round(position.entry, PLACES)),
        "breakEvenPrice": text(round(position.entry, PLACES)),
        "markPrice": text(held.mark, PLACES),
        "unRealizedProfit": text(held.pnl, PLACES),
        "liquidationPrice": text(held.liquidation, PLACES) if held.liquidation else "0",
        "isolatedMargin": text(position.margin + held.pnl, PLACES) if position.is_isolated else "0",
        "isolatedWallet": text(position.margin, PLACES) if position.is_isolated else "0",
        "updateTime": position.updated_at,
    }


def linear_position(held: Held) -> Row:
    """Write one row of /fapi/v3/positionRisk."""
    return shared(held) | {
        "notional": text(signed_notional(held), PLACES),
        "marginAsset": "USDT",
        "initialMargin": text(held.initial_margin, PLACES),
        "maintMargin": text(held.maintenance_margin, PLACES),
        "positionInitialMargin": text(held.initial_margin, PLACES),
        "openOrderInitialMargin": "0",
        "adl": held.position.adl - 1,  # its quantiles are 0 to 4
        "bidNotional": "0",
        "askNotional": "0",
    }


def linear_positions(signed: SignedAsk) -> object:
    """Answer /fapi/v3/positionRisk: only what is held."""
    listings = wanted(signed.ask, *LINEAR)
    return [linear_position(held) for held in signed.statement.positions(*LINEAR) if held.listing in listings]


def inverse_position(held: Held) -> Row:
    """Write one row of /dapi/v1/positionRisk."""
    return shared(held) | {
        "leverage": text(held.position.leverage),
        "maxQty": "100",
        "marginType": "isolated" if held.position.is_isolated else "cross",
        "isAutoAddMargin": "false",
        "notionalValue": text(signed_notional(held), PLACES),
    }


def flat(signed: SignedAsk, listing: Listing, side: Side) -> Row:
    """Write the row of a contract that is not held: Binance lists all of them, with zeros."""
    mark = signed.ask.world.quote(listing, signed.ask.at).mark
    zeros = ("positionAmt", "entryPrice", "breakEvenPrice", "unRealizedProfit", "liquidationPrice", "isolatedMargin")
    words = {"marginType": "cross", "isAutoAddMargin": "false", "leverage": "20", "maxQty": "100"}
    return (
        {"symbol": symbol_of(listing), "positionSide": side.upper(), "markPrice": text(mark, PLACES)}
        | dict.fromkeys((*zeros, "isolatedWallet", "notionalValue"), "0")
        | words
        | {"updateTime": 0}
    )


def inverse_positions(signed: SignedAsk) -> object:
    """Answer /dapi/v1/positionRisk: every contract, held or not, on every side that the account's mode has."""
    sides = (Side.LONG, Side.SHORT) if signed.account.is_dual_side else (Side.BOTH,)
    held = {(one.listing, one.position.side): one for one in signed.statement.positions(*INVERSE)}
    places = [(listing, side) for listing in wanted(signed.ask, *INVERSE) for side in sides]
    rows = [place for place in held if place not in places] if not signed.query.get("symbol") else []
    return [inverse_position(held[place]) if place in held else flat(signed, *place) for place in (*places, *rows)]


WIRE = Wire(
    signed={
        "/fapi/v3/account": classic(linear_account),
        "/fapi/v3/positionRisk": classic(linear_positions),
        "/dapi/v1/account": classic(inverse_account),
        "/dapi/v1/positionRisk": classic(inverse_positions),
    },
)
