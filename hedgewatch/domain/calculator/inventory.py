"""Calculations about coins held and what they cost."""

from __future__ import annotations

from hedgewatch.domain.calculator.calculation import Calculation
from hedgewatch.domain.lots import inventory

TABLE = (
    Calculation(
        name="inventory",
        group="inventory",
        question="What do trades leave: coins, cost, realised and unrealised profit?",
        function=inventory,
        gives={"quantity": "qty", "average_cost": "avg_cost"},
    ),
)
