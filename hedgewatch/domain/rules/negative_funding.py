"""Negative funding: the short pays, averaged over the last day."""

from __future__ import annotations

from hedgewatch.domain.closing_advice import told_to_close
from hedgewatch.domain.finding import Finding, unknown_finding
from hedgewatch.domain.funding import short_pays_per_day
from hedgewatch.domain.funding_words import paid_words, predicted_words
from hedgewatch.domain.hedge import CycleFacts, HedgeSnapshot, LegSnapshot
from hedgewatch.domain.history import NO_LEG_PAST, FundingMean, PaidPast
from hedgewatch.domain.market import UnknownReason
from hedgewatch.domain.numbers import exactly, plain
from hedgewatch.domain.rules.judging import judge_below, leg_target, percent
from hedgewatch.domain.thresholds import RuleSettings
from hedgewatch.domain.words import leg_words

NAME = "negative_funding"


@exactly
def judge(snapshot: HedgeSnapshot, settings: RuleSettings, facts: CycleFacts) -> tuple[Finding, ...]:
    """Judge each leg's mean rate of 24 hours per 8 hours; below zero the short pays."""
    return tuple(_judge_leg(snapshot, leg, settings, facts) for leg in snapshot.legs)


def _judge_leg(snapshot: HedgeSnapshot, leg: LegSnapshot, settings: RuleSettings, facts: CycleFacts) -> Finding:
    target = leg_target(NAME, snapshot, leg)
    mean = leg.funding_mean
    if mean is None or leg.unknown is not None or leg.funding is None:
        reason, words = _blindness(leg)
        return unknown_finding(target, reason, lambda: f"{leg_words(snapshot, leg)}: {words}")
    paid = facts.past.legs.get((snapshot.hedge.name, leg.leg.name), NO_LEG_PAST).paid
    finding = judge_below(target, settings, mean.rate_8h, lambda: _words(snapshot, leg, mean, paid))
    return told_to_close(finding, snapshot, [leg])


def _blindness(leg: LegSnapshot) -> tuple[UnknownReason, str]:
    if leg.leg.futures.is_dated:
        return UnknownReason.NOT_AVAILABLE, "a dated future has no funding"
    if leg.unknown is not None:
        return leg.unknown, "the funding rate is not known, the exchange gave no price of now"
    if leg.funding is not None and leg.funding.interval_hours is None:
        words = "the exchange did not say the funding interval, so its rate cannot be compared"
        return leg.funding.no_interval, words
    return UnknownReason.MISSING, "the exchange gave no funding rate"


def _words(snapshot: HedgeSnapshot, leg: LegSnapshot, mean: FundingMean, paid: PaidPast | None) -> str:
    """Say the mean and what it costs, then the coming rate, then what was really paid: three things that differ."""
    source = "the coming rate, nothing settled is known yet" if mean.from_coming else f"mean of {plain(mean.hours)} h"
    said = [f"{leg_words(snapshot, leg)}: funding is {percent(mean.rate_8h, 4)} per 8 h ({source})"]
    notional = leg.notional_usd
    if notional is not None:
        cost = short_pays_per_day(mean.rate_8h, notional)
        said.append(f"your short {'pays' if cost > 0 else 'earns'} {abs(cost):,.2f} USD a day")
    predicted = None if mean.from_coming else predicted_words(leg)
    if predicted is not None:
        said.append(predicted)
    if paid is not None:
        said.append(paid_words(paid, snapshot.read_at))
    return "; ".join(said)
