"""Jumps: a price thrice or a third of the last one is not believed before it has been seen three times."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.market import MarketReading, Quote, ReadingFailure, UnknownReason
from hedgewatch.domain.numbers import exactly

FARTHEST_JUMP = 3
SEEN_ENOUGH = 3
FORGET_AFTER = timedelta(minutes=30)  # after a long silence any price is news


class JumpGuard:
    """Remembers the last believed quote of each instrument, and one that waits to be believed."""

    def __init__(self) -> None:
        """Know no price yet: the first is believed."""
        self._believed: dict[InstrumentRef, Quote] = {}
        self._waiting: dict[InstrumentRef, tuple[Quote, int]] = {}

    @exactly
    def guard(self, readings: Iterable[MarketReading | ReadingFailure]) -> tuple[MarketReading | ReadingFailure, ...]:
        """Return the readings without the prices that jumped."""
        return tuple(self._guarded(r) if isinstance(r, MarketReading) else r for r in readings)

    def _guarded(self, reading: MarketReading) -> MarketReading | ReadingFailure:
        quote, ref = reading.quote, reading.ref
        if quote is None:
            return reading
        last = self._believed.get(ref)
        if last is None or _is_near(quote, last) or self._lasts(ref, quote, last):
            self._believed[ref] = quote
            self._waiting.pop(ref, None)
            return reading
        detail = f"mid {quote.mid} is a jump from {last.mid}; it is believed if it lasts"
        problem = f"quote: {UnknownReason.OUT_OF_RANGE}: {detail}"
        # not the funding either: a row that carries another coin's name is wrong in every figure
        return ReadingFailure(ref=ref, reason=UnknownReason.OUT_OF_RANGE, detail=problem)

    def _lasts(self, ref: InstrumentRef, quote: Quote, last: Quote) -> bool:
        if quote.stamp.received_at - last.stamp.received_at > FORGET_AFTER:
            return True
        waiting, seen = self._waiting.get(ref, (quote, 0))
        seen = seen + 1 if _is_near(quote, waiting) else 1
        self._waiting[ref] = (quote, seen)
        return seen >= SEEN_ENOUGH


def _is_near(quote: Quote, other: Quote) -> bool:
    return quote.bid < other.ask * FARTHEST_JUMP and other.bid < quote.ask * FARTHEST_JUMP
