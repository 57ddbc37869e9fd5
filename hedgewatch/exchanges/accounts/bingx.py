"""BingX accounts: spot, fund and swap wallets; linear positions in base coins, inverse ones in contracts of dollars.

https://bingx-api.github.io/docs/#/en-us/swapV2/account-api.html
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from hedgewatch.domain.account import MarginMode, TierUnit
from hedgewatch.domain.market import UnknownReason
from hedgewatch.domain.numbers import ZERO
from hedgewatch.exchanges.accounts.balances import (
    WalletForm,
    balance_reader,
    free_and_used,
    told,
    total_and_used,
    wallet_reader,
)
from hedgewatch.exchanges.accounts.orders import BUY_SELL, OrderForm, order_reader, without_trigger
from hedgewatch.exchanges.accounts.positions import (
    BOTH,
    LONG,
    SHORT,
    Held,
    PositionForm,
    amount,
    leverage,
    liquidation,
    position_reader,
    price,
    signed,
)
from hedgewatch.exchanges.accounts.rows import (
    amount_of,
    chosen,
    flag_of,
    needed,
    not_below_zero,
    price_or_none,
    text_of,
)
from hedgewatch.exchanges.accounts.scope import read_bingx
from hedgewatch.exchanges.accounts.shape import (
    DAILY,
    ZERO_CODE,
    AccountQuirk,
    Each,
    LedgerPage,
    LedgerPlan,
    Part,
    Question,
    Side,
    rows_at,
)
from hedgewatch.exchanges.accounts.terms import TierForm, fee_reader, tier_reader
from hedgewatch.exchanges.door import signed_reads
from hedgewatch.exchanges.parse import UnreadableError

OK = {"code": ZERO_CODE}
SIDES = {"LONG": LONG, "SHORT": SHORT, "BOTH": BOTH}


def contracts(held: Held) -> Decimal:
    """Read the signed amount; in one-way mode the side is BOTH, and unless the amount is negative its sign is not told.

    Then profit and the way the price went since entry tell it. Raises UnreadableError where they do not.
    """
    size, side = needed(held.row, "positionAmt"), chosen(held.row, "positionSide", SIDES)
    if side != BOTH or size <= 0:
        return signed(size, side)
    profit = amount_of(held.row, "unrealizedProfit") or ZERO
    mark, entry = price_or_none(held.row, "markPrice"), price_or_none(held.row, "avgPrice")
    way = ZERO if mark is None or entry is None else profit * (mark - entry)
    if way == 0:
        raise UnreadableError(UnknownReason.MISSING, f"a position of {size} whose side is not told")
    return size if way > 0 else -size


def margin_mode(held: Held) -> MarginMode | None:
    """Read the margin mode, None if it is not told."""
    isolated = flag_of(held.row, "isolated")
    return None if isolated is None else MarginMode.ISOLATED if isolated else MarginMode.CROSS


def is_dual(held: Held) -> bool | None:
    """Tell the position mode by the side's word; an older answer says LONG in one-way mode too, and tells it beside."""
    only_one = flag_of(held.row, "onlyOnePosition")
    if only_one is not None:
        return not only_one
    return False if text_of(held.row, "positionSide") == "BOTH" else None


def isolated_margin(held: Held) -> Decimal | None:
    """Read what backs an isolated position: its margin holds the unrealised profit, which is taken out."""
    if margin_mode(held) is not MarginMode.ISOLATED:
        return None
    margin, profit = price_or_none(held.row, "margin"), amount_of(held.row, "unrealizedProfit")
    return not_below_zero(held.row, "initialMargin") if margin is None or profit is None else margin - profit


def form(side: Side) -> PositionForm:
    """Return the form of a position. A liquidation price of zero is none on a cross position, else not known."""
    return PositionForm(
        identity=("symbol", "positionId", "positionSide"),
        contracts=contracts,
        is_dual_side=is_dual,
        margin_mode=margin_mode,
        liquidation=liquidation("liquidationPrice", zero_is_never=lambda held: margin_mode(held) is MarginMode.CROSS),
        entry=price("avgPrice"),
        margin=isolated_margin,
        notional=amount("positionValue") if side is Side.LINEAR else lambda _: None,
        leverage=leverage("leverage"),
        mark_key="markPrice",
        pnl_key="unrealizedProfit",
    )


ORDERS = OrderForm(
    quantity_keys=("origQty", "quantity"), filled_key="executedQty", sides=BUY_SELL, is_resting=without_trigger
)
TIERS = TierForm(
    unit=TierUnit.NOTIONAL,
    floor_key="minPositionVal",
    cap_key="maxPositionVal",
    rate=lambda row: needed(row, "maintMarginRatio"),
    deduction_key="maintAmount",
    leverage_key=None,
)


def swap_wallet(name: str) -> WalletForm:
    """Return the form of one asset's swap wallet; it does not tell the maintenance margin."""
    return WalletForm(wallet=name, asset_key="asset", equity=told("equity"), initial_key="usedMargin", is_shared=True)


def swap(kind: str, side: Side, methods: Mapping[str, str], fee_keys: tuple[str, ...]) -> tuple[Question, ...]:
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
            tells={Part.POSITIONS: position_reader(form(side))},
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
        Question(
            name=f"{kind} commissionRate",
            method=methods["fees"],
            side=side,
            good=OK,
            rows=None,
            needs=("data",),
            every=DAILY,
            tells={Part.FEES: fee_reader("makerCommissionRate", "takerCommissionRate", *fee_keys, by_symbol=False)},
        ),
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
            "fees": "swapV2PrivateGetUserCommissionRate",
        },
        ("data", "commission"),
    ),
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
    *swap(
        "coin swap",
        Side.INVERSE,
        {
            "balance": "cswapV1PrivateGetUserBalance",
            "positions": "cswapV1PrivateGetUserPositions",
            "orders": "cswapV1PrivateGetTradeOpenOrders",
            "fees": "cswapV1PrivateGetUserCommissionRate",
        },
        ("data",),
    ),
)


def income_page(answer: Any, limit: int) -> LedgerPage:  # noqa: ANN401  JSON
    """Read a page of incomes: a full one may be cut."""
    if not isinstance(answer, dict) or text_of(answer, "code") != "0":
        raise UnreadableError(UnknownReason.MISSING, "not the form of an answer")
    rows = rows_at(answer, ("data",))
    return LedgerPage(rows=rows, follow=None, is_cut=len(rows) >= limit)


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
        r"/openApi/swap/v1/maintMarginRatio",
        r"/openApi/cswap/v1/user/(balance|positions|commissionRate)",
        r"/openApi/cswap/v1/trade/openOrders",
        r"/openApi/v1/account/apiPermissions",
    ),
    questions={"classic": QUESTIONS, "unified": QUESTIONS},
    ledgers={"classic": LEDGERS, "unified": LEDGERS},
    no_earn="BingX has no call for coins that earn: declare them as a holding of their own",
)
