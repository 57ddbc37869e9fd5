"""Clock skew: our clock and an exchange's are apart, so that ages are wrong and signed questions are refused."""

from __future__ import annotations

from collections.abc import Sequence

from hedgewatch.domain.finding import Finding, OutcomeKind, Target, unknown_finding
from hedgewatch.domain.hedge import CycleFacts, HedgeSnapshot
from hedgewatch.domain.market import UnknownReason
from hedgewatch.domain.mends import MENDS
from hedgewatch.domain.numbers import exactly
from hedgewatch.domain.rules.judging import known_finding, outcomes_above
from hedgewatch.domain.thresholds import RuleSettings

NAME = "clock_skew"


@exactly
def judge(
    exchange: str, snapshots: Sequence[HedgeSnapshot], settings: RuleSettings, facts: CycleFacts
) -> tuple[Finding, ...]:
    """Judge our clock minus the exchange's, in seconds, either way; it is measured once an hour."""
    target, skew = Target(rule=NAME, exchange=exchange), facts.answers[exchange].skew_seconds
    read_there = (one.hedge for one in snapshots if any(ref.exchange == exchange for ref in one.hedge.instruments))
    hedges = tuple(hedge.name for hedge in read_there)
    if skew is None:
        found = unknown_finding(target, UnknownReason.NOT_AVAILABLE, f"{exchange}: the clocks were not compared yet")
        return (found._replace(hedges=hedges),)
    outcomes = outcomes_above(settings, abs(skew))
    message = f"our clock is {abs(skew):.1f} s {'ahead of' if skew > 0 else 'behind'} the clock of {exchange}"
    if OutcomeKind.BREACH in outcomes.values():
        message = f"{message}: {MENDS[UnknownReason.CLOCK_SKEW]}; ages are wrong by as much until then"
    return (known_finding(target, settings, outcomes, value=skew, message=message)._replace(hedges=hedges),)
