"""Calculations about margin: tiers, liquidation, what it takes to survive."""

from __future__ import annotations

from hedgewatch.domain.calculator.calculation import Calculation
from hedgewatch.domain.liquidation import (
    liq_distance,
    liq_price,
    liq_price_entry_mm,
    liq_price_from_state,
    liq_price_tiered,
)
from hedgewatch.domain.margin import adl_score, maintenance_margin, margin_topup, margin_usage, tier_cums

GROUP = "margin"
KIND = {"kind": "payoff"}

TABLE = (
    Calculation(
        name="tier_cums",
        group=GROUP,
        question="What is deducted in each margin tier, so that the maintenance margin does not jump?",
        function=tier_cums,
        gives="cums",
    ),
    Calculation(
        name="maintenance_margin",
        group=GROUP,
        question="Which tier does a position fall into, and what margin must it keep?",
        function=maintenance_margin,
    ),
    Calculation(
        name="liq_price",
        group=GROUP,
        question="At which price is a position liquidated, at one margin rate?",
        function=liq_price,
        takes=KIND,
        gives="price",
    ),
    Calculation(
        name="liq_price_tiered",
        group=GROUP,
        question="At which price is a position liquidated, and under which margin tier?",
        function=liq_price_tiered,
        takes=KIND,
    ),
    Calculation(
        name="liq_price_entry_mm",
        group=GROUP,
        question="At which price is it liquidated where the maintenance margin is fixed at entry?",
        function=liq_price_entry_mm,
        takes=KIND,
        gives="price",
    ),
    Calculation(
        name="liq_price_from_state",
        group=GROUP,
        question="At which price is it liquidated, from the account's equity as it stands now?",
        function=liq_price_from_state,
        takes=KIND,
        gives="price",
    ),
    Calculation(
        name="liq_distance",
        group=GROUP,
        question="How far is liquidation, in percent of the mark price and in days' usual moves?",
        function=liq_distance,
    ),
    Calculation(
        name="margin_usage",
        group=GROUP,
        question="How much of the margin is used; 1 is liquidation?",
        function=margin_usage,
        gives={"is_liquidatable": "liquidatable"},
    ),
    Calculation(
        name="margin_topup",
        group=GROUP,
        question="How much margin must be added so that a short survives a rise?",
        function=margin_topup,
        takes=KIND,
    ),
    Calculation(
        name="adl_score",
        group=GROUP,
        question="How high in the queue of automatic deleveraging does a linear short stand?",
        function=adl_score,
    ),
)
