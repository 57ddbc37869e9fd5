"""Instruments: what is traded, in which unit, on which grid."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum

from hedgewatch.domain.errors import InvalidValueError

DAY_DIGITS, EXPIRY_HOUR = 6, 8  # BTC/USDT:USDT-261225
NO_HEDGE = "a quanto contract hedges no coin; choose a linear or an inverse one"


class InstrumentKind(StrEnum):
    """Spot, perpetual, or dated future."""

    SPOT = "spot"
    PERPETUAL = "perpetual"
    FUTURE = "future"


class Payoff(StrEnum):
    """Linear (settled in the quote currency), inverse (settled in the coin), quanto (settled in a third asset).

    A quanto contract hedges no coin: what it pays moves with the settle asset too. It is valued, never sized.
    """

    LINEAR = "linear"
    INVERSE = "inverse"
    QUANTO = "quanto"


def hedging(payoff: Payoff, field: str = "payoff") -> Payoff:
    """Return a payoff that can hedge a coin; raise InvalidValueError for a quanto one (domain specification 1.1)."""
    if payoff is Payoff.QUANTO:
        raise InvalidValueError(field, NO_HEDGE)
    return payoff


class PositionSide(StrEnum):
    """Which way a position, or a hedge, points."""

    LONG = "long"
    SHORT = "short"


class OrderUnit(StrEnum):
    """The unit in which an exchange takes an order's quantity."""

    BASE = "base"
    CONTRACTS = "contracts"
    QUOTE = "quote"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class InstrumentRef:
    """The name of an instrument: ccxt's exchange id and unified symbol, written ``exchange:symbol``."""

    exchange: str
    symbol: str

    @property
    def base(self) -> str:
        """The coin that is traded, by the symbol."""
        return self.symbol.partition("/")[0]

    @property
    def quote(self) -> str:
        """The currency that it is priced in, by the symbol."""
        return self.symbol.partition("/")[2].partition(":")[0]

    @property
    def kind(self) -> InstrumentKind:
        """Tell the kind by the symbol: ``BTC/USDT``, ``BTC/USDT:USDT``, ``BTC/USDT:USDT-261225``."""
        _, colon, settle = self.symbol.partition(":")
        if not colon:
            return InstrumentKind.SPOT
        return InstrumentKind.FUTURE if "-" in settle else InstrumentKind.PERPETUAL

    @property
    def settle(self) -> str:
        """The asset that profit and margin are paid in, by the symbol; empty for spot."""
        return self.symbol.partition(":")[2].partition("-")[0]

    @property
    def is_inverse(self) -> bool:
        """True if the symbol says that it is settled in the coin that is traded."""
        return self.settle == self.base != self.symbol.partition("/")[2].partition(":")[0]

    @property
    def is_dated(self) -> bool:
        """True if the symbol ends in an expiry: such a contract has no funding."""
        return "-" in self.symbol.partition(":")[2]

    @property
    def perpetual(self) -> InstrumentRef:
        """The perpetual of the same coin and settle asset, by its name: what a dated future can always be rolled to."""
        pair, _, settle = self.symbol.partition(":")
        return InstrumentRef(exchange=self.exchange, symbol=f"{pair}:{settle.partition('-')[0]}")

    @property
    def expires_at(self) -> datetime | None:
        """When it expires by its name: 08:00 UTC of its day, as all exchanges have it; None if it names no day."""
        day = self.symbol.partition(":")[2].partition("-")[2][:DAY_DIGITS]
        if len(day) != DAY_DIGITS or not day.isdigit():
            return None
        try:
            return datetime(2000 + int(day[:2]), int(day[2:4]), int(day[4:]), EXPIRY_HOUR, tzinfo=UTC)
        except ValueError:
            return None

    def __str__(self) -> str:
        return f"{self.exchange}:{self.symbol}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """An instrument as its exchange lists it.

    contract_size: base coins per contract (linear), quote units per contract (inverse), settle asset per quote unit of
    the price (quanto), 1 for spot.
    tick: quote per price step. lot_step and min_contracts: contracts (base coins for spot).
    min_notional: quote. Fees: fraction of notional, + is a cost. None means not known.
    """

    ref: InstrumentRef
    kind: InstrumentKind
    payoff: Payoff | None
    base: str
    quote: str
    settle: str | None
    contract_size: Decimal
    order_unit: OrderUnit
    tick: Decimal | None
    lot_step: Decimal | None
    min_contracts: Decimal | None
    min_notional: Decimal | None
    maker_fee: Decimal | None
    taker_fee: Decimal | None
    expiry: datetime | None
    active: bool | None

    @property
    def size_asset(self) -> str:
        """What a contract's size is counted in: the quote asset if it is inverse, else the coin."""
        return self.quote if self.payoff is Payoff.INVERSE else self.base
