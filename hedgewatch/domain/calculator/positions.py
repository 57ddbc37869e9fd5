"""Calculations about one position: value, size, profit, prices on the grid."""

from __future__ import annotations

from hedgewatch.domain.calculator.calculation import Calculation
from hedgewatch.domain.exposure import pnl, position_value
from hedgewatch.domain.sizing import round_price

GROUP = "positions"
KIND = {"kind": "payoff"}

TABLE = (
    Calculation(
        name="position_value",
        group=GROUP,
        question="What is a position worth, in quote, in its settle asset, and in coins?",
        function=position_value,
        takes=KIND,
        gives={"coin_quantity": "coin_qty"},
    ),
    Calculation(
        name="pnl",
        group=GROUP,
        question="What did a position earn from entry to exit, in its settle asset?",
        function=pnl,
        takes={**KIND, "exit": "exit_price"},
        gives="pnl_settle",
    ),
    Calculation(
        name="round_price",
        group=GROUP,
        question="Which price on the tick is not worse than asked?",
        function=round_price,
        gives="price",
    ),
)
