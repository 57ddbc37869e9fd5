"""Proxy beta shift: the coin and what stands for it no longer move as the hedge is sized."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from hedgewatch.domain.advice import rebalance_orders
from hedgewatch.domain.beta import SHIFT_ERRORS, BetaMethod
from hedgewatch.domain.finding import BAND, BREACH, Finding, OutcomeKind, unknown_finding
from hedgewatch.domain.hedge import CycleFacts, HedgeSnapshot, LegSnapshot
from hedgewatch.domain.market import UnknownReason
from hedgewatch.domain.numbers import ZERO, exactly
from hedgewatch.domain.proxy_words import proxy_legs, proxy_past, too_few_days, why_no_beta
from hedgewatch.domain.rules.judging import hedge_target, known_finding, outcomes_above, quiet_finding
from hedgewatch.domain.stand_in import Proxy, ProxyPast, beta_in_use, measured_beta
from hedgewatch.domain.thresholds import RuleSettings, Severity
from hedgewatch.domain.words import order_words

NAME = "proxy_beta_shift"


@exactly
def judge(snapshot: HedgeSnapshot, settings: RuleSettings, facts: CycleFacts) -> tuple[Finding, ...]:
    """Judge the leg whose beta has gone farthest: above ``fire``, and two standard errors or more.

    The live beta against the one in use; where the live one is in use, the one of 90 days. Source: contracts section 3,
    domain specification 6 (BETA_SHIFT).
    """
    target, proxy = hedge_target(NAME, snapshot.hedge.name), snapshot.hedge.proxy
    legs = proxy_legs(snapshot)
    if proxy is None or not legs:
        return (quiet_finding(target, settings, lambda: f"{snapshot.hedge.name} is hedged by its own futures"),)
    pasts = {leg.leg.name: proxy_past(snapshot, leg, facts) for leg in legs}
    blind = next((leg for leg in legs if _shift(proxy, pasts[leg.leg.name]) is None), None)
    if blind is not None:
        words = f"{snapshot.hedge.name}: {_why_unknown(snapshot, blind, facts)}"
        return (unknown_finding(target, UnknownReason.NOT_AVAILABLE, words),)
    farthest = max(legs, key=lambda leg: abs(_shift(proxy, pasts[leg.leg.name]) or ZERO))
    past = pasts[farthest.leg.name]
    shift = _shift(proxy, past) or ZERO
    outcomes = _telling(outcomes_above(settings, abs(shift)), shift, past)
    if BREACH not in outcomes.values():
        return (
            known_finding(
                target, settings, outcomes, value=shift, message=lambda: _words(snapshot, farthest, proxy, past)
            ),
        )
    advice = rebalance_orders(snapshot, is_critical=False)
    mend = "; ".join(order_words(order) for order in advice.orders)
    words = f"{_words(snapshot, farthest, proxy, past)}; {_deed(proxy, mend)}"
    finding = known_finding(target, settings, outcomes, value=shift, message=words)
    return (finding._replace(orders=advice.orders, condition=advice.condition) if advice.orders else finding,)


def _shift(proxy: Proxy, past: ProxyPast) -> Decimal | None:
    """Return the measured beta less the one in use; None if either is not known."""
    used, measured = beta_in_use(proxy, past), measured_beta(proxy, past)
    return None if used is None or measured is None else measured - used


def _telling(
    outcomes: Mapping[Severity, OutcomeKind], shift: Decimal, past: ProxyPast
) -> Mapping[Severity, OutcomeKind]:
    """Let a shift that chance may have made be no breach."""
    error = past.ols.standard_error if past.ols else None
    if error is not None and abs(shift) >= SHIFT_ERRORS * error:
        return outcomes
    return {severity: BAND if kind is BREACH else kind for severity, kind in outcomes.items()}


def _why_unknown(snapshot: HedgeSnapshot, leg: LegSnapshot, facts: CycleFacts) -> str:
    past = proxy_past(snapshot, leg, facts)
    return too_few_days(past) or why_no_beta(snapshot, leg, facts)


def _words(snapshot: HedgeSnapshot, leg: LegSnapshot, proxy: Proxy, past: ProxyPast) -> str:
    name, asset, base = snapshot.hedge.name, snapshot.hedge.asset, leg.leg.futures.base
    used, measured = beta_in_use(proxy, past) or ZERO, measured_beta(proxy, past) or ZERO
    is_live = proxy.beta is BetaMethod.EWMA
    over = "over 90 days it was" if is_live else "lately it is"
    return f"{name}: {asset} is taken to move {used:.2f} times as far as {base}, {over} {measured:.2f}"


def _deed(proxy: Proxy, mend: str) -> str:
    if isinstance(proxy.beta, Decimal):
        return "write the beta that you want into the file; the short is sized by it"
    return f"by the beta in use: {mend}" if mend else "the short matches the beta in use; a larger one asks for more"
