"""One daemon through three misfortunes: an exchange that hangs, its return, and a book that stands still."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from tests.end_to_end.stage import SECRETS, Stage, rows, staged, told, until

HEDGE = """
[[holdings]]
asset = "{asset}"
quantity = 10

[[hedges]]
name = "{exchange}"
asset = "{asset}"
spot = "{exchange}:{asset}/USDT"
futures = "{exchange}:{asset}/USDT:USDT"
position = {{ contracts = -10 }}
"""
RULES = """
[rules.exchange_down]
warning = { fire = "3s" }

[rules.data_stale]
warning = { fire = "3s" }
"""
HEDGES = (("binance", "BTC"), ("bybit", "ETH"), ("weex", "SOL"))
CYCLES = "SELECT exchange, started_at_ms, committed_at_ms, outcome, error FROM cycle_history ORDER BY started_at_ms"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the run left behind. cycles: by exchange (started, committed, outcome, error), times in milliseconds."""

    code: int
    err: str
    cycles: Mapping[str, list[tuple[int, int, str, str | None]]]
    events: list[tuple[str, Mapping[str, Any]]]
    hung: tuple[int, int]
    questions: int


async def live_through(folder: Path) -> Told:
    """Run the daemon, strike, and return what it said."""
    async with staged(folder) as stage:
        storage = f"sqlite:///{folder / 'hedgewatch.db'}"
        text = "".join(HEDGE.format(exchange=exchange, asset=asset) for exchange, asset in HEDGES)
        daemon = stage.daemon(stage.configure(text + RULES + stage.channels()), "worker", "--log-format", "json")
        await daemon.start()
        await until(lambda: len(rows(storage, CYCLES)) >= 3 * len(HEDGES), "three cycles")

        stage.exchanges.forget_calls()
        stage.exchanges.faults.set("bybit", "hang")
        hung_at = rows(storage, CYCLES)[-1][1]
        await until(lambda: told(stage, "exchange_down"), "the alert of the hung exchange")
        await asyncio.sleep(2)
        back_at = rows(storage, CYCLES)[-1][1]
        questions = sum(stage.exchanges.counts["bybit"].values())  # type: ignore[index]  # a StrEnum is its text
        stage.exchanges.faults.clear("bybit")
        await until(lambda: len(told(stage, "exchange_down")) > 1, "the return of the exchange")

        await freeze(stage)
        await until(lambda: told(stage, "data_stale"), "the alert of the frozen book")
        code = await daemon.stop()
        cycles: dict[str, list[tuple[int, int, str, str | None]]] = {}
        for exchange, *rest in rows(storage, CYCLES):
            cycles.setdefault(exchange, []).append(tuple(rest))
        return Told(
            code=code,
            err=daemon.err,
            cycles=cycles,
            events=told(stage),
            hung=(hung_at, back_at),
            questions=questions,
        )


async def freeze(stage: Stage) -> None:
    """Let the market fall while one book of futures stands still."""
    stage.world.switch("crash", stage.world.started_at)
    stage.exchanges.faults.set("weex", "frozen_book", path="/capi/")


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Told:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in SECRETS.items():
            patch.setenv(name, value)
        return asyncio.run(live_through(tmp_path_factory.mktemp("misfortune")))


def during(lived: Told, exchange: str) -> list[tuple[int, int, str, str | None]]:
    return [cycle for cycle in lived.cycles[exchange] if lived.hung[0] < cycle[0] <= lived.hung[1]]


def test_a_hung_exchange_delays_no_other(lived: Told) -> None:
    cycles = during(lived, "binance")
    assert len(cycles) >= 4
    assert {outcome for _, _, outcome, _ in cycles} == {"ok"}
    starts = [started for started, *_ in cycles]
    gaps = [later - earlier for earlier, later in pairwise(starts)]
    lasted = [committed - started for started, committed, *_ in cycles]
    # the middle tells of the hung exchange, the longest also of a machine that was busy for a moment
    assert (median(gaps), median(lasted)) < (1_400, 1_000)
    assert max(*gaps, *lasted) < 3_000


def test_the_hung_exchange_says_so_in_its_own_rows(lived: Told) -> None:
    hung = [cycle for cycle in during(lived, "bybit") if cycle[2] != "ok"]
    assert len(hung) >= 3
    assert {outcome for _, _, outcome, _ in hung} == {"failed"}
    assert all(error for *_, error in hung)


def test_cycles_never_pile_up(lived: Told) -> None:
    for exchange, cycles in lived.cycles.items():
        for (_, committed, *_), (started, *_) in pairwise(cycles):
            assert started >= committed, exchange
    assert lived.questions <= 6 * len(during(lived, "bybit")), "a hung exchange was asked on top of open questions"


def test_one_alert_tells_of_the_exchange_and_names_what_it_blinds(lived: Told) -> None:
    down = [(kind, data) for kind, data in lived.events if data["rule"] == "exchange_down"]
    assert [kind for kind, _ in down] == ["firing", "resolved"]
    firing = down[0][1]
    assert (firing["exchange"], firing["hedge"], firing["hedges"]) == ("bybit", None, ["bybit"])
    assert firing["action"] == "check_data"
    assert "bybit" in firing["message"]


def test_the_stale_data_of_an_exchange_that_is_down_is_held_back(lived: Told) -> None:
    stale = [data["hedge"] for _, data in lived.events if data["rule"] == "data_stale"]
    assert "bybit" not in stale


def test_a_book_that_stands_still_while_the_market_moves_is_told(lived: Told) -> None:
    frozen = [data for kind, data in lived.events if (kind, data["rule"]) == ("firing", "data_stale")]
    assert [(data["hedge"], data["leg"]) for data in frozen] == [("weex", "weex:SOL/USDT:USDT")]
    assert "frozen" in frozen[0]["message"]


def test_it_ends_as_if_nothing_had_been(lived: Told) -> None:
    assert lived.code == 0
    assert "Traceback" not in lived.err
    assert "job_broke" not in lived.err
