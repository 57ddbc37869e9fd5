"""Bybit positions, orders, wallets and tiers: how its rows are read.

https://bybit-exchange.github.io/docs/v5/position
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from hedgewatch.domain.account import MarginMode, MarginWallet, TierUnit
from hedgewatch.domain.market import UnknownReason
from hedgewatch.domain.numbers import ONE, ZERO
from hedgewatch.exchanges.accounts.balances import Coins, WalletForm, split, told, wallet_of
from hedgewatch.exchanges.accounts.orders import BUY_SELL, OrderForm
from hedgewatch.exchanges.accounts.positions import (
    LONG,
    SHORT,
    Held,
    PositionForm,
    amount,
    leverage,
    liquidation,
    price,
    sided,
)
from hedgewatch.exchanges.accounts.rows import (
    amount_of,
    at,
    chosen,
    held,
    needed,
    not_below_zero,
    price_or_none,
    text_of,
)
from hedgewatch.exchanges.accounts.shape import Known, LedgerPage, Sheet, Side, rows_at
from hedgewatch.exchanges.accounts.terms import TierForm
from hedgewatch.exchanges.parse import Row, UnreadableError

LIST = ("result", "list")
SIDES = {"BUY": LONG, "SELL": SHORT}
MODES = {
    "ISOLATED_MARGIN": MarginMode.ISOLATED,
    "REGULAR_MARGIN": MarginMode.CROSS,
    "PORTFOLIO_MARGIN": MarginMode.CROSS,
}
NEARLY_ONE = (Decimal("0.9"), Decimal("1.1"))


def next_page(answer: Any, _page: int) -> Mapping[str, str | int] | None:  # noqa: ANN401  JSON
    """Return the cursor of the next page, None at the end."""
    cursor = text_of(at(answer, "result"), "nextPageCursor")
    return {"cursor": cursor} if cursor and at(answer, "result").get("list") else None


def contracts(held: Held) -> Decimal:
    """Read the size with the sign of its side; a flat position is still listed, with a blank side."""
    size = needed(held.row, "size")
    return sided(size, chosen(held.row, "side", SIDES)) if size else ZERO


def margin_mode(held: Held) -> MarginMode | None:
    """Read the margin mode of the account; a position's own tradeMode is told of classic accounts only."""
    info = held.known.sheets.get("account info")
    told_mode = MODES.get(text_of(at(info.whole, "result"), "marginMode") or "") if info else None
    is_isolated = text_of(held.row, "tradeMode") == "1"
    return told_mode or (MarginMode.ISOLATED if is_isolated else None)


def isolated_margin(held: Held) -> Decimal | None:
    """Read the balance of an isolated position."""
    balance = price_or_none(held.row, "positionBalance")
    return balance if margin_mode(held) is MarginMode.ISOLATED else None


def linear_notional(held: Held) -> Decimal | None:
    """Bring the value, which is at the entry price, to the mark price by the profit beside it."""
    value, profit = not_below_zero(held.row, "positionValue"), amount_of(held.row, "unrealisedPnl")
    return None if value is None or profit is None else value + profit * (1 if contracts(held) > 0 else -1)


def coin_notional(held: Held) -> Decimal | None:
    """Turn the value, coins at the entry price, into quote."""
    value, entry = not_below_zero(held.row, "positionValue"), price_or_none(held.row, "avgPrice")
    return None if value is None or entry is None else value * entry


def position_form(side: Side) -> PositionForm:
    """Return the form of a position; a blank liquidation price says nothing, so it is not known."""
    return PositionForm(
        identity=("symbol", "positionIdx"),
        contracts=contracts,
        is_dual_side=lambda held: None if (index := text_of(held.row, "positionIdx")) is None else index != "0",
        margin_mode=margin_mode,
        liquidation=liquidation("liqPrice", zero_is_never=lambda _: False),
        entry=price("avgPrice"),
        margin=isolated_margin,
        notional=coin_notional if side is Side.INVERSE else linear_notional,
        leverage=leverage("leverage"),
        maintenance=amount("positionMM"),
        mark_key="markPrice",
        pnl_key="unrealisedPnl",
        adl_key="adlRankIndicator",
    )


ORDERS = OrderForm(
    quantity_keys=("leavesQty",),
    filled_key=None,
    sides=BUY_SELL,
    is_resting=lambda row: not (text_of(row, "triggerPrice") or "").strip("0.") and not text_of(row, "stopOrderType"),
    position_side=lambda row: {"1": "long", "2": "short"}.get(text_of(row, "positionIdx") or ""),
)


def unified_coins(row: Row) -> Coins:
    """Read one coin of the unified wallet; what is borrowed shows as a balance below zero, or beside it."""
    used = sum((not_below_zero(row, key) or ZERO for key in ("locked", "totalPositionIM", "totalOrderIM")), start=ZERO)
    return split(needed(row, "walletBalance"), used, not_below_zero(row, "borrowAmount") or ZERO)


def funding_coins(row: Row) -> Coins:
    """Read one coin of the funding wallet."""
    total = held(row, "walletBalance")
    return split(total, total - min(total, held(row, "transferBalance")))


SHARED = WalletForm(
    wallet="unified",
    equity=told("totalMarginBalance"),
    initial_key="totalInitialMargin",
    maintenance_key="totalMaintenanceMargin",
    is_shared=True,
)
SINGLE = WalletForm(
    wallet="unified",
    asset_key="coin",
    equity=told("equity"),
    initial_key="totalPositionIM",
    maintenance_key="totalPositionMM",
    credit_key="bonus",
    credit_is_inside=True,
    is_shared=False,
)


def read_wallets(sheet: Sheet, known: Known) -> Iterable[MarginWallet]:
    """Read the one wallet in dollars; in isolated margin the totals are blank and each coin is a wallet of its own.

    Bonuses are told by coin. It is not told whether equity counts them, so they are taken out: the careful side.
    """
    for account in rows_at(sheet.whole, LIST):
        coins = rows_at(account, ("coin",))
        if amount_of(account, "totalMarginBalance") is None:
            yield from (wallet_of(SINGLE, known.name_asset(text_of(coin, "coin") or "?"), coin) for coin in coins)
            continue
        whole = wallet_of(SHARED, SHARED.asset, account)
        credit = sum((_dollars_of_bonus(coin) for coin in coins), start=ZERO)
        yield MarginWallet(
            wallet=whole.wallet,
            asset=whole.asset,
            equity=whole.equity - credit,
            initial_margin=whole.initial_margin,
            maintenance_margin=whole.maintenance_margin,
            credit=credit,
            is_shared=True,
            other_maintenance=_other_maintenance(known),
        )


def _other_maintenance(known: Known) -> Decimal:
    """Add up the margins of listed positions that are not wanted, in dollars; coins at their mark prices."""
    total = ZERO
    for side in (Side.LINEAR, Side.INVERSE):
        sheet = known.sheets.get(f"{side} position list")
        for row in sheet.rows if sheet else ():
            if sheet and known.instrument(sheet, row.get("symbol")) is None:
                price = price_or_none(row, "markPrice") if side is Side.INVERSE else ONE
                total += (not_below_zero(row, "positionMM") or ZERO) * (price or ZERO)
    return total


def _dollars_of_bonus(coin: Row) -> Decimal:
    bonus = not_below_zero(coin, "bonus") or ZERO
    equity, dollars = amount_of(coin, "equity"), amount_of(coin, "usdValue")
    if not bonus:
        return ZERO
    if not equity or dollars is None:
        raise UnreadableError(UnknownReason.MISSING, f"a bonus of {bonus} whose worth in dollars is not told")
    return bonus * dollars / equity


def maintenance_rate(row: Row) -> Decimal:
    """Read a maintenance margin rate: it came in percent once, which initial margin times leverage tells."""
    rate = held(row, "maintenanceMargin")
    product = held(row, "initialMargin") * held(row, "maxLeverage")
    scale = next((scale for scale in (1, 100) if NEARLY_ONE[0] <= product / scale <= NEARLY_ONE[1]), None)
    if scale is None or not 0 < rate / scale < ONE:
        raise UnreadableError(
            UnknownReason.OUT_OF_RANGE, f"a maintenance margin of {rate}, neither fraction nor percent"
        )
    return rate / scale


def tier_form(side: Side) -> TierForm:
    """Return the form of risk limits: of inverse contracts they are counted in coins."""
    return TierForm(
        unit=TierUnit.COINS if side is Side.INVERSE else TierUnit.NOTIONAL,
        floor_key=None,
        cap_key="riskLimitValue",
        rate=maintenance_rate,
        deduction_key="mmDeduction",
        leverage_key="maxLeverage",
    )


def funding_page(answer: Any, limit: int) -> LedgerPage:  # noqa: ANN401  JSON
    """Read a page of executions and the cursor of the next."""
    if not isinstance(answer, dict) or text_of(answer, "retCode") != "0":
        raise UnreadableError(UnknownReason.MISSING, "not the form of an answer")
    rows = rows_at(answer, LIST)
    follow = next_page(answer, 0) if len(rows) >= limit else None
    return LedgerPage(rows=rows, follow=follow, is_cut=follow is None and len(rows) >= limit)
