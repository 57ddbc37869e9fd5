"""What happens to a position: opened, added to, reduced. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from hedgewatch.domain.numbers import exactly
from hedgewatch.simulator.holdings import ZERO, Position, Side
from hedgewatch.simulator.listings import Listing
from hedgewatch.simulator.pins import figure

TERMS = ("entry", "leverage", "is_isolated", "margin", "adl")
CENTS = Decimal("0.00000001")


@exactly
def opened(
    listing: Listing, side: Side, contracts: Decimal, mark: Decimal, *, at: int, terms: Mapping[str, object]
) -> Position:
    """Return a fresh position, number 0; terms as Account.open has them. Raises ValueError for wrong ones."""
    if unknown := set(terms) - set(TERMS):
        raise ValueError(f"position: unknown {', '.join(sorted(unknown))}; known are {', '.join(TERMS)}")
    if not contracts or (side is not Side.BOTH and (contracts > 0) is not (side is Side.LONG)):
        raise ValueError(f"position: contracts: expected a number that suits {side}, found {contracts}")
    entry = figure("entry", terms.get("entry", mark))
    leverage = figure("leverage", terms.get("leverage", 10))
    is_isolated = bool(terms.get("is_isolated"))
    units = abs(contracts) * listing.contract_size
    needed = (units / entry if listing.is_inverse else units * entry) / leverage
    return Position(
        id=0,
        asset=listing.asset.name,
        kind=listing.kind,
        side=side,
        contracts=contracts,
        entry=entry,
        leverage=leverage,
        is_isolated=is_isolated,
        margin=figure("margin", terms.get("margin", round(needed, 8))) if is_isolated else ZERO,
        opened_at=at,
        updated_at=at,
        settled_at=at,
        adl=int(str(terms.get("adl", 1))),
    )


@exactly
def added(old: Position, fresh: Position, *, is_inverse: bool) -> Position:
    """Return both as one: contracts and margins summed, the entry averaged (by coins if inverse).

    Raises ValueError if they point to different sides.
    """
    if (old.contracts > 0) is not (fresh.contracts > 0):
        raise ValueError(f"position: {old.asset} is held the other way: reduce or close it first")
    contracts = old.contracts + fresh.contracts
    if is_inverse:
        entry = contracts / (old.contracts / old.entry + fresh.contracts / fresh.entry)
    else:
        entry = (old.contracts * old.entry + fresh.contracts * fresh.entry) / contracts
    return replace(old, contracts=contracts, entry=entry, margin=old.margin + fresh.margin, updated_at=fresh.updated_at)


@exactly
def reduced(old: Position, contracts: Decimal, at: int) -> Position | None:
    """Return what is left when ``contracts`` (positive) are closed; None if nothing. Raises ValueError for too many."""
    if not 0 < contracts <= abs(old.contracts):
        raise ValueError(f"position: cannot reduce {old.asset} by {contracts}: {abs(old.contracts)} are held")
    left = old.contracts - contracts.copy_sign(old.contracts)
    if not left:
        return None
    return replace(old, contracts=left, margin=round(old.margin * left / old.contracts, 8), updated_at=at)


@exactly
def profit_of(position: Position, contracts: Decimal, listing: Listing, price: Decimal) -> Decimal:
    """Return what closing ``contracts`` (positive) at a price brings, in the settle asset."""
    units = contracts.copy_sign(position.contracts) * listing.contract_size
    gained = 1 / position.entry - 1 / price if listing.is_inverse else price - position.entry
    return (units * gained).quantize(CENTS)
