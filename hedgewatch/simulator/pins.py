"""Exact figures that a test lays over the world."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from decimal import Decimal

from hedgewatch.domain.errors import InvalidValueError
from hedgewatch.domain.numbers import exact


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """Figures that stand in place of the world's; None leaves the world's own.

    ``spot``, ``futures`` (the perpetual), ``dated`` and ``inverse`` (else as the linear one) are bid and ask; rates are
    fractions per funding interval: ``funding_rate`` of the coming settlement, ``settled_rate`` of the last.
    """

    spot: tuple[Decimal, Decimal] | None = None
    futures: tuple[Decimal, Decimal] | None = None
    dated: tuple[Decimal, Decimal] | None = None
    mark: Decimal | None = None
    index: Decimal | None = None
    funding_rate: Decimal | None = None
    settled_rate: Decimal | None = None
    inverse: tuple[Decimal, Decimal] | None = None
    interval_hours: int | None = None

    def over(self, below: Pin) -> Pin:
        """Return this pin completed by the figures of ``below``."""
        names = [field.name for field in fields(self)]
        return replace(below, **{name: value for name in names if (value := getattr(self, name)) is not None})


NO_PIN = Pin()


def pin_of(**figures: object) -> Pin:
    """Build a pin from text, Decimals and (bid, ask) tuples; a single price is both bid and ask.

    Raises ValueError for an unknown figure or one that is no number.
    """
    known = {field.name for field in fields(Pin)}
    if unknown := set(figures) - known:
        raise ValueError(f"pin: unknown {', '.join(sorted(unknown))}; known are {', '.join(sorted(known))}")
    hours = figures.get("interval_hours")
    return Pin(
        spot=_pair(figures, "spot"),
        futures=_pair(figures, "futures"),
        dated=_pair(figures, "dated"),
        inverse=_pair(figures, "inverse"),
        mark=_exact("mark", figures.get("mark")),
        index=_exact("index", figures.get("index")),
        funding_rate=_exact("funding_rate", figures.get("funding_rate")),
        settled_rate=_exact("settled_rate", figures.get("settled_rate")),
        interval_hours=None if hours is None else int(str(hours)),
    )


def _pair(figures: dict[str, object], name: str) -> tuple[Decimal, Decimal] | None:
    value = figures.get(name)
    bid, ask = value if isinstance(value, tuple | list) else (value, value)
    low, high = _exact(name, bid), _exact(name, ask)
    return None if low is None or high is None else (low, high)


def _exact(name: str, value: object) -> Decimal | None:
    return None if value is None else figure(f"pin: {name}", value)


def figure(name: str, value: object) -> Decimal:
    """Return a commanded figure exactly: text, a whole number, or a number as JSON writes it. Raises ValueError."""
    try:
        return exact(str(value), name)
    except InvalidValueError as error:
        raise ValueError(str(error)) from None
