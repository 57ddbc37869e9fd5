"""Cost outweighs: keeping the hedge is expected to cost too much of the tail loss that it removes."""

from __future__ import annotations

from decimal import Decimal

from hedgewatch.domain.closing_advice import told_to_close
from hedgewatch.domain.finding import Finding, unknown_finding
from hedgewatch.domain.hedge import CycleFacts, HedgeSnapshot
from hedgewatch.domain.insurance import Insurance
from hedgewatch.domain.market import UnknownReason
from hedgewatch.domain.numbers import exactly
from hedgewatch.domain.protection import break_even_horizon, mv_hedge_ratio
from hedgewatch.domain.rules.judging import hedge_target, judge_above, percent, quiet_finding
from hedgewatch.domain.terms import Objective
from hedgewatch.domain.thresholds import RuleSettings
from hedgewatch.domain.volatility import DAYS_OF_YEAR, tail_volatility

NAME = "cost_outweighs"
SHORTEST_TOLD = Decimal("0.1")  # days: less would be told as none
RISK_AVERSION = Decimal(3)  # relative, of the advisory ratio (domain specification 4.1)


@exactly
def judge(snapshot: HedgeSnapshot, settings: RuleSettings, facts: CycleFacts) -> tuple[Finding, ...]:
    """Judge a hedge's expected cost over its protection; of one that is held for its carry nothing is asked."""
    del facts
    target, insurance = hedge_target(NAME, snapshot.hedge.name), snapshot.insurance
    if snapshot.hedge.terms.objective is Objective.CARRY:
        return (quiet_finding(target, settings, lambda: f"{snapshot.hedge.name} is held for the funding it earns"),)
    if insurance.ratio is None:
        missing = f"what its insurance costs is not known: {insurance.missing}"
        return (unknown_finding(target, _reason(snapshot), lambda: f"{snapshot.hedge.name}: {missing}"),)
    finding = judge_above(target, settings, insurance.ratio, lambda: _words(snapshot, settings))
    return (told_to_close(finding, snapshot, snapshot.legs),)


def _reason(snapshot: HedgeSnapshot) -> UnknownReason:
    """Return the fault of the data that hides it; where there is none, it is only not available."""
    doubts = [leg.held.doubt.reason for leg in snapshot.legs if leg.held.doubt is not None]
    found = [snapshot.spot_unknown, *(leg.unknown for leg in snapshot.legs), *doubts]
    found.append(snapshot.coin_doubt.reason if snapshot.coin_doubt else None)
    return next((reason for reason in found if reason is not None), UnknownReason.NOT_AVAILABLE)


def _words(snapshot: HedgeSnapshot, settings: RuleSettings) -> str:
    name, insurance = snapshot.hedge.name, snapshot.insurance
    ratio, cost, a_day = insurance.ratio, insurance.cost, insurance.a_day
    protection, volatility = insurance.protection, insurance.volatility
    if ratio is None or cost is None or a_day is None or protection is None or volatility is None:
        return f"{name}: {insurance.missing}"
    removes = f"{protection:,.0f} USD of tail loss removed in {insurance.days:.0f} days"
    at = f"at {percent(tail_volatility(volatility), 0)} volatility a year"
    if ratio <= 0:
        return f"{name}: the insurance is expected to earn {-cost:,.0f} USD, with {removes} {at}"
    words = f"{name}: decide: insurance costs {percent(ratio, 0)} of its protection: "
    words += f"{cost:,.0f} USD expected ({a_day:,.0f} a day) for {removes} {at}"
    return f"{words}{_alternatives(insurance, volatility, settings)}"


def _alternatives(insurance: Insurance, volatility: Decimal, settings: RuleSettings) -> str:
    """Say for how long it is worth its price, and the two ways to pay less for it."""
    apr, left = insurance.cost_apr, insurance.variance_ratio
    if apr is None or apr <= 0 or left is None:
        return ""
    sigma = tail_volatility(volatility)
    worth = min(settings.fires.values(), default=Decimal("0.25"))
    horizon = break_even_horizon(apr, Decimal(0), sigma, theta=worth, variance_ratio=left).max_days
    until = "" if horizon is None else f"; it stays within {percent(worth, 0)} {_for_days(horizon)}"
    smaller = mv_hedge_ratio(apr, sigma, RISK_AVERSION)
    ratio = (
        f"a hedge ratio of {percent(smaller, 0)} weighs price against risk" if smaller else "no part is worth its price"
    )
    discount = apr * insurance.days / DAYS_OF_YEAR
    unless = f" unless it trades {percent(discount, 1)} below spot" if discount < 1 else ", whatever its discount"
    dated = f"a dated future for that time costs less{unless}"
    return f"{until}; instead of closing: {dated}, or hedge less: {ratio}"


def _for_days(days: Decimal) -> str:
    return f"for {days:.1f} days" if days >= SHORTEST_TOLD else "for less than two hours"
