"""An exchange's budget runs out: an account's last answer is given again, as old as it is."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from hedgewatch.domain.account import AccountSnapshot
from hedgewatch.exchanges.accounts.source import CcxtAccountSource
from hedgewatch.monitoring.ports import AccountWanted
from tests.exchanges.accounts.conftest import KEYS, PERPETUAL
from tests.exchanges.accounts.test_simulated import wanted


@pytest.fixture
async def reader(exchange: str, server: Any, source: Any, clock: Any) -> Any:
    held = server.accounts.add(exchange, "treasury", key=KEYS.api_key, secret=KEYS.secret, password=KEYS.password or "")
    held.deposit("linear", "USDT", "150000")
    market = source(exchange, server.base_url)
    market.client.enableRateLimit = False
    one = CcxtAccountSource(account="desk", market=market, credentials=KEYS, clock=clock, timeout_seconds=Decimal(5))
    one.client.timeout_on_exit = 1
    yield one
    await one.close()


def spend(one: CcxtAccountSource, share: str) -> None:
    """Spend a share of the budget, now."""
    budget = one.door.restraint.budget
    cost = float(Decimal(share) * round(budget.config["maxWeight"]))
    budget.timestamps = [{"timestamp": time.time() * 1000, "cost": cost}]


async def asked(one: CcxtAccountSource, question: AccountWanted) -> tuple[AccountSnapshot, int]:
    """Return what was answered, and how many calls it took."""
    calls = one.door.calls
    found = await one.fetch(question)
    assert isinstance(found, AccountSnapshot), found
    return found, one.door.calls - calls


@pytest.mark.parametrize("exchange", ["bybit"])
async def test_a_young_answer_is_given_again_while_the_budget_runs_out(reader: Any, clock: Any) -> None:
    first, _ = await asked(reader, wanted("bybit"))
    clock.pass_by(seconds=1)
    spend(reader, "0.5")
    assert (await asked(reader, wanted("bybit")))[1] > 0
    spend(reader, "0.61")
    second, _ = await asked(reader, replace(wanted("bybit"), is_in_doubt=True))
    for _ in range(44):
        clock.pass_by(seconds=1)
        again, calls = await asked(reader, wanted("bybit"))
        assert calls == 0
    assert again.received_at == second.received_at == first.received_at + timedelta(seconds=1)
    assert again.exchange_time == second.exchange_time
    assert again.payments == ()


@pytest.mark.parametrize("exchange", ["bybit"])
@pytest.mark.parametrize("why", ["old", "in doubt", "another question", "room again"])
async def test_it_is_asked_all_the_same(why: str, reader: Any, clock: Any) -> None:
    await asked(reader, wanted("bybit"))
    spend(reader, "0.1" if why == "room again" else "0.7")
    for _ in range(44 if why == "old" else 0):
        clock.pass_by(seconds=1)
        assert (await asked(reader, wanted("bybit")))[1] == 0
    clock.pass_by(seconds=1)
    symbols = (PERPETUAL, "ETH/USDT:USDT") if why == "another question" else (PERPETUAL,)
    found, calls = await asked(reader, replace(wanted("bybit", *symbols), is_in_doubt=why == "in doubt"))
    assert calls > 0
    assert found.received_at == clock.now()


@pytest.mark.parametrize("exchange", ["bingx"])
async def test_polls_farther_apart_than_the_budget_reaches_are_all_asked(reader: Any, clock: Any) -> None:
    await asked(reader, wanted("bingx"))
    spend(reader, "0.65")
    clock.pass_by(seconds=30)
    assert (await asked(reader, wanted("bingx")))[1] > 0


@pytest.mark.parametrize("exchange", ["binance"])
async def test_polls_of_a_second_keep_the_budget(reader: Any, clock: Any) -> None:
    """All of them within seconds of the throttler's own clock, so that nothing is ever given back."""
    ages, restraint = [], reader.door.restraint
    for _ in range(100):
        found, _ = await asked(reader, wanted("binance"))
        ages.append(clock.now() - found.received_at)
        clock.pass_by(seconds=1)
    assert max(ages) < timedelta(seconds=45)
    assert Decimal("0.6") < restraint.spent() < 1
