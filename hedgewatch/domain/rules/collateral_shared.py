"""Collateral shared: coins that are a holding and the margin of positions at once."""

from __future__ import annotations

from collections.abc import Iterator

from hedgewatch.domain.account import AccountSnapshot, MarginWallet, PartFailure
from hedgewatch.domain.backing import DOLLARS, pledged_coins
from hedgewatch.domain.finding import Finding, unknown_finding
from hedgewatch.domain.hedge import CycleFacts, HedgeSnapshot
from hedgewatch.domain.inventory import Holding
from hedgewatch.domain.market import UnknownReason
from hedgewatch.domain.numbers import exactly, plain
from hedgewatch.domain.position import positions_of, too_old
from hedgewatch.domain.rules.judging import fact_finding, hedge_target
from hedgewatch.domain.thresholds import RuleSettings

NAME = "collateral_shared"


@exactly
def judge(snapshot: HedgeSnapshot, settings: RuleSettings, facts: CycleFacts) -> tuple[Finding, ...]:
    """Judge whether a liquidation would take coins that the hedge protects: those posted as margin."""
    target, name = hedge_target(NAME, snapshot.hedge.name), snapshot.hedge.name
    found: list[str] = []
    for holding in [share.holding for share in snapshot.hedge.held]:
        shared = _shared(holding, facts)
        if isinstance(shared, PartFailure):
            message = f"{name}: {holding.name}: {shared.detail}"
            return (unknown_finding(target, shared.reason, message),)
        found += shared
    if not found:
        return (fact_finding(target, settings, holds=False, message=lambda: f"{name}: none of its coins are margin"),)
    words = f"{name}: {'; '.join(found)}: counted once, and a liquidation takes the coins with the hedge"
    return (fact_finding(target, settings, holds=True, message=words),)


def _shared(holding: Holding, facts: CycleFacts) -> list[str] | PartFailure:
    """Say which coins of a holding back positions; a part of the account that could not be read is the failure."""
    if holding.is_collateral:
        return [f"{holding.name} is declared as margin"]
    if holding.account is None:
        return []
    said, late = facts.accounts.get(holding.account), too_old(holding.account, facts)
    if late is not None:
        return PartFailure(reason=late.reason, detail=late.detail)
    if not isinstance(said, AccountSnapshot):
        reason, detail = (said.reason, said.detail) if said else (UnknownReason.MISSING, "its account was not asked")
        return PartFailure(reason=reason, detail=detail)
    positions = said.positions if isinstance(said.positions, PartFailure) else None
    unread = (one.failure for one in said.unread_wallets)
    failure = said.wallet_failure() or next(unread, None) or said.balance_failure or positions
    return failure or list(_pledges(holding, said))


def _pledges(holding: Holding, said: AccountSnapshot) -> Iterator[str]:
    wallets = () if isinstance(said.wallets, PartFailure) else said.wallets
    for wallet in wallets:
        coins = pledged_coins(said, wallet.wallet, holding.asset)
        if wallet.asset in {holding.asset, DOLLARS} and coins and coins > 0 and _is_used(wallet, said):
            where = f"the {wallet.wallet} wallet of account {said.account}"
            yield f"{plain(coins)} {holding.asset} of {holding.name} lie in {where}, which backs positions"


def _is_used(wallet: MarginWallet, said: AccountSnapshot) -> bool:
    """Tell whether a wallet backs anything: by its margin figures, else by any position that is listed."""
    figures = [margin for margin in (wallet.initial_margin, wallet.maintenance_margin) if margin is not None]
    return any(margin > 0 for margin in figures) if figures else bool(positions_of(said))
