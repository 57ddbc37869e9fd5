"""Terms: leverage tiers and trading fees of a contract, by the form of their exchange. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from hedgewatch.domain.account import LeverageTiers, MarginTier, TierUnit, TradingFees
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.market import Stamp, UnknownReason
from hedgewatch.domain.numbers import ONE, ZERO
from hedgewatch.exchanges.accounts.rows import amount_of, at, held, needed, price_or_none
from hedgewatch.exchanges.accounts.shape import Known, Reader, Sheet, rows_at
from hedgewatch.exchanges.parse import Row, UnreadableError

HIGHEST_FEE = Decimal("0.02")
MOST_TIERS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class TierForm:
    """Where a tier's parts are. floor_key None: a tier begins where the one before it ends."""

    unit: TierUnit
    floor_key: str | None
    cap_key: str
    rate: Callable[[Row], Decimal]
    deduction_key: str | None
    leverage_key: str | None
    rows: Callable[[Row], object] = lambda row: row
    is_progressive: bool = True


def tier_reader(form: TierForm) -> Reader:
    """Return the reader of one contract's tiers, asked by symbol."""

    def read(sheet: Sheet, known: Known) -> Iterable[tuple[InstrumentRef, LeverageTiers]]:
        instrument = known.instrument(sheet, sheet.subject)
        if instrument is None:
            return
        rows = [row for row in sheet.rows if row.get("symbol") == sheet.subject]
        nested = [inner for row in rows for inner in _listed(form.rows(row))]
        yield instrument.ref, tiers_of(form, nested, known.stamp(sheet))

    return read


def _listed(found: object) -> list[Row]:
    return list(rows_at(found, (), lone_row=True))


def tiers_of(form: TierForm, rows: list[Row], stamp: Stamp) -> LeverageTiers:
    """Read tiers, lowest first. Raises UnreadableError where they do not join, fall, or are none."""
    tiers: list[MarginTier] = []
    for row in sorted(rows, key=lambda row: held(row, form.cap_key)):
        floor = held(row, form.floor_key) if form.floor_key else (tiers[-1].cap or ZERO) if tiers else ZERO
        rate = form.rate(row)
        if not 0 < rate < ONE:
            raise UnreadableError(UnknownReason.OUT_OF_RANGE, f"a maintenance margin rate of {rate}")
        tiers.append(
            MarginTier(
                floor=floor,
                cap=held(row, form.cap_key),
                maintenance_margin_rate=rate,
                deduction=amount_of(row, form.deduction_key),
                max_leverage=price_or_none(row, form.leverage_key),
            )
        )
    return checked_tiers(
        LeverageTiers(unit=form.unit, is_progressive=form.is_progressive, tiers=tuple(tiers), stamp=stamp)
    )


def checked_tiers(found: LeverageTiers) -> LeverageTiers:
    """Return tiers that join and rise. Raises UnreadableError for any others."""
    tiers = found.tiers
    if not tiers or len(tiers) > MOST_TIERS or tiers[0].floor != 0:
        raise UnreadableError(UnknownReason.MISSING, f"{len(tiers)} tiers, none from zero")
    for below, above in pairwise(tiers):
        if below.cap != above.floor or above.maintenance_margin_rate < below.maintenance_margin_rate:
            raise UnreadableError(UnknownReason.OUT_OF_RANGE, f"tiers do not join or rise at {above.floor}")
    return found


def fee_reader(maker_key: str, taker_key: str, *inner: str, by_symbol: bool = True) -> Reader:
    """Return the reader of one contract's fees, asked by symbol; not by symbol: the same for the whole side.

    inner: the keys that lead to the object that holds both.
    """

    def read(sheet: Sheet, known: Known) -> Iterable[tuple[InstrumentRef, TradingFees]]:
        row = next((row for row in sheet.rows if row.get("symbol") == sheet.subject), None) if sheet.rows else None
        source = at(sheet.whole, *inner) if row is None and sheet.question.rows is None else row or {}
        fees = TradingFees(maker=_fee(source, maker_key), taker=_fee(source, taker_key), stamp=known.stamp(sheet))
        side = known.listed.get(sheet.question.side, {}) if sheet.question.side else {}
        for market_id, instrument in side.items():
            if not by_symbol or market_id == sheet.subject:
                yield instrument.ref, fees

    return read


def _fee(row: Row, key: str) -> Decimal:
    fee = needed(row, key)
    if abs(fee) > HIGHEST_FEE:
        raise UnreadableError(UnknownReason.OUT_OF_RANGE, f"a fee of {fee}")
    return fee
