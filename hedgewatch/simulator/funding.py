"""The funding that a position paid or received: one payment at each settlement of the world."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hedgewatch.domain.numbers import exactly
from hedgewatch.simulator.holdings import Payment, Position
from hedgewatch.simulator.listings import HOUR, Listing
from hedgewatch.simulator.market import World
from hedgewatch.simulator.noise import seed_of

CENTS = Decimal("0.00000001")
IDS = 10**15


def settle(world: World, listing: Listing, position: Position, until: int) -> tuple[list[Payment], Position]:
    """Return what fell due since the last settlement, oldest first, and the position paid up to ``until``."""
    if not listing.is_funded or until <= position.settled_at:
        return [], position
    most = (until - position.settled_at) // HOUR + 1
    rates = world.history(listing, position.settled_at + 1, until, most)
    paid = [_payment(position, listing, world.quote(listing, moment).mark, (moment, rate)) for moment, rate in rates]
    return paid, replace(position, settled_at=until)


@exactly
def _payment(position: Position, listing: Listing, mark: Decimal, settlement: tuple[int, Decimal]) -> Payment:
    at, rate = settlement
    units = position.contracts * listing.contract_size
    worth = units / mark if listing.is_inverse else units * mark
    return Payment(
        id=seed_of(listing.exchange, position.id, listing.asset.name, listing.kind, at) % IDS,
        asset=position.asset,
        kind=position.kind,
        side=position.side,
        contracts=position.contracts,
        rate=rate,
        mark=mark,
        notional=abs(worth),
        amount=(-worth * rate).quantize(CENTS),
        settle=listing.settle,
        at=at,
    )
