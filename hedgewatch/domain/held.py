"""Held: what a leg holds, declared or read, in one form."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from hedgewatch.domain.account import Liquidation, MarginMode
from hedgewatch.domain.proof import Doubted, Fall


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredPosition:
    """A futures position its owner declared, in contracts or coins: short is negative.

    entry_price: quote. margin: settle asset. entry_basis: quote (futures minus spot when the hedge was opened).
    """

    contracts: Decimal | None = None
    coins: Decimal | None = None
    entry_price: Decimal | None = None
    margin: Decimal | None = None
    entry_basis: Decimal | None = None
    maintenance_margin_rate: Decimal | None = None
    margin_mode: MarginMode | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldPosition:
    """What a leg holds, declared or read, in one form. None: not known. Short is negative; zero contracts: flat.

    coins: where they were declared instead of contracts. margin: what backs it alone, unrealised profit left out.
    margin, maintenance_margin, unrealised_pnl: settle asset. liquidation_price, reported_notional (quote, positive) and
    maintenance_margin: as the exchange says. doubt: why the contracts are not known. fall: what it was proven to fall
    from.
    """

    contracts: Decimal | None = None
    coins: Decimal | None = None
    entry_price: Decimal | None = None
    mark_price: Decimal | None = None
    margin: Decimal | None = None
    margin_mode: MarginMode | None = None
    maintenance_margin: Decimal | None = None
    maintenance_margin_rate: Decimal | None = None
    liquidation_price: Liquidation = None
    unrealised_pnl: Decimal | None = None
    reported_notional: Decimal | None = None
    is_dual_side: bool | None = None
    adl_quantile: int | None = None
    doubt: Doubted | None = None
    fall: Fall | None = None
