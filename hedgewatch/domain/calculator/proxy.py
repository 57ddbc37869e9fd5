"""Calculations about hedging with another asset's future, and how well a hedge works."""

from __future__ import annotations

from hedgewatch.domain.beta import ewma_update
from hedgewatch.domain.calculator.calculation import Calculation
from hedgewatch.domain.effectiveness import dollar_offset, hedge_effectiveness
from hedgewatch.domain.proxy import beta_contracts, min_variance_hedge

GROUP = "proxy"

TABLE = (
    Calculation(
        name="min_variance_hedge",
        group=GROUP,
        question="Which hedge leaves the least variance, and how much is left?",
        function=min_variance_hedge,
        gives={"hedge_ratio": "h", "residual_volatility": "residual_vol"},
    ),
    Calculation(
        name="beta_contracts",
        group=GROUP,
        question="How many contracts of another asset hedge a holding, by its beta?",
        function=beta_contracts,
    ),
    Calculation(
        name="ewma_update",
        group=GROUP,
        question="What do correlation and beta become after one more day?",
        function=ewma_update,
    ),
    Calculation(
        name="hedge_effectiveness",
        group=GROUP,
        question="How much of the variance did a hedge remove, and what grade is that?",
        function=hedge_effectiveness,
        gives={"share_removed": "he"},
    ),
    Calculation(
        name="dollar_offset",
        group=GROUP,
        question="How much of the item's change did the hedge offset: within 80 to 125 %?",
        function=dollar_offset,
    ),
)
