"""Basis adverse: the futures rise against spot, which hurts a short."""

from __future__ import annotations

from decimal import Decimal

from hedgewatch.domain.finding import Finding, unknown_finding
from hedgewatch.domain.freshness import FARTHEST_PAIR
from hedgewatch.domain.hedge import CycleFacts, HedgeSnapshot, LegSnapshot
from hedgewatch.domain.history import BasisPast
from hedgewatch.domain.market import UnknownReason
from hedgewatch.domain.numbers import ZERO, exactly, plain
from hedgewatch.domain.rules.judging import judge_above, leg_target, percent
from hedgewatch.domain.thresholds import RuleSettings
from hedgewatch.domain.words import leg_words

NAME = "basis_adverse"
HOURS_NEEDED = 48


@exactly
def judge(snapshot: HedgeSnapshot, settings: RuleSettings, facts: CycleFacts) -> tuple[Finding, ...]:
    """Judge each leg's basis rate minus what is usual: the mean of 30 days' hourly closes, else the basis at entry."""
    return tuple(_judge_leg(snapshot, leg, settings, facts) for leg in snapshot.legs)


def _judge_leg(snapshot: HedgeSnapshot, leg: LegSnapshot, settings: RuleSettings, facts: CycleFacts) -> Finding:
    target = leg_target(NAME, snapshot, leg)
    if leg.basis_rate is None or snapshot.spot_price is None:
        reason = leg.unknown or snapshot.spot_unknown or UnknownReason.STALE  # both are known, but too far apart
        return unknown_finding(target, reason, lambda: f"{leg_words(snapshot, leg)}: {_why_no_basis(snapshot, leg)}")
    past = facts.past.basis.get((snapshot.hedge.name, leg.leg.name))
    usual = _usual(past, leg, snapshot.spot_price)
    if usual is None:
        return unknown_finding(target, UnknownReason.NOT_AVAILABLE, lambda: _why_not_known(past, snapshot, leg))
    adverse = leg.basis_rate - usual
    return judge_above(target, settings, adverse, lambda: _words(snapshot, leg, adverse, past))


def _why_no_basis(snapshot: HedgeSnapshot, leg: LegSnapshot) -> str:
    if leg.unknown is not None or snapshot.spot_price is None:
        return "the basis is not known"
    return (
        f"the basis is not known: {leg.leg.futures} and the spot price were not read within {FARTHEST_PAIR} s of each "
        "other; if that lasts they do not trade together: name another spot source"
    )


def _usual(past: BasisPast | None, leg: LegSnapshot, spot_price: Decimal) -> Decimal | None:
    if past is not None and past.hours >= HOURS_NEEDED:
        return past.mean
    entry = leg.leg.position.entry_basis if leg.leg.position is not None else None
    return None if entry is None else entry / spot_price


def _why_not_known(past: BasisPast | None, snapshot: HedgeSnapshot, leg: LegSnapshot) -> str:
    return (
        f"{leg_words(snapshot, leg)}: the usual basis is not known: {past.hours if past else 0} of {HOURS_NEEDED} "
        "hourly closes, and no entry_basis is declared"
    )


def _words(snapshot: HedgeSnapshot, leg: LegSnapshot, adverse: Decimal, past: BasisPast | None) -> str:
    is_mean = past is not None and past.hours >= HOURS_NEEDED
    source = f"the mean of {past.hours} hourly closes" if past is not None and is_mean else "the basis at entry"
    words = f"{leg_words(snapshot, leg)} trades {_apart(leg.basis_rate or ZERO)} spot, {_apart(adverse)} {source}"
    if past is not None and is_mean and past.deviation:
        words += f" ({abs(adverse) / past.deviation:.1f} standard deviations)"
    if leg.coins is None or leg.coins >= 0 or adverse <= 0:
        return words
    loss = -leg.coins * (snapshot.spot_price or ZERO) * adverse
    return f"{words}; on {plain(-leg.coins)} coins short that is {loss:,.0f} USD against you"


def _apart(rate: Decimal) -> str:
    return f"{percent(abs(rate), 3)} {'above' if rate >= 0 else 'below'}"
