"""Contract changed: a contract is not what it was, or its size is in doubt."""

from __future__ import annotations

from hedgewatch.domain.contract_facts import ContractFact, FactName, recent_changes
from hedgewatch.domain.finding import Finding
from hedgewatch.domain.hedge import CycleFacts, HedgeSnapshot, LegSnapshot
from hedgewatch.domain.numbers import exactly
from hedgewatch.domain.rules.judging import fact_finding, leg_target
from hedgewatch.domain.thresholds import RuleSettings
from hedgewatch.domain.words import leg_words

NAME = "contract_changed"
# Listing and interval have rules of their own.
WATCHED = frozenset(FactName) - {FactName.LISTING, FactName.FUNDING_INTERVAL_HOURS}


@exactly
def judge(snapshot: HedgeSnapshot, settings: RuleSettings, facts: CycleFacts) -> tuple[Finding, ...]:
    """Judge each leg's contract: two routes to its size that disagree, or a term that changed in the last 24 hours."""
    return tuple(_judge_leg(snapshot, leg, settings, facts) for leg in snapshot.legs)


def _judge_leg(snapshot: HedgeSnapshot, leg: LegSnapshot, settings: RuleSettings, facts: CycleFacts) -> Finding:
    target, ref = leg_target(NAME, snapshot, leg), leg.leg.futures
    changes = recent_changes(facts.contracts, ref, WATCHED, facts.read_at)
    words = [*([leg.size_doubt] if leg.size_doubt else []), *(_words(fact) for fact in changes)]
    if not words:
        return fact_finding(target, settings, holds=False, message=lambda: f"{leg_words(snapshot, leg)} is what it was")
    refusal = "; no order is sized until it is clear" if leg.size_doubt else ""
    message = f"{leg_words(snapshot, leg)}: {'; '.join(words)}{refusal}"
    return fact_finding(target, settings, holds=True, message=message)


def _words(fact: ContractFact) -> str:
    name = fact.name.replace("_", " ")
    if fact.name is FactName.TIERS:
        return "its leverage tiers changed: see how far liquidation is now"
    return f"its {name} was {fact.before}, now {fact.value}"
