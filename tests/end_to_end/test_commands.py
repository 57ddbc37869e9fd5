"""Commands that look: status, doctor, channels test, db; and the demo."""

from __future__ import annotations

import json
import sqlite3
from decimal import Decimal
from pathlib import Path

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
position = {{ contracts = {contracts} }}
"""


async def after_a_watch(stage: Stage, contracts: str) -> Path:
    """Watch for two cycles and return the configuration."""
    config = stage.configure(HEDGE.format(contracts=contracts))
    await watch_here(config, 2)
    return config


async def test_status_tells_what_the_daemon_knows_and_when_it_fell_silent(stage: Stage) -> None:
    stage.world.pin("BTC", exchange="binance", spot="60000", futures="60030", funding_rate="0.0001")
    config = await after_a_watch(stage, "-5")
    said = await ask("--config", str(config), "status", "--json")
    answer = json.loads(said.out)
    assert (said.code, said.err, answer["fresh"], answer["alerts"]) == (0, "", True, [])
    assert Decimal(answer["last_cycle_age_seconds"]) < 20
    assert [(hedge["hedge"], hedge["hedge_ratio"], hedge["basis_rate"]) for hedge in answer["hedges"]] == [
        ("btc-core", "1", "0.0005")
    ]
    assert (await ask("--config", str(config), "--json", "status")).out.startswith("{")
    plain = await ask("--config", str(config), "status")
    assert (plain.code, plain.err) == (0, "")
    assert "btc-core" in plain.out
    assert "is written" not in plain.out
    assert answer["configuration"]["taken_over"] is True
    assert (answer["dead_letters"], answer["spool_bytes"]) == ({}, 0)

    written = config.read_text()
    config.write_text(written.replace("quantity = 5", "quantity = 5.0001"))
    changed = json.loads((await ask("--config", str(config), "status", "--json")).out)["configuration"]
    assert (changed["taken_over"], changed["running"]) == (False, answer["configuration"]["running"])
    assert "is written: reload" in (await ask("--config", str(config), "status")).out
    config.write_text(written)

    with sqlite3.connect(stage.folder / "hedgewatch.db") as database:
        database.execute("UPDATE cycle SET committed_at_ms = committed_at_ms - 60000")
    old = await ask("--config", str(config), "status", "--json")
    assert (old.code, json.loads(old.out)["fresh"]) == (3, False)


async def test_a_scenario_of_a_hedge_starts_at_the_price_in_the_store(stage: Stage) -> None:
    stage.world.pin("BTC", exchange="binance", spot="60000", futures="60030", funding_rate="0.0001")
    config = await after_a_watch(stage, "-5")
    said = await ask("--config", str(config), "scenario", "btc-core", "--margin", "300000", "--shock", "-30%", "--json")
    answer = json.loads(said.out)
    assert (said.code, said.err) == (0, "")
    assert (answer["book"]["price"], answer["book"]["basis"]) == ("60000", "30")
    assert answer["notes"][0].startswith("price 60000 as stored, read at 20")
    assert answer["scenarios"][0]["futures_pnl"] == "90000"


async def test_status_is_exit_three_while_an_alert_fires(stage: Stage) -> None:
    config = await after_a_watch(stage, "-4")
    said = await ask("--config", str(config), "status", "--json")
    assert said.code == 3
    assert [(alert["rule"], alert["state"]) for alert in json.loads(said.out)["alerts"]] == [("drift", "firing")]


async def test_status_without_a_database_says_what_to_do(stage: Stage) -> None:
    said = await ask("--config", str(stage.configure(HEDGE.format(contracts="-5"))), "status", "--json")
    assert (said.code, said.out) == (1, "")
    assert "there is no such database yet; start hedgewatch or run `hedgewatch db upgrade`" in said.err
    assert not (stage.folder / "hedgewatch.db").exists()


async def test_a_channel_is_tried_at_once(stage: Stage) -> None:
    config = str(stage.configure(HEDGE.format(contracts="-5") + stage.channels()))
    hook = await ask("--config", config, "channels", "test", "hook", "--json")
    assert (hook.code, hook.err, json.loads(hook.out)["delivered"]) == (0, "", True)
    [post] = stage.receiver.received
    assert post.webhook_id == json.loads(hook.out)["event"]
    mail = await ask("--config", config, "channels", "test", "me")
    assert mail.code == 0
    assert [sent.is_encrypted for sent in stage.mailbox.mails] == [True]
    assert stage.receiver.statistics.unverified == 0
    assert not (stage.folder / "hedgewatch.db").exists()


async def test_a_channel_that_refuses_is_exit_one_and_one_that_is_not_there_exit_two(stage: Stage) -> None:
    config = str(stage.configure(HEDGE.format(contracts="-5") + stage.channels()))
    stage.receiver.refuse(1)
    refused = await ask("--config", config, "channels", "test", "hook", "--json")
    assert (refused.code, refused.out) == (1, "")
    assert "503" in refused.err
    unknown = await ask("--config", config, "channels", "test", "hok")
    assert (unknown.code, unknown.out) == (2, "")
    assert '"hok"' in unknown.err
    assert "hook, me" in unknown.err


async def test_the_schema_is_checked_made_and_checked_again(stage: Stage, store_url: str) -> None:
    config = str(stage.configure(HEDGE.format(contracts="-5"), storage=store_url))
    before = await ask("--config", config, "db", "check", "--json")
    assert before.code == 3
    made = await ask("--config", config, "--json", "db", "upgrade")
    assert (made.code, made.err) == (0, "")
    after = await ask("--config", config, "db", "check")
    assert (after.code, after.err) == (0, "")
    assert "current" in after.out
    again = await ask("--config", config, "db", "upgrade")
    assert (again.code, again.out) == (0, after.out)


async def test_the_demo_shows_cycles_alerts_and_deliveries(stage: Stage) -> None:
    demo = stage.daemon(stage.folder / "none.toml", "demo", "--seconds", "12", "--json")
    await demo.start()
    assert await demo.ended() == 0, demo.err
    summary = json.loads(demo.out)
    assert summary["cycles"] >= 8
    assert set(summary["alerts"]) >= {"drift", "basis_adverse", "negative_funding"}
    for channel in ("hook", "mailbox"):
        counts = summary["deliveries"][channel]
        assert counts["delivered"] >= 3
        assert summary["received"][channel] == counts["delivered"]
    assert "Traceback" not in demo.err
    assert "job_failed" not in demo.err
    assert summary["mail"]["subject"].startswith("[critical] btc-drifted: sell 0.2 BTC of BTC/USDT:USDT on binance")
    assert "Quantity to enter:" in summary["mail"]["text"]
