"""What an account holds: keys, coins, positions, orders, funding payments. Values: replaced and never changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from hedgewatch.simulator.listings import Kind

ZERO = Decimal(0)


class Wallet(StrEnum):
    """Where coins lie. Bybit's unified account is one wallet for spot and futures."""

    SPOT = "spot"
    FUNDING = "funding"
    FLEXIBLE = "earn_flexible"
    LOCKED = "earn_locked"
    LINEAR = "linear"
    INVERSE = "inverse"
    UNIFIED = "unified"


class Side(StrEnum):
    """Which of the two positions that a dual-side account may hold, or the one of a one-way account."""

    BOTH = "both"
    LONG = "long"
    SHORT = "short"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key and what it may do; ``addresses`` empty: from anywhere. The secret and password stay out of ``repr``."""

    key: str
    secret: str = field(repr=False)
    password: str = field(default="", repr=False)
    can_read: bool = True
    can_trade: bool = False
    can_withdraw: bool = False
    addresses: tuple[str, ...] = ()
    created_at: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Purse:
    """Coins of one asset in one wallet: all of them, those locked by orders, those owed, and credit that can expire.

    ``balance`` holds what was borrowed too, and not the credit.
    """

    balance: Decimal = ZERO
    locked: Decimal = ZERO
    borrowed: Decimal = ZERO
    credit: Decimal = ZERO

    @property
    def free(self) -> Decimal:
        """Return what no order locks."""
        return self.balance - self.locked


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """One position. ``contracts``: the exchange's own, short is negative. ``margin``: settle, its own; 0 if cross.

    Times in epoch milliseconds; ``settled_at``: funding is paid up to here.
    """

    id: int
    asset: str
    kind: Kind
    side: Side
    contracts: Decimal
    entry: Decimal
    leverage: Decimal
    is_isolated: bool
    margin: Decimal
    opened_at: int
    updated_at: int
    settled_at: int
    adl: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RestingOrder:
    """A limit order. ``contracts`` (coins for spot): the whole of it, a sale is negative."""

    id: int
    asset: str
    kind: Kind
    side: Side
    contracts: Decimal
    price: Decimal
    is_reduce_only: bool
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """One funding payment. ``amount``: settle, + received, whatever sign the exchange writes."""

    id: int
    asset: str
    kind: Kind
    side: Side
    contracts: Decimal
    rate: Decimal
    mark: Decimal
    notional: Decimal
    amount: Decimal
    settle: str
    at: int
