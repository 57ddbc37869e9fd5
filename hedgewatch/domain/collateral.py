"""Collateral: the coins behind coin-margined positions, which are owned and so are exposure, once."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from hedgewatch.domain.account import AccountSnapshot, PartFailure
from hedgewatch.domain.backing import pledged_coins
from hedgewatch.domain.hedge import CycleFacts, Hedge, Leg, LegSnapshot
from hedgewatch.domain.market import UnknownReason
from hedgewatch.domain.numbers import ZERO
from hedgewatch.domain.position import believed_coins, gain_of, positions_of
from hedgewatch.domain.proof import Doubted


def coin_equity(hedge: Hedge, legs: Sequence[LegSnapshot], facts: CycleFacts) -> Decimal | Doubted:
    """Return the coins of coin-margined accounts that a hedge counts beside its holdings: balance and unrealised gain.

    Of a declared position the margin and the gain that are known. Of an account that a holding is read from only the
    gain: its balance is counted there.
    Source: domain specification 2.1 and 2.2.
    """
    total = ZERO
    for measured in legs:
        leg = measured.leg
        if not leg.futures.is_inverse or leg.futures.settle != hedge.asset:
            continue
        if not leg.is_read:
            total += (measured.held.margin or ZERO) + (measured.held.unrealised_pnl or ZERO)
        elif leg.counts_equity:
            found = _equity_in(hedge, leg, facts)
            if isinstance(found, Doubted):
                return found
            total += found
    return total


def _equity_in(hedge: Hedge, leg: Leg, facts: CycleFacts) -> Decimal | Doubted:
    account, coin = leg.account or "", leg.futures.settle
    belief = believed_coins(account, coin, facts)
    if isinstance(belief, Doubted):
        return belief
    said = facts.accounts.get(account)
    if not isinstance(said, AccountSnapshot) or isinstance(said.positions, PartFailure):
        return Doubted(reason=UnknownReason.MISSING, detail=f"account {account}: its positions were not read")
    gains = [gain_of(row, facts) for row in positions_of(said) if row.ref.is_inverse and row.ref.settle == coin]
    if None in gains:
        return Doubted(reason=UnknownReason.MISSING, detail=f"account {account}: the gain of a position is not known")
    gain = sum((one for one in gains if one is not None), ZERO)
    if any((share.holding.account, share.holding.asset) == (account, coin) for share in hedge.held):
        return gain
    balance = _margin_coins(said, coin)
    if balance is None:
        detail = f"account {account}: the coins that are its margin were not read"
        return Doubted(reason=UnknownReason.MISSING, detail=detail)
    return balance + gain


def _margin_coins(said: AccountSnapshot, coin: str) -> Decimal | None:
    """Return the coins in the wallets that back positions."""
    unread = {ref.settle for one in said.unread_wallets for ref in one.refs}
    if isinstance(said.wallets, PartFailure) or coin in unread:
        return None
    names = dict.fromkeys(wallet.wallet for wallet in said.wallets)
    found = [pledged_coins(said, name, coin) for name in names]
    return None if None in found else sum((coins for coins in found if coins is not None), ZERO)
