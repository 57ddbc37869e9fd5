"""A line through a few values, as the points of an SVG; pure. Unknown values leave a gap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

WIDTH, HEIGHT, MARGIN = 600, 120, 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Where to draw. segments: points of polylines; dots: lone points; zero: the height of the value 0 if it shows."""

    segments: tuple[str, ...]
    dots: tuple[tuple[str, str], ...]
    zero: str | None
    lowest: Decimal
    highest: Decimal


def draw(values: Sequence[Decimal | None]) -> Line | None:
    """Draw values from left to right; None if fewer than two are known."""
    known = [value for value in values if value is not None]
    if len(known) < 2:  # noqa: PLR2004  two points make a line
        return None
    lowest, highest = min(known), max(known)
    span = float(highest - lowest) or 1.0

    def height(value: Decimal) -> str:
        part = float(value - lowest) / span if highest > lowest else 0.5
        return f"{HEIGHT - MARGIN - part * (HEIGHT - 2 * MARGIN):.1f}"

    step = (WIDTH - 2 * MARGIN) / (len(values) - 1)
    points = [
        None if value is None else (f"{MARGIN + index * step:.1f}", height(value)) for index, value in enumerate(values)
    ]
    runs = [[point for point in group if point] for is_known, group in groupby(points, bool) if is_known]
    return Line(
        segments=tuple(" ".join(f"{x},{y}" for x, y in run) for run in runs if len(run) > 1),
        dots=tuple(run[0] for run in runs if len(run) == 1) + tuple(run[-1] for run in runs[-1:] if len(run) > 1),
        zero=height(Decimal(0)) if lowest < 0 < highest else None,
        lowest=lowest,
        highest=highest,
    )
