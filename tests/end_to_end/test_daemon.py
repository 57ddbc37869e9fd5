"""The daemon as a process: an alert, a restart in the middle of it, and its end; on both databases."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from decimal import Decimal
from typing import Any

import aiohttp
import pytest

from tests.end_to_end.stage import Stage, ask, rows, told, until

HEDGE = """
[[holdings]]
asset = "BTC"
quantity = 5

[[hedges]]
name = "btc-core"
asset = "BTC"
spot = "binance:BTC/USDT"
futures = "binance:BTC/USDT:USDT"
position = {{ contracts = {contracts} }}

[rules.drift]
for = 0
keep_firing_for = 0
"""


def cycles(storage: str) -> int:
    found = rows(storage, "SELECT count(*) FROM cycle_history WHERE exchange = 'binance'")
    return int(found[0][0]) if found else 0


def pin(stage: Stage) -> None:
    figures = {"spot": ("59999.5", "60000.5"), "futures": ("60019.5", "60020.5"), "funding_rate": "0.0001"}
    stage.world.pin("BTC", exchange="binance", **figures)


async def test_an_alert_lives_through_a_restart_and_ends_when_it_is_mended(stage: Stage, store_url: str) -> None:
    pin(stage)
    config = stage.configure(HEDGE.format(contracts="-4.8") + stage.channels(), storage=store_url)
    first = stage.daemon(config, "worker", "--log-format", "json")
    await first.start()
    await until(lambda: told(stage) and stage.mailbox.mails, "the alert")
    assert await first.stop() == 0, first.err
    check_the_alert(stage)

    seen = cycles(store_url)
    second = stage.daemon(config, "worker", "--log-format", "json")
    await second.start()
    await until(lambda: cycles(store_url) >= seen + 2, "two cycles of the second daemon")
    assert await second.stop() == 0, second.err
    assert [kind for kind, _ in told(stage)] == ["firing"], "a restart told the same episode again"

    config.write_text(config.read_text().replace("contracts = -4.8", "contracts = -5"))
    third = stage.daemon(config, "worker", "--log-format", "json")
    await third.start()
    await until(lambda: len(told(stage)) > 1 and len(stage.mailbox.mails) > 1, "the end of the alert")
    assert await third.stop() == 0, third.err
    (_, firing), (kind, resolved) = told(stage)
    assert (kind, resolved["episode"], resolved["sequence"]) == ("resolved", firing["episode"], 2)
    assert rows(store_url, "SELECT rule, state FROM alert_history") == [("drift", "resolved")]
    states = "SELECT channel, event_type, state, attempts FROM delivery_history ORDER BY 2, 1"
    assert [(row[0], str(row[1]).split(".")[-1], row[2]) for row in rows(store_url, states)] == [
        ("hook", "firing", "delivered"),
        ("me", "firing", "delivered"),
        ("hook", "resolved", "delivered"),
        ("me", "resolved", "delivered"),
    ]
    for daemon in (first, second, third):
        assert daemon.out == ""
        assert "Traceback" not in daemon.err
        assert all(json.loads(line)["level"] in {"info", "warning"} for line in daemon.err.splitlines())


def check_the_alert(stage: Stage) -> None:
    [(kind, data)] = told(stage)
    assert (kind, data["rule"], data["severity"], data["action"]) == ("firing", "drift", "warning", "rebalance")
    assert (data["hedge"], data["value"], data["threshold"]) == ("btc-core", "-0.04", "0.02")
    snapshot = data["snapshot"]
    assert (snapshot["spot_price"], snapshot["futures_price"], snapshot["hedge_ratio"]) == ("60000", "60020", "0.96")
    [order] = data["orders"]
    assert (order["exchange"], order["symbol"], order["side"]) == ("binance", "BTC/USDT:USDT", "sell")
    assert (order["coins"], order["order_quantity"], order["order_unit"]) == ("0.2", "0.2", "base")
    assert (order["time_in_force"], order["reduce_only"]) == ("post_only", False)
    assert Decimal(order["limit_price"]) % Decimal("0.1") == 0
    [mail] = stage.mailbox.mails
    assert mail.is_encrypted
    assert (mail.user, mail.recipients) == ("me@example.com", ("me@example.com",))
    assert mail.message["Message-ID"].strip("<>").startswith(data["event_id"])
    assert "btc-core" in mail.message["Subject"]
    kinds = [part.get_content_type() for part in mail.message.walk()]
    assert "text/plain" in kinds
    assert "text/html" in kinds
    body = mail.message.get_body(("plain",))
    assert body is not None
    assert "0.2" in body.get_content()
    assert order["limit_price"] in body.get_content()


async def test_run_serves_the_pages_beside_the_worker_and_sigterm_ends_both(stage: Stage) -> None:
    pin(stage)
    storage = f"sqlite:///{stage.folder / 'hedgewatch.db'}"
    config = stage.configure(HEDGE.format(contracts="-5"))
    daemon = stage.daemon(config, "run", "--listen", "127.0.0.1:0", "--log-format", "json")
    await daemon.start()
    await until(lambda: cycles(storage) >= 2, "two cycles")
    lines = [json.loads(line) for line in daemon.err.splitlines()]
    address = next(line["url"] for line in lines if line["event"] == "pages")
    async with aiohttp.ClientSession() as session, session.get(address) as response:
        page = await response.text()
    assert response.status == 200
    assert "btc-core" in page
    assert await daemon.stop() == 0, daemon.err
    assert daemon.out == ""


async def test_sigterm_during_a_cycle_lets_it_finish(stage: Stage) -> None:
    pin(stage)
    storage = f"sqlite:///{stage.folder / 'hedgewatch.db'}"
    config = stage.configure(HEDGE.format(contracts="-5"), poll="5s")
    stage.exchanges.faults.set("binance", "latency", seconds=1.5, path="fapi/v1/ticker/bookTicker")
    daemon = stage.daemon(config, "worker")
    await daemon.start()
    await until(lambda: stage.exchanges.counts["binance"]["/fapi/v1/ticker/bookTicker"], "the first question")  # type: ignore[index]  # a StrEnum is its text
    assert cycles(storage) == 0
    assert await daemon.stop() == 0, daemon.err
    assert rows(storage, "SELECT exchange, outcome FROM cycle_history") == [("binance", "ok")]


async def test_a_second_worker_stands_by_and_takes_over_from_one_that_ctrl_c_ends(stage: Stage) -> None:
    pin(stage)
    storage = f"sqlite:///{stage.folder / 'hedgewatch.db'}"
    config = stage.configure(HEDGE.format(contracts="-5"))
    first, second = stage.daemon(config, "worker"), stage.daemon(config, "worker")
    await first.start()
    await until(lambda: cycles(storage), "a cycle")
    await second.start()
    await until(lambda: "standing_by" in second.err, "the second one standing by")
    said = json.loads((await ask("--config", str(config), "status", "--json")).out)
    assert [row["state"] for row in said["workers"]] == ["active", "standby"]
    assert f":{first.process.pid}:" in said["workers"][0]["worker"]
    os.kill(first.process.pid, signal.SIGINT)
    assert await first.ended() == 0
    seen = cycles(storage)
    await until(lambda: cycles(storage) > seen + 1, "cycles of the second one")
    assert "leading" in second.err
    assert await second.stop() == 0
    assert rows(storage, "SELECT DISTINCT epoch FROM cycle ORDER BY 1") == [(1,), (2,)]
    assert rows(storage, "SELECT count(*) FROM worker") == [(0,)]
    assert "Traceback" not in first.err + second.err


@pytest.mark.parametrize("after", [0.05, 0.5, 1.0])
async def test_sigterm_at_any_moment_of_the_start_ends_it_quietly(stage: Stage, after: float) -> None:
    daemon = stage.daemon(stage.configure(HEDGE.format(contracts="-5")), "worker")
    await daemon.start()
    await asyncio.sleep(after)
    code: Any = await daemon.stop()
    assert code in {0, -signal.SIGTERM}, daemon.err
    assert "Traceback" not in daemon.err
