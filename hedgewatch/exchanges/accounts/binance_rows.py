"""Binance positions, orders, wallets and tiers: how its rows are read, the same for classic and portfolio accounts.

https://developers.binance.com/docs/derivatives/usds-margined-futures/trade/rest-api/Position-Information-V3
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from hedgewatch.domain.account import MarginMode, MarginWallet, TierUnit
from hedgewatch.domain.market import UnknownReason
from hedgewatch.domain.numbers import ZERO
from hedgewatch.exchanges.accounts.balances import WalletForm, summed, told, wallet_of, wallet_reader
from hedgewatch.exchanges.accounts.orders import BUY_SELL, OrderForm, without_trigger
from hedgewatch.exchanges.accounts.positions import (
    BOTH,
    LONG,
    SHORT,
    Held,
    PositionForm,
    amount,
    liquidation,
    price,
    signed,
    whole_leverage,
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
from hedgewatch.exchanges.accounts.shape import Known, LedgerPage, Reader, Sheet, rows_at
from hedgewatch.exchanges.accounts.terms import TierForm
from hedgewatch.exchanges.parse import Row, UnreadableError

SIDES = {"BOTH": BOTH, "LONG": LONG, "SHORT": SHORT}


def contracts(held: Held) -> Decimal:
    """Read the signed amount; in dual-side mode the side is told beside it and must agree."""
    return signed(needed(held.row, "positionAmt"), chosen(held.row, "positionSide", SIDES))


def is_dual(held: Held) -> bool:
    """Tell whether the position stands beside a possible opposite one."""
    return text_of(held.row, "positionSide") != "BOTH"


def margin_mode(held: Held) -> MarginMode:
    """Read the margin mode; version 3 tells it only by an isolated wallet that is not empty."""
    word = (text_of(held.row, "marginType") or "").lower()
    if word in {"cross", "isolated"}:
        return MarginMode(word)
    return MarginMode.ISOLATED if amount_of(held.row, "isolatedWallet") else MarginMode.CROSS


def isolated_margin(held: Held) -> Decimal | None:
    """Read the wallet of an isolated position: its margin without unrealised profit."""
    return not_below_zero(held.row, "isolatedWallet") if margin_mode(held) is MarginMode.ISOLATED else None


def linear_notional(held: Held) -> Decimal | None:
    """Read the notional, which has the position's sign."""
    found = amount_of(held.row, "notional")
    return abs(found) if found is not None else None


def coin_notional(held: Held) -> Decimal | None:
    """Turn a notional told in coins into quote."""
    coins, mark = amount_of(held.row, "notionalValue"), price_or_none(held.row, "markPrice")
    return abs(coins) * mark if coins is not None and mark is not None else None


def linear_leverage(held: Held) -> Decimal | None:
    """Read the leverage; version 3 tells it only by the position's initial margin."""
    initial = not_below_zero(held.row, "positionInitialMargin")
    return price_or_none(held.row, "leverage") or whole_leverage(linear_notional(held), initial)


def coin_maintenance(held: Held) -> Decimal | None:
    """Find the maintenance margin beside the balances: the position list of COIN-M has none."""
    account = held.known.sheets.get("coin-m account")
    listed = account.whole.get("positions") if account else None
    side = held.row.get("positionSide")
    same = (
        row
        for row in (listed if isinstance(listed, list) else ())
        if isinstance(row, dict) and row.get("symbol") == held.row.get("symbol") and row.get("positionSide") == side
    )
    return not_below_zero(next(same, {}), "maintMargin")


LINEAR = PositionForm(
    identity=("symbol", "positionSide"),
    contracts=contracts,
    is_dual_side=is_dual,
    margin_mode=margin_mode,
    liquidation=liquidation("liquidationPrice", zero_is_never=lambda _: True),
    entry=price("entryPrice"),
    margin=isolated_margin,
    notional=linear_notional,
    leverage=linear_leverage,
    maintenance=amount("maintMargin"),
    mark_key="markPrice",
    pnl_key="unRealizedProfit",
    adl_key="adl",
    adl_offset=1,  # its quantiles are 0 to 4
)
INVERSE = PositionForm(
    identity=("symbol", "positionSide"),
    contracts=contracts,
    is_dual_side=is_dual,
    margin_mode=margin_mode,
    liquidation=liquidation("liquidationPrice", zero_is_never=lambda _: True),
    entry=price("entryPrice"),
    margin=isolated_margin,
    notional=coin_notional,
    leverage=price("leverage"),
    maintenance=coin_maintenance,
    mark_key="markPrice",
    pnl_key="unRealizedProfit",
)
ORDERS = OrderForm(quantity_keys=("origQty",), filled_key="executedQty", sides=BUY_SELL, is_resting=without_trigger)


def tiers(*, unit: TierUnit, suffix: str) -> TierForm:
    """Return the form of leverage brackets; COIN-M counts them in coins."""
    return TierForm(
        unit=unit,
        floor_key=f"{suffix}Floor",
        cap_key=f"{suffix}Cap",
        rate=lambda row: needed(row, "maintMarginRatio"),
        deduction_key="cum",
        leverage_key="initialLeverage",
        rows=lambda row: row.get("brackets"),
    )


def wallets(kind: str) -> Reader:
    """Return the reader of margin wallets of USD-M or COIN-M.

    One wallet an asset, what isolated positions keep for themselves taken out; in multi-assets mode one in dollars.
    """
    shared = WalletForm(
        wallet=kind,
        asset="USD",
        equity=told("totalMarginBalance"),
        initial_key="totalInitialMargin",
        maintenance_key="totalMaintMargin",
        is_shared=True,
    )
    single = WalletForm(
        wallet=kind,
        asset_key="asset",
        equity=summed("crossWalletBalance", "crossUnPnl"),
        initial_key="initialMargin",
        maintenance_key="maintMargin",
        is_shared=True,
    )

    def read(sheet: Sheet, known: Known) -> Iterable[MarginWallet]:
        listed = _listed_rows(sheet, known, kind)
        others = [row for row in listed if known.instrument(sheet, row.get("symbol")) is None]
        if flag_of(sheet.whole, "multiAssetsMargin"):
            wallet = wallet_of(shared, shared.asset, sheet.whole)
            return [replace(wallet, other_maintenance=_maintenance(others))]
        return [_without_isolated(wallet, listed, others) for wallet in wallet_reader(single)(sheet, known)]

    return read


def _listed_rows(sheet: Sheet, known: Known, kind: str) -> list[Row]:
    """Find the margins of positions: USD-M lists them with the positions, COIN-M with the account."""
    positions = known.sheets.get("usd-m positionRisk")
    listed = sheet.whole.get("positions") if kind == "coin-m" else positions.rows if positions else None
    if not isinstance(listed, list | tuple):
        raise UnreadableError(UnknownReason.MISSING, "which of its margins are isolated is not told")
    return [row for row in listed if isinstance(row, dict)]


def _maintenance(rows: Iterable[Row]) -> Decimal:
    return sum((not_below_zero(row, "maintMargin") or ZERO for row in rows), start=ZERO)


def _without_isolated(wallet: MarginWallet, listed: Iterable[Row], others: Iterable[Row]) -> MarginWallet:
    """Take out what isolated positions need: it weighs on their own margin, not on the wallet's."""
    inside = [row for row in listed if (text_of(row, "marginAsset") or _coin_of(row)) == wallet.asset]
    isolated = [row for row in inside if amount_of(row, "isolatedWallet")]
    initial = sum((not_below_zero(row, "positionInitialMargin") or ZERO for row in isolated), start=ZERO)
    maintenance = _maintenance(isolated)
    return replace(
        wallet,
        initial_margin=None if wallet.initial_margin is None else max(ZERO, wallet.initial_margin - initial),
        maintenance_margin=None
        if wallet.maintenance_margin is None
        else max(ZERO, wallet.maintenance_margin - maintenance),
        other_maintenance=_maintenance(row for row in others if row in inside and row not in isolated),
    )


def _coin_of(row: Row) -> str:
    return (text_of(row, "symbol") or "").partition("USD")[0]


def income_page(answer: Any, limit: int) -> LedgerPage:  # noqa: ANN401  JSON
    """Read a page of incomes: a full one may be cut."""
    rows = rows_at(answer, ())
    return LedgerPage(rows=rows, follow=None, is_cut=len(rows) >= limit)
