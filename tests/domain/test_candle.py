"""Stretches of the past: what is covered, how it is asked for in pages, what is missing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hedgewatch.domain.candle import Series, SeriesKind, Span, gaps_of, on_grid, pages_of, without
from hedgewatch.domain.instrument import InstrumentRef

HOUR = timedelta(hours=1)
ZERO = datetime(2026, 11, 24, tzinfo=UTC)
REF = InstrumentRef(exchange="binance", symbol="BTC/USDT:USDT")
HOURLY = Series(ref=REF, kind=SeriesKind.TRADES, step=HOUR)
FUNDING = Series(ref=REF, kind=SeriesKind.FUNDING, step=None)


def span(start: float, end: float) -> Span:
    return Span(start=ZERO + start * HOUR, end=ZERO + end * HOUR)


def spans(*pairs: tuple[float, float]) -> tuple[Span, ...]:
    return tuple(span(*pair) for pair in pairs)


@pytest.mark.parametrize(
    ("covered", "left"),
    [
        ((), ((0, 10),)),
        (((0, 10),), ()),
        (((-5, 20),), ()),
        (((0, 4),), ((4, 10),)),
        (((4, 10),), ((0, 4),)),
        (((4, 6),), ((0, 4), (6, 10))),
        (((6, 8), (2, 3)), ((0, 2), (3, 6), (8, 10))),
        (((2, 5), (4, 7)), ((0, 2), (7, 10))),
        (((20, 30), (-9, -1)), ((0, 10),)),
    ],
)
def test_what_is_covered_is_not_asked_for_again(
    covered: tuple[tuple[float, float], ...], left: tuple[tuple[float, float], ...]
) -> None:
    assert without(span(0, 10), spans(*covered)) == spans(*left)


@pytest.mark.parametrize(
    ("hours", "length", "pages"),
    [(10, 4, ((0, 4), (4, 8), (8, 10))), (8, 4, ((0, 4), (4, 8))), (3, 4, ((0, 3),)), (0, 4, ())],
)
def test_a_stretch_is_cut_into_pages(hours: float, length: float, pages: tuple[tuple[float, float], ...]) -> None:
    assert pages_of(span(0, hours), length * HOUR) == spans(*pages)


@pytest.mark.parametrize(
    ("stored", "gaps"),
    [
        ((0, 1, 2, 3), ()),
        ((), ((0, 4),)),
        ((1, 2, 3), ((0, 1),)),
        ((0, 1, 2), ((3, 4),)),
        ((0, 3), ((1, 3),)),
        ((1,), ((0, 1), (2, 4))),
    ],
)
def test_hours_without_a_candle_are_gaps(stored: tuple[float, ...], gaps: tuple[tuple[float, float], ...]) -> None:
    assert gaps_of(HOURLY, span(0, 4), [ZERO + at * HOUR for at in stored]) == spans(*gaps)


@pytest.mark.parametrize(
    ("stored", "gaps"),
    [
        ((0, 8, 16), ()),
        ((7, 15, 23), ()),
        ((0.05, 8.01, 16), ()),  # settled a little late
        ((0, 1, 2, 3, 4, 12, 20), ()),  # its interval grew
        ((0, 16), ((0, 16),)),
        ((8,), ((8, 24),)),
        ((), ((0, 24),)),
    ],
)
def test_more_than_eight_hours_without_a_settlement_are_a_gap(
    stored: tuple[float, ...], gaps: tuple[tuple[float, float], ...]
) -> None:
    assert gaps_of(FUNDING, span(0, 24), [ZERO + at * HOUR for at in stored]) == spans(*gaps)


def test_a_moment_is_brought_onto_the_grid() -> None:
    assert on_grid(ZERO + 1.5 * HOUR, HOUR) == ZERO + HOUR
    assert on_grid(ZERO, HOUR) == ZERO


def test_a_series_names_itself() -> None:
    assert str(HOURLY) == "binance:BTC/USDT:USDT trades 1h"
    assert str(FUNDING) == "binance:BTC/USDT:USDT funding"
    assert str(Series(ref=REF, kind=SeriesKind.MARK, step=timedelta(minutes=1))) == "binance:BTC/USDT:USDT mark 1m"
