"""Calculations about funding: rates over intervals that change, what they pay, when they turn against a hedge."""

from __future__ import annotations

from hedgewatch.domain.calculator.calculation import Calculation
from hedgewatch.domain.double_whammy import double_whammy
from hedgewatch.domain.fair_price import perp_fair_price
from hedgewatch.domain.funding import funding_average, funding_normalise, funding_rate_from_premium
from hedgewatch.domain.funding_payments import funding_payment

GROUP = "funding"
KIND = {"kind": "payoff"}

TABLE = (
    Calculation(
        name="funding_payment",
        group=GROUP,
        question="What does a position receive, or pay, at a funding settlement, in its settle asset?",
        function=funding_payment,
        takes=KIND,
    ),
    Calculation(
        name="funding_rate_from_premium",
        group=GROUP,
        question="Which funding rate do exchanges make of a premium?",
        function=funding_rate_from_premium,
        gives="rate",
    ),
    Calculation(
        name="funding_normalise",
        group=GROUP,
        question="What is a funding rate per 8 hours, and a year without and with compounding?",
        function=funding_normalise,
        gives={"rate_8h": "r8", "apr": "apr_simple", "apy": "apy_compound"},
    ),
    Calculation(
        name="funding_average",
        group=GROUP,
        question="What is the average of funding rates whose intervals changed?",
        function=funding_average,
        gives={"rate_8h": "r8_avg", "apr": "apr_simple"},
    ),
    Calculation(
        name="double_whammy",
        group=GROUP,
        question="Do basis, funding and spot turn against a hedge together?",
        function=double_whammy,
        takes={"basis_frac": "basis_rate", "r8": "funding_rate_8h"},
    ),
    Calculation(
        name="perp_fair_price",
        group=GROUP,
        question="What is a perpetual worth if nobody can earn for nothing?",
        function=perp_fair_price,
        gives="price",
    ),
)
