"""A ban that doubles at each call is not extended once, by the keyless and the keyed client together."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from hedgewatch.domain.account import AccountFailure, AccountSnapshot
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.market import ExchangeAnswer, ExchangeOutcome, UnknownReason
from hedgewatch.exchanges.accounts.source import CcxtAccountSource
from hedgewatch.monitoring.ports import AccountWanted, Wanted
from hedgewatch.simulator.server import SimulatedExchanges
from tests.exchanges.accounts.conftest import KEYS
from tests.exchanges.conftest import EXCHANGES

POLL_SECONDS = 30
HOUR_OF_POLLS = 120
SYMBOLS = ("BTC/USDT", "BTC/USDT:USDT")
each_exchange = pytest.mark.parametrize("exchange", EXCHANGES)

# requests or weights a minute, and what a call costs (1 where it is not named), as the exchanges document them
BUDGETS = {"binance": 2400, "bybit": 7200, "bingx": 3000, "weex": 3000, "mexc": 600}
WEIGHTS = {
    "/api/v3/account": 20,
    "/api/v3/exchangeInfo": 20,
    "/api/v3/ticker/bookTicker": 4,
    "/fapi/v1/ticker/bookTicker": 5,
    "/fapi/v1/premiumIndex": 10,
    "/fapi/v3/account": 5,
    "/fapi/v3/positionRisk": 5,
    "/fapi/v1/income": 30,
    "/fapi/v1/commissionRate": 20,
    "/fapi/v1/positionSide/dual": 30,
    "/fapi/v1/openOrders": 40,
    "/sapi/v1/simple-earn/flexible/position": 150,
    "/sapi/v1/simple-earn/locked/position": 150,
}


class Pair:
    """The keyless and the keyed source of one exchange, asked side by side."""

    def __init__(self, exchange: str, market: Any, clock: Any) -> None:
        self.market, self.clock = market, clock
        self.account = CcxtAccountSource(
            account="desk", market=market, credentials=KEYS, clock=clock, timeout_seconds=Decimal(5)
        )
        refs = tuple(InstrumentRef(exchange=exchange, symbol=symbol) for symbol in SYMBOLS)
        self.wanted = Wanted(instruments=refs, settled_since={})
        for client in (market.client, self.account.client):
            client.enableRateLimit = False  # its budget is counted in real seconds, ours here are simulated
            client.timeout_on_exit = 1

    async def poll(self) -> tuple[ExchangeAnswer, AccountSnapshot | AccountFailure]:
        since = {self.wanted.instruments[1]: self.clock.at - timedelta(days=1)}
        account = AccountWanted(instruments=self.wanted.instruments, payments_since=since)
        return await asyncio.gather(self.market.fetch(self.wanted), self.account.fetch(account))


@pytest.fixture
async def pairs(server: SimulatedExchanges, source: Any, clock: Any) -> AsyncIterator[dict[str, Pair]]:
    for exchange in EXCHANGES:
        server.accounts.add(exchange, "desk", key=KEYS.api_key, secret=KEYS.secret, password=KEYS.password or "")
    made = {exchange: Pair(exchange, source(exchange, server.base_url), clock) for exchange in EXCHANGES}
    yield made
    await asyncio.gather(*(pair.account.close() for pair in made.values()))


async def test_five_doubling_bans_are_not_extended_once_in_an_hour(
    pairs: dict[str, Pair], server: SimulatedExchanges, clock: Any
) -> None:
    for exchange, pair in pairs.items():
        await pair.poll()
        server.faults.set(exchange, "429", count=1, retry_after=20)
        await pair.poll()
    clock.pass_by(seconds=POLL_SECONDS)
    bans = {exchange: server.faults.set(exchange, "418", seconds=600, doubling=True) for exchange in EXCHANGES}
    outcomes: dict[str, Counter[str]] = defaultdict(Counter)
    for _ in range(HOUR_OF_POLLS):
        answers = await asyncio.gather(*(pair.poll() for pair in pairs.values()))
        for exchange, (answer, _) in zip(pairs, answers, strict=True):
            outcomes[exchange][answer.outcome] += 1
        clock.pass_by(seconds=POLL_SECONDS)
    for exchange, ban in bans.items():
        assert ban.doublings == 0, exchange
        assert outcomes[exchange]["ok"] >= HOUR_OF_POLLS - 600 / POLL_SECONDS - 3, outcomes[exchange]


@each_exchange
async def test_a_ban_that_comes_again_is_not_extended_either(
    exchange: str, pairs: dict[str, Pair], server: SimulatedExchanges, clock: Any
) -> None:
    pair = pairs[exchange]
    assert (await pair.poll())[0].outcome is ExchangeOutcome.OK
    server.faults.set(exchange, "429", count=1, retry_after=20)
    await pair.poll()
    clock.pass_by(seconds=21)
    ban = server.faults.set(exchange, "418", seconds=300, doubling=True)
    for _ in range(9):
        market, account = await pair.poll()
        assert market.outcome is ExchangeOutcome.BANNED
        assert isinstance(account, AccountFailure)
        assert account.reason is UnknownReason.BANNED
        clock.pass_by(seconds=POLL_SECONDS)
    assert ban.doublings == 0


async def test_an_hour_stays_below_every_budget(pairs: dict[str, Pair], server: SimulatedExchanges, clock: Any) -> None:
    spent: dict[str, Counter[int]] = defaultdict(Counter)
    for _ in range(HOUR_OF_POLLS):
        await asyncio.gather(*(pair.poll() for pair in pairs.values()))
        clock.pass_by(seconds=POLL_SECONDS)
    for call in server.calls:
        weight = WEIGHTS.get(call.path, 1)
        spent[call.exchange.value][call.at // 60_000] += weight
    for exchange, budget in BUDGETS.items():
        assert 0 < max(spent[exchange].values()) < budget / 2, (exchange, max(spent[exchange].values()))
