"""ADL: how near a short is to being closed by its exchange against those who lost."""

from __future__ import annotations

from decimal import Decimal

from hedgewatch.domain.finding import BREACH, Finding, unknown_finding
from hedgewatch.domain.hedge import CycleFacts, HedgeSnapshot, LegSnapshot
from hedgewatch.domain.margin_advice import MarginAdvice, leverage_advice
from hedgewatch.domain.market import UnknownReason
from hedgewatch.domain.numbers import exactly
from hedgewatch.domain.rules.judging import known_finding, leg_target, outcome_from, quiet_finding
from hedgewatch.domain.thresholds import RuleSettings
from hedgewatch.domain.words import leg_words

NAME = "adl"
HALF = Decimal("0.5")
NOT_AVAILABLE = UnknownReason.NOT_AVAILABLE


@exactly
def judge(snapshot: HedgeSnapshot, settings: RuleSettings, facts: CycleFacts) -> tuple[Finding, ...]:
    """Judge each leg's place in its exchange's queue for auto-deleveraging, 1 to 5; 5 is closed first."""
    return tuple(_judge_leg(snapshot, leg, settings, facts) for leg in snapshot.legs)


def _judge_leg(snapshot: HedgeSnapshot, leg: LegSnapshot, settings: RuleSettings, facts: CycleFacts) -> Finding:
    target, doubt = leg_target(NAME, snapshot, leg), leg.held.doubt
    if not leg.leg.is_read:
        words = "it is declared, and only its account would tell its place in the queue"
        return unknown_finding(target, NOT_AVAILABLE, lambda: f"{leg_words(snapshot, leg)}: {words}")
    if doubt is not None:
        return unknown_finding(target, doubt.reason, lambda: f"{leg_words(snapshot, leg)}: {doubt.detail}")
    if leg.is_flat:
        return quiet_finding(target, settings, lambda: f"{leg_words(snapshot, leg)} holds nothing")
    if leg.held.adl_quantile is None:
        words = "its exchange does not tell its place in the queue"
        return unknown_finding(target, NOT_AVAILABLE, lambda: f"{leg_words(snapshot, leg)}: {words}")
    place = Decimal(leg.held.adl_quantile)
    outcomes = {severity: outcome_from(place, level) for severity, level in settings.levels.items()}
    if BREACH not in outcomes.values():
        return known_finding(target, settings, outcomes, value=place, message=lambda: _words(snapshot, leg))
    advice = _advice(snapshot, leg, facts)
    message = (
        f"{_words(snapshot, leg)}, which happens as the hedge pays: {advice.words}, or move a part to another exchange"
    )
    finding = known_finding(target, settings, outcomes, value=place, message=message)
    return finding._replace(orders=advice.cut.orders, top_up=advice.top_up, condition=advice.condition)


def _words(snapshot: HedgeSnapshot, leg: LegSnapshot) -> str:
    place = leg.held.adl_quantile
    return f"{leg_words(snapshot, leg)} is {place} of 5 in the queue to be closed against those who lost"


def _advice(snapshot: HedgeSnapshot, leg: LegSnapshot, facts: CycleFacts) -> MarginAdvice:
    """Halve the leverage, which halves the score that makes the queue (domain specification 5.4)."""
    if leg.leverage is None or leg.leverage <= 0:
        return MarginAdvice(why_none="lower its leverage")
    return leverage_advice(snapshot, leg, leg.leverage * HALF, facts)
