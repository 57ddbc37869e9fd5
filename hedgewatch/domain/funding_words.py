"""Funding in words: what a leg was really paid, apart from what is predicted."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from hedgewatch.domain.funding import short_pays_per_day
from hedgewatch.domain.hedge import LegSnapshot
from hedgewatch.domain.history import PaidPast
from hedgewatch.domain.numbers import ZERO


def paid_words(paid: PaidPast, now: datetime) -> str:
    """Say what was paid or received today, in 30 days and since the start, and who says so."""
    source = "reckoned from settled rates" if paid.is_estimate else "by the account's ledger"
    today = paid.by_day.get(now.date(), ZERO)
    since = f"{dollars(paid.since_start)} since {paid.first_at:%Y-%m-%d}"
    return f"{dollars(paid.usd)} in 30 days, {dollars(today)} of it today, {since} ({source})"


def dollars(amount: Decimal) -> str:
    """Write an amount by its direction: above zero it is received."""
    return f"{'paid' if amount < 0 else 'received'} {abs(amount):,.2f} USD"


def predicted_words(leg: LegSnapshot) -> str | None:
    """Say what the coming settlement's rate would come to in a day; None if it is not known."""
    notional = leg.notional_usd
    if leg.funding_rate_8h is None or notional is None:
        return None
    cost = short_pays_per_day(leg.funding_rate_8h, notional)
    return f"the coming rate would {'cost' if cost > 0 else 'earn'} {abs(cost):,.2f} USD a day"
