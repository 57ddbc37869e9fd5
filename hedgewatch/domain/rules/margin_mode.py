"""Margin mode: a position that reads cross where isolated was declared."""

from __future__ import annotations

from hedgewatch.domain.account import MarginMode
from hedgewatch.domain.finding import Finding, unknown_finding
from hedgewatch.domain.hedge import CycleFacts, HedgeSnapshot, LegSnapshot
from hedgewatch.domain.market import UnknownReason
from hedgewatch.domain.numbers import exactly
from hedgewatch.domain.rules.judging import fact_finding, leg_target
from hedgewatch.domain.thresholds import RuleSettings
from hedgewatch.domain.words import leg_words

NAME = "margin_mode"


@exactly
def judge(snapshot: HedgeSnapshot, settings: RuleSettings, facts: CycleFacts) -> tuple[Finding, ...]:
    """Judge each leg that is read: whether its margin is its own where its owner expects that."""
    del facts
    return tuple(_judge_leg(snapshot, leg, settings) for leg in snapshot.legs)


def _judge_leg(snapshot: HedgeSnapshot, leg: LegSnapshot, settings: RuleSettings) -> Finding:
    target = leg_target(NAME, snapshot, leg)
    expected, found = leg.leg.expected_mode, leg.held.margin_mode
    if leg.leg.is_read and expected is not None and leg.is_flat:
        return fact_finding(target, settings, holds=False, message=lambda: f"{leg_words(snapshot, leg)} holds nothing")
    blind = _blindness(leg)
    if blind is not None:
        reason, why = blind
        return unknown_finding(target, reason, lambda: f"{leg_words(snapshot, leg)}: {why}")
    if expected is not MarginMode.ISOLATED or found is MarginMode.ISOLATED:
        return fact_finding(
            target, settings, holds=False, message=lambda: f"{leg_words(snapshot, leg)} is on {found} margin"
        )
    message = (
        f"{leg_words(snapshot, leg)} is on cross margin, isolated was declared: the whole wallet backs it, and its "
        f"liquidation takes all of that; set it to isolated at {leg.leg.futures.exchange}, or declare cross"
    )
    return fact_finding(target, settings, holds=True, message=message)


def _blindness(leg: LegSnapshot) -> tuple[UnknownReason, str] | None:
    if not leg.leg.is_read:
        return UnknownReason.NOT_AVAILABLE, "it is declared, not read from an account"
    if leg.leg.expected_mode is None:
        return UnknownReason.NOT_AVAILABLE, "no margin_mode is declared to compare with"
    if leg.held.doubt is not None:
        return leg.held.doubt.reason, leg.held.doubt.detail
    if leg.held.margin_mode is None:
        return UnknownReason.NOT_AVAILABLE, "its exchange does not tell the margin mode"
    return None
