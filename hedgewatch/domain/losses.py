"""Losses: contracts that a leg was proven to lose, and whether its hedge misses them."""

from __future__ import annotations

from decimal import Decimal

from hedgewatch.domain.advice import Advice
from hedgewatch.domain.finding import Finding, Target, unknown_finding
from hedgewatch.domain.hedge import HedgeSnapshot, LegSnapshot
from hedgewatch.domain.market import UnknownReason
from hedgewatch.domain.numbers import ZERO, plain
from hedgewatch.domain.words import leg_words, order_words

ENOUGH = Decimal("0.98")  # of the target: what is left of the short still protects the coins
DECLARED = "is declared, not read from an account"


def not_judged(target: Target, snapshot: HedgeSnapshot, leg: LegSnapshot) -> Finding | None:
    """Return the answer for a leg of which it cannot be known whether something is gone; None if it can."""
    if not leg.leg.is_read:
        return unknown_finding(target, UnknownReason.NOT_AVAILABLE, lambda: f"{leg_words(snapshot, leg)} {DECLARED}")
    doubt = leg.held.doubt
    if doubt is None:
        return None
    return unknown_finding(target, doubt.reason, f"{leg_words(snapshot, leg)}: {doubt.detail}")


def is_missed(snapshot: HedgeSnapshot, leg: LegSnapshot) -> bool:
    """Tell whether contracts that a leg was proven to lose are missed.

    They are not where the coins are gone as well, or where what is left of the short still matches them: then the loss
    was meant. Where that is not known they are.
    """
    fall = leg.held.fall
    if fall is None or leg.contracts is None or abs(leg.contracts) >= abs(fall.before) * ENOUGH:
        return False
    if snapshot.exposure is not None and snapshot.exposure <= 0:
        return False
    ratio = snapshot.hedge_ratio
    return ratio is None or ratio < snapshot.hedge.target_ratio * ENOUGH


def loss_words(snapshot: HedgeSnapshot, leg: LegSnapshot, advice: Advice | None = None) -> str:
    """Say what became of a leg, and which orders would mend it."""
    where, fall = leg_words(snapshot, leg), leg.held.fall
    held = plain(leg.contracts or ZERO)
    if advice is None or fall is None:
        before = "" if fall is None else f" after {plain(fall.before)}, and the hedge has what it needs"
        return f"{where} holds {held} contracts{before}"
    became = (
        f"was {plain(fall.before)} contracts and is gone"
        if not leg.contracts
        else (f"was {plain(fall.before)} contracts and is {held}")
    )
    mend = "; ".join(order_words(order) for order in advice.orders) or advice.why_none or "no order"
    condition = f", {advice.condition}" if advice.condition else ""
    return (
        f"{where} {became}: closed, liquidated or deleveraged, which its account's history tells; to hedge anew {mend}"
        f"{condition}"
    )
