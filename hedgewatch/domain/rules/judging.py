"""Judging: a value against the levels of a rule; the floor all rules stand on.

How a rule is written, so that ten thousand hedges are judged in a second by all of them:

1. ``judge(snapshot, settings, facts)`` returns one finding per target, always on the same targets; it is pure.
2. The target comes from ``hedge_target``, ``leg_target`` or ``feed_target``, which keep what they once made.
3. A value is compared by ``judge_above`` (bad when high) or ``judge_below``, a fact by ``fact_finding``, and what
   cannot be known is an ``unknown_finding``. A rule that alters an outcome begins with ``outcomes_above``.
4. Words cost more than judging, and nobody reads those of what is clear: give them as a function
   (``lambda: f"{leg_words(snapshot, leg)} is listed"``). Of a breach, text is as good: it is told at once.
5. Advice is asked for where it is needed, beyond fire; ``finding._replace(orders=..., condition=...)`` adds it.
6. What several rules need is measured once, into the snapshot (domain/measure.py), not in each of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache

from hedgewatch.domain.finding import BAND, BREACH, CLEAR, Finding, OutcomeKind, Target, Words
from hedgewatch.domain.hedge import HedgeSnapshot, LegSnapshot
from hedgewatch.domain.rules.catalogue import CATALOGUE
from hedgewatch.domain.thresholds import Level, RuleSettings, Severity

ACTIONS = {name: definition.actions for name, definition in CATALOGUE.items()}
TARGETS_KEPT = 2**20  # as many as anybody watches: they are the same in every cycle


def outcome_above(value: Decimal, level: Level) -> OutcomeKind:
    """Judge a value that is bad when high: breach strictly above fire, clear strictly below clear."""
    if value > level.fire:
        return BREACH
    return CLEAR if value < level.clear else BAND


def outcome_below(value: Decimal, level: Level) -> OutcomeKind:
    """Judge a value that is bad when low: breach strictly below fire, clear strictly above clear."""
    if value < level.fire:
        return BREACH
    return CLEAR if value > level.clear else BAND


def outcome_from(value: Decimal, level: Level) -> OutcomeKind:
    """Judge a count or a quantile, bad when high: breach at fire and beyond it, clear strictly below clear."""
    return BREACH if value >= level.fire else outcome_above(value, level)


def outcome_until(value: Decimal, level: Level) -> OutcomeKind:
    """Judge time that runs out: breach at fire and below it, clear strictly above clear."""
    return BREACH if value <= level.fire else outcome_below(value, level)


def outcomes_above(settings: RuleSettings, value: Decimal) -> Mapping[Severity, OutcomeKind]:
    """Judge a value that is bad when high, at every level."""
    if value < settings.calm_below:
        return dict.fromkeys(settings.levels, CLEAR)
    return {severity: outcome_above(value, level) for severity, level in settings.levels.items()}


def outcomes_below(settings: RuleSettings, value: Decimal) -> Mapping[Severity, OutcomeKind]:
    """Judge a value that is bad when low, at every level."""
    if value > settings.calm_above:
        return dict.fromkeys(settings.levels, CLEAR)
    return {severity: outcome_below(value, level) for severity, level in settings.levels.items()}


def judge_above(target: Target, settings: RuleSettings, value: Decimal, message: Words) -> Finding:
    """Answer for a value that is bad when high."""
    return known_finding(target, settings, outcomes_above(settings, value), value=value, message=message)


def judge_below(target: Target, settings: RuleSettings, value: Decimal, message: Words) -> Finding:
    """Answer for a value that is bad when low."""
    return known_finding(target, settings, outcomes_below(settings, value), value=value, message=message)


def quiet_finding(target: Target, settings: RuleSettings, message: Words) -> Finding:
    """Answer where nothing is there to be measured: clear at every level, without a value."""
    return known_finding(
        target, settings, dict.fromkeys((*settings.levels, *settings.facts), CLEAR), value=None, message=message
    )


def fact_finding(target: Target, settings: RuleSettings, *, holds: bool, message: Words) -> Finding:
    """Answer for a fact, at every level that is told on one: breached while it holds. There is no number in it."""
    outcomes = dict.fromkeys(settings.facts, BREACH if holds else CLEAR)
    return known_finding(target, settings, outcomes, value=None, message=message)


@lru_cache(maxsize=TARGETS_KEPT)
def hedge_target(rule: str, hedge: str, side: str = "") -> Target:
    """Name a hedge (or one side of it) as what a rule is judged on."""
    return Target(rule=rule, hedge=hedge, side=side)


def leg_target(rule: str, snapshot: HedgeSnapshot, leg: LegSnapshot) -> Target:
    """Name a leg as what a rule is judged on."""
    return feed_target(rule, snapshot.hedge.name, leg.leg.name, leg.leg.account or "")


@lru_cache(maxsize=TARGETS_KEPT)
def feed_target(rule: str, hedge: str, leg: str, account: str = "") -> Target:
    """Name what feeds a hedge, a leg or a spot source, as what a rule is judged on."""
    return Target(rule=rule, hedge=hedge, leg=leg, account=account)


def known_finding(
    target: Target,
    settings: RuleSettings,
    outcomes: Mapping[Severity, OutcomeKind],
    *,
    value: Decimal | None,
    message: Words,
) -> Finding:
    """Put together a rule's answer: its outcome at each level, with the value, and thresholds and actions as set."""
    return Finding(target, outcomes, value, settings.fires, message, ACTIONS[target.rule])  # by place: half the time


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
