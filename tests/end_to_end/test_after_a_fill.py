"""After a fill: what the owner says of positions and coins is stored at once, judged next, and yields to the file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.stage import Stage, ask, rows, watch_here

HEDGE = """
[[holdings]]
name = "cold"
asset = "BTC"
quantity = 5
cost_basis = 42000

[[hedges]]
name = "btc-core"
asset = "BTC"
spot = "binance:BTC/USDT"
futures = "binance:BTC/USDT:USDT"
position = { contracts = -5, entry_price = 60000, margin = 300000, entry_basis = 30 }
"""
TWO_LEGS = """
[[holdings]]
asset = "ETH"
quantity = 10

[[hedges]]
name = "eth"
asset = "ETH"
spot = "bybit:ETH/USDT"
legs = [
  { name = "first", futures = "bybit:ETH/USDT:USDT", position = { contracts = -5 } },
  { name = "second", futures = "binance:ETH/USDT:USDT", position = { coins = -5 } },
]
"""


@pytest.fixture
def config(stage: Stage) -> Path:
    stage.world.pin("BTC", exchange="binance", spot="60000", futures="60030", funding_rate="0.0001")
    return stage.configure(HEDGE)


async def said(config: Path, *words: str) -> Any:
    answer = await ask("--config", str(config), *words, "--json")
    assert (answer.code, answer.err) == (0, "")
    return json.loads(answer.out)


async def ratio(stage: Stage, config: Path) -> float:
    await watch_here(config, 1)
    query = "SELECT hedge_ratio FROM hedge_history ORDER BY read_at_ms DESC LIMIT 1"
    return float(rows(f"sqlite:///{stage.folder / 'hedgewatch.db'}", query)[0][0])


async def test_a_told_position_holds_until_the_files_entry_changes(stage: Stage, config: Path) -> None:
    assert await ratio(stage, config) == 1
    answer = await said(config, "position", "set", "btc-core", "--contracts", "-4", "--note", "bought one back")
    assert {name: answer[name] for name in ("contracts", "coins", "entry_price", "margin", "source")} == {
        "contracts": "-4", "coins": None, "entry_price": "60000", "margin": "300000", "source": "told",
    }  # fmt: skip
    assert await ratio(stage, config) == 0.8
    stage.configure(HEDGE.replace('name = "cold"', 'name = "cold"\nwhere = "a drawer"'))
    assert await ratio(stage, config) == 0.8, "another entry of the file changed"
    stage.configure(HEDGE.replace("contracts = -5", "contracts = -4.5"))
    assert await ratio(stage, config) == 0.9, "the file's word on this leg is the newer one"
    (shown,) = (await said(config, "position", "show"))["positions"]
    assert (shown["contracts"], shown["source"], shown["note"]) == ("-4.5", "file", None)


async def test_what_is_left_out_stays_as_it_was_last_told(stage: Stage, config: Path) -> None:
    await watch_here(config, 1)
    await said(config, "position", "set", "btc-core", "--coins", "-4", "--entry-price", "61000", "--margin", "1000")
    answer = await said(config, "position", "set", "btc-core", "--contracts", "0")
    assert (answer["contracts"], answer["coins"], answer["entry_price"], answer["margin"]) == (
        "0", None, "61000", "1000",
    )  # fmt: skip
    database = f"sqlite:///{stage.folder / 'hedgewatch.db'}"
    assert rows(database, "SELECT entry_basis FROM told_position") == [(None,)], "a new entry has another premium"
    audit = rows(database, "SELECT action, object FROM audit ORDER BY id")
    assert audit == [("position set", "btc-core binance:BTC/USDT:USDT")] * 2


async def test_coins_that_were_bought_count_at_the_next_cycle(stage: Stage, config: Path) -> None:
    await watch_here(config, 1)
    answer = await said(config, "holding", "set", "cold", "--quantity", "10", "--note", "bought five")
    assert (answer["quantity"], answer["cost_basis"], answer["source"]) == ("10", "42000", "told")
    assert await ratio(stage, config) == 0.5


async def test_once_looks_at_what_was_told(config: Path) -> None:
    await watch_here(config, 1)
    await said(config, "position", "set", "btc-core", "--coins", "-2.5")
    answer = await ask("--config", str(config), "once", "--json")
    (hedge,) = json.loads(answer.out)["hedges"]
    assert hedge["hedge_ratio"] == "0.5"


@pytest.mark.parametrize(
    ("words", "mend"),
    [
        (("position", "set", "btc-cor", "--contracts", "-1"), 'no hedge "btc-cor"; did you mean "btc-core"?'),
        (("position", "set", "btc-core"), "either --contracts or --coins"),
        (("position", "set", "btc-core", "--contracts", "-1", "--coins", "-1"), "either --contracts or --coins"),
        (("position", "set", "btc-core", "--contracts", "many"), "--contracts: expected a decimal number"),
        (("position", "set", "btc-core", "--contracts", "nan"), "--contracts: expected a finite number"),
        (("position", "set", "btc-core", "--contracts", "-1", "--entry-price", "0"), "--entry-price: 0 is no price"),
        (("position", "set", "btc-core", "--contracts", "-1", "--leg", "x"), 'has no leg "x": "binance:BTC/USDT:USDT"'),
        (("holding", "set", "cod", "--quantity", "1"), 'no holding "cod"; did you mean "cold"?'),
        (("holding", "set", "cold", "--quantity", "-1"), "--quantity: -1 is below zero"),
    ],
)
async def test_a_wrong_word_is_refused_in_one_line(config: Path, words: tuple[str, ...], mend: str) -> None:
    await watch_here(config, 1)
    answer = await ask("--config", str(config), *words)
    assert answer.code == 2
    assert mend in answer.err
    assert len(answer.err.splitlines()) == 1


async def test_a_hedge_of_several_legs_wants_to_know_which(stage: Stage) -> None:
    config = stage.configure(TWO_LEGS)
    await watch_here(config, 1)
    refused = await ask("--config", str(config), "position", "set", "eth", "--contracts", "-4")
    assert refused.code == 2
    assert 'name one with --leg: "first", "second"' in refused.err
    await said(config, "position", "set", "eth", "--leg", "second", "--coins", "-2")
    assert await ratio(stage, config) == 0.7
    shown = await ask("--config", str(config), "position", "show")
    assert "-2 coins" in shown.out
