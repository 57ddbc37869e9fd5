"""Series in a file of rule tests: values over time in a compact notation, one per poll."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from hedgewatch.settings.values import read_decimal

LONGEST = 100_000  # values of one series: a month of polls
HELP = 'write values such as "60000x5 59000+100x3 _ stale nan"'
_STEPPED = re.compile(r"(?P<value>[-+]?[\d.]+)(?P<step>[-+][\d.]+)x(?P<times>\d{1,7})", re.ASCII)
_REPEATED = re.compile(r"(?P<value>[^\sx]+)(?:x(?P<times>\d{1,7}))?", re.ASCII)


class Gap(Enum):
    """What an exchange says in place of a number.

    NO_ANSWER: nothing. STALE: what it said before, received then. FROZEN: what it said before, as if it were new.
    GARBAGE: something that is no number.
    """

    NO_ANSWER = "_"
    STALE = "stale"
    FROZEN = "frozen"
    GARBAGE = "nan"


Point = Decimal | Gap


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Values poll by poll; after its end the last one goes on."""

    points: tuple[Point, ...]

    def at(self, poll: int) -> Point:
        """Return what is said at a poll, the first is 0."""
        return self.points[min(poll, len(self.points) - 1)]

    def last_number(self, poll: int) -> Decimal | None:
        """Return the latest number said up to a poll, None if there was none."""
        for point in reversed(self.points[: poll + 1]):
            if isinstance(point, Decimal):
                return point
        return None


def read_series(value: object) -> Series:
    """Read a series: ``a`` one value, ``axN`` N times, ``a+bxN`` N times with steps of b, or the word of a gap.

    Raises ValueError that names the part.
    """
    if isinstance(value, Series):
        return value
    text = value if isinstance(value, str) else str(read_decimal(value))
    points: list[Point] = []
    for part in text.split():
        points.extend(_points(part))
        if len(points) > LONGEST:
            raise ValueError(f"has more than {LONGEST} values; test a shorter time, or poll less often")
    if not points:
        raise ValueError(f"has no value: {HELP}")
    return Series(points=tuple(points))


def _points(part: str) -> list[Point]:
    stepped = _STEPPED.fullmatch(part)
    if stepped is not None:
        first, step = _number(stepped["value"], part), _number(stepped["step"], part)
        return [first + step * count for count in range(_times(stepped["times"], part))]
    repeated = _REPEATED.fullmatch(part)
    if repeated is None:
        raise ValueError(f'"{part}" is no value: {HELP}')
    times = _times(repeated["times"] or "1", part)
    gaps = {gap.value: gap for gap in Gap}
    return [gaps.get(repeated["value"]) or _number(repeated["value"], part)] * times


def _times(text: str, part: str) -> int:
    times = int(text)
    if not 0 < times <= LONGEST:
        raise ValueError(f'"{part}" counts to {times}; write 1 to {LONGEST}')
    return times


def _number(text: str, part: str) -> Decimal:
    try:
        return read_decimal(text)
    except ValueError:
        raise ValueError(f'"{part}" is no value: {HELP}') from None
