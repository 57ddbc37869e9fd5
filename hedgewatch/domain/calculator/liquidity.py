"""Calculations about what a book carries."""

from __future__ import annotations

from hedgewatch.domain.calculator.calculation import Calculation
from hedgewatch.domain.liquidity import book_walk, impact_sqrt, max_size_in_budget

GROUP = "liquidity"
QUANTITY = {"qty": "quantity"}

TABLE = (
    Calculation(
        name="book_walk",
        group=GROUP,
        question="What does a book pay for a quantity, and how far is that from the mid?",
        function=book_walk,
        takes=QUANTITY,
        gives={"slippage": "slippage_frac"},
    ),
    Calculation(
        name="max_size_in_budget",
        group=GROUP,
        question="How much does a book carry within a slippage budget?",
        function=max_size_in_budget,
        gives={"quantity": "max_qty"},
    ),
    Calculation(
        name="impact_sqrt",
        group=GROUP,
        question="How far would an order of that size move the price?",
        function=impact_sqrt,
        takes=QUANTITY,
        gives="impact_frac",
    ),
)
