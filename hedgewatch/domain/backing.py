"""Backing: the wallet behind a cross position, and the coins that lie in it."""

from __future__ import annotations

from decimal import Decimal

from hedgewatch.domain.account import AccountSnapshot, MarginWallet, PartFailure
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.numbers import ZERO

DOLLARS = "USD"  # the asset of a unified wallet: it counts all settle assets together


def wallet_of(said: AccountSnapshot, ref: InstrumentRef) -> MarginWallet | None:
    """Return the wallet that backs cross positions of a contract: of its settle asset, else the one in dollars."""
    if isinstance(said.wallets, PartFailure) or said.wallet_failure(ref) is not None:
        return None
    by_asset = {wallet.asset: wallet for wallet in reversed(said.wallets)}
    return by_asset.get(ref.settle, by_asset.get(DOLLARS))


def pledged_coins(said: AccountSnapshot, wallet: str, asset: str) -> Decimal | None:
    """Return the coins of an asset in one wallet, debts taken off; None where balances could not be read."""
    if isinstance(said.balances, PartFailure) or said.balance_failure is not None:
        return None
    return sum((one.owned for one in said.balances if (one.wallet, one.asset) == (wallet, asset)), ZERO)
