"""Bybit's signed questions: the unified account, funding wallet, earn, positions."""

from __future__ import annotations

from decimal import Decimal

from hedgewatch.simulator.holdings import ZERO, Purse, Side, Wallet
from hedgewatch.simulator.listings import Listing
from hedgewatch.simulator.statement import Held, Statement
from hedgewatch.simulator.wire.bybit import INVERSE, KINDS, envelope, symbol_of, wanted
from hedgewatch.simulator.wire.form import Row, SignedAsk, Wire, text
from hedgewatch.simulator.wire.signatures import RefusedError

EARN = {"FlexibleSaving": Wallet.FLEXIBLE, "OnChain": Wallet.LOCKED}
SIDES = {Side.BOTH: 0, Side.LONG: 1, Side.SHORT: 2}
USUAL_PAGE = 20
PLACES = 8


def refused(signed: SignedAsk, words: str) -> RefusedError:
    """Return the refusal of a question that lacks something or is out of range."""
    told = {"retCode": 10001, "retMsg": words, "result": {}, "retExtInfo": {}, "time": signed.ask.clock}
    return RefusedError(200, told)


def is_isolated(statement: Statement) -> bool:
    """Say whether the account holds each position's margin apart: one setting for the whole account."""
    return any(held.position.is_isolated for held in statement.held)


def page_of(signed: SignedAsk, rows: list[Row], *, usual: int, most: int) -> tuple[list[Row], str]:
    """Return the rows that the cursor points to, and the next cursor, percent-encoded as Bybit sends it."""
    start = signed.query.get("cursor", "").replace("%3A", ":").partition(":")[0]
    first = int(start) if start.isdecimal() else 0
    last = first + min(signed.ask.number("limit", usual), most)
    return rows[first:last], f"{last}%3A{signed.ask.clock}" if last < len(rows) else ""


def listed(signed: SignedAsk, rows: list[Row], *, usual: int = USUAL_PAGE, most: int = 200) -> Row:
    """Wrap a page of rows."""
    found, cursor = page_of(signed, rows, usual=usual, most=most)
    category = signed.query.get("category", "")
    return envelope(signed.ask, {"category": category, "list": found, "nextPageCursor": cursor})


def wallet_balance(signed: SignedAsk) -> object:
    """Answer /v5/account/wallet-balance; rates and margins of the whole account are empty where margin is isolated."""
    statement = signed.statement
    whole = statement.whole(Wallet.UNIFIED)
    equity, isolated = whole.equity, is_isolated(statement)
    used = {
        "totalInitialMargin": text(whole.cross_initial, PLACES),
        "totalMaintenanceMargin": text(whole.cross_maintenance, PLACES),
        "totalMarginBalance": text(whole.cross_balance + whole.cross_pnl, PLACES),
        "totalAvailableBalance": text(whole.available, PLACES),
        "accountIMRate": text(rate(whole.cross_initial, equity)),
        "accountMMRate": text(rate(whole.cross_maintenance, equity)),
    }
    account: Row = {
        "accountType": "UNIFIED",
        "accountLTV": "0",
        "totalEquity": text(equity, PLACES),
        "totalWalletBalance": text(whole.balance, PLACES),
        "totalPerpUPL": text(whole.pnl, PLACES),
        **(dict.fromkeys(used, "") if isolated else used),
        "coin": [coin(statement, asset, purse) for asset, purse in statement.coins(Wallet.UNIFIED)],
    }
    return envelope(signed.ask, {"list": [account]})


def rate(margin: Decimal, equity: Decimal) -> Decimal:
    """Return a margin's share of the equity, four decimals."""
    return round(margin / equity, 4) if equity else ZERO


def coin(statement: Statement, asset: str, purse: Purse) -> Row:
    """Write one coin of the unified account; the wallet balance holds what was borrowed."""
    pool = statement.pool(Wallet.UNIFIED, asset)
    return {
        "coin": asset,
        "equity": text(pool.equity, PLACES),
        "usdValue": text(pool.equity * statement.worth[asset], PLACES),
        "walletBalance": text(purse.balance, PLACES),
        "locked": text(purse.locked),
        "spotHedgingQty": "0",
        "borrowAmount": text(purse.borrowed, 18),
        "accruedInterest": "0",
        "totalOrderIM": "0",
        "totalPositionIM": text(pool.initial_margin, PLACES),
        "totalPositionMM": text(pool.maintenance_margin, PLACES),
        "unrealisedPnl": text(pool.pnl, PLACES),
        "cumRealisedPnl": "0",
        "bonus": text(purse.credit),
        "collateralSwitch": True,
        "marginCollateral": True,
        "availableToBorrow": "",
        "availableToWithdraw": "",
    }


def account_info(signed: SignedAsk) -> object:
    """Answer /v5/account/info."""
    result = {
        "marginMode": "ISOLATED_MARGIN" if is_isolated(signed.statement) else "REGULAR_MARGIN",
        "updatedTime": str(signed.account.key.created_at),
        "unifiedMarginStatus": 6,
        "dcpStatus": "OFF",
        "timeWindow": 10,
        "smpGroup": 0,
        "isMasterTrader": False,
        "spotHedgingStatus": "OFF",
    }
    return envelope(signed.ask, result)


def funding_wallet(signed: SignedAsk) -> object:
    """Answer /v5/asset/transfer/query-account-coins-balance, which says what lies in the funding wallet."""
    rows = [
        {
            "coin": asset,
            "transferBalance": text(purse.free),
            "walletBalance": text(purse.balance),
            "bonus": text(purse.credit) if purse.credit else "",
        }
        for asset, purse in signed.statement.coins(Wallet.FUNDING)
    ]
    member = str(signed.account.key.created_at)
    return envelope(signed.ask, {"memberId": member, "accountType": "FUND", "balance": rows})


def earn(signed: SignedAsk) -> object:
    """Answer /v5/earn/position, which takes one category."""
    wallet = EARN.get(signed.query.get("category", ""))
    if wallet is None:
        raise refused(signed, "params error: category invalid")
    rows = [
        {
            "coin": asset,
            "productId": "430",
            "amount": text(purse.balance),
            "totalPnl": "0",
            "claimableYield": "0",
            "id": "" if wallet is Wallet.FLEXIBLE else "326",
            "status": "" if wallet is Wallet.FLEXIBLE else "Active",
        }
        for asset, purse in signed.statement.coins(wallet)
        if purse.balance
    ]
    return envelope(signed.ask, {"list": rows})


def positions(signed: SignedAsk) -> object:
    """Answer /v5/position/list: held ones by category, for one symbol also the flat one."""
    asked, kinds = signed.query, KINDS.get(signed.query.get("category", ""), ())
    coin_asked = asked.get("settleCoin")
    if kinds is not INVERSE and not asked.get("symbol") and not coin_asked:
        raise refused(signed, "params error: Missing some parameters that must be filled in, symbol or settleCoin")
    listings = wanted(signed.ask)
    held = [one for one in signed.statement.positions(*kinds) if one.listing in listings]
    rows = [position(one) for one in held if coin_asked in {None, one.listing.settle}]
    if asked.get("symbol") and not rows:
        sides = (Side.LONG, Side.SHORT) if signed.account.is_dual_side else (Side.BOTH,)
        rows = [flat(signed, listings[0], side) for side in sides]
    return listed(signed, rows)


def flat(signed: SignedAsk, listing: Listing, side: Side) -> Row:
    """Write the row of a symbol that is not held: zeros and empty texts."""
    mark = signed.ask.world.quote(listing, signed.ask.at).mark
    empty = ("side", "liqPrice", "bustPrice", "positionValue", "unrealisedPnl", "takeProfit", "stopLoss")
    zero = ("size", "avgPrice", "positionIM", "positionMM", "positionBalance", "cumRealisedPnl", "trailingStop")
    head = {"symbol": symbol_of(listing), "positionIdx": SIDES[side], "leverage": "10", "markPrice": text(mark)}
    times = {"createdTime": str(signed.account.key.created_at), "updatedTime": str(signed.account.key.created_at)}
    return head | dict.fromkeys(empty, "") | dict.fromkeys(zero, "0") | times | usual(adl=0)


def usual(*, adl: int) -> Row:
    """Write what stands in every row."""
    return {
        "riskId": 1,
        "riskLimitValue": "200000",
        "tradeMode": 0,
        "autoAddMargin": 0,
        "positionStatus": "Normal",
        "tpslMode": "Full",
        "isReduceOnly": False,
        "adlRankIndicator": adl,
        "seq": 15_470_569_116,
        "mmrSysUpdatedTime": "",
        "leverageSysUpdatedTime": "",
    }


def position(held: Held) -> Row:
    """Write one position: its size has no sign, its side says Buy or Sell; empty is the price nothing liquidates."""
    one = held.position
    return {
        "symbol": symbol_of(held.listing),
        "positionIdx": SIDES[one.side],
        "side": "Buy" if held.contracts > 0 else "Sell",
        "size": text(abs(held.contracts)),
        "avgPrice": text(round(one.entry, PLACES)),
        "positionValue": text(entry_value(held), PLACES),
        "leverage": text(one.leverage),
        "markPrice": text(held.mark),
        "liqPrice": text(held.liquidation, 2) if held.liquidation else "",
        "bustPrice": "",
        "positionIM": text(held.initial_margin, PLACES),
        "positionMM": text(held.maintenance_margin, PLACES),
        "positionBalance": text(one.margin, PLACES) if one.is_isolated else "0",
        "takeProfit": "",
        "stopLoss": "",
        "trailingStop": "0",
        "unrealisedPnl": text(held.pnl, PLACES),
        "curRealisedPnl": "0",
        "cumRealisedPnl": "0",
        "createdTime": str(one.opened_at),
        "updatedTime": str(one.updated_at),
        **usual(adl=one.adl),
    }


def entry_value(held: Held) -> Decimal:
    """Return the worth at entry, which Bybit calls the position's value."""
    units = abs(held.contracts) * held.listing.contract_size
    return units / held.position.entry if held.listing.is_inverse else units * held.position.entry


WIRE = Wire(
    signed={
        "/v5/account/wallet-balance": wallet_balance,
        "/v5/account/info": account_info,
        "/v5/asset/transfer/query-account-coins-balance": funding_wallet,
        "/v5/earn/position": earn,
        "/v5/position/list": positions,
    },
)
