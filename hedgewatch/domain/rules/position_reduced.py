"""Position reduced: a leg that is read from an account is over 2 % smaller than it was, and that is proven."""

from __future__ import annotations

from hedgewatch.domain.advice import rebalance_orders
from hedgewatch.domain.finding import BAND, Finding
from hedgewatch.domain.hedge import CycleFacts, HedgeSnapshot, LegSnapshot
from hedgewatch.domain.losses import is_missed, loss_words, not_judged
from hedgewatch.domain.numbers import exactly
from hedgewatch.domain.rolling import is_being_rolled
from hedgewatch.domain.rules.judging import fact_finding, known_finding, leg_target
from hedgewatch.domain.thresholds import RuleSettings
from hedgewatch.domain.words import leg_words

NAME = "position_reduced"


@exactly
def judge(snapshot: HedgeSnapshot, settings: RuleSettings, facts: CycleFacts) -> tuple[Finding, ...]:
    """Judge each leg: proven smaller than proven before, not gone, while its hedge lacks what it lost."""
    return tuple(_judge_leg(snapshot, leg, settings, facts) for leg in snapshot.legs)


def _judge_leg(snapshot: HedgeSnapshot, leg: LegSnapshot, settings: RuleSettings, facts: CycleFacts) -> Finding:
    target = leg_target(NAME, snapshot, leg)
    unknown = not_judged(target, snapshot, leg)
    if unknown is not None:
        return unknown
    if not leg.contracts or not is_missed(snapshot, leg):
        return fact_finding(target, settings, holds=False, message=lambda: loss_words(snapshot, leg))
    if is_being_rolled(leg, facts):
        held = dict.fromkeys(settings.facts, BAND)
        message = f"{leg_words(snapshot, leg)}: a roll is in progress, its later contract is about to follow"
        return known_finding(target, settings, held, value=None, message=message)
    advice = rebalance_orders(snapshot, is_critical=True)
    finding = fact_finding(target, settings, holds=True, message=loss_words(snapshot, leg, advice))
    return finding._replace(orders=advice.orders, condition=advice.condition)
