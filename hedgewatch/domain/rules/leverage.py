"""Leverage: how thin the margin behind a short is; it says nothing about how much is hedged."""

from __future__ import annotations

from decimal import Decimal

from hedgewatch.domain.backed import position_of_leg
from hedgewatch.domain.finding import BREACH, Finding, unknown_finding
from hedgewatch.domain.hedge import CycleFacts, HedgeSnapshot, LegSnapshot
from hedgewatch.domain.margin_advice import INSIDE, leverage_advice, percent_of
from hedgewatch.domain.margin_doubt import not_told, why_not_seen
from hedgewatch.domain.numbers import exactly, plain
from hedgewatch.domain.rules.judging import known_finding, leg_target, outcomes_above, percent, quiet_finding
from hedgewatch.domain.thresholds import RuleSettings
from hedgewatch.domain.words import leg_words

NAME = "leverage"


@exactly
def judge(snapshot: HedgeSnapshot, settings: RuleSettings, facts: CycleFacts) -> tuple[Finding, ...]:
    """Judge each leg's notional over the equity behind it; where no equity is left, every level is breached."""
    return tuple(_judge_leg(snapshot, leg, settings, facts) for leg in snapshot.legs)


def _judge_leg(snapshot: HedgeSnapshot, leg: LegSnapshot, settings: RuleSettings, facts: CycleFacts) -> Finding:
    target = leg_target(NAME, snapshot, leg)
    if leg.is_flat:
        return quiet_finding(target, settings, lambda: f"{leg_words(snapshot, leg)} holds nothing")
    blind, leverage = why_not_seen(leg, facts), leg.leverage
    if blind is not None or (leverage is None and not _is_bankrupt(leg, facts)):
        reason, why = blind or not_told(leg)
        return unknown_finding(target, reason, lambda: f"{leg_words(snapshot, leg)}: its leverage is not known: {why}")
    breached = dict.fromkeys(settings.levels, BREACH)
    outcomes = breached if leverage is None else outcomes_above(settings, leverage)
    if BREACH not in outcomes.values():
        return known_finding(target, settings, outcomes, value=leverage, message=lambda: _words(snapshot, leg))
    advice = leverage_advice(snapshot, leg, _goal(settings), facts)
    message = f"{_words(snapshot, leg)}: {advice.words}"
    finding = known_finding(target, settings, outcomes, value=leverage, message=message)
    return finding._replace(orders=advice.cut.orders, top_up=advice.top_up, condition=advice.condition)


def _is_bankrupt(leg: LegSnapshot, facts: CycleFacts) -> bool:
    if leg.held.margin is None and not leg.leg.is_read:  # nearly always where no leverage is known
        return False
    position = position_of_leg(leg, facts)
    return position is not None and position.backing is not None and position.backing <= 0


def _goal(settings: RuleSettings) -> Decimal:
    """Return the leverage that is clear at every level."""
    return settings.calm_below * INSIDE


def _words(snapshot: HedgeSnapshot, leg: LegSnapshot) -> str:
    times = "has no equity left behind it" if leg.leverage is None else f"runs at {plain(leg.leverage, 3)}x"
    end = ""
    if leg.is_never:
        end = ", and no price liquidates it"
    elif leg.liquidation_distance is not None:
        end = f", liquidated by a rise of {percent(leg.liquidation_distance, 1)}"
    ratio = snapshot.hedge_ratio
    size = "" if ratio is None else f"; that is how long it survives, not how much it hedges: {percent_of(ratio)}"
    return f"{leg_words(snapshot, leg)} {times}{end}{size}"
