"""MEXC accounts: a spot and a contract wallet; positions and orders in contracts; tiers are told with the listing."""

from __future__ import annotations

from datetime import timedelta

from hedgewatch.exchanges.accounts.balances import balance_reader, free_and_used, wallet_reader
from hedgewatch.exchanges.accounts.mexc_rows import (
    MODES_TOLD,
    ORDERS,
    PAGE,
    POSITIONS,
    contract_coins,
    contract_wallets,
    listed_tiers,
    next_page,
    records_page,
)
from hedgewatch.exchanges.accounts.modes import mode_reader
from hedgewatch.exchanges.accounts.orders import order_reader
from hedgewatch.exchanges.accounts.positions import position_reader
from hedgewatch.exchanges.accounts.rows import text_of
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
from hedgewatch.exchanges.accounts.terms import fee_reader
from hedgewatch.exchanges.door import signed_reads

OK = {"success": frozenset({"True", "true"}), "code": ZERO_CODE}


def futures(side: Side) -> tuple[Question, ...]:
    """Return the questions of one futures side: linear and inverse contracts share every call, each reads its own."""
    return (
        Question(
            name=f"{side} open_positions",
            method="contractPrivateGetPositionOpenPositions",
            side=side,
            good=OK,
            rows=("data",),
            tells={Part.POSITIONS: position_reader(POSITIONS)},
        ),
        Question(
            name=f"{side} open_orders",
            method="contractPrivateGetOrderListOpenOrders",
            side=side,
            params={"page_num": 1, "page_size": PAGE},
            good=OK,
            rows=("data",),
            next_page=next_page,
            tells={Part.ORDERS: order_reader(ORDERS)},
        ),
        Question(
            name=f"{side} tiered_fee_rate",
            method="contractPrivateGetAccountTieredFeeRate",
            side=side,
            each=Each.INSTRUMENT,
            good=OK,
            rows=None,
            needs=("data",),
            every=DAILY,
            tells={Part.FEES: fee_reader("makerFee", "takerFee", "data"), Part.TIERS: listed_tiers},
        ),
    )


QUESTIONS = (
    Question(
        name="spot account",
        method="spotPrivateGetAccount",
        rows=("balances",),
        needs=("balances", "accountType"),
        tells={Part.BALANCES: balance_reader("spot", "asset", free_and_used("free", "locked"))},
    ),
    Question(
        name="contract assets",
        method="contractPrivateGetAccountAssets",
        good=OK,
        rows=("data",),
        tells={
            Part.BALANCES: balance_reader("contract", "currency", contract_coins),
            Part.WALLETS: wallet_reader(contract_wallets("contract")),
        },
    ),
    Question(
        name="position mode",
        method="contractPrivateGetPositionPositionMode",
        good=OK,
        rows=None,
        needs=("data",),
        every=HOURLY,
        tells={Part.MODE: mode_reader(lambda sheet: MODES_TOLD.get(text_of(sheet.whole, "data") or ""))},
    ),
    *futures(Side.LINEAR),
    *futures(Side.INVERSE),
)


def ledger(side: Side) -> LedgerPlan:
    """Return how funding payments are told: newest first, page by page, one contract a call."""
    return LedgerPlan(
        name=f"{side} funding_records",
        method="contractPrivateGetPositionFundingRecords",
        side=side,
        params={"page_num": 1, "page_size": 100},
        start_key="start_time",
        end_key="end_time",
        window=timedelta(days=90),
        limit=100,
        page=records_page,
        id_key="symbol",
        time_key="settleTime",
        amount_key="funding",
        payment_id=("id",),
        symbol_key="symbol",
    )


LEDGERS = (ledger(Side.LINEAR), ledger(Side.INVERSE))

MEXC_ACCOUNT = AccountQuirk(
    exchange="mexc",
    signed=(
        *signed_reads("api.mexc.com", r"/api/v3/account"),
        *signed_reads("api.mexc.com", r"/api/v1/private/account/(assets|tiered_fee_rate)"),
        *signed_reads("api.mexc.com", r"/api/v1/private/position/(open_positions|funding_records|position_mode)"),
        *signed_reads("api.mexc.com", r"/api/v1/private/order/list/open_orders"),
    ),
    questions={"classic": QUESTIONS, "unified": QUESTIONS},
    ledgers={"classic": LEDGERS, "unified": LEDGERS},
    no_earn="MEXC has no call for coins that earn: declare them as a holding of their own",
    lists_tiers=True,
    no_scope="MEXC has no call that tells what a key may do",
)
