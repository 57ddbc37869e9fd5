"""``rules list``: each rule's present answer beside its thresholds, from what the worker last stored."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hedgewatch.domain.rules import BUILT_RULES
from tests.end_to_end.stage import Stage, ask, watch_here

HEDGE = """
[[holdings]]
asset = "BTC"
quantity = 5

[[hedges]]
name = "btc-core"
asset = "BTC"
spot = "binance:BTC/USDT"
futures = "binance:BTC/USDT:USDT"
position = { contracts = -4.9 }
rules = { drift = { warning = { fire = 0.015, clear = 0.01 } }, negative_funding = { enabled = false } }
"""


@pytest.fixture
def config(stage: Stage) -> Path:
    stage.world.pin("BTC", exchange="binance", spot="60000", futures="60030", funding_rate="0.0001")
    return stage.configure(HEDGE)


async def test_every_rule_is_listed_with_its_value_and_thresholds(config: Path) -> None:
    await watch_here(config, 1)
    answer = await ask("--config", str(config), "rules", "list", "--json")
    assert (answer.code, answer.err) == (0, "")
    rows = json.loads(answer.out)["rules"]
    assert {row["rule"] for row in rows} == BUILT_RULES
    under = next(row for row in rows if (row["rule"], row["side"]) == ("drift", "under"))
    assert {name: under[name] for name in ("hedge", "outcome", "severity", "value", "threshold", "enabled")} == {
        "hedge": "btc-core", "outcome": "BREACH", "severity": "warning", "value": "-0.02", "threshold": "0.015",
        "enabled": True,
    }  # fmt: skip
    assert under["levels"]["warning"] == {"fire": "0.015", "clear": "0.01"}
    off = next(row for row in rows if row["rule"] == "negative_funding")
    assert (off["enabled"], off["outcome"], off["value"]) == (False, None, None)


async def test_a_person_reads_one_line_a_rule(config: Path) -> None:
    await watch_here(config, 1)
    answer = await ask("--config", str(config), "rules", "list", "--hedge", "btc-core", "--rule", "drift")
    assert answer.code == 0
    assert "BREACH (warning)" in answer.out
    assert "warning 0.015 (0.01)" in answer.out
    assert "negative_funding" not in answer.out


async def test_before_the_first_cycle_nothing_looks_clear(config: Path) -> None:
    await watch_here(config, 0)
    answer = await ask("--config", str(config), "rules", "list")
    assert "CLEAR" not in answer.out
    assert "not judged yet" in answer.out


@pytest.mark.parametrize(
    ("words", "mend"),
    [(("--hedge", "btc"), 'no hedge "btc"'), (("--rule", "drft"), 'no rule "drft"; did you mean "drift"?')],
)
async def test_a_name_that_does_not_exist_is_refused(config: Path, words: tuple[str, ...], mend: str) -> None:
    answer = await ask("--config", str(config), "rules", "list", *words)
    assert answer.code == 2
    assert mend in answer.err
