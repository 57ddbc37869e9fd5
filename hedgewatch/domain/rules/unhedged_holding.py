"""Unhedged holding: coins that no hedge covers."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from hedgewatch.domain.finding import Finding, Target
from hedgewatch.domain.hedge import CycleFacts, HedgeSnapshot
from hedgewatch.domain.inventory import Holding
from hedgewatch.domain.numbers import ONE, ZERO, exactly, plain
from hedgewatch.domain.rules.judging import fact_finding, percent
from hedgewatch.domain.thresholds import RuleSettings

NAME = "unhedged_holding"


@exactly
def judge(
    holding: str, snapshots: Sequence[HedgeSnapshot], settings: RuleSettings, facts: CycleFacts
) -> tuple[Finding, ...]:
    """Judge one holding: whether the hedges that stand have all of it between them; a closed hedge covers nothing."""
    owned = facts.holdings[holding]
    shares = {
        snapshot.hedge.name: share.share
        for snapshot in snapshots
        for share in snapshot.hedge.held
        if share.holding.name == holding
    }
    bare = ONE - sum(shares.values(), ZERO)
    target = Target(rule=NAME, side=holding)
    return (fact_finding(target, settings, holds=bare > 0, message=lambda: _words(owned, bare, shares, snapshots)),)


def _words(owned: Holding, bare: Decimal, shares: dict[str, Decimal], snapshots: Sequence[HedgeSnapshot]) -> str:
    hedged = ", ".join(f"{percent(share, 0)} by {hedge}" for hedge, share in shares.items())
    if bare <= 0:
        return f"{owned.name} is hedged {hedged}"
    if owned.quantity is None:
        coins = f"what account {owned.account} holds of {owned.asset}" if bare == ONE else f"{percent(bare, 0)} of it"
        words = f"{owned.name}: {coins} is covered by no hedge"
    else:
        words = f"{owned.name}: {plain(bare * owned.quantity, 8)} {owned.asset} are covered by no hedge"
        price = _price_of(owned, snapshots)
        if price is not None:
            words += f", worth {bare * owned.quantity * price:,.0f} USD"
    return f"{words} (hedged {hedged})" if hedged else words


def _price_of(owned: Holding, snapshots: Sequence[HedgeSnapshot]) -> Decimal | None:
    """Return what a coin of a holding is worth by a hedge of the asset that it counts as; None if none prices that."""
    prices = (one.spot_price_usd for one in snapshots if one.hedge.asset == owned.counts_as_asset)
    found = next((price for price in prices if price is not None), None)
    return None if found is None else found * owned.counts_as_per_unit
