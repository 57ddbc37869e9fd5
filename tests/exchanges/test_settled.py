"""Settled rates: an answer that is wrong in one place is not believed in the others, and none is no silent nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.market import UnknownReason
from hedgewatch.exchanges.parse import UnreadableError
from hedgewatch.exchanges.settled import parse_settled

NOW = datetime(2026, 11, 24, 3, 30, tzinfo=UTC)
START = datetime(2026, 11, 23, tzinfo=UTC)
REF = InstrumentRef(exchange="bybit", symbol="A/USDT:USDT")


def record(hours: float, rate: Any, symbol: str = REF.symbol) -> dict[str, Any]:
    at = START + timedelta(hours=hours)
    return {"symbol": symbol, "timestamp": int(at.timestamp() * 1000), "fundingRate": rate}


GOOD = [record(16, "0.0003"), record(0, "0.0001"), record(8, "0.0002"), record(24, "-0.0004"), record(20, "0.0004")]


def test_the_spacing_of_records_is_their_interval() -> None:
    settled = parse_settled(REF, GOOD, START + timedelta(hours=1), NOW, Decimal(4))
    assert [(rate.rate, rate.interval_hours) for rate in settled] == [
        (Decimal("0.0002"), 8),
        (Decimal("0.0003"), 8),
        (Decimal("0.0004"), 4),
        (Decimal("-0.0004"), 4),
    ]


def test_the_first_record_of_an_unknown_interval_has_none() -> None:
    (first,) = parse_settled(REF, GOOD[3:4], START, NOW, None)
    assert first.interval_hours is None


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (record(20, "0.0001", "B/USDT:USDT"), UnknownReason.MISSING),
        (record(20, None), UnknownReason.MISSING),
        (record(22, "0.9"), UnknownReason.OUT_OF_RANGE),
        (record(22, "1e-400"), UnknownReason.OUT_OF_RANGE),
        (record(23, "NaN"), UnknownReason.NOT_A_NUMBER),
        (record(500, "0.0001"), UnknownReason.OUT_OF_RANGE),
        (record(16, "0.0004"), UnknownReason.DUPLICATE),
        ({"symbol": REF.symbol, "timestamp": None, "fundingRate": "0.0001"}, UnknownReason.MISSING),
    ],
)
def test_one_wrong_record_spoils_the_answer(wrong: dict[str, Any], reason: UnknownReason) -> None:
    with pytest.raises(UnreadableError) as refused:
        parse_settled(REF, [*GOOD, wrong], START, NOW, Decimal(8))
    assert refused.value.reason is reason


def test_the_same_record_twice_is_one() -> None:
    assert len(parse_settled(REF, GOOD * 2, START, NOW, Decimal(8))) == 4


@pytest.mark.parametrize(
    ("hours_ago", "interval", "is_told"), [(2, 8, False), (8.9, 8, False), (9.1, 8, True), (26, None, True)]
)
def test_nothing_settled_is_a_fault_where_something_must_have(
    hours_ago: float, interval: int | None, *, is_told: bool
) -> None:
    since, present = NOW - timedelta(hours=hours_ago), None if interval is None else Decimal(interval)
    if not is_told:
        assert parse_settled(REF, [], since, NOW, present) == ()
        return
    with pytest.raises(UnreadableError, match="no settlement is told since"):
        parse_settled(REF, [], since, NOW, present)


def test_a_list_that_ends_more_than_a_day_ago_is_stale() -> None:
    with pytest.raises(UnreadableError, match="the newest settlement told is of"):
        parse_settled(REF, GOOD[1:2], START - timedelta(hours=1), NOW, Decimal(8))
