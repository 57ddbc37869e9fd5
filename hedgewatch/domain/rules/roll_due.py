"""Roll due: a dated future expires, or has, and the coins need a later one."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from hedgewatch.domain.advice import rebalance_orders
from hedgewatch.domain.deadlines import moment_words, span_words
from hedgewatch.domain.expiry import expiry_of
from hedgewatch.domain.finding import BREACH, Finding, unknown_finding
from hedgewatch.domain.freshness import seconds_between
from hedgewatch.domain.hedge import CycleFacts, HedgeSnapshot, LegSnapshot
from hedgewatch.domain.market import UnknownReason
from hedgewatch.domain.numbers import exactly, plain
from hedgewatch.domain.roll import RollMetrics, RollPhase, roll_phase
from hedgewatch.domain.rolling import roll_orders
from hedgewatch.domain.rules.judging import known_finding, leg_target, outcome_until, percent, quiet_finding
from hedgewatch.domain.thresholds import RuleSettings
from hedgewatch.domain.words import leg_words, orders_words

NAME = "roll_due"
NOT_AVAILABLE = UnknownReason.NOT_AVAILABLE
ROLLED_WITHIN = Decimal("0.02")  # of the target, as drift is told from


@exactly
def judge(snapshot: HedgeSnapshot, settings: RuleSettings, facts: CycleFacts) -> tuple[Finding, ...]:
    """Judge the seconds until each dated leg expires; a delivered one is past every level, and its one event.

    It ends by a roll that is seen (the leg is flat, or delivered while others cover the coins), never by time.
    """
    return tuple(_judge_leg(snapshot, leg, settings, facts) for leg in snapshot.legs)


def _judge_leg(snapshot: HedgeSnapshot, leg: LegSnapshot, settings: RuleSettings, facts: CycleFacts) -> Finding:
    target, expiry = leg_target(NAME, snapshot, leg), expiry_of(leg.leg.futures, facts)
    if expiry is None:
        words = "when it expires is not known" if leg.leg.futures.is_dated else "a perpetual does not expire"
        return unknown_finding(target, NOT_AVAILABLE, lambda: f"{leg_words(snapshot, leg)}: {words}")
    if leg.held.doubt is not None:
        doubt = leg.held.doubt
        return unknown_finding(target, doubt.reason, lambda: f"{leg_words(snapshot, leg)}: {doubt.detail}")
    if _is_done(snapshot, leg):
        finding = quiet_finding(target, settings, lambda: f"{leg_words(snapshot, leg)} holds nothing any more")
        return finding._replace(ends_latch=True)
    left = seconds_between(expiry, facts.read_at)
    outcomes = {severity: outcome_until(left, level) for severity, level in settings.levels.items()}
    if BREACH not in outcomes.values():
        return known_finding(
            target,
            settings,
            outcomes,
            value=left,
            message=lambda: f"{leg_words(snapshot, leg)} expires in {span_words(expiry - facts.read_at)}",
        )
    finding = known_finding(target, settings, outcomes, value=left, message="")
    if leg.is_delivered:
        advice = rebalance_orders(snapshot, is_critical=True)
        message = (
            f"{leg_words(snapshot, leg)} expired at {moment_words(expiry)} and was delivered, the coins are naked: "
            f"{orders_words(advice)}; then take the leg out of the configuration"
        )
        return finding._replace(words=message, orders=advice.orders, condition=advice.condition)
    rolled = roll_orders(snapshot, leg, facts)
    message = f"{_due(snapshot, leg, expiry, facts)}: {orders_words(rolled.advice)}{_earned(rolled.metrics)}"
    return finding._replace(words=message, orders=rolled.advice.orders, condition=rolled.advice.condition)


def _is_done(snapshot: HedgeSnapshot, leg: LegSnapshot) -> bool:
    """Tell whether the roll was seen: the leg is flat, and if only because it was delivered, others cover the coins."""
    if not leg.is_flat:
        return False
    drift = snapshot.drift
    others = any(one.coins for one in snapshot.legs if one is not leg)
    return not leg.is_delivered or (others and drift is not None and abs(drift) <= ROLLED_WITHIN)


def _due(snapshot: HedgeSnapshot, leg: LegSnapshot, expiry: datetime, facts: CycleFacts) -> str:
    said = f"{leg_words(snapshot, leg)} expires in {span_words(expiry - facts.read_at)}, at {moment_words(expiry)}"
    if roll_phase(facts.read_at, expiry) is RollPhase.SETTLING:
        return f"{said}; its settlement price is being averaged, so let it be delivered and hedge anew"
    return f"{said}; roll it, the later contract first"


def _earned(metrics: RollMetrics | None) -> str:
    if metrics is None:
        return ""
    credit = metrics.roll_credit_exec
    word = "earns" if credit >= 0 else "costs"
    return f"; that {word} {plain(abs(credit), 6)} a coin now ({percent(metrics.annual_roll_yield)} a year)"
