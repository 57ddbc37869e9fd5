"""Delisting: a contract that its exchange takes off, or does not trade any more."""

from __future__ import annotations

from hedgewatch.domain.advice import closing_orders
from hedgewatch.domain.contract_facts import UNLISTED, FactName
from hedgewatch.domain.finding import Finding, unknown_finding
from hedgewatch.domain.hedge import CycleFacts, HedgeSnapshot, LegSnapshot
from hedgewatch.domain.market import UnknownReason
from hedgewatch.domain.numbers import exactly
from hedgewatch.domain.rules.judging import fact_finding, leg_target
from hedgewatch.domain.thresholds import RuleSettings
from hedgewatch.domain.words import leg_words, order_words

NAME = "delisting"


@exactly
def judge(snapshot: HedgeSnapshot, settings: RuleSettings, facts: CycleFacts) -> tuple[Finding, ...]:
    """Judge each leg: whether its exchange lists the contract for trading."""
    return tuple(_judge_leg(snapshot, leg, settings, facts) for leg in snapshot.legs)


def _judge_leg(snapshot: HedgeSnapshot, leg: LegSnapshot, settings: RuleSettings, facts: CycleFacts) -> Finding:
    target = leg_target(NAME, snapshot, leg)
    listing = facts.contracts.get(leg.leg.futures, {}).get(FactName.LISTING)
    if leg.is_delivered:
        return fact_finding(target, settings, holds=False, message=lambda: f"{leg_words(snapshot, leg)} has expired")
    if listing is None:
        unsaid = UnknownReason.NOT_AVAILABLE
        return unknown_finding(target, unsaid, lambda: f"{leg_words(snapshot, leg)}: the market list does not say")
    if listing.value != UNLISTED:
        return fact_finding(target, settings, holds=False, message=lambda: f"{leg_words(snapshot, leg)} is listed")
    advice = closing_orders(snapshot, [leg])
    orders = "; ".join(order_words(order) for order in advice.orders) or advice.why_none
    message = (
        f"{leg_words(snapshot, leg)} is not traded any more, by its exchange's market list: {orders}; "
        "then hedge with another contract"
    )
    finding = fact_finding(target, settings, holds=True, message=message)
    return finding._replace(orders=advice.orders, condition=advice.condition)
