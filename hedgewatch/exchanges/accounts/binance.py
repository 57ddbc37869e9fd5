"""Binance accounts: spot, simple earn, USD-M and COIN-M wallets of their own, or one portfolio margin account."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from hedgewatch.domain.account import TierUnit
from hedgewatch.domain.numbers import ZERO
from hedgewatch.exchanges.accounts.balances import (
    EARN,
    Coins,
    WalletForm,
    balance_reader,
    earning,
    free_and_used,
    split,
    told,
    total_and_used,
    wallet_reader,
)
from hedgewatch.exchanges.accounts.binance_rows import INVERSE, LINEAR, ORDERS, income_page, tiers, wallets
from hedgewatch.exchanges.accounts.modes import mode_question
from hedgewatch.exchanges.accounts.orders import order_reader
from hedgewatch.exchanges.accounts.positions import PositionForm, position_reader
from hedgewatch.exchanges.accounts.rows import amount_of, needed, not_below_zero
from hedgewatch.exchanges.accounts.scope import read_flags
from hedgewatch.exchanges.accounts.shape import DAILY, HOURLY, AccountQuirk, Each, LedgerPlan, Part, Question, Side
from hedgewatch.exchanges.accounts.terms import TierForm, fee_reader, tier_reader
from hedgewatch.exchanges.door import signed_reads
from hedgewatch.exchanges.parse import Row

EARN_PAGE = 100


def next_earn_page(answer: Any, page: int) -> Mapping[str, str | int] | None:  # noqa: ANN401  JSON
    """Return the number of the next page of earn positions, None if all were told."""
    return {"current": page + 1} if needed(answer, "total") > page * EARN_PAGE else None


def portfolio_coins(row: Row) -> Coins:
    """Read one asset of a portfolio margin account: what margin loans owe is told beside the total."""
    owed = sum((not_below_zero(row, key) or ZERO for key in ("crossMarginBorrowed", "crossMarginInterest")), start=ZERO)
    return split(needed(row, "totalWalletBalance"), amount_of(row, "crossMarginLocked") or ZERO, owed)


SPOT = (
    Question(
        name="spot account",
        method="privateGetAccount",
        params={"omitZeroBalances": "true"},
        rows=("balances",),
        needs=("balances", "accountType"),
        tells={Part.BALANCES: balance_reader("spot", "asset", free_and_used("free", "locked"))},
    ),
    Question(
        name="earn flexible",
        method="sapiGetSimpleEarnFlexiblePosition",
        params={"size": EARN_PAGE},
        rows=("rows",),
        needs=("total",),
        next_page=next_earn_page,
        every=HOURLY,
        tells={Part.BALANCES: balance_reader(EARN, "asset", earning("totalAmount"))},
    ),
    Question(
        name="earn locked",
        method="sapiGetSimpleEarnLockedPosition",
        params={"size": EARN_PAGE},
        rows=("rows",),
        needs=("total",),
        next_page=next_earn_page,
        every=HOURLY,
        tells={Part.BALANCES: balance_reader(EARN, "asset", earning("amount"))},
    ),
    Question(
        name="apiRestrictions",
        method="sapiGetAccountApiRestrictions",
        rows=None,
        needs=("enableReading",),
        every=DAILY,
        tells={Part.SCOPE: read_flags},
    ),
)


def ledger(name: str, method: str, side: Side) -> LedgerPlan:
    """Return how one side's funding payments are told."""
    return LedgerPlan(
        name=name,
        method=method,
        side=side,
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
        payment_id=("tranId",),
    )


def futures(kind: str, *, side: Side, methods: Mapping[str, str], form: PositionForm) -> tuple[Question, ...]:
    """Return the questions of one classic futures side; ``methods`` by what they ask for."""
    return (
        Question(
            name=f"{kind} account",
            method=methods["account"],
            side=side,
            rows=("assets",),
            needs=("assets", "canTrade"),
            tells={
                Part.BALANCES: balance_reader(kind, "asset", total_and_used("walletBalance", "initialMargin")),
                Part.WALLETS: wallets(kind),
            },
        ),
        Question(
            name=f"{kind} positionRisk",
            method=methods["positions"],
            side=side,
            tells={Part.POSITIONS: position_reader(form)},
        ),
        Question(
            name=f"{kind} openOrders",
            method=methods["orders"],
            side=side,
            tells={Part.ORDERS: order_reader(ORDERS)},
        ),
        mode_question(f"{kind} positionSide", methods["mode"], side),
    )


def terms(kind: str, *, side: Side, methods: Mapping[str, str], form: TierForm) -> tuple[Question, ...]:
    """Return the questions of one classic side's tiers and fees; ``methods`` by what they ask for."""
    return (
        Question(
            name=f"{kind} leverageBracket",
            method=methods["tiers"],
            side=side,
            each=Each.INSTRUMENT,
            every=DAILY,
            lone_row=True,
            tells={Part.TIERS: tier_reader(form)},
        ),
        Question(
            name=f"{kind} commissionRate",
            method=methods["fees"],
            side=side,
            each=Each.INSTRUMENT,
            every=DAILY,
            lone_row=True,
            tells={Part.FEES: fee_reader("makerCommissionRate", "takerCommissionRate")},
        ),
    )


CLASSIC = (
    *SPOT,
    *futures(
        "usd-m",
        side=Side.LINEAR,
        methods={
            "account": "fapiPrivateV3GetAccount",
            "positions": "fapiPrivateV3GetPositionRisk",
            "orders": "fapiPrivateGetOpenOrders",
            "mode": "fapiPrivateGetPositionSideDual",
        },
        form=LINEAR,
    ),
    *terms(
        "usd-m",
        side=Side.LINEAR,
        methods={"tiers": "fapiPrivateGetLeverageBracket", "fees": "fapiPrivateGetCommissionRate"},
        form=tiers(unit=TierUnit.NOTIONAL, suffix="notional"),
    ),
    *futures(
        "coin-m",
        side=Side.INVERSE,
        methods={
            "account": "dapiPrivateGetAccount",
            "positions": "dapiPrivateGetPositionRisk",
            "orders": "dapiPrivateGetOpenOrders",
            "mode": "dapiPrivateGetPositionSideDual",
        },
        form=INVERSE,
    ),
    *terms(
        "coin-m",
        side=Side.INVERSE,
        methods={"tiers": "dapiPrivateV2GetLeverageBracket", "fees": "dapiPrivateGetCommissionRate"},
        form=tiers(unit=TierUnit.COINS, suffix="qty"),
    ),
)


def portfolio_side(kind: str, side: Side, form: PositionForm) -> tuple[Question, ...]:
    """Return the questions of one futures side of a portfolio margin account."""
    return (
        Question(
            name=f"portfolio {kind} positionRisk",
            method=f"papiGet{kind}PositionRisk",
            side=side,
            tells={Part.POSITIONS: position_reader(form)},
        ),
        Question(
            name=f"portfolio {kind} openOrders",
            method=f"papiGet{kind}OpenOrders",
            side=side,
            tells={Part.ORDERS: order_reader(ORDERS)},
        ),
        mode_question(f"portfolio {kind} positionSide", f"papiGet{kind}PositionSideDual", side),
    )


PORTFOLIO = (
    *SPOT,
    Question(
        name="portfolio account",
        method="papiGetAccount",
        rows=None,
        needs=("accountEquity", "accountMaintMargin"),
        tells={
            Part.WALLETS: wallet_reader(
                WalletForm(
                    wallet="portfolio",
                    equity=told("accountEquity"),
                    initial_key="accountInitialMargin",
                    maintenance_key="accountMaintMargin",
                    is_shared=True,
                )
            )
        },
    ),
    Question(
        name="portfolio balance",
        method="papiGetBalance",
        tells={Part.BALANCES: balance_reader("portfolio", "asset", portfolio_coins)},
    ),
    *portfolio_side("Um", Side.LINEAR, LINEAR),
    *portfolio_side("Cm", Side.INVERSE, INVERSE),
)

BINANCE_ACCOUNT = AccountQuirk(
    exchange="binance",
    signed=(
        *signed_reads("api.binance.com", r"/api/v3/account"),
        *signed_reads("api.binance.com", r"/sapi/v1/(simple-earn/(flexible|locked)/position|account/apiRestrictions)"),
        *signed_reads("fapi.binance.com", r"/fapi/v3/(account|positionRisk)"),
        *signed_reads("fapi.binance.com", r"/fapi/v1/(openOrders|leverageBracket|commissionRate|income)"),
        *signed_reads("fapi.binance.com", r"/fapi/v1/positionSide/dual"),
        *signed_reads("dapi.binance.com", r"/dapi/v1/(account|positionRisk|openOrders|commissionRate|income)"),
        *signed_reads("dapi.binance.com", r"/dapi/v1/positionSide/dual"),
        *signed_reads("dapi.binance.com", r"/dapi/v2/leverageBracket"),
        *signed_reads("papi.binance.com", r"/papi/v1/(account|balance|(um|cm)/(positionRisk|openOrders|income))"),
        *signed_reads("papi.binance.com", r"/papi/v1/(um|cm)/positionSide/dual"),
    ),
    questions={"classic": CLASSIC, "portfolio": PORTFOLIO},
    ledgers={
        "classic": (
            ledger("usd-m income", "fapiPrivateGetIncome", Side.LINEAR),
            ledger("coin-m income", "dapiPrivateGetIncome", Side.INVERSE),
        ),
        "portfolio": (
            ledger("portfolio um income", "papiGetUmIncome", Side.LINEAR),
            ledger("portfolio cm income", "papiGetCmIncome", Side.INVERSE),
        ),
    },
)
