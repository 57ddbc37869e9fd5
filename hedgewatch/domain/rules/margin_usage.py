"""Margin usage: how much of a wallet's equity its positions need; at 1 they are liquidated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from hedgewatch.domain.account import AccountSnapshot, MarginMode, MarginWallet, PartFailure
from hedgewatch.domain.backing import wallet_of
from hedgewatch.domain.finding import Finding, OutcomeKind, Target, unknown_finding
from hedgewatch.domain.hedge import CycleFacts, HedgeSnapshot, LegSnapshot
from hedgewatch.domain.margin import margin_usage
from hedgewatch.domain.margin_advice import INSIDE, top_up_words, usage_top_up
from hedgewatch.domain.market import UnknownReason
from hedgewatch.domain.numbers import exactly
from hedgewatch.domain.order import TopUp
from hedgewatch.domain.position import too_old
from hedgewatch.domain.rules.judging import known_finding, outcome_above, percent, quiet_finding
from hedgewatch.domain.thresholds import RuleSettings

NAME = "margin_usage"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Used:
    """A wallet that backs legs of ours. usage None: no equity is left, or (is_known false) it is not told."""

    wallet: MarginWallet
    legs: tuple[LegSnapshot, ...]
    usage: Decimal | None
    is_known: bool


@exactly
def judge(
    account: str, snapshots: Sequence[HedgeSnapshot], settings: RuleSettings, facts: CycleFacts
) -> tuple[Finding, ...]:
    """Judge the fullest wallet of an account that backs legs; isolated positions have margin of their own."""
    target = Target(rule=NAME, account=account)
    legs = [leg for snapshot in snapshots for leg in snapshot.legs if leg.leg.is_read and leg.leg.account == account]
    if not legs:
        return ()
    hedges = tuple(snapshot.hedge.name for snapshot in snapshots if any(leg in legs for leg in snapshot.legs))
    blind = _blindness(account, facts)
    if blind is not None:
        found = unknown_finding(
            target, blind.reason, f"account {account}: its margin usage is not known: {blind.detail}"
        )
        return (found._replace(hedges=hedges),)
    said = facts.accounts[account]
    used = _used(said, legs) if isinstance(said, AccountSnapshot) else []
    found = _judge_wallets(target, settings, used, facts)
    unread = said.wallet_failure(*(leg.leg.futures for leg in legs)) if isinstance(said, AccountSnapshot) else None
    if unread is not None and found.kind is not OutcomeKind.BREACH:
        found = unknown_finding(target, unread.reason, f"account {account}: of one wallet {unread.detail}")
    return (found._replace(hedges=hedges),)


def _blindness(account: str, facts: CycleFacts) -> PartFailure | None:
    said, late = facts.accounts.get(account), too_old(account, facts)
    if late is not None:
        return PartFailure(reason=late.reason, detail=late.detail)
    if not isinstance(said, AccountSnapshot):
        reason, detail = (said.reason, said.detail) if said else (UnknownReason.MISSING, "it was not asked")
        return PartFailure(reason=reason, detail=detail)
    return next((part for part in (said.wallets, said.positions) if isinstance(part, PartFailure)), None)


def _used(said: AccountSnapshot, legs: Sequence[LegSnapshot]) -> list[_Used]:
    behind: dict[tuple[str, str], tuple[MarginWallet, list[LegSnapshot]]] = {}
    for leg in legs:
        wallet = wallet_of(said, leg.leg.futures)
        if wallet is not None and leg.contracts != 0 and leg.held.margin_mode is not MarginMode.ISOLATED:
            behind.setdefault((wallet.wallet, wallet.asset), (wallet, []))[1].append(leg)
    return [_usage(wallet, tuple(backed)) for wallet, backed in behind.values()]


def _usage(wallet: MarginWallet, legs: tuple[LegSnapshot, ...]) -> _Used:
    kept = wallet.maintenance_margin
    usage = None if kept is None else margin_usage(wallet.equity, kept).usage
    return _Used(wallet=wallet, legs=legs, usage=usage, is_known=kept is not None)


def _judge_wallets(target: Target, settings: RuleSettings, used: Sequence[_Used], facts: CycleFacts) -> Finding:
    where = f"account {target.account}"
    untold = [one.wallet.wallet for one in used if not one.is_known]
    known = [one for one in used if one.is_known]
    if not used:
        return quiet_finding(target, settings, f"{where}: no wallet of it backs a leg of ours")
    if not known:
        words = f"{where}: its exchange does not tell what the wallet {untold[0]} must keep"
        return unknown_finding(target, UnknownReason.NOT_AVAILABLE, words)
    fullest = max(known, key=lambda one: (one.usage is None, one.usage or Decimal(0)))
    outcomes = {
        severity: OutcomeKind.BREACH if fullest.usage is None else outcome_above(fullest.usage, level)
        for severity, level in settings.levels.items()
    }
    besides = f"; of the wallet {', '.join(untold)} it is not told" if untold else ""
    message = f"{where}: {_words(fullest)}{besides}"
    if OutcomeKind.BREACH not in outcomes.values():
        return known_finding(target, settings, outcomes, value=fullest.usage, message=message)
    top_up = _top_up(fullest, settings, facts)
    mend = top_up_words(top_up) if top_up else "add margin, or close a part of what it backs"
    message = f"{message}: {mend}; at 100 % all positions of the wallet are liquidated"
    return known_finding(target, settings, outcomes, value=fullest.usage, message=message)._replace(top_up=top_up)


def _words(used: _Used) -> str:
    if used.usage is None:
        return f"the wallet {used.wallet.wallet} has no equity left"
    return (
        f"{percent(used.usage, 1)} of the {used.wallet.asset} in its wallet {used.wallet.wallet} are needed as margin"
    )


def _top_up(used: _Used, settings: RuleSettings, facts: CycleFacts) -> TopUp | None:
    """Return the margin that is clear at every level, with the price of the leg that is nearest to its end."""
    goal = settings.calm_below * INSIDE
    mortal = [leg for leg in used.legs if leg.liquidation_distance is not None]
    nearest = min(mortal, key=lambda leg: leg.liquidation_distance or Decimal(0), default=used.legs[0])
    return usage_top_up(nearest, goal, facts)
