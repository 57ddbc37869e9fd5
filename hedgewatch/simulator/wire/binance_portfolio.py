"""Binance's portfolio margin: one margin in USD for coins, USDT- and coin-margined futures."""

from __future__ import annotations

from decimal import Decimal

from hedgewatch.simulator.accounts import MARGIN
from hedgewatch.simulator.holdings import Purse
from hedgewatch.simulator.statement import Held, Statement
from hedgewatch.simulator.wire.binance_futures import CLOSED, PLACES, inverse_position, linear_position
from hedgewatch.simulator.wire.binance_ledger import (
    brackets,
    commission,
    income,
    of,
    open_orders,
    position_mode,
)
from hedgewatch.simulator.wire.binance_markets import INVERSE, LINEAR
from hedgewatch.simulator.wire.form import Row, SignedAnswer, SignedAsk, Wire, text
from hedgewatch.simulator.wire.signatures import RefusedError

SAFEST = Decimal(999)  # what uniMMR shows where nothing needs margin; its true value there was never seen
POSITION = (
    "symbol",
    "positionAmt",
    "entryPrice",
    "markPrice",
    "unRealizedProfit",
    "liquidationPrice",
    "positionSide",
    "updateTime",
    "breakEvenPrice",
)


def portfolio(answer: SignedAnswer) -> SignedAnswer:
    """Let an answer stand for portfolio margin accounts only; the refusal was never seen live."""

    def guarded(signed: SignedAsk) -> object:
        if not signed.account.is_portfolio:
            raise RefusedError(*CLOSED)
        return answer(signed)

    return guarded


def account(signed: SignedAsk) -> object:
    """Answer /papi/v1/account: one equity, and its ratio to the maintenance margin."""
    whole = signed.statement.whole(*MARGIN)
    ratio = whole.equity / whole.maintenance_margin if whole.maintenance_margin else SAFEST
    return {
        "uniMMR": text(ratio, PLACES),
        "accountEquity": text(whole.equity, PLACES),
        "actualEquity": text(whole.equity, PLACES),
        "accountInitialMargin": text(whole.initial_margin, PLACES),
        "accountMaintMargin": text(whole.maintenance_margin, PLACES),
        "accountStatus": "NORMAL",
        "virtualMaxWithdrawAmount": text(whole.available, PLACES),
        "totalAvailableBalance": text(whole.available, PLACES),
        "totalMarginOpenLoss": "0.00000000",
        "updateTime": signed.ask.clock,
    }


def balances(signed: SignedAsk) -> object:
    """Answer /papi/v1/balance: per asset what lies in margin, linear and inverse futures."""
    statement = signed.statement
    assets = sorted({asset for asset, _ in statement.coins(*MARGIN)} | {held.listing.settle for held in statement.held})
    return [balance(signed, statement, asset) for asset in assets]


def balance(signed: SignedAsk, statement: Statement, asset: str) -> Row:
    """Write one asset."""
    margin, linear, inverse = (statement.purses.get((wallet, asset), Purse()) for wallet in MARGIN)
    total = margin.balance - margin.borrowed + linear.balance + inverse.balance
    profits = {
        "um": sum((held.pnl for held in statement.positions(*LINEAR) if held.listing.settle == asset), Decimal(0)),
        "cm": sum((held.pnl for held in statement.positions(*INVERSE) if held.listing.settle == asset), Decimal(0)),
    }
    figures = {
        "totalWalletBalance": total,
        "crossMarginAsset": margin.balance,
        "crossMarginBorrowed": margin.borrowed,
        "crossMarginFree": margin.free,
        "crossMarginInterest": Decimal(0),
        "crossMarginLocked": margin.locked,
        "umWalletBalance": linear.balance,
        "umUnrealizedPNL": profits["um"],
        "cmWalletBalance": inverse.balance,
        "cmUnrealizedPNL": profits["cm"],
        "negativeBalance": Decimal(0),
    }
    return {"asset": asset, "updateTime": signed.ask.clock} | {
        name: text(value, PLACES) for name, value in figures.items()
    }


def position(held: Held) -> Row:
    """Write one position: fewer figures than the classic accounts have, and a leverage."""
    row = inverse_position(held) if held.listing.is_inverse else linear_position(held)
    more = (
        {"maxQty": "100", "notionalValue": row.get("notionalValue")}
        if held.listing.is_inverse
        else {
            "maxNotionalValue": "5000000.0",
            "notional": row.get("notional"),
        }
    )
    return {name: row[name] for name in POSITION} | {"leverage": text(held.position.leverage)} | more


def linear_positions(signed: SignedAsk) -> object:
    """Answer /papi/v1/um/positionRisk."""
    return [position(held) for held in signed.statement.positions(*LINEAR)]


def inverse_positions(signed: SignedAsk) -> object:
    """Answer /papi/v1/cm/positionRisk."""
    return [position(held) for held in signed.statement.positions(*INVERSE)]


OWN: dict[str, SignedAnswer] = {
    "account": account,
    "balance": balances,
    "um/positionRisk": linear_positions,
    "cm/positionRisk": inverse_positions,
    "um/positionSide/dual": position_mode,
    "cm/positionSide/dual": position_mode,
    "um/leverageBracket": of(LINEAR, brackets),
    "cm/leverageBracket": of(INVERSE, brackets),
    "um/income": of(LINEAR, income),
    "cm/income": of(INVERSE, income),
    "um/openOrders": of(LINEAR, open_orders),
    "cm/openOrders": of(INVERSE, open_orders),
    "um/commissionRate": of(LINEAR, commission),
    "cm/commissionRate": of(INVERSE, commission),
}
WIRE = Wire(signed={f"/papi/v1/{path}": portfolio(answer) for path, answer in OWN.items()})
