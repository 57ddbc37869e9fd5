"""Inventory: the coins that are owned, wherever they lie."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """An amount of an asset owned, declared by its owner.

    quantity: coins of ``asset``. counts_as_asset and counts_as_per_unit: one coin counts as that many of another asset
    (staked and wrapped coins). cost_basis: average price paid, USD per coin, None if not known.
    """

    name: str
    asset: str
    quantity: Decimal
    counts_as_asset: str
    counts_as_per_unit: Decimal
    cost_basis: Decimal | None = None
    where: str | None = None
    locked_until: date | None = None

    @property
    def counted(self) -> Decimal:
        """Coins of ``counts_as_asset`` that this holding stands for."""
        return self.quantity * self.counts_as_per_unit
