from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from typing import Any

import ccxt.async_support as ccxt
import pytest

from hedgewatch.simulator.accounts import Account
from hedgewatch.simulator.market import World
from hedgewatch.simulator.server import SimulatedExchanges

NOW = 1_795_500_000_123


class SetClock:
    """A clock that shows what a test sets."""

    def __init__(self, now: int) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


def point_at(client: Any, base_url: str) -> None:
    def rewrite(found: Any) -> Any:
        if isinstance(found, dict):
            return {name: rewrite(value) for name, value in found.items()}
        match = re.match(r"https://([^/:]+)(.*)$", found) if isinstance(found, str) else None
        return f"{base_url}/{match[1]}{match[2]}" if match else found

    client.urls["api"] = rewrite(client.urls["api"])


KEYS = {"apiKey": "canary-key", "secret": "canary-secret", "password": "canary-pass"}


@pytest.fixture
def clock() -> SetClock:
    return SetClock(NOW)


@pytest.fixture
def world() -> World:
    return World(7, "calm", NOW - 1_000)


@pytest.fixture
async def server(world: World, clock: SetClock) -> AsyncIterator[SimulatedExchanges]:
    async with SimulatedExchanges(world, clock=clock) as running:
        yield running


@pytest.fixture
async def connect(server: SimulatedExchanges, clock: SetClock) -> AsyncIterator[Callable[[str], Any]]:
    clients: list[Any] = []

    def make(exchange: str, **options: Any) -> Any:
        client = getattr(ccxt, exchange)({"enableRateLimit": False, "timeout": 3_000, **options})
        client.number = str
        client.timeout_on_exit = 1  # else each close() sleeps a quarter of a second
        if "apiKey" in options:
            client.nonce = client.milliseconds = clock  # signed questions tell the time
            client.has["fetchCurrencies"] = client.options["fetchMargins"] = False  # signed, and not simulated
        point_at(client, server.base_url)
        clients.append(client)
        return client

    yield make
    await asyncio.gather(*(client.close() for client in clients))


@pytest.fixture
def account(exchange: str, server: SimulatedExchanges) -> Account:
    """An account on the exchange that the test is about, with the keys that ``sign_in`` uses."""
    return server.accounts.add(exchange, "treasury", key="canary-key", secret="canary-secret", password="canary-pass")


@pytest.fixture
def sign_in(connect: Callable[..., Any], account: Account) -> Callable[..., Any]:
    return lambda **options: connect(account.exchange, **KEYS | options)
