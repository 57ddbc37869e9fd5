"""BingX positions, orders, wallets and tiers: how its rows are read.

https://bingx-api.github.io/docs/#/en-us/swapV2/account-api.html
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from hedgewatch.domain.account import MarginMode, TierUnit
from hedgewatch.domain.market import UnknownReason
from hedgewatch.domain.numbers import ZERO
from hedgewatch.exchanges.accounts.balances import WalletForm, told
from hedgewatch.exchanges.accounts.orders import BUY_SELL, OrderForm, without_trigger
from hedgewatch.exchanges.accounts.positions import (
    BOTH,
    LONG,
    SHORT,
    Held,
    PositionForm,
    amount,
    leverage,
    liquidation,
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
from hedgewatch.exchanges.accounts.shape import Known, LedgerPage, Side, rows_at
from hedgewatch.exchanges.accounts.terms import TierForm
from hedgewatch.exchanges.parse import Row, UnreadableError

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


def position_form(side: Side) -> PositionForm:
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


def isolated_of(name: str) -> Callable[[str, Known], Decimal | None]:
    """Return what adds up the initial margins of isolated positions of one list, by the asset they are paid in."""

    def add_up(asset: str, known: Known) -> Decimal | None:
        sheet = known.sheets.get(name)
        if sheet is None:
            return None
        own = [row for row in sheet.rows if asset in {text_of(row, "currency"), _coin_of(row)}]
        return sum(
            (not_below_zero(row, "initialMargin") or ZERO for row in own if flag_of(row, "isolated")), start=ZERO
        )

    return add_up


def _coin_of(row: Row) -> str | None:
    """Return the coin of an inverse position, which tells no currency."""
    return None if text_of(row, "currency") else (text_of(row, "symbol") or "").partition("-")[0]


def swap_wallet(name: str) -> WalletForm:
    """Return the form of one asset's swap wallet; it does not tell the maintenance margin."""
    return WalletForm(
        wallet=name,
        asset_key="asset",
        equity=told("equity"),
        initial_key="usedMargin",
        is_shared=True,
        isolated=isolated_of(f"{name} positions"),
    )


def income_page(answer: Any, limit: int) -> LedgerPage:  # noqa: ANN401  JSON
    """Read a page of incomes: a full one may be cut."""
    if not isinstance(answer, dict) or text_of(answer, "code") != "0":
        raise UnreadableError(UnknownReason.MISSING, "not the form of an answer")
    rows = rows_at(answer, ("data",))
    return LedgerPage(rows=rows, follow=None, is_cut=len(rows) >= limit)
