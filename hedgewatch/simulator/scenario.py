"""What a market lives through: each scenario is a set of curves over the seconds since it began."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from enum import StrEnum


class Scenario(StrEnum):
    """The stories the world can tell."""

    CALM = "calm"
    CONTANGO = "contango"
    SQUEEZE = "squeeze"
    CRASH = "crash"
    ILLIQUID = "illiquid"
    DATED = "dated"


Curve = tuple[tuple[float, float], ...]
DAY = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Curves of (seconds since the scenario began, value): straight lines between points, flat outside them.

    ``spot`` multiplies the price; ``basis`` is a fraction of spot; ``funding`` a fraction per 8 hours; ``carry`` is the
    yearly basis of a dated future; ``spread`` multiplies the altcoin's spread and divides its depth.
    """

    spot: Curve = ((0.0, 1.0),)
    basis: Curve = ((0.0, 0.0001),)
    funding: Curve = ((0.0, 0.0001),)
    carry: Curve = ((0.0, 0.05),)
    spread: Curve = field(default=((0.0, 1.0),))


STORIES: dict[Scenario, Story] = {
    Scenario.CALM: Story(),
    Scenario.CONTANGO: Story(basis=((0.0, 0.003),), funding=((0.0, 0.0004),), carry=((0.0, 0.15),)),
    # Crowded shorts: funding was negative all day before the price runs away, the futures first.
    Scenario.SQUEEZE: Story(
        spot=((0.0, 1.0), (10.0, 1.0), (45.0, 1.08)),
        basis=((0.0, 0.0005), (5.0, 0.001), (30.0, 0.03), (60.0, 0.025), (90.0, -0.004)),
        funding=((-2 * DAY, 0.0001), (-DAY, -0.0004), (0.0, -0.0004), (15.0, -0.0006), (45.0, -0.002)),
    ),
    Scenario.CRASH: Story(
        spot=((0.0, 1.0), (5.0, 1.0), (65.0, 0.7)),
        basis=((0.0, 0.0001), (5.0, 0.0), (40.0, -0.015), (120.0, -0.01)),
        funding=((0.0, 0.0001), (10.0, 0.0), (60.0, -0.0008)),
        carry=((0.0, 0.05), (40.0, -0.08)),
        spread=((0.0, 1.0), (30.0, 4.0)),
    ),
    Scenario.ILLIQUID: Story(spread=((0.0, 8.0), (20.0, 15.0))),
    Scenario.DATED: Story(carry=((0.0, 0.08), (30.0, 0.14), (90.0, 0.08), (150.0, 0.04))),
}


def height(curve: Curve, seconds: float) -> float:
    """Return the curve's value at ``seconds``."""
    place = bisect_right(curve, seconds, key=lambda point: point[0])
    if place == 0:
        return curve[0][1]
    if place == len(curve):
        return curve[-1][1]
    (start, low), (end, high) = curve[place - 1], curve[place]
    return low + (high - low) * (seconds - start) / (end - start)
