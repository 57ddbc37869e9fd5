"""Which funding payments a question asks for: the part of the ledgers that exchanges share."""

from __future__ import annotations

from hedgewatch.simulator.holdings import Payment
from hedgewatch.simulator.listings import DAY, Kind, Listing
from hedgewatch.simulator.wire.form import SignedAsk

WEEK = 7 * DAY


def payments_within(
    signed: SignedAsk, kinds: tuple[Kind, ...], listing: Listing | None, *, start: int, end: int
) -> list[Payment]:
    """Return the payments of some kinds, or of one listing, within ``start``..``end``, oldest first."""
    signed.account.settle()
    paid = [payment for payment in signed.account.payments if payment.kind in kinds and start <= payment.at <= end]
    if listing is not None:
        paid = [payment for payment in paid if (payment.asset, payment.kind) == (listing.asset.name, listing.kind)]
    return sorted(paid, key=lambda payment: (payment.at, payment.id))


def asked_times(signed: SignedAsk, *, longest: int = WEEK) -> tuple[int, int]:
    """Return start and end: both as asked; one gives the other ``longest`` away; none gives the last such span."""
    ask, now = signed.ask, signed.ask.clock
    start, end = ask.number("startTime", 0), ask.number("endTime", 0)
    if start:
        return start, end or start + longest
    return (end or now) - longest, end or now


def listing_named(signed: SignedAsk, asset: str, kind: Kind) -> Listing | None:
    """Return the listing that a row of the ledger or an order names, None if it is gone."""
    return next((one for one in signed.ask.listed(kind) if one.asset.name == asset), None)
