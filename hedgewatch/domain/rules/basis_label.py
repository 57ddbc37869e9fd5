"""Basis label: the market turned from contango to flat or backwardation, or back."""

from __future__ import annotations

from datetime import timedelta

from hedgewatch.domain.basis import BasisLabel
from hedgewatch.domain.finding import Finding, unknown_finding
from hedgewatch.domain.hedge import CycleFacts, HedgeSnapshot, LegSnapshot
from hedgewatch.domain.history import DAY_HOURS_NEEDED, NO_LEG_PAST, DayBasis
from hedgewatch.domain.market import UnknownReason
from hedgewatch.domain.numbers import exactly
from hedgewatch.domain.rules.judging import fact_finding, leg_target, percent
from hedgewatch.domain.thresholds import RuleSettings
from hedgewatch.domain.words import leg_words

NAME = "basis_label"
TOLD_FOR = timedelta(hours=24)  # a change is an event: what it changed to is the new truth then
MEANINGS = {
    BasisLabel.CONTANGO: "the future stands above spot, and a short earns what it comes down",
    BasisLabel.FLAT: "the future stands at spot, and neither side is paid for waiting",
    BasisLabel.BACKWARDATION: "the future stands below spot, and a short loses what it comes up",
}


@exactly
def judge(snapshot: HedgeSnapshot, settings: RuleSettings, facts: CycleFacts) -> tuple[Finding, ...]:
    """Judge each leg: whether the label of its 24-hour mean basis changed in the last 24 hours."""
    return tuple(_judge_leg(snapshot, leg, settings, facts) for leg in snapshot.legs)


def _judge_leg(snapshot: HedgeSnapshot, leg: LegSnapshot, settings: RuleSettings, facts: CycleFacts) -> Finding:
    target = leg_target(NAME, snapshot, leg)
    day = facts.past.legs.get((snapshot.hedge.name, leg.leg.name), NO_LEG_PAST).day
    if day.label is None:
        return unknown_finding(target, UnknownReason.NOT_AVAILABLE, lambda: _missing(snapshot, leg, day))
    has_changed = day.changed_at is not None and facts.read_at - day.changed_at < TOLD_FOR
    return fact_finding(target, settings, holds=has_changed, message=lambda: _words(snapshot, leg, day))


def _missing(snapshot: HedgeSnapshot, leg: LegSnapshot, day: DayBasis) -> str:
    needs = f"needs {DAY_HOURS_NEEDED} of the last 24 hourly closes, has {day.hours}"
    return f"{leg_words(snapshot, leg)}: the 24-hour mean of its basis {needs}"


def _words(snapshot: HedgeSnapshot, leg: LegSnapshot, day: DayBasis) -> str:
    if day.label is None or day.mean is None:
        return _missing(snapshot, leg, day)
    state = f"in {day.label.value.lower()}" if day.label is not BasisLabel.FLAT else "flat"
    before = ""
    if day.before is not None and day.changed_at is not None:
        before = f", {day.before.value.lower()} until {day.changed_at:%Y-%m-%d %H:%M} UTC"
    mean = f"its 24-hour mean basis is {percent(day.mean, 3)}"
    return f"{leg_words(snapshot, leg)} is {state}{before}: {mean}; {MEANINGS[day.label]}"
