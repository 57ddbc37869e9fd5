"""Margin doubt: why it is not known how near a leg is to liquidation."""

from __future__ import annotations

from hedgewatch.domain.account import AccountSnapshot, MarginMode
from hedgewatch.domain.hedge import CycleFacts, LegSnapshot
from hedgewatch.domain.market import UnknownReason

Doubt = tuple[UnknownReason, str]


def why_not_seen(leg: LegSnapshot, facts: CycleFacts) -> Doubt | None:
    """Return why a leg's margin cannot be judged now, a fault of the data; None if it can, as far as it is told.

    A price that is late or stands still judges nothing, though a mark price may have come with it.
    """
    if leg.held.doubt is not None:
        return leg.held.doubt.reason, leg.held.doubt.detail
    if leg.unknown is not None:
        return leg.unknown, "there is no price of now"
    if leg.mark_price is None:
        return UnknownReason.MISSING, "the exchange gave no mark price"
    said = facts.accounts.get(leg.leg.account or "") if leg.leg.is_read else None
    if isinstance(said, AccountSnapshot) and leg.held.margin_mode is not MarginMode.ISOLATED:
        failed = said.wallet_failure(leg.leg.futures) or said.balance_failure
        if failed is not None and failed.reason is not UnknownReason.NOT_AVAILABLE:
            return failed.reason, f"account {leg.leg.account}: {failed.detail}"
    return None


def not_told(leg: LegSnapshot) -> Doubt:
    """Return what is missing where nothing is wrong: nobody says what backs the leg."""
    if leg.leg.is_read:
        return UnknownReason.NOT_AVAILABLE, f"account {leg.leg.account} does not tell what backs it"
    return UnknownReason.NOT_AVAILABLE, "declare the position's margin and entry_price"
