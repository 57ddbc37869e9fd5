"""Calculations about what may happen, what did, and when to end it."""

from __future__ import annotations

from hedgewatch.domain.attribution import attribution
from hedgewatch.domain.calculator.calculation import Calculation
from hedgewatch.domain.closing import close_reasons
from hedgewatch.domain.scenario import scenario

GROUP = "scenarios"
KIND = {"kind": "payoff"}

TABLE = (
    Calculation(
        name="scenario",
        group=GROUP,
        question="What does a path of prices do to a hedged book, liquidation included?",
        function=scenario,
        takes=KIND,
    ),
    Calculation(
        name="attribution",
        group=GROUP,
        question="Where did a hedge's result come from: spot, price, basis, funding, fees?",
        function=attribution,
        takes=KIND,
    ),
    Calculation(
        name="close_reasons",
        group=GROUP,
        question="Which reasons are there to close or mend a hedge now?",
        function=close_reasons,
        gives="reasons",
    ),
)
