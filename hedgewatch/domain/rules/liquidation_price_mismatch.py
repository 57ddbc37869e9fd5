"""Liquidation price mismatch: ours and the exchange's are apart, so that one of us has a number wrong."""

from __future__ import annotations

from decimal import Decimal

from hedgewatch.domain.account import Never
from hedgewatch.domain.finding import BREACH, Finding, unknown_finding
from hedgewatch.domain.hedge import CycleFacts, HedgeSnapshot, LegSnapshot
from hedgewatch.domain.margin_doubt import why_not_seen
from hedgewatch.domain.market import UnknownReason
from hedgewatch.domain.numbers import exactly, plain
from hedgewatch.domain.rules.judging import known_finding, leg_target, outcomes_above, percent, quiet_finding
from hedgewatch.domain.thresholds import RuleSettings
from hedgewatch.domain.words import leg_words

NAME = "liquidation_price_mismatch"
LOOK = "compare margin, entry price and contract size with the exchange's own page"


@exactly
def judge(snapshot: HedgeSnapshot, settings: RuleSettings, facts: CycleFacts) -> tuple[Finding, ...]:
    """Judge each leg: our liquidation price over the exchange's minus 1, either way; thresholds are distances."""
    return tuple(_judge_leg(snapshot, leg, settings, facts) for leg in snapshot.legs)


def _judge_leg(snapshot: HedgeSnapshot, leg: LegSnapshot, settings: RuleSettings, facts: CycleFacts) -> Finding:
    target = leg_target(NAME, snapshot, leg)
    if leg.is_flat:
        return quiet_finding(target, settings, lambda: f"{leg_words(snapshot, leg)} holds nothing")
    blind = why_not_seen(leg, facts)
    if blind is not None:
        reason, why = blind
        return unknown_finding(
            target, reason, lambda: f"{leg_words(snapshot, leg)}: liquidation prices cannot be compared: {why}"
        )
    theirs, difference = leg.liquidation_price, leg.liquidation_difference
    if difference is None or theirs is None:
        return unknown_finding(
            target,
            UnknownReason.NOT_AVAILABLE,
            lambda: f"{leg_words(snapshot, leg)}: there are no two liquidation prices to compare",
        )
    if isinstance(difference, Never):
        message = (
            f"{leg_words(snapshot, leg)}: liquidated at {plain(theirs, 8)} says its exchange, at no price we; {LOOK}"
        )
        return known_finding(target, settings, dict.fromkeys(settings.levels, BREACH), value=None, message=message)
    outcomes = outcomes_above(settings, abs(difference))
    return known_finding(
        target,
        settings,
        outcomes,
        value=difference,
        message=lambda: _words(snapshot, leg, theirs, difference, is_breach=BREACH in outcomes.values()),
    )


def _words(snapshot: HedgeSnapshot, leg: LegSnapshot, theirs: Decimal, difference: Decimal, *, is_breach: bool) -> str:
    ours = plain(theirs * (1 + difference), 8)
    said = f"{leg_words(snapshot, leg)}: liquidated at {plain(theirs, 8)} says its exchange, at {ours} we"
    return f"{said}, {percent(abs(difference))} apart: the nearer one counts; {LOOK}" if is_breach else said
