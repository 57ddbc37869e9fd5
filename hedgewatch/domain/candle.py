"""Candles and series: what the past of an instrument is made of, and which stretches of it are missing. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from hedgewatch.domain.instrument import InstrumentRef

LONGEST_USUAL_INTERVAL = timedelta(hours=8)  # between settlements: the longest that the five exchanges use
JITTER = timedelta(minutes=5)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class SeriesKind(StrEnum):
    """What a series tells: candles of trades, candles of the mark price, settled funding rates."""

    TRADES = "trades"
    MARK = "mark"
    FUNDING = "funding"


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One series of one instrument. step: between candles; None for funding, which settles when it does."""

    ref: InstrumentRef
    kind: SeriesKind
    step: timedelta | None

    def __str__(self) -> str:
        minutes = int(self.step / timedelta(minutes=1)) if self.step else 0
        words = "" if self.step is None else f" {minutes // 60}h" if minutes % 60 == 0 else f" {minutes}m"
        return f"{self.ref} {self.kind}{words}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candle:
    """One closed candle: prices in quote. volume: base coins, None where the exchange does not tell it."""

    opened_at: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Span:
    """A stretch of time, its end not included."""

    start: datetime
    end: datetime


def on_grid(at: datetime, step: timedelta) -> datetime:
    """Return the last moment at or before ``at`` that lies on the grid of ``step``."""
    return at - (at - EPOCH) % step


def without(span: Span, covered: Iterable[Span]) -> tuple[Span, ...]:
    """Return what of a span is not covered, oldest first."""
    left: list[Span] = []
    start = span.start
    for one in sorted(covered):
        if one.end <= start or one.start >= span.end:
            continue
        if one.start > start:
            left.append(Span(start=start, end=one.start))
        start = max(start, one.end)
    if start < span.end:
        left.append(Span(start=start, end=span.end))
    return tuple(left)


def pages_of(span: Span, length: timedelta) -> tuple[Span, ...]:
    """Cut a span into pages of at most ``length``, oldest first."""
    pages: list[Span] = []
    start = span.start
    while start < span.end:
        end = min(start + length, span.end)
        pages.append(Span(start=start, end=end))
        start = end
    return tuple(pages)


def gaps_of(series: Series, span: Span, stored: Sequence[datetime]) -> tuple[Span, ...]:
    """Return the stretches of a span that no candle covers, or in which no funding settled for over 8 hours.

    stored: moments of what is stored, oldest first: the opening of candles, settlements of funding.
    """
    step = series.step or LONGEST_USUAL_INTERVAL
    slack = timedelta(0) if series.step else JITTER
    gaps: list[Span] = []
    at = span.start
    for moment in stored:
        if moment > at + slack + (timedelta(0) if series.step else step):
            gaps.append(Span(start=at, end=moment))
        at = max(at, moment + step if series.step else moment)
    if span.end - at > slack + (timedelta(0) if series.step else step):
        gaps.append(Span(start=at, end=span.end))
    return tuple(gaps)
