"""Jumps: a price thrice or a third of the last one is not believed before it has been seen three times."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.market import MarketReading, Quote, ReadingFailure, UnknownReason
from hedgewatch.domain.numbers import exactly

FARTHEST_JUMP = 3
SEEN_ENOUGH = 3
FORGET_AFTER = timedelta(minutes=30)  # after a long silence any price is news


@dataclass(frozen=True, slots=True, kw_only=True)
class _Level:
    """The last price believed, and the one that waits to be."""

    mid: Decimal
    at: datetime
    waiting: Decimal | None = None
    seen: int = 0


class JumpGuard:
    """Remembers the last believed price of each instrument."""

    def __init__(self) -> None:
        """Know no price yet: the first is believed."""
        self._levels: dict[InstrumentRef, _Level] = {}

    def guard(
        self, readings: Iterable[MarketReading | ReadingFailure]
    ) -> tuple[MarketReading | ReadingFailure, ...]:
        """Return the readings without the prices that jumped."""
        return tuple(self._guarded(r) if isinstance(r, MarketReading) and r.quote else r for r in readings)

    def _guarded(self, reading: MarketReading) -> MarketReading | ReadingFailure:
        quote = reading.quote
        if quote is None or self._believes(reading.ref, quote):
            return reading
        detail = f"mid {quote.mid} is a jump from {self._levels[reading.ref].mid}; it is believed if it lasts"
        problem = f"quote: {UnknownReason.OUT_OF_RANGE}: {detail}"
        if reading.funding is None:
            return ReadingFailure(ref=reading.ref, reason=UnknownReason.OUT_OF_RANGE, detail=problem)
        return replace(reading, quote=None, mark=None, problems=(*reading.problems, problem))

    @exactly
    def _believes(self, ref: InstrumentRef, quote: Quote) -> bool:
        mid, at, last = quote.mid, quote.stamp.received_at, self._levels.get(ref)
        if last is None or at - last.at > FORGET_AFTER or _is_near(mid, last.mid):
            self._levels[ref] = _Level(mid=mid, at=at)
            return True
        seen = last.seen + 1 if last.waiting is not None and _is_near(mid, last.waiting) else 1
        if seen >= SEEN_ENOUGH:
            self._levels[ref] = _Level(mid=mid, at=at)
            return True
        self._levels[ref] = replace(last, waiting=mid, seen=seen)
        return False


def _is_near(mid: Decimal, other: Decimal) -> bool:
    return other / FARTHEST_JUMP < mid < other * FARTHEST_JUMP
