"""Orphaned: a short without coins, and that is proven."""

from __future__ import annotations

from decimal import Decimal
from functools import partial

from hedgewatch.domain.advice import NOT_YOURS, closing_orders
from hedgewatch.domain.finding import Finding, unknown_finding
from hedgewatch.domain.hedge import CycleFacts, HedgeSnapshot
from hedgewatch.domain.market import UnknownReason
from hedgewatch.domain.numbers import exactly, plain
from hedgewatch.domain.rules.judging import fact_finding, hedge_target
from hedgewatch.domain.thresholds import RuleSettings
from hedgewatch.domain.words import order_words

NAME = "orphaned"


@exactly
def judge(snapshot: HedgeSnapshot, settings: RuleSettings, facts: CycleFacts) -> tuple[Finding, ...]:
    """Judge whether a short is left with no coins; why coins left an account is never known, so orders say "if"."""
    del facts
    name = snapshot.hedge.name
    target = hedge_target(NAME, name)
    for doubt in (snapshot.coin_doubt, *[leg.held.doubt for leg in snapshot.legs]):
        if doubt is not None:
            return (unknown_finding(target, doubt.reason, f"{name}: {doubt.detail}"),)
    exposure, coins = snapshot.exposure, snapshot.futures_coins
    if exposure is None or coins is None:
        reason = next((leg.unknown for leg in snapshot.legs if leg.unknown is not None), UnknownReason.MISSING)
        return (unknown_finding(target, reason, f"{name}: coins or contracts are not known"),)
    if exposure > 0 or coins >= 0:
        calm = partial(_balance, name, exposure, coins)
        return (fact_finding(target, settings, holds=False, message=calm),)
    advice = closing_orders(snapshot, snapshot.legs)
    is_read = any(share.holding.account is not None for share in snapshot.hedge.held)
    condition = advice.condition or (NOT_YOURS if is_read else None)
    orders = "; ".join(order_words(order) for order in advice.orders) or advice.why_none
    words = f"{name} is short {plain(-coins)} {snapshot.hedge.asset} and holds none: {orders}"
    finding = fact_finding(target, settings, holds=True, message=f"{words}, {condition}" if condition else words)
    return (finding._replace(orders=advice.orders, condition=condition),)


def _balance(name: str, exposure: Decimal, coins: Decimal) -> str:
    return f"{name}: {plain(exposure)} coins against {plain(coins)} in futures"
