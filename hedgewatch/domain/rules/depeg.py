"""Depeg: a quote currency is not worth its dollar any more."""

from __future__ import annotations

from decimal import Decimal

from hedgewatch.domain.finding import Finding, unknown_finding
from hedgewatch.domain.hedge import CycleFacts, HedgeSnapshot
from hedgewatch.domain.market import UnknownReason
from hedgewatch.domain.numbers import ONE, ZERO, exactly, plain
from hedgewatch.domain.rules.judging import hedge_target, known_finding, outcomes_above, percent
from hedgewatch.domain.thresholds import RuleSettings

NAME = "depeg"


@exactly
def judge(snapshot: HedgeSnapshot, settings: RuleSettings, facts: CycleFacts) -> tuple[Finding, ...]:
    """Judge each quote currency of a hedge: how far it is from the dollar, either way (below it: value below zero)."""
    del facts
    return tuple(_judge_currency(snapshot, settings, currency) for currency in snapshot.hedge.currencies)


def _judge_currency(snapshot: HedgeSnapshot, settings: RuleSettings, currency: str) -> Finding:
    name, target = snapshot.hedge.name, hedge_target(NAME, snapshot.hedge.name, currency)
    source = snapshot.hedge.dollars.get(currency)
    if source is None:
        words = f"{currency} counts as a dollar: no [currencies.{currency}] is set"
        return unknown_finding(target, UnknownReason.NOT_AVAILABLE, lambda: f"{name}: {words}")
    price = snapshot.dollars.get(currency, UnknownReason.MISSING)
    if isinstance(price, UnknownReason):
        return unknown_finding(target, price, f"{name}: what {currency} is worth is not known, {source} was not read")
    distance = price - ONE
    return known_finding(
        target,
        settings,
        outcomes_above(settings, abs(distance)),
        value=distance,
        message=lambda: _words(snapshot, currency, price, distance),
    )


def _words(snapshot: HedgeSnapshot, currency: str, price: Decimal, distance: Decimal) -> str:
    side = "below" if distance < 0 else "above"
    words = f"{snapshot.hedge.name}: {currency} is {percent(abs(distance), 2)} {side} the dollar"
    words = f"{words} ({snapshot.hedge.dollars[currency]} at {plain(price, 6)})"
    legs = [leg for leg in snapshot.legs if leg.leg.futures.quote == currency and not leg.leg.futures.is_inverse]
    notional = sum((leg.notional or ZERO for leg in legs), ZERO)
    if not notional or distance >= 0:
        return words
    less = f"{notional:,.0f} {currency} of short are settled in it, worth {-notional * distance:,.0f} USD less"
    return f"{words}: {less}; move margin and gains to another currency, or hedge with a contract that settles in coins"
