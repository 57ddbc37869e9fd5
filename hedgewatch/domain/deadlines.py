"""Deadlines: how time that is left is written, and when a deadline was moved rather than the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# A latched deadline that lies farther off again than any clock that is set back could make it was moved by its owner.
CLOCK_DOUBT = timedelta(days=2)


def moment_words(at: datetime) -> str:
    """Write a moment for a message: ``2026-12-15 14:00 UTC``."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def span_words(span: timedelta) -> str:
    """Write a time span for a message: ``6 d 4 h``, ``23 h 10 min``, ``12 min``."""
    span = max(span, timedelta(0))
    days, hours = span // DAY, span % DAY // HOUR
    minutes = span % HOUR // timedelta(minutes=1)
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{minutes} min"
