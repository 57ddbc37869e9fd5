"""WEEX accounts: a spot and a contract wallet; positions in base coins, beside each other even on one side.

https://www.weex.com/api-doc/contract/Account_API/GetAllPosition
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from hedgewatch.domain.account import MarginMode
from hedgewatch.domain.market import UnknownReason
from hedgewatch.domain.numbers import ZERO
from hedgewatch.exchanges.accounts.balances import (
    WalletForm,
    balance_reader,
    free_and_used,
    summed,
    total_and_used,
    wallet_reader,
)
from hedgewatch.exchanges.accounts.modes import mode_question
from hedgewatch.exchanges.accounts.orders import BUY_SELL, OrderForm, order_reader, without_trigger
from hedgewatch.exchanges.accounts.positions import (
    LONG,
    SHORT,
    Held,
    PositionForm,
    leverage,
    liquidation,
    position_reader,
    sided,
)
from hedgewatch.exchanges.accounts.rows import amount_of, chosen, flag_of, held, needed, not_below_zero, price_or_none
from hedgewatch.exchanges.accounts.shape import (
    DAILY,
    AccountQuirk,
    Each,
    Known,
    LedgerPage,
    LedgerPlan,
    Part,
    Question,
    Side,
    rows_at,
)
from hedgewatch.exchanges.accounts.terms import fee_reader
from hedgewatch.exchanges.door import signed_reads
from hedgewatch.exchanges.parse import Row, UnreadableError

SIDES = {"LONG": LONG, "SHORT": SHORT}
MODES = {"CROSSED": MarginMode.CROSS, "ISOLATED": MarginMode.ISOLATED}


def contracts(held: Held) -> Decimal:
    """Read the size with the sign of its side."""
    return sided(needed(held.row, "size"), chosen(held.row, "side", SIDES))


def margin_mode(held: Held) -> MarginMode:
    """Read the margin mode."""
    return chosen(held.row, "marginType", MODES)


def entry(held: Held) -> Decimal | None:
    """Find the entry price: what was paid, divided by how much is held."""
    value, size = not_below_zero(held.row, "openValue"), abs(contracts(held))
    return value / size if value and size else None


def notional(held: Held) -> Decimal | None:
    """Bring the value, which is at the entry price, to the mark price by the profit beside it."""
    value, profit = not_below_zero(held.row, "openValue"), amount_of(held.row, "unrealizePnl")
    return None if value is None or profit is None else value + profit * (1 if contracts(held) > 0 else -1)


def isolated_margin(held: Held) -> Decimal | None:
    """Read the margin of an isolated position."""
    return price_or_none(held.row, "isolatedMargin") if margin_mode(held) is MarginMode.ISOLATED else None


POSITIONS = PositionForm(
    identity=("id",),
    contracts=contracts,
    is_dual_side=lambda _: None,  # accountConfig tells it
    margin_mode=margin_mode,
    liquidation=liquidation("liquidatePrice", zero_is_never=lambda _: False),
    entry=entry,
    margin=isolated_margin,
    notional=notional,
    leverage=leverage("leverage"),
    pnl_key="unrealizePnl",
)
ORDERS = OrderForm(quantity_keys=("origQty",), filled_key="executedQty", sides=BUY_SELL, is_resting=without_trigger)


def in_use(row: Row) -> Decimal:
    """Find what positions use of the wallet: what is not available, nothing where no gain, loss or frozen money shows.

    WEEX tells no margin of the wallet. A position shows in its gain or loss even where the list leaves it out.
    """
    frozen, profit = held(row, "frozen"), amount_of(row, "unrealizePnl") or ZERO
    if frozen == 0 and profit == 0:
        return ZERO
    return max(frozen, needed(row, "balance") - held(row, "availableBalance"), ZERO)


def isolated_of(asset: str, known: Known) -> Decimal | None:
    """Add up the margins of isolated positions that are paid in an asset; None where positions were not read."""
    sheet = known.sheets.get("allPosition")
    if sheet is None:
        return None
    own = (row for row in sheet.rows if row.get("asset") == asset and row.get("marginType") == "ISOLATED")
    return sum((not_below_zero(row, "isolatedMargin") or ZERO for row in own), start=ZERO)


QUESTIONS = (
    Question(
        name="spot account",
        method="privateGetApiV3Account",
        rows=("balances",),
        needs=("balances", "accountType"),
        tells={Part.BALANCES: balance_reader("spot", "asset", free_and_used("free", "locked"))},
    ),
    Question(
        name="contract balance",
        method="contractPrivateGetCapiV3AccountBalance",
        side=Side.LINEAR,
        tells={
            Part.BALANCES: balance_reader("contract", "asset", total_and_used("balance", "frozen")),
            Part.WALLETS: wallet_reader(
                WalletForm(
                    wallet="contract",
                    asset_key="asset",
                    equity=summed("balance", "unrealizePnl"),
                    initial=in_use,
                    isolated=isolated_of,
                    is_shared=True,
                )
            ),
        },
    ),
    Question(
        name="allPosition",
        method="contractPrivateGetCapiV3AccountPositionAllPosition",
        side=Side.LINEAR,
        tells={Part.POSITIONS: position_reader(POSITIONS)},
    ),
    Question(
        name="openOrders",
        method="contractPrivateGetCapiV3OpenOrders",
        side=Side.LINEAR,
        tells={Part.ORDERS: order_reader(ORDERS)},
    ),
    mode_question("accountConfig", "contractPrivateGetCapiV3AccountAccountConfig", Side.LINEAR),
    Question(
        name="commissionRate",
        method="contractPrivateGetCapiV3AccountCommissionRate",
        side=Side.LINEAR,
        each=Each.INSTRUMENT,
        every=DAILY,
        lone_row=True,
        tells={Part.FEES: fee_reader("makerCommissionRate", "takerCommissionRate")},
    ),
)


def income_page(answer: Any, _limit: int) -> LedgerPage:  # noqa: ANN401  JSON
    """Read a page of incomes; how its next page is asked for is not documented, so the window is halved instead."""
    more = flag_of(answer, "hasNextPage") if isinstance(answer, dict) else None
    if more is None:
        raise UnreadableError(UnknownReason.MISSING, "not the form of an answer")
    return LedgerPage(rows=rows_at(answer, ("items",)), follow=None, is_cut=more)


LEDGERS = (
    LedgerPlan(
        name="income",
        method="contractPrivatePostCapiV3AccountIncome",
        side=Side.LINEAR,
        params={"incomeType": "position_funding", "limit": 100},
        start_key="startTime",
        end_key="endTime",
        window=timedelta(days=7),
        limit=100,
        page=income_page,
        id_key="symbol",
        time_key="time",
        amount_key="income",
        asset_key="asset",
        payment_id=("billId",),
    ),
)

WEEX_ACCOUNT = AccountQuirk(
    exchange="weex",
    signed=(
        *signed_reads("api-spot.weex.com", r"/api/v3/account/?"),
        *signed_reads("api-contract.weex.com", r"/capi/v3/account/(balance|position/allPosition)"),
        *signed_reads("api-contract.weex.com", r"/capi/v3/account/(commissionRate|accountConfig)"),
        *signed_reads("api-contract.weex.com", r"/capi/v3/openOrders"),
        *signed_reads("api-contract.weex.com", r"/capi/v3/account/income", method="POST"),
    ),
    questions={"classic": QUESTIONS, "unified": QUESTIONS},
    ledgers={"classic": LEDGERS, "unified": LEDGERS},
    no_earn="WEEX has no call for coins that earn: declare them as a holding of their own",
    no_scope="WEEX has no call that tells what a key may do",
)
