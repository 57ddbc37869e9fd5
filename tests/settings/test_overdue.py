"""Deadlines of the past are named one by one, and stop nobody from watching."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hedgewatch.settings import declared_hedges, load_settings
from hedgewatch.settings.overdue import overdue

NOW = datetime(2026, 12, 26, tzinfo=UTC)
HEDGE = """
[[holdings]]
asset = "BTC"
quantity = 5

[[hedges]]
name = "core"
asset = "BTC"
spot = "binance:BTC/USDT"
"""
POSITION = "position = { contracts = -5 }\n"
FUTURES = f'futures = "binance:BTC/USDT:USDT"\n{POSITION}'


def lines(tmp_path: Path, more: str) -> list[str]:
    file = tmp_path / "hedgewatch.toml"
    file.write_text(HEDGE + more)
    settings = load_settings(file, {})
    assert declared_hedges(settings), "it can be watched all the same"
    return [line.removeprefix(f"{file}: ") for line in overdue(settings, NOW)]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (FUTURES + "event_at = 2026-12-26T00:00:00Z", "hedges[0].event_at: found 2026-12-26 00:00 UTC, which is past"),
        (FUTURES + "until = 2020-01-01T00:00:00Z", "hedges[0].until: found 2020-01-01 00:00 UTC, which is past"),
        (
            f'futures = "binance:BTC/USDT:USDT-261225"\n{POSITION}',
            'hedges[0].futures: "binance:BTC/USDT:USDT-261225" expired at 2026-12-25 08:00 UTC',
        ),
        (
            FUTURES + f'[[hedges.legs]]\nfutures = "binance:BTC/USDT:USDT-260925"\n{POSITION}',
            'hedges[0].legs[0].futures: "binance:BTC/USDT:USDT-260925" expired at 2026-09-25 08:00 UTC',
        ),
    ],
)
def test_what_is_past_is_one_clear_line(tmp_path: Path, more: str, said: str) -> None:
    if "[[hedges.legs]]" in more:
        more = more.replace(FUTURES, f'[[hedges.legs]]\nfutures = "binance:BTC/USDT:USDT-270326"\n{POSITION}')
        said = said.replace("legs[0]", "legs[1]")
    [line] = lines(tmp_path, more)
    assert line.startswith(said)
    assert " or " in line, "it says the mend"


def test_what_is_to_come_says_nothing(tmp_path: Path) -> None:
    later = (NOW + timedelta(seconds=1)).isoformat()
    more = f'futures = "binance:BTC/USDT:USDT-270326"\n{POSITION}event_at = {later}\nuntil = {later}'
    assert lines(tmp_path, more) == []
