"""What the benchmarks of the whole program share: its configuration, its environment, and its start as a process."""

from __future__ import annotations

import compileall
import os
import subprocess
import sys
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
EXCHANGES = ("binance", "bybit", "bingx", "weex", "mexc")
MEXC_ETHER = 100  # contracts of 0.01 ETH
HEDGE = """
[[holdings]]
name = "{name}"
asset = "ETH"
quantity = 1

[[hedges]]
name = "{name}"
asset = "ETH"
holdings = [{{ name = "{name}" }}]
spot = "{name}:ETH/USDT"
futures = "{name}:ETH/USDT:USDT"
position = {{ coins = -1, entry_basis = 0 }}

[exchanges.{name}]
base_url = "{base_url}"
"""


def environment() -> dict[str, str]:
    """Return this environment, bytecode allowed: without it every start compiles every file."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def compile_package() -> None:
    """Write the package's bytecode, as an installation does."""
    compileall.compile_dir(PROJECT / "hedgewatch", quiet=1)


def took(*arguments: str) -> float:
    """Return the seconds that a Python process took, from its start to its end."""
    started = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, cwd=PROJECT, env=environment(), stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def write_configuration(folder: Path, base_url: str) -> Path:
    """Write a configuration of one hedge on each exchange, all behind ``base_url``."""
    path = folder / "bench.toml"
    database = f'[storage]\nurl = "sqlite:///{folder / "bench.db"}"\n[monitor]\npoll_every = "30s"\n'
    path.write_text(database + "".join(HEDGE.format(name=name, base_url=base_url) for name in EXCHANGES))
    path.chmod(0o600)
    return path
