"""Which instruments each simulated exchange lists, with their steps: the static half of the world."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import cache

from hedgewatch.simulator.noise import seed_of, uniform

HOUR = 3_600_000
DAY = 24 * HOUR
FRIDAY = 4


class Exchange(StrEnum):
    """The exchanges whose wire format is spoken; the values are ccxt's ids."""

    BINANCE = "binance"
    BYBIT = "bybit"
    BINGX = "bingx"
    WEEX = "weex"
    MEXC = "mexc"


class Kind(StrEnum):
    """What is traded: coins, a contract without end, or one that is delivered; linear, or inverse (paid in coins)."""

    SPOT = "spot"
    PERPETUAL = "perpetual"
    FUTURE = "future"
    INVERSE = "inverse"
    INVERSE_FUTURE = "inverse_future"


INVERSE_KINDS = (Kind.INVERSE, Kind.INVERSE_FUTURE)
FUNDED_KINDS = (Kind.PERPETUAL, Kind.INVERSE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """One asset: ``price`` in USDT, ``spread`` as a fraction of it, ``depth`` in USDT near the top of the book.

    ``contract_size``: coins in a MEXC contract. ``face``: USD in an inverse contract, None where there is none.
    """

    name: str
    price: float
    spread: float
    depth: float
    contract_size: Decimal
    interval_hours: int = 8
    is_filler: bool = False
    face: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """One step of the leverage tiers: up to ``cap`` (the first of the listing's measure: USDT, coins or contracts).

    ``rate``: maintenance margin as a fraction of the notional.
    """

    cap: Decimal
    rate: Decimal
    leverage: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One instrument of one exchange; ``expiry`` in epoch milliseconds, None for everything but a dated future.

    ``contract_size``: base coins (linear) or USD (inverse) in one contract. ``lot`` is in coins (spot, linear) or
    contracts (inverse). ``tiers``: None for the world's usual ones.
    """

    exchange: Exchange
    asset: Asset
    kind: Kind
    tick: Decimal
    lot: Decimal
    expiry: int | None = None
    contract_size: Decimal = Decimal(1)
    is_trading: bool = True
    tiers: tuple[Tier, ...] | None = None

    @property
    def is_contract(self) -> bool:
        """Say whether it is a futures contract, perpetual or dated."""
        return self.kind is not Kind.SPOT

    @property
    def is_inverse(self) -> bool:
        """Say whether it is margined and paid in its base coin."""
        return self.kind in INVERSE_KINDS

    @property
    def is_funded(self) -> bool:
        """Say whether longs and shorts pay each other funding."""
        return self.kind in FUNDED_KINDS

    @property
    def quote(self) -> str:
        """Return what its price is in."""
        return "USD" if self.is_inverse else "USDT"

    @property
    def settle(self) -> str:
        """Return what margin and profit are paid in."""
        return self.asset.name if self.is_inverse else "USDT"

    @property
    def pair(self) -> str:
        """Return base and quote in one word."""
        return f"{self.asset.name}{self.quote}"


CORE = (
    Asset(
        name="BTC", price=60_000.0, spread=0.00012, depth=900_000.0, contract_size=Decimal("0.0001"), face=Decimal(100)
    ),
    Asset(name="ETH", price=2_400.0, spread=0.00015, depth=500_000.0, contract_size=Decimal("0.01"), face=Decimal(10)),
    Asset(name="SOL", price=150.0, spread=0.0002, depth=200_000.0, contract_size=Decimal("0.1")),
    Asset(name="XYZ", price=0.5, spread=0.004, depth=3_000.0, contract_size=Decimal(10), interval_hours=4),
)
LISTED_BY_DEFAULT = 24


@cache
def filler(number: int) -> Asset:
    """Return asset ``A0001``, ``A0002`` ...: every seventh has 4-hour funding."""
    price = 10.0 ** (1.0 + uniform(seed_of("filler"), number))
    return Asset(
        name=f"A{number:04d}",
        price=price,
        spread=0.001,
        depth=20_000.0,
        contract_size=Decimal(1),
        interval_hours=4 if number % 7 == 0 else 8,
        is_filler=True,
    )


# The altcoin trades as coins on MEXC only and as a contract on Binance and MEXC.
ALTCOIN_KINDS = {Exchange.MEXC: (Kind.SPOT, Kind.PERPETUAL), Exchange.BINANCE: (Kind.PERPETUAL,)}
DATED_ON = (Exchange.BINANCE, Exchange.BYBIT)
INVERSE_ON = (Exchange.BINANCE, Exchange.BYBIT, Exchange.BINGX, Exchange.MEXC)


def listings_of(exchange: Exchange, listed: int, started_at: int) -> tuple[Listing, ...]:
    """Return ``listed`` spot and linear perpetual instruments of an exchange, then its quarterly and inverse ones."""
    found: list[Listing] = []
    for asset in CORE:
        kinds = (Kind.SPOT, Kind.PERPETUAL) if asset.name != "XYZ" else ALTCOIN_KINDS.get(exchange, ())
        found += [_list(exchange, asset, kind) for kind in kinds]
    number = 1
    while len(found) < listed:
        found += [_list(exchange, filler(number), kind) for kind in (Kind.SPOT, Kind.PERPETUAL)]
        number += 1
    if exchange in DATED_ON:
        found.append(_list(exchange, CORE[0], Kind.FUTURE, quarterly_expiry(started_at)))
    if exchange in INVERSE_ON:
        found += [_list(exchange, asset, Kind.INVERSE) for asset in CORE if asset.face is not None]
    if exchange in DATED_ON:
        found.append(_list(exchange, CORE[0], Kind.INVERSE_FUTURE, quarterly_expiry(started_at)))
    return tuple(found)


def _list(exchange: Exchange, asset: Asset, kind: Kind, expiry: int | None = None) -> Listing:
    is_inverse = kind in INVERSE_KINDS
    return Listing(
        exchange=exchange,
        asset=asset,
        kind=kind,
        tick=tick_of(asset.price, is_contract=kind is not Kind.SPOT),
        lot=Decimal(1) if is_inverse else lot_of(asset.price, is_contract=kind is not Kind.SPOT),
        expiry=expiry,
        contract_size=_contract_size(exchange, asset, kind),
    )


def _contract_size(exchange: Exchange, asset: Asset, kind: Kind) -> Decimal:
    if kind in INVERSE_KINDS:
        return Decimal(1) if exchange is Exchange.BYBIT or asset.face is None else asset.face
    return asset.contract_size if exchange is Exchange.MEXC and kind is Kind.PERPETUAL else Decimal(1)


def tick_of(price: float, *, is_contract: bool) -> Decimal:
    """Return the price step that exchanges use near ``price``."""
    steps = ((10_000, "0.1" if is_contract else "0.01"), (100, "0.01"), (1, "0.0001"), (0, "0.00001"))
    return next(Decimal(step) for limit, step in steps if price >= limit)


def lot_of(price: float, *, is_contract: bool) -> Decimal:
    """Return the amount step in coins near ``price``."""
    contract = ((10_000, "0.001"), (1_000, "0.001"), (100, "0.01"), (1, "0.1"), (0, "1"))
    coins = ((10_000, "0.00001"), (1_000, "0.0001"), (100, "0.001"), (1, "0.01"), (0, "0.1"))
    return next(Decimal(step) for limit, step in (contract if is_contract else coins) if price >= limit)


def quarterly_expiry(started_at: int) -> int:
    """Return the delivery time (08:00 UTC, last Friday of a quarter) at least 30 days after ``started_at``."""
    day = datetime.fromtimestamp(started_at / 1000, UTC) + timedelta(days=30)
    while True:
        is_last_friday = day.weekday() == FRIDAY and (day + timedelta(days=7)).month != day.month
        if is_last_friday and day.month % 3 == 0:
            return int(day.replace(hour=8, minute=0, second=0, microsecond=0).timestamp()) * 1000
        day += timedelta(days=1)
