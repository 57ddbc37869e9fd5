"""BingX accounts: spot, fund and swap wallets; linear positions in base coins, inverse ones in contracts of dollars."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from hedgewatch.exchanges.accounts.balances import balance_reader, free_and_used, total_and_used, wallet_reader
from hedgewatch.exchanges.accounts.bingx_rows import ORDERS, TIERS, income_page, position_form, swap_wallet
from hedgewatch.exchanges.accounts.modes import flag_within, mode_reader
from hedgewatch.exchanges.accounts.orders import order_reader
from hedgewatch.exchanges.accounts.positions import position_reader
from hedgewatch.exchanges.accounts.scope import read_bingx
from hedgewatch.exchanges.accounts.shape import (
    DAILY,
    HOURLY,
    ZERO_CODE,
    AccountQuirk,
    Each,
    LedgerPlan,
    Part,
    Question,
    Side,
)
from hedgewatch.exchanges.accounts.terms import fee_reader, tier_reader
from hedgewatch.exchanges.door import signed_reads

OK = {"code": ZERO_CODE}


def swap(kind: str, side: Side, methods: Mapping[str, str]) -> tuple[Question, ...]:
    """Return the questions of one swap side; ``methods`` by what they ask for."""
    return (
        Question(
            name=f"{kind} balance",
            method=methods["balance"],
            side=side,
            good=OK,
            rows=("data",),
            time="timestamp",
            tells={
                Part.BALANCES: balance_reader(kind, "asset", total_and_used("balance", "usedMargin", "freezedMargin")),
                Part.WALLETS: wallet_reader(swap_wallet(kind)),
            },
        ),
        Question(
            name=f"{kind} positions",
            method=methods["positions"],
            side=side,
            good=OK,
            rows=("data",),
            time="timestamp",
            tells={Part.POSITIONS: position_reader(position_form(side))},
        ),
        Question(
            name=f"{kind} openOrders",
            method=methods["orders"],
            side=side,
            good=OK,
            rows=("data", "orders"),
            time="timestamp",
            tells={Part.ORDERS: order_reader(ORDERS)},
        ),
    )


def fees(kind: str, side: Side, method: str, *keys: str) -> Question:
    """Return the question of one side's fees, the same for all its contracts, at the end of ``keys``."""
    return Question(
        name=f"{kind} commissionRate",
        method=method,
        side=side,
        good=OK,
        rows=None,
        needs=("data",),
        every=DAILY,
        tells={Part.FEES: fee_reader("makerCommissionRate", "takerCommissionRate", *keys, by_symbol=False)},
    )


QUESTIONS = (
    Question(
        name="spot balance",
        method="spotV1PrivateGetAccountBalance",
        good=OK,
        rows=("data", "balances"),
        tells={Part.BALANCES: balance_reader("spot", "asset", free_and_used("free", "locked"))},
    ),
    Question(
        name="fund balance",
        method="fundV1PrivateGetAccountBalance",
        good=OK,
        rows=("data", "assets"),
        time="timestamp",
        tells={Part.BALANCES: balance_reader("funding", "asset", free_and_used("free", "locked"))},
    ),
    Question(
        name="apiPermissions",
        method="accountV1PrivateGetAccountApiPermissions",
        rows=None,
        every=DAILY,
        tells={Part.SCOPE: read_bingx},
    ),
    *swap(
        "swap",
        Side.LINEAR,
        {
            "balance": "swapV3PrivateGetUserBalance",
            "positions": "swapV2PrivateGetUserPositions",
            "orders": "swapV2PrivateGetTradeOpenOrders",
        },
    ),
    fees("swap", Side.LINEAR, "swapV2PrivateGetUserCommissionRate", "data", "commission"),
    Question(
        name="swap maintMarginRatio",
        method="swapV1PrivateGetMaintMarginRatio",
        side=Side.LINEAR,
        each=Each.INSTRUMENT,
        good=OK,
        rows=("data",),
        time="timestamp",
        every=DAILY,
        tells={Part.TIERS: tier_reader(TIERS)},
    ),
    Question(
        name="swap positionSide",
        method="swapV1PrivateGetPositionSideDual",
        side=Side.LINEAR,
        good=OK,
        rows=None,
        needs=("data",),
        time="timeStamp",
        every=HOURLY,
        tells={Part.MODE: mode_reader(flag_within("data"))},
    ),
    *swap(
        "coin swap",
        Side.INVERSE,
        {
            "balance": "cswapV1PrivateGetUserBalance",
            "positions": "cswapV1PrivateGetUserPositions",
            "orders": "cswapV1PrivateGetTradeOpenOrders",
        },
    ),
    fees("coin swap", Side.INVERSE, "cswapV1PrivateGetUserCommissionRate", "data"),
)


LEDGERS = (
    LedgerPlan(
        name="swap income",
        method="swapV2PrivateGetUserIncome",
        side=Side.LINEAR,
        params={"incomeType": "FUNDING_FEE", "limit": 1000},
        start_key="startTime",
        end_key="endTime",
        window=timedelta(days=7),
        limit=1000,
        page=income_page,
        id_key="symbol",
        time_key="time",
        amount_key="income",
        asset_key="asset",
        payment_id=("tranId", "tradeId"),
    ),
)

BINGX_ACCOUNT = AccountQuirk(
    exchange="bingx",
    signed=signed_reads(
        "open-api.bingx.com",
        r"/openApi/(spot|fund)/v1/account/balance",
        r"/openApi/swap/v3/user/balance",
        r"/openApi/swap/v2/user/(positions|income|commissionRate)",
        r"/openApi/swap/v2/trade/openOrders",
        r"/openApi/swap/v1/(maintMarginRatio|positionSide/dual)",
        r"/openApi/cswap/v1/user/(balance|positions|commissionRate)",
        r"/openApi/cswap/v1/trade/openOrders",
        r"/openApi/v1/account/apiPermissions",
    ),
    questions={"classic": QUESTIONS, "unified": QUESTIONS},
    ledgers={"classic": LEDGERS, "unified": LEDGERS},
    no_earn="BingX has no call for coins that earn: declare them as a holding of their own",
)
