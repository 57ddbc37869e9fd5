from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.exchanges.source import CcxtSource, Patience
from hedgewatch.simulator.market import World
from hedgewatch.simulator.server import SimulatedExchanges

NOW = datetime(2026, 11, 24, 3, 30, 0, 123_000, tzinfo=UTC)
EXCHANGES = ("binance", "bybit", "bingx", "weex", "mexc")

MakeSource = Callable[..., CcxtSource]


class SetClock:
    """Fills the port Clock: the wall clock stands where a test puts it, the monotonic one runs."""

    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> Decimal:
        return Decimal(time.monotonic_ns()) / 10**9

    def pass_by(self, **duration: float) -> None:
        self.at += timedelta(**duration)


class MemoryShelf:
    """Fills the port MarketShelf in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, str]] = {}

    async def markets(self, exchange: str) -> Mapping[str, str]:
        return dict(self.kept.get(exchange, {}))

    async def keep(self, exchange: str, markets: Mapping[str, str], at: datetime) -> None:
        assert at.tzinfo is not None
        self.kept.setdefault(exchange, {}).update(markets)


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def shelf() -> MemoryShelf:
    return MemoryShelf()


@pytest.fixture
def world() -> World:
    return World(7, "calm", round(NOW.timestamp() * 1000) - 1_000)


@pytest.fixture
async def server(world: World, clock: SetClock) -> AsyncIterator[SimulatedExchanges]:
    async with SimulatedExchanges(world, clock=lambda: round(clock.at.timestamp() * 1000)) as running:
        yield running


@pytest.fixture
async def source(clock: SetClock, shelf: MemoryShelf) -> AsyncIterator[MakeSource]:
    made: list[CcxtSource] = []

    def make(exchange: str, base_url: str | None, *, timeout_seconds: str = "5") -> CcxtSource:
        one = CcxtSource(
            exchange=exchange,
            base_url=base_url,
            patience=Patience(answer_seconds=Decimal(timeout_seconds), listing_seconds=Decimal(20)),
            shelf=shelf,
            clock=clock,
        )
        one.client.timeout_on_exit = 1  # milliseconds: plain HTTP on loopback needs no quarter of a second
        made.append(one)
        return one

    yield make
    await asyncio.gather(*(one.close() for one in made))


def refs(exchange: str, *symbols: str) -> tuple[InstrumentRef, ...]:
    return tuple(InstrumentRef(exchange=exchange, symbol=symbol) for symbol in symbols)
