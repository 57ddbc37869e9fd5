"""Maintenance: weekly windows in which only critical alerts are told; pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A weekly window on the clock of a time zone. begins, ends: since Monday 00:00; it may reach over Sunday."""

    begins: timedelta
    ends: timedelta
    timezone: tzinfo

    def holds(self, now: datetime) -> bool:
        """Tell whether ``now`` lies in the window; its end does not."""
        local = now.astimezone(self.timezone).replace(tzinfo=None)
        monday = datetime.combine(local.date() - timedelta(days=local.weekday()), datetime.min.time())
        return (local - monday - self.begins) % WEEK < (self.ends - self.begins) % WEEK


def is_within(windows: Iterable[Window], now: datetime) -> bool:
    """Tell whether ``now`` lies in any of the windows."""
    return any(window.holds(now) for window in windows)
