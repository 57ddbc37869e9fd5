"""Basis adverse: the futures rise against spot, which hurts a short."""

from __future__ import annotations

from decimal import Decimal

from hedgewatch.domain.finding import Finding, unknown_finding
from hedgewatch.domain.hedge import CycleFacts, HedgeSnapshot, LegSnapshot
from hedgewatch.domain.market import UnknownReason
from hedgewatch.domain.numbers import ZERO, exactly, plain
from hedgewatch.domain.rules.judging import known_finding, leg_target, outcome_above, percent
from hedgewatch.domain.thresholds import RuleSettings

NAME = "basis_adverse"
HOURS_NEEDED = 48


@exactly
def judge(snapshot: HedgeSnapshot, settings: RuleSettings, facts: CycleFacts) -> tuple[Finding, ...]:
    """Judge each leg's basis rate minus what is usual: the mean of 30 days' hourly closes, else the basis at entry."""
    return tuple(_judge_leg(snapshot, leg, settings, facts) for leg in snapshot.legs)


def _judge_leg(snapshot: HedgeSnapshot, leg: LegSnapshot, settings: RuleSettings, facts: CycleFacts) -> Finding:
    target = leg_target(NAME, snapshot, leg)
    where = f"{snapshot.hedge.name}: {leg.leg.futures}"
    if leg.basis_rate is None or snapshot.spot_price is None:
        reason = leg.unknown or snapshot.spot_unknown or UnknownReason.STALE  # both are known, but too far apart
        return unknown_finding(target, reason, f"{where}: the basis is not known")
    usual, source = _usual(snapshot.hedge.name, leg, snapshot.spot_price, facts)
    if usual is None:
        return unknown_finding(target, UnknownReason.NOT_AVAILABLE, f"{where}: {source}")
    adverse = leg.basis_rate - usual
    return known_finding(
        target,
        settings,
        {severity: outcome_above(adverse, level) for severity, level in settings.levels.items()},
        value=adverse,
        message=_words(where, leg, adverse, source, spot_price=snapshot.spot_price),
    )


def _usual(hedge: str, leg: LegSnapshot, spot_price: Decimal, facts: CycleFacts) -> tuple[Decimal | None, str]:
    past = facts.past.basis.get((hedge, leg.leg.name))
    if past is not None and past.hours >= HOURS_NEEDED:
        return past.mean, f"the mean of {past.hours} hourly closes"
    if leg.leg.position is not None and leg.leg.position.entry_basis is not None:
        return leg.leg.position.entry_basis / spot_price, "the basis at entry"
    known = past.hours if past is not None else 0
    return (
        None,
        f"the usual basis is not known: {known} of {HOURS_NEEDED} hourly closes, and no entry_basis is declared",
    )


def _words(where: str, leg: LegSnapshot, adverse: Decimal, source: str, *, spot_price: Decimal) -> str:
    words = f"{where} trades {_apart(leg.basis_rate or ZERO)} spot, {_apart(adverse)} {source}"
    if leg.coins is not None and leg.coins < 0 and adverse > 0:
        words += (
            f"; on {plain(-leg.coins)} coins short that is {-leg.coins * spot_price * adverse:,.0f} USD against you"
        )
    return words


def _apart(rate: Decimal) -> str:
    return f"{percent(abs(rate), 3)} {'above' if rate >= 0 else 'below'}"
