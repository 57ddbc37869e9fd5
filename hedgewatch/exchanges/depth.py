"""Depth: the order book of one future, asked once through the door; what is implausible is refused."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from hedgewatch.domain.errors import InvalidValueError
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.market import OrderBook, Stamp, UnknownReason
from hedgewatch.domain.numbers import exactly, from_float, non_negative, positive
from hedgewatch.exchanges.faults import Fault
from hedgewatch.exchanges.parse import HIGHEST_PRICE, WIDEST_SPREAD, UnreadableError, check_against, moment_of
from hedgewatch.exchanges.quirks.shape import Depth
from hedgewatch.exchanges.source import CcxtSource
from hedgewatch.monitoring.ports import Clock

LEAST_PARTS = 2  # of a level: price and quantity; what follows is a count of orders

Level = tuple[Decimal, Decimal]


async def read_book(
    source: CcxtSource, ref: InstrumentRef, clock: Clock, *, seconds: Decimal, reference: Decimal | None = None
) -> OrderBook | Fault:
    """Ask for the book of a future that the source knows, within ``seconds``; a fault says why there is none.

    reference: its mark price; a book twice or half of that is not believed. None: nothing to compare with.
    """
    quirk = source.door.quirk
    plan = (quirk.inverse_depth if ref.is_inverse else None) or quirk.depth
    where = f"{source.exchange} {ref.symbol}"
    if plan is None:
        return Fault(reason=UnknownReason.NOT_AVAILABLE, text=f"{where}: we know no call for its order book")
    ask = getattr(source.client, plan.method)
    what = ref.symbol if plan.unified else {**plan.params, "symbol": source.markets.market_id(ref.symbol)}
    try:
        async with asyncio.timeout(float(seconds)):
            answer = await source.desk.attempt(f"{plan.name} {ref.symbol}", lambda: ask(what))
    except TimeoutError:
        return Fault(reason=UnknownReason.TIMEOUT, text=f"{where}: its order book did not come within {seconds:f} s")
    if isinstance(answer, Fault):
        return answer
    stamp = Stamp(exchange_time=None, received_at=clock.now(), source=f"{source.exchange} {plan.name}")
    try:
        return parse_book(answer, plan, stamp, reference)
    except UnreadableError as error:
        return Fault(reason=error.reason, text=f"{where}: its order book is unreadable: {error.detail}")


@exactly
def parse_book(answer: Any, plan: Depth, stamp: Stamp, reference: Decimal | None = None) -> OrderBook:  # noqa: ANN401  JSON
    """Read a book, each side put in order: exchanges send some by their text, some backwards.

    Raises UnreadableError if a side is missing or empty, a level is no pair of numbers, or the two sides cross.
    """
    for key in plan.rows:
        answer = answer.get(key) if isinstance(answer, dict) else None
    if not isinstance(answer, dict):
        raise UnreadableError(UnknownReason.MISSING, "not the form of an answer")
    bids = sorted(_side(answer.get(plan.bids), "bids"), reverse=True)
    asks = sorted(_side(answer.get(plan.asks), "asks"))
    bid, ask = bids[0][0], asks[0][0]
    if not bid <= ask < bid * WIDEST_SPREAD:
        raise UnreadableError(UnknownReason.OUT_OF_RANGE, f"bid {bid} and ask {ask} are no book")
    check_against((bid + ask) / 2, reference, "mark price")
    told = Stamp(
        exchange_time=moment_of(answer.get(plan.time)) if plan.time else None,
        received_at=stamp.received_at,
        source=stamp.source,
    )
    return OrderBook(bids=tuple(bids), asks=tuple(asks), stamp=told)


def _side(rows: Any, name: str) -> list[Level]:  # noqa: ANN401  JSON
    if not isinstance(rows, list):
        raise UnreadableError(UnknownReason.MISSING, f"no {name}")
    levels = [_level(row, f"{name}[{at}]") for at, row in enumerate(rows)]
    held = [level for level in levels if level[1]]
    if not held:
        raise UnreadableError(UnknownReason.MISSING, f"no {name}")
    return held


def _level(row: Any, place: str) -> Level:  # noqa: ANN401  JSON
    if not isinstance(row, Sequence) or isinstance(row, str) or len(row) < LEAST_PARTS:
        raise UnreadableError(UnknownReason.NOT_A_NUMBER, f"{place} is no level")
    try:
        price, quantity = (from_float(part, place) if type(part) is float else part for part in row[:LEAST_PARTS])
        level = positive(price, place), non_negative(quantity, place)
    except InvalidValueError as error:
        raise UnreadableError(UnknownReason.NOT_A_NUMBER, str(error)) from None
    if level[0] > HIGHEST_PRICE:
        raise UnreadableError(UnknownReason.OUT_OF_RANGE, f"{place}: a price of {level[0]}")
    return level


class CcxtBooks:
    """Fills the port BookSource through the source of the cycles, in its budget and under its patience."""

    def __init__(self, source: CcxtSource, clock: Clock, *, timeout_seconds: Decimal) -> None:
        """Ask through ``source``, which its owner closes."""
        self._source = source
        self._clock = clock
        self._timeout_seconds = timeout_seconds

    async def book(self, ref: InstrumentRef) -> OrderBook | None:
        """Read one book; None where it could not be read, or the market is not known yet."""
        if self._source.markets.instrument(ref.symbol) is None:
            return None
        found = await read_book(self._source, ref, self._clock, seconds=self._timeout_seconds)
        return found if isinstance(found, OrderBook) else None
