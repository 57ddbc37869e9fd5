"""A small sound configuration, and a way to load text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from hedgewatch.domain.errors import ConfigurationError
from hedgewatch.settings import Settings, load_settings

SOUND = """
[[holdings]]
name = "cold"
asset = "BTC"
quantity = 5

[[hedges]]
name = "btc"
asset = "BTC"
spot = "binance:BTC/USDT"
futures = "binance:BTC/USDT:USDT"
position = { contracts = -5 }
"""

Load = Callable[..., Settings]


@pytest.fixture
def sound() -> str:
    return SOUND


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def from_text(text: str, environ: Mapping[str, str] | None = None) -> Settings:
        file = tmp_path / "hedgewatch.toml"
        file.write_text(text)
        return load_settings(file, environ or {})

    return from_text


@pytest.fixture
def mistakes(load: Load, tmp_path: Path) -> Callable[..., list[str]]:
    def of_text(text: str, environ: Mapping[str, str] | None = None) -> list[str]:
        try:
            load(text, environ)
        except ConfigurationError as error:
            return [problem.removeprefix(f"{tmp_path}/") for problem in error.problems]
        return []

    return of_text
