"""Profit target: the coins have gained what their owner set out for; to be sold and their hedge closed together."""

from __future__ import annotations

from decimal import Decimal

from hedgewatch.domain.finding import BAND, BREACH, CLEAR, Finding, OutcomeKind, unknown_finding
from hedgewatch.domain.hedge import CycleFacts, HedgeSnapshot
from hedgewatch.domain.market import UnknownReason
from hedgewatch.domain.numbers import ZERO, exactly, plain
from hedgewatch.domain.rules.judging import hedge_target, known_finding, percent
from hedgewatch.domain.selling import sell_and_close, together_words
from hedgewatch.domain.thresholds import RuleSettings
from hedgewatch.domain.words import order_words

NAME = "profit_target"
STEP_BACK = Decimal("0.8")  # clear is 20 % back from the target, as of every level whose clear nobody sets


@exactly
def judge(snapshot: HedgeSnapshot, settings: RuleSettings, facts: CycleFacts) -> tuple[Finding, ...]:
    """Judge the gain of spot over the average cost of the coins whose cost is known; the target itself is reached."""
    del facts
    target, name, wanted = (
        hedge_target(NAME, snapshot.hedge.name),
        snapshot.hedge.name,
        snapshot.hedge.terms.profit_target,
    )
    if wanted is None:
        return (unknown_finding(target, UnknownReason.NOT_AVAILABLE, lambda: f"{name}: no profit_target is set"),)
    price = snapshot.spot_price_usd
    if price is None:
        reason = snapshot.spot_unknown or UnknownReason.MISSING
        return (unknown_finding(target, reason, f"{name}: its gain is not known, its price in USD was not read"),)
    if snapshot.coin_doubt is not None:
        return (unknown_finding(target, snapshot.coin_doubt.reason, f"{name}: {snapshot.coin_doubt.detail}"),)
    cost = _average_cost(snapshot)
    if cost is None or cost == 0:
        why = f"{name}: its gain needs the cost_basis of a holding, none is given"
        return (unknown_finding(target, UnknownReason.NOT_AVAILABLE, why),)
    gain = price / cost - 1
    outcome = _outcome(gain, wanted)
    words = f"{name}: spot is {percent(gain, 1)} above the average cost of {plain(round(cost, 2))}, the target is"
    finding = known_finding(
        target,
        settings,
        dict.fromkeys(settings.facts, outcome),
        value=gain,
        message=f"{words} {percent(wanted, 1)}",
    )._replace(thresholds=dict.fromkeys(settings.facts, wanted))
    return (_with_orders(finding, snapshot) if outcome is BREACH else finding,)


def _outcome(gain: Decimal, wanted: Decimal) -> OutcomeKind:
    if gain >= wanted:
        return BREACH
    return CLEAR if gain < wanted * STEP_BACK else BAND


def _average_cost(snapshot: HedgeSnapshot) -> Decimal | None:
    """Return what a coin cost on average, USD, over the coins whose cost is known; None if no cost is."""
    coins = spent = ZERO
    for share in snapshot.hedge.held:
        quantity = snapshot.quantities.get(share.holding.name)
        if quantity is None or share.holding.cost_basis is None:
            continue
        coins += quantity * share.share * share.holding.counts_as_per_unit
        spent += quantity * share.share * share.holding.cost_basis
    return spent / coins if coins > 0 else None


def _with_orders(finding: Finding, snapshot: HedgeSnapshot) -> Finding:
    advice = sell_and_close(snapshot)
    orders = [order_words(order) for order in advice.orders]
    words = "; ".join([f"{finding.message}: sell and close together", *orders, *together_words(advice)])
    return finding._replace(words=words, orders=advice.orders, condition=advice.condition)
