"""Closing in words: the orders that end a hedge, and what is open then."""

from __future__ import annotations

from collections.abc import Sequence

from hedgewatch.domain.advice import closing_orders
from hedgewatch.domain.finding import Finding
from hedgewatch.domain.hedge import HedgeSnapshot, LegSnapshot
from hedgewatch.domain.numbers import ZERO, plain
from hedgewatch.domain.order import Order
from hedgewatch.domain.thresholds import Action
from hedgewatch.domain.words import order_words


def told_to_close(finding: Finding, snapshot: HedgeSnapshot, legs: Sequence[LegSnapshot]) -> Finding:
    """Add to a finding whose action is to close the orders that close these legs, and the coins that are bare then."""
    severity = finding.severity
    if severity is None or finding.actions[severity] is not Action.CLOSE:
        return finding
    advice = closing_orders(snapshot, legs)
    words = "; ".join(order_words(order) for order in advice.orders)
    if not words:
        return finding._replace(words=f"{finding.message}; no order: {advice.why_none}")
    condition = f", {advice.condition}" if advice.condition else ""
    text = f"{finding.message}; to end it: {words}{condition}{_bare(snapshot, advice.orders)}"
    return finding._replace(words=text, orders=advice.orders, condition=advice.condition)


def _bare(snapshot: HedgeSnapshot, orders: Sequence[Order]) -> str:
    """Say how many coins are without protection once the orders are filled."""
    if snapshot.net_exposure is None:
        return ""
    open_coins = snapshot.net_exposure + sum((order.coins for order in orders), ZERO)
    return f"; then {plain(open_coins)} {snapshot.hedge.asset} are unprotected" if open_coins > 0 else ""
