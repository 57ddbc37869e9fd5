"""What is said at each poll of a rehearsal, and the clock that polls are counted by."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from hedgewatch.domain.hedge import Hedge
from hedgewatch.domain.instrument import InstrumentKind, InstrumentRef
from hedgewatch.settings.series_text import Gap, Point, Series

DEFAULTS: Mapping[str, str] = {
    "usd": "1",
    "funding": "0.0001",
    "interval": "8",
    "size": "1",
    "listed": "1",
    "skew": "0",
    "adl": "1",
    "equity": "1000000",
}


class CountedClock:
    """A clock that stands still until the next poll; wall and monotonic time move together."""

    def __init__(self, start: datetime, poll_seconds: Decimal) -> None:
        """Stand at the first poll."""
        self.poll = 0
        self._start, self._every = start, poll_seconds

    def now(self) -> datetime:
        """Return the moment of the present poll."""
        return self.time_of(self.poll)

    def monotonic(self) -> Decimal:
        """Return seconds since the first poll."""
        return self.poll * self._every

    def time_of(self, poll: int) -> datetime:
        """Return the moment of a poll."""
        return self._start + timedelta(microseconds=int(poll * self._every * 1_000_000))

    def poll_of(self, at: datetime) -> int:
        """Return the latest poll that is not after ``at``."""
        return int(Decimal((at - self._start) // timedelta(milliseconds=1)) / 1000 / self._every)


class Script:
    """The series of one test, each found by what it says and of what."""

    def __init__(self, series: Mapping[str, Series], hedge: Hedge, clock: CountedClock) -> None:
        """Take the series by their keys: ``INPUT`` for all, ``INPUT@PLACE`` for one."""
        self.hedge, self.clock = hedge, clock
        self._series = series

    def point(self, said: str, place: str = "", poll: int | None = None) -> Point | None:
        """Return what is said at a poll, the present one if it is not given; None if nothing ever is."""
        found = self._found(said, place)
        return None if found is None else found.at(self.clock.poll if poll is None else poll)

    def number(self, said: str, place: str = "", poll: int | None = None) -> Decimal | None:
        """Return the number that stands at a poll: a gap that repeats stands for what was said before it."""
        at = self.clock.poll if poll is None else poll
        point = self.point(said, place, at)
        if isinstance(point, Decimal) or point is None:
            return point
        found = self._found(said, place)
        return found.last_number(at) if found is not None and point in {Gap.STALE, Gap.FROZEN} else None

    def said_at(self, said: str, place: str) -> int:
        """Return the poll at which the number that stands now was said."""
        poll = self.clock.poll
        while poll > 0 and self.point(said, place, poll) is Gap.STALE:
            poll -= 1
        return poll

    def price_input(self, ref: InstrumentRef) -> str:
        """Return the input that prices an instrument."""
        if ref in self.hedge.dollars.values():
            return "usd"
        return "spot" if ref.kind is InstrumentKind.SPOT or self._found("futures", str(ref)) is None else "futures"

    def is_written(self, said: str, place: str) -> bool:
        """Tell whether the test has a series for it."""
        return f"{said}@{place}" in self._series or said in self._series

    def _found(self, said: str, place: str) -> Series | None:
        written = self._series.get(f"{said}@{place}") or self._series.get(said)
        if written is not None or said not in DEFAULTS:
            return written
        return Series(points=(Decimal(DEFAULTS[said]),))
