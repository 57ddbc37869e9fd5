"""Calculations about whether a hedge is worth what it costs."""

from __future__ import annotations

from hedgewatch.domain.calculator.calculation import Calculation
from hedgewatch.domain.protection import break_even_horizon, cost_vs_protection, mv_hedge_ratio, tail_risk

GROUP = "protection"

TABLE = (
    Calculation(
        name="tail_risk",
        group=GROUP,
        question="How much do the coins lose in the worst cases over a horizon?",
        function=tail_risk,
    ),
    Calculation(
        name="cost_vs_protection",
        group=GROUP,
        question="What does a hedge cost, what does it protect, and is that worth it?",
        function=cost_vs_protection,
    ),
    Calculation(
        name="break_even_horizon",
        group=GROUP,
        question="Between which horizons is a hedge worth its cost?",
        function=break_even_horizon,
    ),
    Calculation(
        name="mv_hedge_ratio",
        group=GROUP,
        question="How much should be hedged at this cost, by mean and variance?",
        function=mv_hedge_ratio,
        gives="hedge_ratio",
    ),
)
