"""Funding paid: what a short has really paid in 30 days, of what it is worth."""

from __future__ import annotations

from decimal import Decimal

from hedgewatch.domain.closing_advice import told_to_close
from hedgewatch.domain.finding import Finding, unknown_finding
from hedgewatch.domain.funding_words import paid_words, predicted_words
from hedgewatch.domain.hedge import CycleFacts, HedgeSnapshot, LegSnapshot
from hedgewatch.domain.history import NO_LEG_PAST, PaidPast
from hedgewatch.domain.market import UnknownReason
from hedgewatch.domain.numbers import ZERO, exactly, plain
from hedgewatch.domain.rules.judging import judge_above, leg_target, percent, quiet_finding
from hedgewatch.domain.thresholds import RuleSettings
from hedgewatch.domain.words import leg_words

NAME = "funding_paid"


@exactly
def judge(snapshot: HedgeSnapshot, settings: RuleSettings, facts: CycleFacts) -> tuple[Finding, ...]:
    """Judge each leg's funding paid in 30 days over its notional; above zero it was paid, below received."""
    return tuple(_judge_leg(snapshot, leg, settings, facts) for leg in snapshot.legs)


def _judge_leg(snapshot: HedgeSnapshot, leg: LegSnapshot, settings: RuleSettings, facts: CycleFacts) -> Finding:
    target = leg_target(NAME, snapshot, leg)
    if leg.leg.futures.is_dated:
        dated = UnknownReason.NOT_AVAILABLE
        return unknown_finding(target, dated, lambda: f"{leg_words(snapshot, leg)}: a dated future has no funding")
    notional = leg.notional_usd
    if notional is None:
        doubt = leg.held.doubt
        reason = doubt.reason if doubt else leg.unknown or UnknownReason.MISSING
        why = doubt.detail if doubt else "the position or its price was not read"
        return unknown_finding(target, reason, lambda: f"{leg_words(snapshot, leg)}: {why}")
    if notional == 0:
        return quiet_finding(target, settings, lambda: f"{leg_words(snapshot, leg)} holds nothing that pays")
    paid = facts.past.legs.get((snapshot.hedge.name, leg.leg.name), NO_LEG_PAST).paid
    total = _in_dollars(paid, snapshot, leg)
    if paid is None or total is None:
        return unknown_finding(target, UnknownReason.NOT_AVAILABLE, lambda: _missing(snapshot, leg, paid))
    value = -total / notional
    finding = judge_above(target, settings, value, lambda: _words(snapshot, leg, paid, value))
    return told_to_close(finding, snapshot, [leg])


def _in_dollars(paid: PaidPast | None, snapshot: HedgeSnapshot, leg: LegSnapshot) -> Decimal | None:
    """Return what was received in 30 days; coins whose worth was not noted count at the present price."""
    if paid is None:
        return None
    prices = {snapshot.hedge.asset: snapshot.spot_price_usd, leg.leg.futures.quote: leg.usd}
    worth = [(amount, prices.get(asset)) for asset, amount in paid.unvalued.items()]
    if any(price is None for _, price in worth):
        return None
    return paid.usd + sum((amount * price for amount, price in worth if price is not None), ZERO)


def _missing(snapshot: HedgeSnapshot, leg: LegSnapshot, paid: PaidPast | None) -> str:
    if paid is not None:
        assets = ", ".join(f"{plain(amount)} {asset}" for asset, amount in paid.unvalued.items())
        return f"{leg_words(snapshot, leg)}: what {assets} of funding were worth is not known"
    needs = "no settlement was seen yet" if leg.leg.position else "its account's ledger has told no payment yet"
    return f"{leg_words(snapshot, leg)}: the funding paid needs a settlement, {needs}"


def _words(snapshot: HedgeSnapshot, leg: LegSnapshot, paid: PaidPast, value: Decimal) -> str:
    share = f"{percent(abs(value), 3)} of its notional {'paid' if value > 0 else 'received'} in funding over 30 days"
    said = [f"{leg_words(snapshot, leg)}: {share}", paid_words(paid, snapshot.read_at), predicted_words(leg)]
    return "; ".join(words for words in said if words)
