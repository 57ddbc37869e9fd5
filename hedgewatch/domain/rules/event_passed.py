"""Event passed: what the hedge protects from is near, or is over and has settled."""

from __future__ import annotations

from datetime import datetime, timedelta

from hedgewatch.domain.advice import closing_orders
from hedgewatch.domain.deadlines import CLOCK_DOUBT, moment_words, span_words
from hedgewatch.domain.finding import BAND, BREACH, CLEAR, Finding, OutcomeKind, unknown_finding
from hedgewatch.domain.hedge import CycleFacts, HedgeSnapshot
from hedgewatch.domain.market import UnknownReason
from hedgewatch.domain.numbers import exactly
from hedgewatch.domain.rules.judging import hedge_target, known_finding
from hedgewatch.domain.thresholds import RuleSettings, Severity
from hedgewatch.domain.words import orders_words

NAME = "event_passed"
EXPOSED = "closed alone it leaves the coins exposed"
# Told that long before; each until the next one, the last until the event.
BEFORE = {"24h": (timedelta(hours=24), timedelta(hours=1)), "1h": (timedelta(hours=1), timedelta(0))}


@exactly
def judge(snapshot: HedgeSnapshot, settings: RuleSettings, facts: CycleFacts) -> tuple[Finding, ...]:
    """Judge the time to ``event_at``, of which only is told that it comes, and to ``event_settle`` after it.

    Before the event nothing is ever advised: that is what the insurance is for. What is told before it ends with the
    event; that it has settled stays told until the hedge is closed or somebody says why not.
    """
    name, at = snapshot.hedge.name, snapshot.hedge.terms.event_at
    target = hedge_target(NAME, name)
    if at is None:
        return (unknown_finding(target, UnknownReason.NOT_AVAILABLE, lambda: f"{name}: no event_at is declared"),)
    coming = (_coming(snapshot, settings, side, at, facts.read_at) for side in BEFORE)
    return (_over(snapshot, settings, at, facts.read_at), *coming)


def _over(snapshot: HedgeSnapshot, settings: RuleSettings, at: datetime, now: datetime) -> Finding:
    name, settled_at = snapshot.hedge.name, at + snapshot.hedge.terms.event_settle
    target, levels = hedge_target(NAME, name), _only(settings, Severity.WARNING)
    if now < settled_at:
        outcomes = dict.fromkeys(levels, CLEAR)
        words = "comes" if now < at else "is over, and settles until"
        moment = at if now < at else settled_at
        finding = known_finding(
            target,
            settings,
            outcomes,
            value=None,
            message=lambda: f"{name}: {_what(snapshot)} {words} {moment_words(moment)}",
        )
        return finding._replace(ends_latch=settled_at - now > CLOCK_DOUBT)
    advice = closing_orders(snapshot, snapshot.legs)
    message = (
        f"{name}: {_what(snapshot)} is over since {moment_words(at)} and has settled: close the hedge "
        f"({orders_words(advice)}), or give it a new reason and acknowledge with a note; {EXPOSED}"
    )
    finding = known_finding(target, settings, dict.fromkeys(levels, BREACH), value=None, message=message)
    return finding._replace(orders=advice.orders, condition=advice.condition)


def _coming(snapshot: HedgeSnapshot, settings: RuleSettings, side: str, at: datetime, now: datetime) -> Finding:
    (longest, shortest), left, name = BEFORE[side], at - now, snapshot.hedge.name
    outcomes = dict.fromkeys(_only(settings, Severity.INFO), _outcome(left, longest, shortest))
    finding = known_finding(
        hedge_target(NAME, name, side),
        settings,
        outcomes,
        value=None,
        message=lambda: f"{name}: {_what(snapshot)} {_when(left, at)}",
    )
    return finding._replace(ends_latch=True)


def _when(left: timedelta, at: datetime) -> str:
    if left <= timedelta(0):
        return f"was at {moment_words(at)}"
    return f"comes in {span_words(left)}, at {moment_words(at)}: look at margin and ratio now, and keep the hedge on"


def _outcome(left: timedelta, longest: timedelta, shortest: timedelta) -> OutcomeKind:
    if left > longest or left <= timedelta(0):
        return CLEAR
    return BREACH if left > shortest else BAND


def _only(settings: RuleSettings, severity: Severity) -> tuple[Severity, ...]:
    return tuple(level for level in settings.facts if level is severity)


def _what(snapshot: HedgeSnapshot) -> str:
    purpose = snapshot.hedge.terms.purpose
    return f"its event ({purpose})" if purpose else "its event"
