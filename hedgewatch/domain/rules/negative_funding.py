"""Negative funding: the short pays, averaged over the last day."""

from __future__ import annotations

from hedgewatch.domain.finding import Finding, unknown_finding
from hedgewatch.domain.funding import short_pays_per_day
from hedgewatch.domain.hedge import CycleFacts, HedgeSnapshot, LegSnapshot
from hedgewatch.domain.history import FundingMean
from hedgewatch.domain.market import UnknownReason
from hedgewatch.domain.numbers import exactly, plain
from hedgewatch.domain.rules.judging import judge_below, leg_target, percent
from hedgewatch.domain.thresholds import RuleSettings
from hedgewatch.domain.words import leg_words

NAME = "negative_funding"


@exactly
def judge(snapshot: HedgeSnapshot, settings: RuleSettings, facts: CycleFacts) -> tuple[Finding, ...]:
    """Judge each leg's mean rate of 24 hours per 8 hours; below zero the short pays."""
    del facts
    return tuple(_judge_leg(snapshot, leg, settings) for leg in snapshot.legs)


def _judge_leg(snapshot: HedgeSnapshot, leg: LegSnapshot, settings: RuleSettings) -> Finding:
    target = leg_target(NAME, snapshot, leg)
    mean = leg.funding_mean
    if mean is None or leg.unknown is not None or leg.funding is None:
        reason, words = _blindness(leg)
        return unknown_finding(target, reason, lambda: f"{leg_words(snapshot, leg)}: {words}")
    return judge_below(target, settings, mean.rate_8h, lambda: f"{leg_words(snapshot, leg)}: {_words(leg, mean)}")


def _blindness(leg: LegSnapshot) -> tuple[UnknownReason, str]:
    if leg.leg.futures.is_dated:
        return UnknownReason.NOT_AVAILABLE, "a dated future has no funding"
    if leg.unknown is not None:
        return leg.unknown, "the funding rate is not known, the exchange gave no price of now"
    if leg.funding is not None and leg.funding.interval_hours is None:
        words = "the exchange did not say the funding interval, so its rate cannot be compared"
        return leg.funding.no_interval, words
    return UnknownReason.MISSING, "the exchange gave no funding rate"


def _words(leg: LegSnapshot, mean: FundingMean) -> str:
    source = "the coming rate, nothing settled is known yet" if mean.from_coming else f"mean of {plain(mean.hours)} h"
    words = f"funding is {percent(mean.rate_8h, 4)} per 8 h ({source})"
    price = leg.mark_price if leg.mark_price is not None else leg.futures_price
    if leg.coins is None or price is None:
        return words
    cost = short_pays_per_day(mean.rate_8h, abs(leg.coins) * price)
    return f"{words}; your short {'pays' if cost > 0 else 'earns'} {abs(cost):,.2f} USD a day"
