"""MEXC positions, orders, wallets and tiers: how its rows are read.

https://www.mexc.com/api-docs/futures/account-and-trading-endpoints
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from hedgewatch.domain.account import LeverageTiers, MarginMode, MarginTier, TierUnit
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.market import UnknownReason
from hedgewatch.domain.numbers import ZERO
from hedgewatch.exchanges.accounts.balances import Coins, WalletForm, split, told
from hedgewatch.exchanges.accounts.orders import OrderForm
from hedgewatch.exchanges.accounts.positions import LONG, SHORT, Held, PositionForm, leverage, liquidation, price, sided
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
from hedgewatch.exchanges.accounts.terms import MOST_TIERS, checked_tiers
from hedgewatch.exchanges.parse import Row, UnreadableError

SIDES = {"1": LONG, "2": SHORT}
MODES = {"1": MarginMode.ISOLATED, "2": MarginMode.CROSS}
MODES_TOLD = {"1": True, "2": False}  # of the whole account: 1 is dual-side, 2 one-way
ORDER_SIDES = {"1": 1, "2": 1, "3": -1, "4": -1}  # open long, close short, open short, close long
PAGE = 100
ORDER_POSITIONS = {"1": "long", "2": "short", "3": "short", "4": "long"}


def contracts(held: Held) -> Decimal:
    """Read the contracts with the sign of their side."""
    return sided(needed(held.row, "holdVol"), chosen(held.row, "positionType", SIDES))


def margin_mode(held: Held) -> MarginMode:
    """Read the margin mode."""
    return chosen(held.row, "openType", MODES)


def is_dual(held: Held) -> bool | None:
    """Read the position mode from its own call."""
    mode = held.known.sheets.get("position mode")
    return MODES_TOLD.get(text_of(mode.whole, "data") or "") if mode else None


def isolated_margin(held: Held) -> Decimal | None:
    """Read the margin of an isolated position."""
    return price_or_none(held.row, "im") if margin_mode(held) is MarginMode.ISOLATED else None


POSITIONS = PositionForm(
    identity=("positionId",),
    contracts=contracts,
    is_dual_side=is_dual,
    margin_mode=margin_mode,
    liquidation=liquidation("liquidatePrice", zero_is_never=lambda _: False),
    entry=price("holdAvgPrice"),
    margin=isolated_margin,
    leverage=leverage("leverage"),
    pnl_key="unRealizedPnl",
    adl_key="adlLevel",
)
ORDERS = OrderForm(
    quantity_keys=("vol",),
    filled_key="dealVol",
    sides=ORDER_SIDES,
    is_resting=lambda _: True,  # orders that wait for a trigger have a list of their own
    reduce_only=lambda row: text_of(row, "side") in {"2", "4"},
    position_side=lambda row: ORDER_POSITIONS.get(text_of(row, "side") or ""),
)


def contract_coins(row: Row) -> Coins:
    """Read one currency of the contract wallet: its equity without unrealised profit and without bonus."""
    profit, bonus = amount_of(row, "unrealized") or ZERO, not_below_zero(row, "bonus") or ZERO
    used = held(row, "positionMargin") + held(row, "frozenBalance")
    return split(needed(row, "equity") - profit - bonus, used)


def isolated_of(currency: str, known: Known) -> Decimal | None:
    """Add up the margins of isolated positions that are paid in a currency; inverse ones are paid in the coin."""
    sheets = [known.sheets.get(f"{side} open_positions") for side in (Side.LINEAR, Side.INVERSE)]
    rows = next((sheet.rows for sheet in sheets if sheet is not None), None)
    total = ZERO
    for row in rows or ():
        coin, _, quote = (text_of(row, "symbol") or "").partition("_")
        if text_of(row, "openType") == "1" and currency == (coin if quote == "USD" else quote):
            total += not_below_zero(row, "im") or ZERO
    return None if rows is None else total


def contract_wallets(row_wallet: str) -> WalletForm:
    """Return the form of the contract wallet, whose equity counts the bonus."""
    return WalletForm(
        wallet=row_wallet,
        asset_key="currency",
        equity=told("equity"),
        initial_key="positionMargin",
        credit_key="bonus",
        credit_is_inside=True,
        is_shared=True,
        isolated=isolated_of,
    )


def listed_tiers(sheet: Sheet, known: Known) -> Iterable[tuple[InstrumentRef, LeverageTiers]]:
    """Make the tiers from the listing: up to ``riskBaseVol``, then each ``riskIncrVol`` adds its step to both rates.

    The rate of the level reached holds for the whole position.
    """
    instrument = known.instrument(sheet, sheet.subject)
    if instrument is None:
        return
    row = known.listing(instrument.ref.symbol)
    step, last = held(row, "riskIncrVol"), held(row, "maxVol")
    rate, initial = held(row, "maintenanceMarginRate"), held(row, "initialMarginRate")
    if not step or not rate or not initial or last > step * MOST_TIERS:
        raise UnreadableError(UnknownReason.MISSING, "its risk levels are not told in the listing")
    base = not_below_zero(row, "riskBaseVol") or step
    tiers: list[MarginTier] = []
    while not tiers or (tiers[-1].cap or ZERO) < last:
        level = len(tiers)
        tiers.append(
            MarginTier(
                floor=tiers[-1].cap or ZERO if tiers else ZERO,
                cap=base + step * level,
                maintenance_margin_rate=rate + level * held(row, "riskIncrMmr"),
                deduction=None,
                max_leverage=1 / (initial + level * held(row, "riskIncrImr")),
            )
        )
    yield (
        instrument.ref,
        checked_tiers(
            LeverageTiers(unit=TierUnit.CONTRACTS, is_progressive=False, tiers=tuple(tiers), stamp=known.stamp(sheet))
        ),
    )


def next_page(answer: Any, page: int) -> dict[str, str | int] | None:  # noqa: ANN401  JSON
    """Return the number of the next page of open orders, None after one that is not full."""
    rows = rows_at(answer, ("data",))
    return {"page_num": page + 1} if len(rows) >= PAGE else None


def records_page(answer: Any, _limit: int) -> LedgerPage:  # noqa: ANN401  JSON
    """Read a page of funding records and the number of the next."""
    if not isinstance(answer, dict) or text_of(answer, "code") != "0":
        raise UnreadableError(UnknownReason.MISSING, "not the form of an answer")
    data = at(answer, "data")
    rows = rows_at(data, ("resultList",))
    page, last = needed(data, "currentPage"), needed(data, "totalPage")
    follow: dict[str, str | int] | None = {"page_num": int(page) + 1} if page < last and rows else None
    return LedgerPage(rows=rows, follow=follow, is_cut=False)
