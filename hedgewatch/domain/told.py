"""Told: positions and coins as their owner says they are now, over what the file says; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from hedgewatch.domain.hedge import Hedge, Leg
from hedgewatch.domain.held import DeclaredPosition
from hedgewatch.domain.inventory import HeldShare, Holding

LegKey = tuple[str, str]  # hedge and leg, by their names


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldPosition:
    """What somebody said a declared position is now. entry: digest of the file's entry of the leg then."""

    hedge: str
    leg: str
    entry: str
    position: DeclaredPosition
    by: str
    note: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldHolding:
    """What somebody said a declared holding is now. quantity: coins of its asset. cost_basis: USD per coin."""

    holding: str
    entry: str
    quantity: Decimal
    cost_basis: Decimal | None
    by: str
    note: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Entries:
    """Digests of what the file says of hedges, legs and holdings: what was told of one holds while its digest does."""

    hedges: Mapping[str, str] = field(default_factory=dict)
    legs: Mapping[LegKey, str] = field(default_factory=dict)
    holdings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """All that was told of positions, by hedge and leg, and of holdings, by name."""

    positions: Mapping[LegKey, ToldPosition] = field(default_factory=dict)
    holdings: Mapping[str, ToldHolding] = field(default_factory=dict)

    def still_held(self, entries: Entries) -> Told:
        """Leave out what was told of an entry that the file has changed, or dropped, since."""
        if not self.positions and not self.holdings:
            return self
        return Told(
            positions={key: one for key, one in self.positions.items() if entries.legs.get(key) == one.entry},
            holdings={name: one for name, one in self.holdings.items() if entries.holdings.get(name) == one.entry},
        )


def as_told(hedges: Sequence[Hedge], told: Told) -> tuple[Hedge, ...]:
    """Return the hedges with positions and coins as told; what is read from an account stays as it is read."""
    if not told.positions and not told.holdings:
        return tuple(hedges)
    return tuple(_hedge_as_told(hedge, told) for hedge in hedges)


def holdings_as_told(holdings: Sequence[Holding], told: Told) -> dict[str, Holding]:
    """Return the holdings by name, with coins as told; what is read from an account stays as it is read."""
    return {holding.name: _holding_as_told(holding, told.holdings.get(holding.name)) for holding in holdings}


def _hedge_as_told(hedge: Hedge, told: Told) -> Hedge:
    legs = tuple(_leg_as_told(leg, told.positions.get((hedge.name, leg.name))) for leg in hedge.legs)
    held = tuple(_share_as_told(share, told.holdings.get(share.holding.name)) for share in hedge.held)
    return hedge if (legs, held) == (hedge.legs, hedge.held) else replace(hedge, legs=legs, held=held)


def _leg_as_told(leg: Leg, said: ToldPosition | None) -> Leg:
    return leg if said is None or leg.is_read else replace(leg, position=said.position)


def _share_as_told(share: HeldShare, said: ToldHolding | None) -> HeldShare:
    holding = _holding_as_told(share.holding, said)
    return share if holding is share.holding else replace(share, holding=holding)


def _holding_as_told(holding: Holding, said: ToldHolding | None) -> Holding:
    if said is None or holding.account is not None:
        return holding
    return replace(holding, quantity=said.quantity, cost_basis=said.cost_basis)
