"""MEXC accounts: a spot and a contract wallet; positions and orders in contracts; tiers are told with the listing.

https://www.mexc.com/api-docs/futures/account-and-trading-endpoints
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from hedgewatch.domain.account import LeverageTiers, MarginMode, MarginTier, TierUnit
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.market import UnknownReason
from hedgewatch.domain.numbers import ZERO
from hedgewatch.exchanges.accounts.balances import (
    Coins,
    WalletForm,
    balance_reader,
    free_and_used,
    split,
    told,
    wallet_reader,
)
from hedgewatch.exchanges.accounts.orders import OrderForm, order_reader
from hedgewatch.exchanges.accounts.positions import (
    LONG,
    SHORT,
    Held,
    PositionForm,
    leverage,
    liquidation,
    position_reader,
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
from hedgewatch.exchanges.accounts.shape import (
    DAILY,
    HOURLY,
    ZERO_CODE,
    AccountQuirk,
    Each,
    Known,
    LedgerPage,
    LedgerPlan,
    Part,
    Question,
    Sheet,
    Side,
    rows_at,
)
from hedgewatch.exchanges.accounts.terms import MOST_TIERS, checked_tiers, fee_reader
from hedgewatch.exchanges.door import signed_reads
from hedgewatch.exchanges.parse import Row, UnreadableError

OK = {"success": frozenset({"True", "true"}), "code": ZERO_CODE}
SIDES = {"1": LONG, "2": SHORT}
MODES = {"1": MarginMode.ISOLATED, "2": MarginMode.CROSS}
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
    """Read the position mode from its own call: 1 is dual-side, 2 one-way."""
    mode = held.known.sheets.get("position mode")
    return {"1": True, "2": False}.get(text_of(mode.whole, "data") or "") if mode else None


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
    )


def listed_tiers(sheet: Sheet, known: Known) -> Iterable[tuple[InstrumentRef, LeverageTiers]]:
    """Make the tiers from the listing: each level of ``riskIncrVol`` contracts adds its step to both margin rates.

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
    tiers: list[MarginTier] = []
    while not tiers or (tiers[-1].cap or ZERO) < last:
        level = len(tiers)
        tiers.append(
            MarginTier(
                floor=step * level,
                cap=step * (level + 1),
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
        tells={Part.FACTS: lambda _sheet, _known: ()},
    ),
    *futures(Side.LINEAR),
    *futures(Side.INVERSE),
)


def records_page(answer: Any, _limit: int) -> LedgerPage:  # noqa: ANN401  JSON
    """Read a page of funding records and the number of the next."""
    if not isinstance(answer, dict) or text_of(answer, "code") != "0":
        raise UnreadableError(UnknownReason.MISSING, "not the form of an answer")
    data = at(answer, "data")
    rows = rows_at(data, ("resultList",))
    page, last = needed(data, "currentPage"), needed(data, "totalPage")
    follow: dict[str, str | int] | None = {"page_num": int(page) + 1} if page < last and rows else None
    return LedgerPage(rows=rows, follow=follow, is_cut=False)


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
    no_scope="MEXC has no call that tells what a key may do",
)
