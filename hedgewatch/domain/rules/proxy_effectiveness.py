"""Proxy effectiveness: how much of the coin's risk the other asset's future really takes away."""

from __future__ import annotations

from decimal import Decimal

from hedgewatch.domain.effectiveness import Effectiveness
from hedgewatch.domain.finding import Finding, unknown_finding
from hedgewatch.domain.hedge import CycleFacts, HedgeSnapshot, LegSnapshot
from hedgewatch.domain.market import UnknownReason
from hedgewatch.domain.numbers import ONE, exactly
from hedgewatch.domain.proxy_words import proxy_legs, proxy_past, too_few_days, why_no_beta
from hedgewatch.domain.rules.judging import hedge_target, judge_below, percent, quiet_finding
from hedgewatch.domain.stand_in import ProxyPast, beta_in_use, effectiveness_of, what_is_left
from hedgewatch.domain.thresholds import RuleSettings

NAME = "proxy_effectiveness"


@exactly
def judge(snapshot: HedgeSnapshot, settings: RuleSettings, facts: CycleFacts) -> tuple[Finding, ...]:
    """Judge the leg that removes the least of the variance of the last 30 days, at the beta in use.

    Source: contracts section 3, domain specification 6 (Ederington 1979; grades).
    """
    target, proxy = hedge_target(NAME, snapshot.hedge.name), snapshot.hedge.proxy
    legs = proxy_legs(snapshot)
    if proxy is None or not legs:
        return (quiet_finding(target, settings, lambda: f"{snapshot.hedge.name} is hedged by its own futures"),)
    graded: list[tuple[Decimal, LegSnapshot, ProxyPast, Effectiveness]] = []
    for leg in legs:
        past = proxy_past(snapshot, leg, facts)
        beta = beta_in_use(proxy, past)
        found = None if beta is None else effectiveness_of(beta, past)
        if found is None or found.share_removed is None:
            why = too_few_days(past) or why_no_beta(snapshot, leg, facts)
            words = f"{snapshot.hedge.name}: {why}"
            return (unknown_finding(target, UnknownReason.NOT_AVAILABLE, words),)
        graded.append((found.share_removed, leg, past, found))
    share, leg, past, found = min(graded, key=lambda one: one[0])
    return (judge_below(target, settings, share, lambda: _words(snapshot, leg, past, found)),)


def _words(snapshot: HedgeSnapshot, leg: LegSnapshot, past: ProxyPast, found: Effectiveness) -> str:
    name, asset, base = snapshot.hedge.name, snapshot.hedge.asset, leg.leg.futures.base
    share = found.share_removed or Decimal(0)
    proxy = snapshot.hedge.proxy
    beta = (beta_in_use(proxy, past) if proxy else None) or ONE
    rest = what_is_left(beta, past)
    if share < 0:
        said = f"{name}: over 30 days the short of {base} made the risk of {asset} larger (grade {found.grade})"
        return f"{said}: it is a bet beside the coins, not a hedge of them; a future of {asset} itself would be one"
    removed = f"takes away {percent(share, 0)} of the variance of {asset}"
    said = f"{name}: the short of {base} {removed} (grade {found.grade})"
    left = "" if rest is None else f"; {percent(rest, 0)} a year stays, whatever the size"
    return f"{said}{left}: hold fewer coins, or hedge with a future of {asset} itself where one is liquid"
