"""Calculations about one position: value, size, profit, prices on the grid."""

from __future__ import annotations

from hedgewatch.domain.calculator.calculation import Calculation
from hedgewatch.domain.exposure import average_entry, pnl, position_value
from hedgewatch.domain.sizing import contracts_for_coin, contracts_for_notional, order_quantity, round_price

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
        name="contracts_for_coin",
        group=GROUP,
        question="How many contracts hold so many coins, and what does rounding leave over?",
        function=contracts_for_coin,
        takes=KIND,
    ),
    Calculation(
        name="contracts_for_notional",
        group=GROUP,
        question="How many contracts, before rounding, are worth so much in quote?",
        function=contracts_for_notional,
        takes=KIND,
        gives="raw",
    ),
    Calculation(
        name="order_quantity",
        group=GROUP,
        question="Which quantity does an order for so many contracts carry, in the unit the exchange takes?",
        function=order_quantity,
        gives="quantity",
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
        name="average_entry",
        group=GROUP,
        question="At which average price was a position entered by several fills?",
        function=average_entry,
        takes=KIND,
        gives="avg",
    ),
    Calculation(
        name="round_price",
        group=GROUP,
        question="Which price on the tick is not worse than asked?",
        function=round_price,
        gives="price",
    ),
)
