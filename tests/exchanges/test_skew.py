"""How often the clocks are compared."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from hedgewatch.exchanges.skew import pause_after

HOUR, SOON = timedelta(hours=1), timedelta(minutes=5)


@pytest.mark.parametrize(
    ("seconds", "pause"), [(None, HOUR), ("0", HOUR), ("0.499", HOUR), ("0.5", SOON), ("-0.5", SOON), ("-40", SOON)]
)
def test_clocks_that_are_apart_are_compared_again_soon(seconds: str | None, pause: timedelta) -> None:
    assert pause_after(None if seconds is None else Decimal(seconds)) == pause
