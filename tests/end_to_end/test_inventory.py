"""``inventory``: what is owned, what it is worth, and what hedges how much of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.end_to_end.stage import Stage, ask, watch_here

BOOK = """
[[holdings]]
name = "cold"
asset = "BTC"
quantity = 5
cost_basis = 42000
where = "hardware wallet"

[[holdings]]
name = "wrapped"
asset = "WBTC"
quantity = 1
counts_as = { asset = "BTC", per_unit = 1 }

[[holdings]]
name = "alts"
asset = "XYZ"
quantity = 10000

[[hedges]]
name = "btc-core"
asset = "BTC"
holdings = [{ name = "cold", share = 0.5 }]
spot = "binance:BTC/USDT"
futures = "binance:BTC/USDT:USDT"
position = { contracts = -2.5 }
"""


@pytest.fixture
def config(stage: Stage) -> Path:
    stage.world.pin("BTC", exchange="binance", spot="60000", futures="60030", funding_rate="0.0001")
    return stage.configure(BOOK)


async def test_every_holding_is_told_with_its_worth_and_its_hedges(config: Path) -> None:
    await watch_here(config, 1)
    answer = await ask("--config", str(config), "inventory", "--json")
    assert (answer.code, answer.err) == (0, "")
    rows = {row["holding"]: row for row in json.loads(answer.out)["holdings"]}
    cold = rows["cold"]
    assert (cold["asset"], cold["quantity"], cold["where"]) == ("BTC", "5", "hardware wallet")
    assert (cold["value_usd"], cold["cost_basis_usd"], cold["unrealised_pnl_usd"]) == ("300000", "210000", "90000")
    assert cold["hedged_by"] == [{"hedge": "btc-core", "share": "0.5", "hedge_ratio": "1", "closed": False}]
    assert [rows[name]["unhedged_share"] for name in ("cold", "wrapped", "alts")] == ["0.5", "1", "1"]
    assert rows["wrapped"]["value_usd"] == "60000"
    assert (rows["alts"]["price_usd"], rows["alts"]["unrealised_pnl_usd"]) == (None, None), "unknown is never a number"


async def test_what_was_told_since_is_shown_and_valued(config: Path) -> None:
    await watch_here(config, 1)
    assert (await ask("--config", str(config), "holding", "set", "cold", "--quantity", "4")).code == 0
    answer = await ask("--config", str(config), "inventory", "--json")
    cold = json.loads(answer.out)["holdings"][0]
    assert (cold["quantity"], cold["value_usd"], cold["unrealised_pnl_usd"]) == ("4", "240000", "72000")


async def test_a_person_reads_one_line_a_holding(config: Path) -> None:
    await watch_here(config, 0)
    assert "nothing was priced yet" in (await ask("--config", str(config), "inventory")).out
    await watch_here(config, 1)
    out = " ".join((await ask("--config", str(config), "inventory")).out.split())
    assert "300,000" in out
    assert "hardware" in out
