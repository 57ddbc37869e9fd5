"""Funding interval change: funding is settled more or less often than before."""

from __future__ import annotations

from hedgewatch.domain.contract_facts import FactName, recent_changes
from hedgewatch.domain.finding import Finding, unknown_finding
from hedgewatch.domain.hedge import CycleFacts, HedgeSnapshot, LegSnapshot
from hedgewatch.domain.market import UnknownReason
from hedgewatch.domain.numbers import exactly
from hedgewatch.domain.rules.judging import fact_finding, leg_target
from hedgewatch.domain.thresholds import RuleSettings
from hedgewatch.domain.words import leg_words

NAME = "funding_interval_change"
INTERVAL = frozenset({FactName.FUNDING_INTERVAL_HOURS})


@exactly
def judge(snapshot: HedgeSnapshot, settings: RuleSettings, facts: CycleFacts) -> tuple[Finding, ...]:
    """Judge each leg: an interval that changed in the last 24 hours."""
    return tuple(_judge_leg(snapshot, leg, settings, facts) for leg in snapshot.legs)


def _judge_leg(snapshot: HedgeSnapshot, leg: LegSnapshot, settings: RuleSettings, facts: CycleFacts) -> Finding:
    target = leg_target(NAME, snapshot, leg)
    known = facts.contracts.get(leg.leg.futures, {}).get(FactName.FUNDING_INTERVAL_HOURS)
    if known is None:
        untold = UnknownReason.NOT_AVAILABLE
        return unknown_finding(target, untold, lambda: f"{leg_words(snapshot, leg)}: its funding interval is not known")
    changes = recent_changes(facts.contracts, leg.leg.futures, INTERVAL, facts.read_at)
    if not changes:
        words = f" settles every {known.value} h"
        return fact_finding(target, settings, holds=False, message=lambda: leg_words(snapshot, leg) + words)
    change = changes[0]
    words = f" settles funding every {change.value} h, before every {change.before} h ({change.source})"
    return fact_finding(target, settings, holds=True, message=leg_words(snapshot, leg) + words)
