"""Positions: rows of a position list, by the form of their exchange. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal

from hedgewatch.domain.account import AccountPosition, Liquidation, MarginMode, Never
from hedgewatch.domain.instrument import Instrument, InstrumentRef
from hedgewatch.domain.market import ReadingFailure, UnknownReason
from hedgewatch.exchanges.accounts.rows import amount_of, not_below_zero, price_or_none
from hedgewatch.exchanges.accounts.shape import Known, Reader, Sheet
from hedgewatch.exchanges.parse import Row, UnreadableError

LONG, SHORT, BOTH = 1, -1, 0
ADL_LOWEST, ADL_HIGHEST = 1, 5
WHOLE_WITHIN = Decimal("0.01")  # a leverage derived from two rounded numbers is this near to a whole one


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A row with its instrument, as the functions of a form see it."""

    row: Row
    instrument: Instrument
    known: Known


def no_number(_: Held) -> Decimal | None:
    """Say that this exchange does not tell it."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionForm:
    """Where a position's parts are. identity: keys that make a row the only one of its kind.

    contracts: signed, zero where nothing is held. Keys that are None are not told.
    """

    identity: tuple[str, ...]
    contracts: Callable[[Held], Decimal]
    is_dual_side: Callable[[Held], bool | None]
    margin_mode: Callable[[Held], MarginMode | None]
    liquidation: Callable[[Held], Liquidation]
    entry: Callable[[Held], Decimal | None]
    margin: Callable[[Held], Decimal | None] = no_number
    notional: Callable[[Held], Decimal | None] = no_number
    leverage: Callable[[Held], Decimal | None] = no_number
    maintenance: Callable[[Held], Decimal | None] = no_number
    mark_key: str | None = None
    pnl_key: str | None = None
    adl_key: str | None = None
    adl_offset: int = 0
    id_key: str = "symbol"


def position_reader(form: PositionForm) -> Reader:
    """Return the reader of positions of this form."""

    def read(sheet: Sheet, known: Known) -> Iterable[AccountPosition | ReadingFailure]:
        return _read(form, sheet, known)

    return read


def _read(form: PositionForm, sheet: Sheet, known: Known) -> Iterable[AccountPosition | ReadingFailure]:
    seen: dict[tuple[str, ...], Row] = {}
    found: list[AccountPosition] = []
    failures: dict[InstrumentRef, ReadingFailure] = {}
    for row in sheet.rows:
        if type(row.get(form.id_key)) is not str:
            raise UnreadableError(UnknownReason.MISSING, f"a row without its {form.id_key}")
        instrument = known.instrument(sheet, row[form.id_key])
        if instrument is None:
            continue
        key = tuple(str(row.get(name)) for name in form.identity)
        try:
            if seen.setdefault(key, row) is not row:
                _refuse_contradiction(seen[key], row)
                continue
            position = _position(form, Held(row=row, instrument=instrument, known=known), sheet)
        except UnreadableError as error:
            detail = f"{sheet.question.name} {instrument.ref.symbol}: {error.detail}"
            failures[instrument.ref] = ReadingFailure(ref=instrument.ref, reason=error.reason, detail=detail)
            continue
        if position is not None:
            found.append(position)
    return [*(position for position in found if position.ref not in failures), *failures.values()]


def _refuse_contradiction(first: Row, second: Row) -> None:
    if first != second:
        raise UnreadableError(UnknownReason.DUPLICATE, "two rows of it contradict each other")


def _position(form: PositionForm, held: Held, sheet: Sheet) -> AccountPosition | None:
    contracts = form.contracts(held)
    if contracts == 0:
        return None
    return AccountPosition(
        ref=held.instrument.ref,
        contracts=contracts,
        is_dual_side=form.is_dual_side(held),
        entry_price=form.entry(held),
        mark_price=price_or_none(held.row, form.mark_key),
        reported_notional=form.notional(held),
        liquidation_price=form.liquidation(held),
        margin_mode=form.margin_mode(held),
        margin=form.margin(held),
        maintenance_margin=form.maintenance(held),
        unrealised_pnl=amount_of(held.row, form.pnl_key),
        leverage=form.leverage(held),
        adl_quantile=_adl_quantile(form, held.row),
        stamp=held.known.stamp(sheet),
    )


def _adl_quantile(form: PositionForm, row: Row) -> int | None:
    told = amount_of(row, form.adl_key)
    if told is None or told != int(told):
        return None
    quantile = int(told) + form.adl_offset
    return quantile if ADL_LOWEST <= quantile <= ADL_HIGHEST else None


def sided(amount: Decimal, side: int) -> Decimal:
    """Give an amount that has no sign of its own that of its side. Raises UnreadableError if it is below zero."""
    if amount < 0:
        raise UnreadableError(UnknownReason.OUT_OF_RANGE, f"a position of {amount}")
    return amount * side


def signed(amount: Decimal, side: int) -> Decimal:
    """Give an amount the sign of its side. Raises UnreadableError if the amount's own sign says the opposite."""
    if side == BOTH:
        return amount
    if amount < 0 < side:
        raise UnreadableError(UnknownReason.OUT_OF_RANGE, f"a long position of {amount}")
    return abs(amount) * side


def price(key: str) -> Callable[[Held], Decimal | None]:
    """Read a price key; blank and zero are None."""
    return lambda held: price_or_none(held.row, key)


def amount(key: str) -> Callable[[Held], Decimal | None]:
    """Read an amount that cannot be below zero; blank is None."""
    return lambda held: not_below_zero(held.row, key)


def leverage(key: str) -> Callable[[Held], Decimal | None]:
    """Read a leverage; blank and zero are None."""
    return lambda held: price_or_none(held.row, key)


def liquidation(key: str, *, zero_is_never: Callable[[Held], bool]) -> Callable[[Held], Liquidation]:
    """Read a liquidation price; zero is NEVER where that is what the exchange means by it, else not known."""

    def read(held: Held) -> Liquidation:
        told = amount_of(held.row, key)
        if told == 0:
            return Never.NEVER if zero_is_never(held) else None
        return price_or_none(held.row, key)

    return read


def whole_leverage(notional: Decimal | None, initial_margin: Decimal | None) -> Decimal | None:
    """Return the leverage behind an initial margin, if it comes out whole: exchanges set whole ones."""
    if not notional or not initial_margin:
        return None
    ratio = notional / initial_margin
    nearest = Decimal(round(ratio))
    return nearest if nearest > 0 and abs(ratio - nearest) <= WHOLE_WITHIN * nearest else None
