"""The playbook's price of insurance: the daemon learns the past by itself, and then says when to decide."""

from __future__ import annotations

import json
from typing import Any

from tests.end_to_end.stage import Stage, ask, rows, told, until
from tests.end_to_end.test_doctor import hedge

WEIGHED = "SELECT carry_cost_usd, protection_usd, cost_ratio FROM hedge_history WHERE cost_ratio IS NOT NULL"
CANDLES = "SELECT count(*), count(DISTINCT instrument_id) FROM candle WHERE step_seconds = 3600"


def pin(stage: Stage, coming: str) -> None:
    figures = {"spot": ("59999.5", "60000.5"), "futures": ("60019.5", "60020.5"), "funding_rate": coming}
    stage.world.pin("BTC", exchange="binance", **figures)


async def looked(config: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Look once; return the hedge and what cost_outweighs says of it."""
    [found] = json.loads((await ask("--config", config, "once", "--json")).out)["hedges"]
    return found, next(one for one in found["outcomes"] if one["rule"] == "cost_outweighs")


async def test_the_daemon_learns_the_past_and_tells_when_insurance_costs_too_much(stage: Stage) -> None:
    storage = f"sqlite:///{stage.folder / 'hedgewatch.db'}"
    pin(stage, "0.0001")
    config = stage.configure(hedge() + stage.channels())
    bare, unknown = await looked(str(config))
    assert (unknown["outcome"], unknown["reason"], bare["cost_ratio"]) == ("UNKNOWN", "not_available", None)

    daemon = stage.daemon(config, "worker", "--log-format", "json")
    await daemon.start()
    await until(lambda: rows(storage, WEIGHED), "a hedge that is weighed")
    await until(lambda: rows(storage, CANDLES) == [(2 * 91 * 24, 2)], "91 days of both legs")
    known, calm = await looked(str(config))
    assert calm["outcome"] == "CLEAR", "a look knows what the store does, and the short earns"
    assert float(known["protection_usd"]) > 0 > float(known["carry_cost_usd"])

    pin(stage, "-0.01")  # half of it and half of the week's mean: more than half of what the hedge protects
    alert = (await until(lambda: told(stage, "cost_outweighs"), "the decision"))[0][1]
    assert await daemon.stop() == 0, daemon.err
    assert (alert["severity"], alert["action"]) == ("critical", "close")
    assert "decide: insurance costs" in alert["message"]
    assert [(order["side"], order["coins"], order["reduce_only"]) for order in alert["orders"]] == [("buy", "5", True)]
