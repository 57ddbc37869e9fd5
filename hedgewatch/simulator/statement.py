"""An account at one moment: its positions at the world's marks, and the margin of each wallet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from hedgewatch.domain.numbers import exactly
from hedgewatch.simulator.holdings import ZERO, Position, Purse, Wallet
from hedgewatch.simulator.listings import Kind, Listing
from hedgewatch.simulator.tiers import rate_and_deduction


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A position and its figures at a moment, money in the settle asset.

    ``notional`` is positive; ``liquidation``: None where no price liquidates it.
    """

    position: Position
    listing: Listing
    mark: Decimal
    notional: Decimal
    pnl: Decimal
    initial_margin: Decimal
    maintenance_margin: Decimal
    rate: Decimal
    deduction: Decimal
    liquidation: Decimal | None = None

    @property
    def contracts(self) -> Decimal:
        """Return the contracts, short is negative."""
        return self.position.contracts


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """One asset's margin in one wallet (USD for a unified account).

    ``balance``: all coins less those owed; ``isolated``: what single positions hold of it; the ``cross`` figures leave
    isolated positions out.
    """

    asset: str
    purse: Purse
    balance: Decimal
    isolated: Decimal
    pnl: Decimal
    cross_pnl: Decimal
    initial_margin: Decimal
    maintenance_margin: Decimal
    cross_initial: Decimal
    cross_maintenance: Decimal

    @property
    def equity(self) -> Decimal:
        """Return balance and unrealised profit, credit left out."""
        return self.balance + self.pnl

    @property
    def cross_balance(self) -> Decimal:
        """Return what backs the cross positions."""
        return self.balance - self.isolated

    @property
    def available(self) -> Decimal:
        """Return what may be used for new positions."""
        return max(ZERO, self.cross_balance + self.cross_pnl - self.cross_initial - self.purse.locked)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """Everything about an account at ``at``; ``worth``: USD per coin of each asset it has to do with."""

    at: int
    held: tuple[Held, ...]
    purses: Mapping[tuple[Wallet, str], Purse]
    worth: Mapping[str, Decimal]

    def positions(self, *kinds: Kind) -> list[Held]:
        """Return the positions of some kinds."""
        return [held for held in self.held if held.listing.kind in kinds]

    def coins(self, *wallets: Wallet) -> list[tuple[str, Purse]]:
        """Return asset and purse of some wallets, by asset."""
        return sorted((asset, purse) for (wallet, asset), purse in self.purses.items() if wallet in wallets)

    def pool(self, wallet: Wallet, asset: str) -> Pool:
        """Return the margin of one asset: the positions that settle in it."""
        mine = [held for held in self.held if held.listing.settle == asset]
        purse = self.purses.get((wallet, asset), Purse())
        return _pool(asset, purse, purse.balance - purse.borrowed, ((held, Decimal(1)) for held in mine))

    def pools(self, wallet: Wallet, kinds: tuple[Kind, ...]) -> list[Pool]:
        """Return the margin of every asset of a wallet, or in which its kinds of positions settle."""
        assets = {asset for asset, _ in self.coins(wallet)} | {held.listing.settle for held in self.positions(*kinds)}
        return [self.pool(wallet, asset) for asset in sorted(assets)]

    def whole(self, *wallets: Wallet) -> Pool:
        """Return the margin of several wallets together, in USD."""
        owned = [(purse.balance - purse.borrowed) * self.worth[asset] for asset, purse in self.coins(*wallets)]
        credit = sum((purse.credit * self.worth[asset] for asset, purse in self.coins(*wallets)), ZERO)
        pairs = ((held, self.worth[held.listing.settle]) for held in self.held)
        return _pool("USD", Purse(credit=credit), sum(owned, ZERO), pairs)


@exactly
def _pool(asset: str, purse: Purse, balance: Decimal, pairs: Iterable[tuple[Held, Decimal]]) -> Pool:
    rows = [(held.position, held, worth) for held, worth in pairs]
    cross = [(held, worth) for position, held, worth in rows if not position.is_isolated]
    return Pool(
        asset=asset,
        purse=purse,
        balance=balance,
        isolated=sum((position.margin * worth for position, _, worth in rows), ZERO),
        pnl=sum((held.pnl * worth for _, held, worth in rows), ZERO),
        cross_pnl=sum((held.pnl * worth for held, worth in cross), ZERO),
        initial_margin=sum((held.initial_margin * worth for _, held, worth in rows), ZERO),
        maintenance_margin=sum((held.maintenance_margin * worth for _, held, worth in rows), ZERO),
        cross_initial=sum((held.initial_margin * worth for held, worth in cross), ZERO),
        cross_maintenance=sum((held.maintenance_margin * worth for held, worth in cross), ZERO),
    )


@exactly
def hold(position: Position, listing: Listing, mark: Decimal) -> Held:
    """Return a position's figures at a mark; a cross one has no liquidation price yet."""
    units = position.contracts * listing.contract_size  # coins if linear, USD if inverse
    notional = abs(units) / mark if listing.is_inverse else abs(units) * mark
    gained = 1 / position.entry - 1 / mark if listing.is_inverse else mark - position.entry
    rate, deduction = rate_and_deduction(listing, position.contracts, notional)
    return Held(
        position=position,
        listing=listing,
        mark=mark,
        notional=notional,
        pnl=units * gained,
        initial_margin=notional / position.leverage,
        maintenance_margin=notional * rate - deduction,
        rate=rate,
        deduction=deduction,
    )


@exactly
def liquidation_of(held: Held, collateral: Decimal) -> Decimal | None:
    """Return the mark at which ``collateral`` and profit are just the maintenance margin; None if no price is.

    Linear: C + u(P - E) = |u|Pr - d. Inverse: C + u(1/E - 1/P) = |u|r/P - d. u: coins or USD, signed; d: deduction.
    """
    units = held.contracts * held.listing.contract_size
    entry, needed = held.position.entry, abs(units) * held.rate
    if held.listing.is_inverse:
        top, bottom = units + needed, collateral + held.deduction + units / entry
    else:
        top, bottom = units * entry - collateral - held.deduction, units - needed
    price = top / bottom if bottom else ZERO
    return price if price > 0 else None
