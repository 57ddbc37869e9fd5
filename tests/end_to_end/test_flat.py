"""Flat is proven, in the running daemon: a real close is told, and everything read of the account is stored."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import AsyncExitStack
from decimal import Decimal

import pytest

from hedgewatch.cli.working import open_worker
from hedgewatch.monitoring.cycle import CycleResult
from hedgewatch.settings import load_settings
from tests.end_to_end.stage import Stage, rows, told, until
from tests.end_to_end.test_accounts import account_at, configuration, set_keys

D = Decimal
HOUR = 3_600_000


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    set_keys(monkeypatch)


class Diary:
    """Runs a worker here, acts after chosen cycles, and remembers what each cycle found."""

    def __init__(self, acts: dict[int, Callable[[], object]]) -> None:
        self.results: list[CycleResult] = []
        self._acts = acts

    def note(self, result: CycleResult) -> None:
        self.results.append(result)
        act = self._acts.pop(len(self.results), None)
        if act is not None:
            act()

    async def keep(self, stage: Stage, text: str, cycles: int, storage: str | None = None) -> None:
        config = stage.configure(text + stage.channels(), storage=storage)
        settings = load_settings(config, os.environ)
        async with AsyncExitStack() as stack:
            worker = await open_worker(stack, settings, os.environ, on_cycle=self.note)
            running = asyncio.create_task(worker.run())
            await until(lambda: len(self.results) >= cycles, f"{cycles} cycles", seconds=60)
            worker.stop()
            await running

    def kinds(self, rule: str) -> list[str]:
        """Return the outcome of a rule, by cycle."""
        return [one.kind.value for found in self.results for one in found.verdict.findings if one.target.rule == rule]


async def test_what_is_lost_is_told_and_all_is_stored_on_both_databases(stage: Stage, store_url: str) -> None:
    held = account_at(stage, "binance")
    now = stage.exchanges._clock()
    held.open("BTC", "-5", leverage="5", is_isolated=True, at=now - 20 * 3_600_000)
    diary = Diary({2: lambda: held.reduce("BTC", "2")})
    await diary.keep(stage, configuration("binance"), 6, storage=store_url)
    assert "BREACH" in diary.kinds("position_reduced")[2:5], diary.kinds("position_reduced")
    legs = rows(store_url, "SELECT account, contracts, liquidation_price, margin_usage, leverage FROM leg_history")
    assert {leg[0] for leg in legs} == {"treasury"}
    assert {leg[1] for leg in legs} >= {-5.0, -3.0}
    assert all(value is not None for leg in legs if leg[1] == -5.0 for value in leg)
    quantities = rows(store_url, "SELECT DISTINCT holding, quantity FROM holding_history ORDER BY holding")
    assert [(name, D(str(coins))) for name, coins in quantities] == [("cold", 2), ("hot", 3)]
    payments = rows(store_url, "SELECT hedge, leg, account, asset, source FROM funding_payments")
    assert 2 <= len(payments) <= 3
    assert set(payments) == {("core", "binance:BTC/USDT:USDT@treasury", "treasury", "USDT", "ledger")}
    assert rows(store_url, "SELECT COUNT(*) FROM leg_history WHERE contracts = 0") == [(0,)]
    await until(lambda: told(stage, "position_reduced"), "the alert")
    _, alert = told(stage, "position_reduced")[0]
    assert (alert["severity"], alert["action"], alert["account"], alert["threshold"]) == (
        "critical",
        "rebalance",
        "treasury",
        None,
    )
    assert "was -5 contracts and is -3" in alert["message"]
    assert [(order["side"], order["coins"], order["account"]) for order in alert["orders"]] == [
        ("sell", "2", "treasury")
    ]
