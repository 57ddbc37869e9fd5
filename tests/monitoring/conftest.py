"""A simulated account, watched through the whole cycle; a test names the ``exchange``."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from typing import Any

import pytest

from hedgewatch.domain.hedge import Hedge
from hedgewatch.exchanges.accounts.source import CcxtAccountSource
from hedgewatch.exchanges.credentials import Credentials
from hedgewatch.exchanges.source import CcxtSource, Patience
from hedgewatch.monitoring.collect import Collector
from hedgewatch.monitoring.cycle import MonitorCycle
from hedgewatch.simulator.market import World
from hedgewatch.simulator.server import SimulatedExchanges
from hedgewatch.storage.memory import MemoryStore
from tests.monitoring.rooms import Room, watch
from tests.monitoring.sources import START, SteppedClock

D = Decimal
KEYS = Credentials(api_key="canaryKEYcanary", secret="canarySECRETcanary", password="canaryPHRASEcanary")


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()


@pytest.fixture
def world() -> World:
    made = World(7, "calm", round(START.timestamp() * 1000) - 1_000)
    made.pin("BTC", spot="60000", futures="60000", inverse="60000", mark="60000", index="60000")
    return made


@pytest.fixture
async def server(world: World, clock: SteppedClock) -> AsyncIterator[SimulatedExchanges]:
    async with SimulatedExchanges(world, clock=lambda: round(clock.at.timestamp() * 1000)) as running:
        yield running


@pytest.fixture
def held(exchange: str, server: SimulatedExchanges) -> Any:
    """An account with 3 BTC and money for margin."""
    one = server.accounts.add(exchange, "t", key=KEYS.api_key, secret=KEYS.secret, password=KEYS.password or "")
    one.deposit("spot", "BTC", "3")
    one.deposit("linear", "USDT", "100000")
    return one


Enter = Callable[[Hedge], Room]


@pytest.fixture
async def enter(exchange: str, server: SimulatedExchanges, clock: SteppedClock) -> AsyncIterator[Enter]:
    opened: list[Collector] = []

    def make(hedge: Hedge) -> Room:
        store, patience = MemoryStore(), Patience(answer_seconds=D(5), listing_seconds=D(20))
        market = CcxtSource(exchange=exchange, base_url=server.base_url, patience=patience, shelf=store, clock=clock)
        account = CcxtAccountSource(account="t", market=market, credentials=KEYS, clock=clock, timeout_seconds=D(5))
        for client in (market.client, account.client):
            client.enableRateLimit = False  # its budget is one of real seconds
            client.timeout_on_exit = 1
        collector = Collector([market], [account], deadline_seconds=D(5), clock=clock)
        opened.append(collector)
        cycle = MonitorCycle(watch(hedge), collector=collector, store=store, clock=clock)
        return Room(clock=clock, cycle=cycle, store=store)

    yield make
    for collector in opened:
        await collector.close()
