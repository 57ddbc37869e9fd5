"""Owned: the coins of a hedge, declared and read, and those behind its coin-margined positions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from hedgewatch.domain.collateral import coin_equity
from hedgewatch.domain.hedge import CycleFacts, Hedge, HedgeSnapshot, LegSnapshot
from hedgewatch.domain.inventory import Holding, HoldingSnapshot, value_holding
from hedgewatch.domain.numbers import ZERO
from hedgewatch.domain.position import believed_coins
from hedgewatch.domain.proof import Belief, Believed, Doubted, Fall


@dataclass(frozen=True, slots=True, kw_only=True)
class Owned:
    """Coins of a hedge; None: not known, and ``doubt`` says why. quantities: of each holding, by its name.

    holding: coins counted. exposure: with coin equity. fall: coins that were proven to have left, why is not known.
    """

    quantities: Mapping[str, Decimal | None]
    holding: Decimal | None
    exposure: Decimal | None
    doubt: Doubted | None
    fall: Fall | None


def coins_owned(hedge: Hedge, legs: Sequence[LegSnapshot], facts: CycleFacts) -> Owned:
    """Add up the coins of a hedge; one holding that is not known makes the sum unknown."""
    beliefs = {share.holding.name: _coins_of(share.holding, facts) for share in hedge.held}
    equity = coin_equity(hedge, legs, facts)
    doubts = [belief for belief in (*beliefs.values(), equity) if isinstance(belief, Doubted)]
    falls = [belief.fall for belief in beliefs.values() if isinstance(belief, Believed) and belief.fall is not None]
    known = {name: belief.value for name, belief in beliefs.items() if isinstance(belief, Believed)}
    holding = None
    if len(known) == len(beliefs):
        parts = ((known[one.holding.name], one.holding.counts_as_per_unit * one.share) for one in hedge.held)
        holding = sum((coins * per_unit for coins, per_unit in parts), ZERO)
    return Owned(
        quantities={name: known.get(name) for name in beliefs},
        holding=holding,
        exposure=None if holding is None or isinstance(equity, Doubted) else holding + equity,
        doubt=next(iter(doubts), None),
        fall=next(iter(falls), None),
    )


def _coins_of(holding: Holding, facts: CycleFacts) -> Belief:
    """Return the coins of a holding: what was declared, else what its account says and is proven."""
    if holding.quantity is not None:
        return Believed(value=holding.quantity)
    return believed_coins(holding.account or "", holding.asset, facts)


def holdings_of(snapshots: Sequence[HedgeSnapshot], holdings: Iterable[Holding] = ()) -> tuple[HoldingSnapshot, ...]:
    """Return every holding once, valued at the price of the first hedge that has one for it, or for its asset.

    holdings: those that no hedge may cover as well. What is read from an account for no hedge has no known quantity.
    """
    found: dict[str, HoldingSnapshot] = {}
    for snapshot in snapshots:
        for share in snapshot.hedge.held:
            known = found.get(share.holding.name)
            if known is None or known.price_usd is None:
                quantity = snapshot.quantities.get(share.holding.name)
                found[share.holding.name] = value_holding(share.holding, quantity, snapshot.spot_price_usd)
    for holding in holdings:
        if holding.name not in found:
            prices = [one.spot_price_usd for one in snapshots if one.hedge.asset == holding.counts_as_asset]
            price = next((price for price in prices if price is not None), None)
            found[holding.name] = value_holding(holding, holding.quantity, price)
    return tuple(found.values())
