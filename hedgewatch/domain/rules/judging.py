"""Judging: a value against the levels of a rule; the floor all rules stand on."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from hedgewatch.domain.finding import Finding, OutcomeKind, Target
from hedgewatch.domain.numbers import plain
from hedgewatch.domain.order import Order, Side, TimeInForce
from hedgewatch.domain.rules.catalogue import CATALOGUE
from hedgewatch.domain.thresholds import Level, RuleSettings, Severity


def outcome_above(value: Decimal, level: Level) -> OutcomeKind:
    """Judge a value that is bad when high: breach strictly above fire, clear strictly below clear."""
    if value > level.fire:
        return OutcomeKind.BREACH
    return OutcomeKind.CLEAR if value < level.clear else OutcomeKind.BAND


def outcome_below(value: Decimal, level: Level) -> OutcomeKind:
    """Judge a value that is bad when low: breach strictly below fire, clear strictly above clear."""
    if value < level.fire:
        return OutcomeKind.BREACH
    return OutcomeKind.CLEAR if value > level.clear else OutcomeKind.BAND


def known_finding(
    target: Target, settings: RuleSettings, outcomes: Mapping[Severity, OutcomeKind], *, value: Decimal, message: str
) -> Finding:
    """Put together a rule's answer: its outcome at each level, with the value, and thresholds and actions as set."""
    return Finding(
        target=target,
        levels=outcomes,
        value=value,
        thresholds={severity: level.fire for severity, level in settings.levels.items()},
        message=message,
        actions=CATALOGUE[target.rule].actions,
    )


def percent(fraction: Decimal, digits: int = 2) -> str:
    """Write a fraction as percent for a message."""
    return f"{fraction * 100:.{digits}f} %"


def duration(seconds: Decimal) -> str:
    """Write a time span for a message."""
    if seconds < 120:  # noqa: PLR2004  below two minutes seconds say more
        return f"{seconds:.0f} s"
    if seconds < 7200:  # noqa: PLR2004  below two hours minutes say more
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


def order_words(order: Order) -> str:
    """Write an order for a message."""
    coins, base = plain(order.coins), order.ref.symbol.split("/")[0]
    worst = "or better" if order.time_in_force is TimeInForce.POST_ONLY else "or better, at once"
    reduce = ", reduce-only" if order.reduce_only else ""
    verb = "sell" if order.side is Side.SELL else "buy back"
    where = f"{order.ref.symbol} on {order.ref.exchange}"
    return f"{verb} {coins} {base} of {where} at {plain(order.limit_price)} {worst}{reduce}"
