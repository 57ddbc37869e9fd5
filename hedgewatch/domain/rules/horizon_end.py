"""Horizon end: the time its owner gave the hedge runs out, or has."""

from __future__ import annotations

from datetime import datetime, timedelta

from hedgewatch.domain.advice import closing_orders
from hedgewatch.domain.deadlines import CLOCK_DOUBT, moment_words, span_words
from hedgewatch.domain.finding import BREACH, CLEAR, Finding, unknown_finding
from hedgewatch.domain.freshness import seconds_between
from hedgewatch.domain.hedge import CycleFacts, HedgeSnapshot
from hedgewatch.domain.market import UnknownReason
from hedgewatch.domain.numbers import exactly
from hedgewatch.domain.rules.judging import hedge_target, known_finding, outcome_until
from hedgewatch.domain.thresholds import RuleSettings
from hedgewatch.domain.words import orders_words

NAME = "horizon_end"


@exactly
def judge(snapshot: HedgeSnapshot, settings: RuleSettings, facts: CycleFacts) -> tuple[Finding, ...]:
    """Judge the seconds left until ``until``; passed is a fact. Time alone never ends the alert."""
    name, until = snapshot.hedge.name, snapshot.hedge.terms.until
    target = hedge_target(NAME, name)
    if until is None:
        return (unknown_finding(target, UnknownReason.NOT_AVAILABLE, lambda: f"{name}: no `until` is declared"),)
    left, is_passed = seconds_between(until, facts.read_at), until <= facts.read_at
    outcomes = {severity: outcome_until(left, level) for severity, level in settings.levels.items()}
    outcomes |= dict.fromkeys(settings.facts, BREACH if is_passed else CLEAR)
    span = until - facts.read_at
    if not is_passed:
        finding = known_finding(target, settings, outcomes, value=left, message=lambda: _coming(name, until, span))
        return (finding._replace(ends_latch=span > CLOCK_DOUBT and BREACH not in outcomes.values()),)
    advice = closing_orders(snapshot, snapshot.legs)
    message = (
        f"{name}: its time ended at {moment_words(until)}: close the hedge ({orders_words(advice)}), or move "
        "`until` and acknowledge with a note; closed alone it leaves the coins exposed"
    )
    finding = known_finding(target, settings, outcomes, value=left, message=message)
    return (finding._replace(orders=advice.orders, condition=advice.condition),)


def _coming(name: str, until: datetime, span: timedelta) -> str:
    when = f"{name}: its time ends in {span_words(span)}, at {moment_words(until)}"
    return f"{when}: decide then to close it or to move `until`"
