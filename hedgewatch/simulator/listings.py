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
    """What is traded: coins, a contract without end, or one that is delivered."""

    SPOT = "spot"
    PERPETUAL = "perpetual"
    FUTURE = "future"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """One asset: ``price`` in USDT, ``spread`` as a fraction of it, ``depth`` in USDT near the top of the book."""

    name: str
    price: float
    spread: float
    depth: float
    contract_size: Decimal
    interval_hours: int = 8
    is_filler: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One instrument of one exchange; ``expiry`` in epoch milliseconds, None for everything but a dated future."""

    exchange: Exchange
    asset: Asset
    kind: Kind
    tick: Decimal
    lot: Decimal
    expiry: int | None = None

    @property
    def is_contract(self) -> bool:
        """Say whether it is a futures contract, perpetual or dated."""
        return self.kind is not Kind.SPOT


CORE = (
    Asset(name="BTC", price=60_000.0, spread=0.00012, depth=900_000.0, contract_size=Decimal("0.0001")),
    Asset(name="ETH", price=2_400.0, spread=0.00015, depth=500_000.0, contract_size=Decimal("0.01")),
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


def listings_of(exchange: Exchange, listed: int, started_at: int) -> tuple[Listing, ...]:
    """Return ``listed`` spot and perpetual instruments of an exchange, then its quarterly future if it has one."""
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
    return tuple(found)


def _list(exchange: Exchange, asset: Asset, kind: Kind, expiry: int | None = None) -> Listing:
    tick = tick_of(asset.price, is_contract=kind is not Kind.SPOT)
    lot = lot_of(asset.price, is_contract=kind is not Kind.SPOT)
    return Listing(exchange=exchange, asset=asset, kind=kind, tick=tick, lot=lot, expiry=expiry)


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
