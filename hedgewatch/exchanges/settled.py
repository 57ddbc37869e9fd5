"""Settled funding rates, read from a contract's records. Pure: what is wrong in one place is refused whole."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal

from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.market import SettledFunding, UnknownReason
from hedgewatch.domain.numbers import exactly
from hedgewatch.exchanges.parse import (
    LONGEST_INTERVAL,
    SETTLEMENT_JITTER,
    SHORTEST_INTERVAL,
    Row,
    UnreadableError,
    moment_of,
    number_in,
    plausible,
)

LATE_AFTER = timedelta(hours=1)  # a list of settlements lags behind them


@exactly
def parse_settled(
    ref: InstrumentRef, records: Iterable[Row], since: datetime, now: datetime, present: Decimal | None
) -> tuple[SettledFunding, ...]:
    """Read settled funding rates after ``since``, oldest first.

    A record's interval is its distance from the record before it, in whole hours; the first has the ``present`` one.
    Raises UnreadableError if one record is garbled, of another symbol or of the future, if two contradict each other,
    and if there is none where the contract must have settled: a rate that is left out would be a payment forgotten.
    """
    rates: dict[datetime, Decimal] = {}
    for record in records:
        at, rate = _read(ref, record)
        if at > now + SETTLEMENT_JITTER:
            raise UnreadableError(UnknownReason.OUT_OF_RANGE, f"a settlement at {at}, which is to come")
        if rates.setdefault(at, rate) != rate:
            raise UnreadableError(UnknownReason.DUPLICATE, f"two rates settled at {at}: {rates[at]} and {rate}")
    _check_newest(rates, since, now, present)
    settled: list[SettledFunding] = []
    before: datetime | None = None
    for at in sorted(rates):
        interval = spacing(before, at) or present
        if since < at:
            settled.append(SettledFunding(ref=ref, settled_at=at, rate=rates[at], interval_hours=interval))
        before = at
    return tuple(settled)


def _read(ref: InstrumentRef, record: Row) -> tuple[datetime, Decimal]:
    at, rate = moment_of(record.get("timestamp")), number_in(record, "fundingRate", "settled funding rate")
    if at is None or rate is None or record.get("symbol") != ref.symbol:
        missing = "time" if at is None else "rate" if rate is None else "symbol"
        raise UnreadableError(UnknownReason.MISSING, f"a settlement without its {missing}")
    return at, plausible(rate)


def _check_newest(rates: Iterable[datetime], since: datetime, now: datetime, present: Decimal | None) -> None:
    newest = max(rates, default=None)
    hours = LONGEST_INTERVAL if present is None or newest is not None else present
    if now - (newest or since) > timedelta(hours=float(hours)) + LATE_AFTER:
        told = f"the newest settlement told is of {newest}" if newest else f"no settlement is told since {since}"
        raise UnreadableError(UnknownReason.STALE if newest else UnknownReason.MISSING, told)


def spacing(before: datetime | None, at: datetime | None) -> Decimal | None:
    """Return the whole hours between two settlements; None if they are not one interval apart."""
    if before is None or at is None:
        return None
    hours = Decimal(round((at - before) / timedelta(hours=1)))
    return hours if SHORTEST_INTERVAL <= hours <= LONGEST_INTERVAL else None
