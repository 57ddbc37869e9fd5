"""Balances and margin wallets: rows of a wallet, by the form of their exchange. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from hedgewatch.domain.account import CoinBalance, MarginWallet
from hedgewatch.domain.market import UnknownReason
from hedgewatch.domain.numbers import ZERO
from hedgewatch.exchanges.accounts.rows import amount_of, held, needed, not_below_zero, text_of
from hedgewatch.exchanges.accounts.shape import Known, Reader, Sheet
from hedgewatch.exchanges.parse import Row, UnreadableError


@dataclass(frozen=True, slots=True, kw_only=True)
class Coins:
    """What one row says is owned: free and used, earning, owed."""

    free: Decimal = ZERO
    used: Decimal = ZERO
    earn: Decimal = ZERO
    borrowed: Decimal = ZERO


def balance_reader(wallet: str, asset_key: str, coins: Callable[[Row], Coins]) -> Reader:
    """Return the reader of one wallet's balances.

    Rows of nothing and of assets that are not wanted are left out; a wanted row that cannot be read fails the wallet.
    """

    def read(sheet: Sheet, known: Known) -> Iterable[CoinBalance]:
        seen: dict[str, Row] = {}
        for row in sheet.rows:
            asset = _asset(row, asset_key, known)
            if known.assets and asset not in known.assets:
                continue
            if _is_repeated(seen, asset, row, wallet):
                continue
            try:
                found = coins(row)
            except UnreadableError as error:
                raise UnreadableError(error.reason, f"{sheet.question.name} {asset}: {error.detail}") from None
            if found != Coins():
                yield CoinBalance(
                    asset=asset,
                    wallet=wallet,
                    free=found.free,
                    used=found.used,
                    earn=found.earn,
                    borrowed=found.borrowed,
                )

    return read


def _asset(row: Row, key: str, known: Known) -> str:
    told = text_of(row, key)
    if told is None:
        raise UnreadableError(UnknownReason.MISSING, f"a row without its {key}")
    return known.name_asset(told)


def _is_repeated(seen: dict[str, Row], asset: str, row: Row, wallet: str) -> bool:
    """Tell whether a row was there before; in an earn wallet an asset has a row for each product."""
    if seen.setdefault(asset, row) is row:
        return False
    if seen[asset] == row:
        return True
    if wallet == EARN:
        return False
    raise UnreadableError(UnknownReason.DUPLICATE, f"two rows of {asset} contradict each other")


EARN = "earn"


def free_and_used(free_key: str, *used_keys: str) -> Callable[[Row], Coins]:
    """Read coins from a free part and its used parts."""

    def read(row: Row) -> Coins:
        return Coins(free=held(row, free_key), used=sum((held(row, key) for key in used_keys), start=ZERO))

    return read


def total_and_used(total_key: str, *used_keys: str) -> Callable[[Row], Coins]:
    """Read coins from a total and the parts of it that are in use; a total below zero is owed."""

    def read(row: Row) -> Coins:
        total = needed(row, total_key)
        used = sum((not_below_zero(row, key) or ZERO for key in used_keys), start=ZERO)
        return split(total, used)

    return read


def split(total: Decimal, used: Decimal, borrowed: Decimal = ZERO) -> Coins:
    """Split what a wallet holds into free and used; what lies below zero is owed, and at least what is told."""
    if total < 0:
        return Coins(borrowed=max(borrowed, -total))
    in_use = min(total, used)
    return Coins(free=total - in_use, used=in_use, borrowed=borrowed)


def earning(*keys: str) -> Callable[[Row], Coins]:
    """Read coins that earn, from the first of the keys that is there."""

    def read(row: Row) -> Coins:
        key = next((key for key in keys if row.get(key) not in {None, ""}), keys[0])
        return Coins(earn=held(row, key))

    return read


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletForm:
    """Where a margin wallet's parts are; None is not told. credit_is_inside: the equity counts it, so it is taken out.

    asset_key None: the wallet is counted in ``asset``. initial: in the place of ``initial_key``, from several keys.
    isolated: what isolated positions have of its initial margin, None if that is not told.
    """

    wallet: str
    equity: Callable[[Row], Decimal]
    is_shared: bool
    asset_key: str | None = None
    asset: str = "USD"
    initial_key: str | None = None
    initial: Callable[[Row], Decimal | None] | None = None
    maintenance_key: str | None = None
    credit_key: str | None = None
    credit_is_inside: bool = False
    isolated: Callable[[str, Known], Decimal | None] = lambda _asset, _known: ZERO


def wallet_reader(form: WalletForm) -> Reader:
    """Return the reader of margin wallets of this form. Wallets of nothing are left out."""

    def read(sheet: Sheet, known: Known) -> Iterable[MarginWallet]:
        seen: dict[str, Row] = {}
        for row in sheet.rows or (sheet.whole,):
            asset = _asset(row, form.asset_key, known) if form.asset_key else form.asset
            if not _is_repeated(seen, asset, row, form.wallet):
                wallet = _without(wallet_of(form, asset, row), form.isolated(asset, known))
                if wallet.equity or wallet.initial_margin or wallet.maintenance_margin or wallet.credit:
                    yield wallet

    return read


def _without(wallet: MarginWallet, isolated: Decimal | None) -> MarginWallet:
    if wallet.initial_margin is None or isolated == 0:
        return wallet
    return replace(wallet, initial_margin=None if isolated is None else max(ZERO, wallet.initial_margin - isolated))


def wallet_of(form: WalletForm, asset: str, row: Row) -> MarginWallet:
    """Read one margin wallet. Raises UnreadableError."""
    credit = not_below_zero(row, form.credit_key)
    inside = credit if credit is not None and form.credit_is_inside else ZERO
    return MarginWallet(
        wallet=form.wallet,
        asset=asset,
        equity=form.equity(row) - inside,
        initial_margin=form.initial(row) if form.initial else not_below_zero(row, form.initial_key),
        maintenance_margin=not_below_zero(row, form.maintenance_key),
        credit=credit,
        is_shared=form.is_shared,
    )


def told(key: str) -> Callable[[Row], Decimal]:
    """Read an equity that the exchange tells itself."""
    return lambda row: needed(row, key)


def summed(key: str, profit_key: str) -> Callable[[Row], Decimal]:
    """Read an equity as balance plus unrealised profit."""
    return lambda row: needed(row, key) + (amount_of(row, profit_key) or ZERO)
