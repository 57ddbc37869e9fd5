"""Open orders: rows of an order list, by the form of their exchange. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from hedgewatch.domain.account import OpenOrder
from hedgewatch.domain.instrument import Instrument
from hedgewatch.domain.market import UnknownReason
from hedgewatch.domain.numbers import ZERO
from hedgewatch.exchanges.accounts.rows import amount_of, chosen, flag_of, held, price_or_none, text_of
from hedgewatch.exchanges.accounts.shape import Known, Reader, Sheet
from hedgewatch.exchanges.parse import Row, UnreadableError

BUY_SELL = {"BUY": 1, "SELL": -1}


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderForm:
    """Where an order's parts are. quantity_keys: the first that is there; remaining_key: told instead of filled.

    sides: what the exchange's word for the side means for the position. is_resting: not waiting for a trigger.
    """

    quantity_keys: tuple[str, ...]
    filled_key: str | None
    order_key: str = "orderId"
    side_key: str = "side"
    sides: Mapping[str, int]
    is_resting: Callable[[Row], bool]
    reduce_only: Callable[[Row], bool | None] = lambda row: flag_of(row, "reduceOnly")
    position_side: Callable[[Row], str | None] = lambda row: side_word(row, "positionSide")
    id_key: str = "symbol"
    price_key: str = "price"


def side_word(row: Row, key: str) -> str | None:
    """Read a position side as long or short; one-way orders have none."""
    return {"LONG": "long", "SHORT": "short"}.get((text_of(row, key) or "").upper())


def without_trigger(row: Row) -> bool:
    """Tell whether an order rests in the book: of a plain type, with no trigger price."""
    kind = (text_of(row, "type") or "").upper()
    stop = text_of(row, "stopPrice")
    return not any(word in kind for word in ("STOP", "TAKE_PROFIT", "TRIGGER", "TRAILING")) and (
        stop is None or not stop.strip("0.")
    )


def order_reader(form: OrderForm) -> Reader:
    """Return the reader of open orders of this form. A wanted row that cannot be read fails the whole list."""

    def read(sheet: Sheet, known: Known) -> Iterable[OpenOrder]:
        seen: dict[str, Row] = {}
        for row in sheet.rows:
            if type(row.get(form.id_key)) is not str:
                raise UnreadableError(UnknownReason.MISSING, f"a row without its {form.id_key}")
            instrument = known.instrument(sheet, row[form.id_key])
            if instrument is None or not form.is_resting(row):
                continue
            try:
                order = _order(form, instrument, row)
            except UnreadableError as error:
                detail = f"{sheet.question.name} {instrument.ref.symbol}: {error.detail}"
                raise UnreadableError(error.reason, detail) from None
            if seen.setdefault(order.order_id, row) is not row:
                if seen[order.order_id] != row:
                    raise UnreadableError(UnknownReason.DUPLICATE, "two rows of one order contradict each other")
            elif order.contracts:
                yield order

    return read


def _order(form: OrderForm, instrument: Instrument, row: Row) -> OpenOrder:
    order_id = text_of(row, form.order_key)
    if order_id is None:
        raise UnreadableError(UnknownReason.MISSING, f"an order without its {form.order_key}")
    return OpenOrder(
        ref=instrument.ref,
        order_id=order_id,
        contracts=_remaining(form, row) * chosen(row, form.side_key, form.sides),
        limit_price=price_or_none(row, form.price_key),
        reduce_only=form.reduce_only(row),
        position_side=form.position_side(row),
    )


def _remaining(form: OrderForm, row: Row) -> Decimal:
    told = (key for key in form.quantity_keys if amount_of(row, key))
    quantity = held(row, next(told, form.quantity_keys[0]))
    filled = ZERO if form.filled_key is None else held(row, form.filled_key)
    if filled > quantity:
        raise UnreadableError(UnknownReason.OUT_OF_RANGE, f"{filled} filled of {quantity}")
    return quantity - filled
