"""Series of rule tests: the notation, and what stands at a poll."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from hedgewatch.settings.series_text import Gap, Point, read_series

D = Decimal
NO, STALE, FROZEN, GARBAGE = Gap.NO_ANSWER, Gap.STALE, Gap.FROZEN, Gap.GARBAGE


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("5", [D(5)]),
        ("0.2x3 0.5", [D("0.2")] * 3 + [D("0.5")]),
        ("60000x2 59000+100x3", [D(60000), D(60000), D(59000), D(59100), D(59200)]),
        ("-5-0.5x2", [D(-5), D("-5.5")]),
        ("-4.8+0.1x2", [D("-4.8"), D("-4.7")]),
        ("1e-4", [D("0.0001")]),
        ("1 _ stale frozenx2 nan", [D(1), NO, STALE, FROZEN, FROZEN, GARBAGE]),
        (-5, [D(-5)]),
        (D("0.3"), [D("0.3")]),
    ],
)
def test_a_series_is_read(text: object, points: list[Point]) -> None:
    assert read_series(text).points == tuple(points)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", "has no value"),
        ("60000 rising", '"rising" is no value'),
        ("60000x", '"60000x" is no value'),
        ("5x0", '"5x0" counts to 0; write 1 to 100000'),
        ("5x1000000", "write 1 to 100000"),
        ("5x99999 6x99999", "has more than 100000 values"),
        ("1..2", '"1..2" is no value'),
        ("infinity", '"infinity" is no value'),
    ],
)
def test_what_is_no_series_is_named(text: str, names: str) -> None:
    with pytest.raises(ValueError, match=re.escape(names)):
        read_series(text)


def test_the_last_value_goes_on_and_a_gap_remembers_what_was_said() -> None:
    series = read_series("1 2 stale")
    assert [series.at(poll) for poll in (0, 1, 2, 9)] == [D(1), D(2), STALE, STALE]
    assert (series.last_number(9), read_series("_ 5").last_number(0)) == (D(2), None)
