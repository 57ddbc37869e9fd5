"""Drift: how far the hedge ratio is from its target, either way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from functools import partial

from hedgewatch.domain.advice import Advice, rebalance_orders
from hedgewatch.domain.deadlines import moment_words
from hedgewatch.domain.exposure import coins_of
from hedgewatch.domain.finding import BAND, BREACH, Finding, Target, unknown_finding
from hedgewatch.domain.freshness import why_unknown
from hedgewatch.domain.hedge import CycleFacts, HedgeSnapshot, LegSnapshot
from hedgewatch.domain.market import MarketReading, UnknownReason
from hedgewatch.domain.numbers import ONE, ZERO, exactly, plain
from hedgewatch.domain.proxy_words import why_no_beta
from hedgewatch.domain.rolling import is_being_rolled, rolled_excess, was_just_delivered
from hedgewatch.domain.rules.judging import hedge_target, known_finding, outcomes_above, percent
from hedgewatch.domain.thresholds import RuleSettings, Severity
from hedgewatch.domain.words import order_words

NAME = "drift"
SIDES = ("under", "over")
LOTS_WORTH_AN_ORDER = Decimal("1.5")  # one lot's rounding must not call for an order
NO_ADVICE = Advice()
STEP_BACK = Decimal("0.8")  # leaves more than one lot: what the mending order cannot reach must be clear


@exactly
def judge(snapshot: HedgeSnapshot, settings: RuleSettings, facts: CycleFacts) -> tuple[Finding, ...]:
    """Judge both sides: hedged too little (value below zero) and too much. Thresholds are distances, above zero."""
    targets = [hedge_target(NAME, snapshot.hedge.name, side) for side in SIDES]
    blind = _blindness(snapshot, facts)
    if blind is not None:
        return tuple(unknown_finding(target, *blind) for target in targets)
    settings = _at_least(settings, _smallest_worth_an_order(snapshot))
    drift = snapshot.drift or ZERO
    under = _judge_side(snapshot, settings, targets[0], -drift, lambda: _why_under(snapshot, facts))
    return under, _judge_side(snapshot, settings, targets[1], drift, lambda: _why_over(snapshot, facts))


def _blindness(snapshot: HedgeSnapshot, facts: CycleFacts) -> tuple[UnknownReason, str] | None:
    name = snapshot.hedge.name
    for leg in snapshot.legs:
        blind = _blindness_of_leg(leg)
        if blind is not None:
            return blind[0], f"{name}: the hedge ratio is not known{blind[1]}"
    if snapshot.coin_doubt is not None:
        return snapshot.coin_doubt.reason, f"{name}: the hedge ratio is not known: {snapshot.coin_doubt.detail}"
    if snapshot.spot_price is None:
        reason = snapshot.spot_unknown or why_unknown(snapshot.spot)
        return reason, f"{name}: the hedge ratio is not known, spot was not read"
    return None if snapshot.drift is not None else _without_target(snapshot, facts)


def _blindness_of_leg(leg: LegSnapshot) -> tuple[UnknownReason, str] | None:
    if leg.held.doubt is not None:
        return leg.held.doubt.reason, f": {leg.held.doubt.detail}"
    if not leg.is_delivered and (leg.unknown is not None or leg.coins is None):
        return leg.unknown or UnknownReason.MISSING, f", {leg.leg.name} was not read"
    return None


def _without_target(snapshot: HedgeSnapshot, facts: CycleFacts) -> tuple[UnknownReason, str]:
    """Say why there is no drift although every leg, the coins and the spot price are known."""
    name = snapshot.hedge.name
    unlike = next((leg for leg in snapshot.legs if leg.per_coin is None), None)
    if unlike is not None:
        return UnknownReason.NOT_AVAILABLE, f"{name}: {why_no_beta(snapshot, unlike, facts)}"
    if snapshot.exposure and snapshot.target is None:
        return UnknownReason.MISSING, f"{name}: its target is not known, for the price it is reckoned with was not read"
    return UnknownReason.NOT_AVAILABLE, f"{name}: there are no coins, so there is no hedge ratio"


def _judge_side(
    snapshot: HedgeSnapshot, settings: RuleSettings, target: Target, beyond: Decimal, excuse: Callable[[], str | None]
) -> Finding:
    outcomes = outcomes_above(settings, beyond)
    if BREACH not in outcomes.values():
        message = partial(_words, snapshot, NO_ADVICE)
        return known_finding(target, settings, outcomes, value=snapshot.drift, message=message)
    excused = excuse()
    if excused is not None:  # neither a fault to be told nor a sign that one is over
        held = {severity: BAND if kind is BREACH else kind for severity, kind in outcomes.items()}
        message = partial(_words, snapshot, Advice(why_none=excused))
        return known_finding(target, settings, held, value=snapshot.drift, message=message)
    advice = rebalance_orders(snapshot, is_critical=outcomes.get(Severity.CRITICAL) is BREACH)
    finding = known_finding(target, settings, outcomes, value=snapshot.drift, message=_words(snapshot, advice))
    return finding._replace(orders=advice.orders, condition=advice.condition) if advice.orders else finding


def _why_under(snapshot: HedgeSnapshot, facts: CycleFacts) -> str | None:
    """Say why it is no fault that too little is hedged; None: it is one."""
    until = snapshot.hedge.terms.opening_until
    if until is not None and facts.read_at < until:
        return f"it is still being opened, until {moment_words(until)}"
    if was_just_delivered(snapshot, facts):
        return "a leg of it was delivered, which roll_due tells"
    if any(is_being_rolled(leg, facts) for leg in snapshot.legs):
        return "a roll is in progress"
    return None


def _why_over(snapshot: HedgeSnapshot, facts: CycleFacts) -> str | None:
    """Say why it is no fault that too much is hedged: both contracts of a roll are open."""
    excess = (snapshot.drift or ZERO) * (snapshot.exposure or ZERO)
    return "a roll is in progress" if ZERO < excess <= rolled_excess(snapshot, facts) else None


def _at_least(settings: RuleSettings, least: Decimal) -> RuleSettings:
    """Raise the levels below ``least``: what no order can mend must not fire, and must be clear after one."""
    if least <= settings.calm_below or all(least <= fire for fire in settings.fires.values()):
        return settings
    levels = {
        severity: level
        if least <= level.fire
        else replace(level, fire=least, clear=max(level.clear, least * STEP_BACK))
        for severity, level in settings.levels.items()
    }
    return replace(settings, levels=levels)


def _smallest_worth_an_order(snapshot: HedgeSnapshot) -> Decimal:
    """Return the drift below which the exchange takes no sensible order: 1.5 lots, or its minimum."""
    leg = next((one for one in snapshot.legs if not one.is_delivered), snapshot.legs[0])
    if not isinstance(leg.reading, MarketReading) or not snapshot.exposure or leg.futures_price is None:
        return ZERO
    instrument = leg.reading.instrument
    if instrument.payoff is None:
        return ZERO
    contracts = max(LOTS_WORTH_AN_ORDER * (instrument.lot_step or ZERO), instrument.min_contracts or ZERO)
    coins = (leg.per_coin or ONE) * max(
        coins_of(instrument.payoff, contracts, instrument.contract_size, leg.futures_price),
        (instrument.min_notional or ZERO) / leg.futures_price,
    )
    return coins / snapshot.exposure


def _words(snapshot: HedgeSnapshot, advice: Advice) -> str:
    ratio = snapshot.hedge_ratio or ZERO
    state = f"{snapshot.hedge.name} is hedged {_short_percent(ratio)}"
    if advice.orders:
        orders = "; ".join(order_words(order) for order in advice.orders)
        besides = f"; {'; '.join(advice.resting)}" if advice.resting else ""
        condition = f", {advice.condition}" if advice.condition else ""
        return f"{state}: {orders}{condition}{besides}"
    if advice.why_none:
        return f"{state}: {advice.why_none}"
    return f"{state}, {percent(abs(snapshot.drift or ZERO))} from its target"


def _short_percent(ratio: Decimal) -> str:
    return f"{plain(round(ratio * 100, 2))} %"
