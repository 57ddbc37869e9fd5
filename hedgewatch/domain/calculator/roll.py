"""Calculations about dated futures: rolling them, and whether a perpetual would do better."""

from __future__ import annotations

from hedgewatch.domain.calculator.calculation import Calculation
from hedgewatch.domain.roll import last_friday, perp_vs_dated, roll_metrics

GROUP = "roll"

TABLE = (
    Calculation(
        name="roll_metrics",
        group=GROUP,
        question="What does rolling a short into the next expiry earn?",
        function=roll_metrics,
    ),
    Calculation(
        name="perp_vs_dated",
        group=GROUP,
        question="Does a perpetual or a dated future carry the hedge more cheaply?",
        function=perp_vs_dated,
    ),
    Calculation(
        name="last_friday",
        group=GROUP,
        question="When does the future of a month expire?",
        function=last_friday,
        gives="expiry",
    ),
)
