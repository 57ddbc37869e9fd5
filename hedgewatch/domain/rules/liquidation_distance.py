"""Liquidation distance: how far the price may rise before the short is taken away."""

from __future__ import annotations

from decimal import Decimal

from hedgewatch.domain.backed import position_of_leg
from hedgewatch.domain.finding import BREACH, Finding, unknown_finding
from hedgewatch.domain.hedge import CycleFacts, HedgeSnapshot, LegSnapshot
from hedgewatch.domain.margin_advice import survival_advice
from hedgewatch.domain.margin_doubt import not_told, why_not_seen
from hedgewatch.domain.numbers import exactly, plain
from hedgewatch.domain.rules.judging import known_finding, leg_target, outcomes_below, percent, quiet_finding
from hedgewatch.domain.thresholds import RuleSettings
from hedgewatch.domain.words import leg_words

NAME = "liquidation_distance"
AFTERWARDS = "liquidated, its margin is gone and the coins are naked"


@exactly
def judge(snapshot: HedgeSnapshot, settings: RuleSettings, facts: CycleFacts) -> tuple[Finding, ...]:
    """Judge each leg's distance to liquidation as a share of its mark price; one that no price reaches is clear."""
    return tuple(_judge_leg(snapshot, leg, settings, facts) for leg in snapshot.legs)


def _judge_leg(snapshot: HedgeSnapshot, leg: LegSnapshot, settings: RuleSettings, facts: CycleFacts) -> Finding:
    target = leg_target(NAME, snapshot, leg)
    if leg.is_flat:
        return quiet_finding(target, settings, lambda: f"{leg_words(snapshot, leg)} holds nothing")
    blind = why_not_seen(leg, facts)
    if blind is None and leg.is_never:
        return quiet_finding(
            target, settings, lambda: f"{leg_words(snapshot, leg)} cannot be liquidated: no price does that"
        )
    distance = leg.liquidation_distance
    if blind is not None or distance is None:
        reason, why = blind or not_told(leg)
        return unknown_finding(
            target, reason, lambda: f"{leg_words(snapshot, leg)}: the distance to liquidation is not known: {why}"
        )
    outcomes = outcomes_below(settings, distance)
    if BREACH not in outcomes.values():
        return known_finding(
            target, settings, outcomes, value=distance, message=lambda: _words(snapshot, leg, distance, facts)
        )
    advice = survival_advice(snapshot, leg, settings.levels, facts)
    message = f"{_words(snapshot, leg, distance, facts)}: {advice.words}; {AFTERWARDS}"
    finding = known_finding(target, settings, outcomes, value=distance, message=message)
    return finding._replace(orders=advice.cut.orders, top_up=advice.top_up, condition=advice.condition)


def _words(snapshot: HedgeSnapshot, leg: LegSnapshot, distance: Decimal, facts: CycleFacts) -> str:
    position = position_of_leg(leg, facts)
    assumed = ", assuming 0.5 % maintenance margin" if position is not None and position.is_assumed else ""
    price = "" if leg.liquidation_price is None else f", at {plain(leg.liquidation_price, 8)}"
    where = leg_words(snapshot, leg)
    if distance <= 0:
        return f"{where} is past its liquidation price{price}{assumed}"
    way = "rise" if position is None or position.contracts < 0 else "fall"
    return f"{where} is liquidated by a {way} of {percent(distance)}{price}{assumed}"
