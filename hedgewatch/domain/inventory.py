"""Inventory: the coins that are owned, wherever they lie."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from hedgewatch.domain.numbers import exactly


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """An amount of an asset owned, declared by its owner or read from an account.

    quantity: coins of ``asset``, None where they are read: all of the ``account``, over its wallets, earn included.
    counts_as_asset and counts_as_per_unit: one coin counts as that many of another asset (staked and wrapped coins).
    cost_basis: average price paid, USD per coin, None if not known.
    is_collateral: its owner says that it is posted as margin.
    """

    name: str
    asset: str
    quantity: Decimal | None
    counts_as_asset: str
    counts_as_per_unit: Decimal
    cost_basis: Decimal | None = None
    where: str | None = None
    locked_until: date | None = None
    account: str | None = None
    is_collateral: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldShare:
    """A share (0 to 1) of a holding that a hedge protects."""

    holding: Holding
    share: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldingSnapshot:
    """A holding at one moment; the columns of holding_history. None: not known.

    quantity: coins of ``asset``. price_usd: of one such coin. cost_basis_usd: of the whole quantity.
    """

    holding: str
    asset: str
    quantity: Decimal | None
    price_usd: Decimal | None
    value_usd: Decimal | None
    cost_basis_usd: Decimal | None
    unrealised_pnl_usd: Decimal | None


@exactly
def value_holding(holding: Holding, quantity: Decimal | None, counted_price_usd: Decimal | None) -> HoldingSnapshot:
    """Value a holding.

    quantity: coins of its asset, declared or read; None: not known. counted_price_usd: of one coin of the asset it
    counts as. Source: domain specification 10 (value less cost).
    """
    price = None if counted_price_usd is None else counted_price_usd * holding.counts_as_per_unit
    value = None if quantity is None or price is None else quantity * price
    cost = None if quantity is None or holding.cost_basis is None else quantity * holding.cost_basis
    return HoldingSnapshot(
        holding=holding.name,
        asset=holding.asset,
        quantity=quantity,
        price_usd=price,
        value_usd=value,
        cost_basis_usd=cost,
        unrealised_pnl_usd=None if value is None or cost is None else value - cost,
    )
