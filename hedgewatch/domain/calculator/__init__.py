"""The table of named calculations that `hedgewatch calc` and the pages offer."""

from __future__ import annotations

from collections.abc import Mapping

from hedgewatch.domain.calculator import (
    basis,
    funding,
    hedging,
    inventory,
    liquidity,
    margin,
    positions,
    protection,
    proxy,
    roll,
    scenarios,
)
from hedgewatch.domain.calculator.calculation import Calculation

# In the order in which `calc --list` shows them: a group is a file.
GROUPS = (
    positions.TABLE,
    hedging.TABLE,
    basis.TABLE,
    funding.TABLE,
    margin.TABLE,
    protection.TABLE,
    scenarios.TABLE,
    proxy.TABLE,
    liquidity.TABLE,
    roll.TABLE,
    inventory.TABLE,
)
CALCULATIONS: Mapping[str, Calculation] = {entry.name: entry for group in GROUPS for entry in group}
