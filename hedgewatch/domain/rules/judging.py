"""Judging: a value against the levels of a rule; the floor all rules stand on."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from hedgewatch.domain.finding import Finding, OutcomeKind, Target
from hedgewatch.domain.hedge import HedgeSnapshot, LegSnapshot
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


def outcomes_of(settings: RuleSettings, *, holds: bool) -> Mapping[Severity, OutcomeKind]:
    """Judge a fact, at every level that is told on one: breached while it holds."""
    return dict.fromkeys(settings.facts, OutcomeKind.BREACH if holds else OutcomeKind.CLEAR)


def fact_finding(target: Target, settings: RuleSettings, *, holds: bool, message: str) -> Finding:
    """Put together the answer of a rule about a fact: there is no number in it."""
    return known_finding(target, settings, outcomes_of(settings, holds=holds), value=None, message=message)


def leg_target(rule: str, snapshot: HedgeSnapshot, leg: LegSnapshot) -> Target:
    """Name a leg as what a rule is judged on."""
    return Target(rule=rule, hedge=snapshot.hedge.name, leg=leg.leg.name, account=leg.leg.account or "")


def known_finding(
    target: Target,
    settings: RuleSettings,
    outcomes: Mapping[Severity, OutcomeKind],
    *,
    value: Decimal | None,
    message: str,
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
