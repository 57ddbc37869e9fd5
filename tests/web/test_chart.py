from __future__ import annotations

from decimal import Decimal

from hedgewatch.web.pages.chart import HEIGHT, MARGIN, WIDTH, draw


def test_a_line_spans_the_picture() -> None:
    line = draw([Decimal("-0.001"), Decimal(0), Decimal("0.001")])
    assert line is not None
    assert line.segments == (f"8.0,{HEIGHT - MARGIN:.1f} 300.0,60.0 {WIDTH - MARGIN:.1f},8.0",)
    assert line.zero == "60.0"


def test_the_unknown_leaves_a_gap() -> None:
    line = draw([Decimal(1), Decimal(2), None, Decimal(3), None, Decimal(2), Decimal(1)])
    assert line is not None
    assert len(line.segments) == 2
    assert len(line.dots) == 2  # the lone value, and the last one
    assert line.zero is None


def test_what_never_moves_is_a_level_line() -> None:
    line = draw([Decimal(1), Decimal(1)])
    assert line is not None
    assert line.segments == ("8.0,60.0 592.0,60.0",)


def test_one_value_is_no_line() -> None:
    assert draw([Decimal(1), None]) is None
    assert draw([]) is None
