"""SIGHUP: a changed configuration is taken over between two polls; a wrong one changes nothing and is told."""

from __future__ import annotations

import json
import signal
from itertools import pairwise
from typing import Any

from tests.end_to_end.stage import Daemon, Stage, rows, told, until

HEDGE = """
[[holdings]]
asset = "BTC"
quantity = 5

[[hedges]]
name = "btc-core"
asset = "BTC"
spot = "binance:BTC/USDT"
futures = "binance:BTC/USDT:USDT"
position = { contracts = -4.8 }

[rules.drift]
for = 0
keep_firing_for = 0
"""


def logged(daemon: Daemon, event: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in daemon.err.splitlines()]
    return [line for line in lines if line["event"] == event]


async def test_a_reload_takes_over_what_is_sound_and_tells_what_is_not(stage: Stage) -> None:
    stage.world.pin("BTC", exchange="binance", spot=("59999.5", "60000.5"), futures=("60019.5", "60020.5"))
    storage = f"sqlite:///{stage.folder / 'hedgewatch.db'}"
    config = stage.configure(HEDGE + stage.channels())
    sound = config.read_text()
    daemon = stage.daemon(config, "worker", "--log-format", "json")
    await daemon.start()
    await until(lambda: [kind for kind, _ in told(stage, "drift")] == ["firing"], "the alert")

    config.write_text(sound.replace('spot = "binance', 'spot = "binanze').replace("quantity = 5", "quantity = -5"))
    seen = len(logged(daemon, "cycle"))
    await until(lambda: len(logged(daemon, "cycle")) > seen + 1, "two cycles more")
    assert not told(stage, "self.config_rejected"), "nobody asked for the changed file yet"
    daemon.process.send_signal(signal.SIGHUP)
    await until(lambda: told(stage, "self.config_rejected"), "the refusal")
    kind, refusal = told(stage, "self.config_rejected")[0]
    assert (kind, refusal["severity"], refusal["action"]) == ("firing", "critical", "check_data")
    assert "2 mistakes" in refusal["message"]
    assert 'did you mean "binance"' in refusal["message"]
    assert "holdings[0].quantity" in refusal["message"]

    config.write_text(sound.replace("contracts = -4.8", "contracts = -5"))
    daemon.process.send_signal(signal.SIGHUP)
    await until(lambda: len(told(stage, "drift")) > 1, "the alert's end")
    await until(lambda: len(told(stage, "self.config_rejected")) > 1, "the end of the refusal")
    assert [kind for kind, _ in told(stage, "drift")] == ["firing", "resolved"], "the episode went on over the reloads"
    assert told(stage, "self.config_rejected")[-1][0] == "resolved"

    config.write_text(sound.replace('"btc-core"', '"renamed"'))
    daemon.process.send_signal(signal.SIGHUP)
    await until(lambda: any(data["hedge"] == "renamed" for _, data in told(stage, "drift")), "the hedge's new name")
    config.write_text(sound)
    daemon.process.send_signal(signal.SIGHUP)
    closed = await until(lambda: [data for kind, data in told(stage, "drift") if kind == "closed"], "the closed alert")
    assert closed[0]["hedge"] == "renamed"
    assert "taken out of the configuration" in closed[0]["message"]

    assert await daemon.stop() == 0, daemon.err
    assert len({line["configuration"] for line in logged(daemon, "reloaded")}) == 3
    assert logged(daemon, "reloaded")[-1]["configuration"] == logged(daemon, "started")[0]["configuration"]
    starts = [at for (at,) in rows(storage, "SELECT started_at_ms FROM cycle ORDER BY 1")]
    assert max(after - before for before, after in pairwise(starts)) < 2000, "a poll was missed"
