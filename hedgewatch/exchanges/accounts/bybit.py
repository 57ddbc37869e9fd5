"""Bybit accounts: one unified wallet in dollars, a funding wallet, earn; linear positions a settle coin at a time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from hedgewatch.exchanges.accounts.balances import EARN, balance_reader, earning
from hedgewatch.exchanges.accounts.bybit_rows import (
    LIST,
    ORDERS,
    funding_coins,
    funding_page,
    next_page,
    position_form,
    read_wallets,
    tier_form,
    unified_coins,
)
from hedgewatch.exchanges.accounts.modes import read_index
from hedgewatch.exchanges.accounts.orders import order_reader
from hedgewatch.exchanges.accounts.positions import position_reader
from hedgewatch.exchanges.accounts.scope import read_bybit
from hedgewatch.exchanges.accounts.shape import (
    DAILY,
    FIRST,
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

OK = {"retCode": ZERO_CODE}


def futures(side: Side) -> tuple[Question, ...]:
    """Return the questions of one side; linear positions and orders are asked a settle coin at a time."""
    category: Mapping[str, str | int] = {"category": side.value}
    by = Each.SETTLE if side is Side.LINEAR else Each.ACCOUNT
    return (
        Question(
            name=f"{side} position list",
            method="privateGetV5PositionList",
            side=side,
            params={**category, "limit": 200},
            each=by,
            subject_key="settleCoin",
            good=OK,
            rows=LIST,
            time="time",
            next_page=next_page,
            tells={Part.POSITIONS: position_reader(position_form(side))},
        ),
        Question(
            name=f"{side} order realtime",
            method="privateGetV5OrderRealtime",
            side=side,
            params={**category, "limit": 50},
            each=by,
            subject_key="settleCoin",
            good=OK,
            rows=LIST,
            time="time",
            next_page=next_page,
            tells={Part.ORDERS: order_reader(ORDERS)},
        ),
    )


def terms(side: Side) -> tuple[Question, ...]:
    """Return the questions of one side's risk limits, fees and position modes, which are set by symbol."""
    category: Mapping[str, str | int] = {"category": side.value}
    return (
        Question(
            name=f"{side} risk-limit",
            method="publicGetV5MarketRiskLimit",
            side=side,
            params=category,
            each=Each.INSTRUMENT,
            good=OK,
            rows=LIST,
            time="time",
            every=DAILY,
            next_page=next_page,
            tells={Part.TIERS: tier_reader(tier_form(side))},
        ),
        Question(
            name=f"{side} fee-rate",
            method="privateGetV5AccountFeeRate",
            side=side,
            params=category,
            each=Each.INSTRUMENT,
            good=OK,
            rows=LIST,
            time="time",
            every=DAILY,
            tells={Part.FEES: fee_reader("makerFeeRate", "takerFeeRate")},
        ),
        # asked by symbol it lists what is not held too, and so tells the mode of a flat contract
        Question(
            name=f"{side} position mode",
            method="privateGetV5PositionList",
            side=side,
            params=category,
            each=Each.INSTRUMENT,
            good=OK,
            rows=LIST,
            time="time",
            every=HOURLY,
            tells={Part.MODE: read_index},
        ),
    )


ACCOUNT = (
    Question(
        name="wallet-balance",
        method="privateGetV5AccountWalletBalance",
        params={"accountType": "UNIFIED"},
        good=OK,
        rows=(*LIST, FIRST, "coin"),
        time="time",
        tells={Part.BALANCES: balance_reader("unified", "coin", unified_coins), Part.WALLETS: read_wallets},
    ),
    Question(
        name="funding balance",
        method="privateGetV5AssetTransferQueryAccountCoinsBalance",
        params={"accountType": "FUND"},
        good=OK,
        rows=("result", "balance"),
        time="time",
        tells={Part.BALANCES: balance_reader("funding", "coin", funding_coins)},
    ),
    Question(
        name="earn position",
        method="privateGetV5EarnPosition",
        params={"category": "FlexibleSaving"},
        good=OK,
        rows=LIST,
        time="time",
        every=HOURLY,
        tells={Part.BALANCES: balance_reader(EARN, "coin", earning("amount"))},
    ),
    Question(
        name="account info",
        method="privateGetV5AccountInfo",
        good=OK,
        rows=None,
        needs=("result",),
        time="time",
        every=HOURLY,
        tells={Part.FACTS: lambda _sheet, _known: ()},
    ),
    Question(
        name="query-api",
        method="privateGetV5UserQueryApi",
        good=OK,
        rows=None,
        needs=("result",),
        time="time",
        every=DAILY,
        tells={Part.SCOPE: read_bybit},
    ),
    *futures(Side.LINEAR),
    *futures(Side.INVERSE),
    *terms(Side.LINEAR),
    *terms(Side.INVERSE),
)


def ledger(side: Side) -> LedgerPlan:
    """Return how one side's funding payments are told: as fees, so that what was paid is positive."""
    return LedgerPlan(
        name=f"{side} executions",
        method="privateGetV5ExecutionList",
        side=side,
        params={"category": side.value, "execType": "Funding", "limit": 100},
        start_key="startTime",
        end_key="endTime",
        window=timedelta(days=7),
        limit=100,
        page=funding_page,
        id_key="symbol",
        time_key="execTime",
        amount_key="execFee",
        paid_is_positive=True,
        payment_id=("execId",),
    )


LEDGERS = (ledger(Side.LINEAR), ledger(Side.INVERSE))

BYBIT_ACCOUNT = AccountQuirk(
    exchange="bybit",
    signed=signed_reads(
        "api.bybit.com",
        r"/v5/account/(wallet-balance|info|fee-rate)",
        r"/v5/asset/transfer/query-account-coins-balance",
        r"/v5/earn/position",
        r"/v5/position/list",
        r"/v5/execution/list",
        r"/v5/order/realtime",
        r"/v5/user/query-api",
    ),
    questions={"classic": ACCOUNT, "unified": ACCOUNT},
    ledgers={"classic": LEDGERS, "unified": LEDGERS},
)
