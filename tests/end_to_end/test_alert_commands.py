"""Living with alerts: what is said on the command line is stored at once and taken in by the worker's next cycle."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.stage import Said, Stage, ask, rows, watch_here

HEDGE = """
[[holdings]]
asset = "BTC"
quantity = 5

[[hedges]]
name = "btc-core"
asset = "BTC"
spot = "binance:BTC/USDT"
futures = "binance:BTC/USDT:USDT"
position = { contracts = -4 }
rules = { drift = { for = 1, keep_firing_for = 1 } }
"""


@pytest.fixture
async def config(stage: Stage) -> Path:
    """Return the configuration of a hedge that drifts, after two cycles."""
    stage.world.pin("BTC", exchange="binance", spot="60000", futures="60030", funding_rate="0.0001")
    config = stage.configure(HEDGE + stage.channels())
    await watch_here(config, 2)
    return config


async def said(config: Path, *words: str) -> Any:
    answer: Said = await ask("--config", str(config), *words, "--json")
    assert (answer.code, answer.err) == (0, "")
    return json.loads(answer.out)


async def drift(config: Path) -> dict[str, Any]:
    (alert,) = [one for one in (await said(config, "alerts", "list"))["alerts"] if one["rule"] == "drift"]
    return alert


def stored(stage: Stage, query: str) -> list[Any]:
    return rows(f"sqlite:///{stage.folder / 'hedgewatch.db'}", query)


async def test_an_alert_is_listed_shown_and_acknowledged(stage: Stage, config: Path) -> None:
    episode = (await drift(config))["episode"]
    shown = await said(config, "alerts", "show", episode[:12])
    assert {one["event_type"] for one in shown["deliveries"]} == {"firing"}
    assert shown["acknowledgement"] is None
    answer = await said(config, "alerts", "ack", episode[:12], "--note", "selling", "--by", "ann", "--for", "2h")
    assert (answer["episode"], answer["by"], answer["note"]) == (episode, "ann", "selling")
    await watch_here(config, 2)
    assert (await drift(config))["acknowledged_by"] == "ann", "no cycle forgets it"
    ((actor, action, what),) = stored(stage, "SELECT actor, action, object FROM audit")
    assert (actor, action, what) == ("ann", "acknowledge", episode)
    plain = await ask("--config", str(config), "alerts", "list")
    assert "acknowledged by ann" in " ".join(plain.out.split())
    assert "selling" in (await ask("--config", str(config), "alerts", "show", episode)).out


async def test_a_silence_keeps_what_fires_and_its_end_lets_it_out(stage: Stage, config: Path) -> None:
    silence = (await said(config, "alerts", "silence", "hedge=btc-core", "--for", "2h", "--comment", "moving"))[
        "silence"
    ]
    stage.configure(HEDGE.replace("-4", "-5") + stage.channels())
    await watch_here(config, 2)  # it resolves, which was told before the silence
    stage.configure(HEDGE.replace("-4", "-3") + stage.channels())
    await watch_here(config, 2)
    events = stored(
        stage, "SELECT e.type, o.suppressed_by FROM outbox o JOIN event e ON e.id = o.event_id ORDER BY at_ms"
    )
    assert ("resolved", None) in [tuple(row) for row in events]
    assert ("firing", silence) in [tuple(row) for row in events]
    await said(config, "alerts", "unsilence", silence)
    await watch_here(config, 2)
    last = stored(stage, "SELECT e.type, o.state FROM outbox o JOIN event e ON e.id = o.event_id ORDER BY at_ms DESC")
    assert tuple(last[0]) == ("firing", "delivered")
    assert (await said(config, "alerts", "list"))["silences"] == []


async def test_a_closed_hedge_closes_its_alerts_until_the_file_changes_or_it_is_opened(
    stage: Stage, config: Path
) -> None:
    await said(config, "hedge", "close", "btc-core", "--note", "event over")
    await watch_here(config, 2)
    left = (await said(config, "alerts", "list"))["alerts"]
    assert [one["rule"] for one in left] == ["unhedged_holding"], "a closed hedge covers nothing"
    assert [row[0] for row in stored(stage, "SELECT reason FROM event WHERE type = 'closed'")]
    await said(config, "hedge", "open", "btc-core", "--note", "not yet over")
    await watch_here(config, 2)
    assert await drift(config)
    await said(config, "hedge", "close", "btc-core")
    stage.configure(HEDGE.replace("-4", "-3") + stage.channels())
    await watch_here(config, 2)
    assert await drift(config), "the file says something new of it"


async def test_a_dead_message_is_listed_and_sent_again(stage: Stage, config: Path) -> None:
    with sqlite3.connect(stage.folder / "hedgewatch.db") as database:
        database.execute("UPDATE outbox SET state = 'dead'")
    listed = await ask("--config", str(config), "outbox", "list", "--json")
    assert listed.code == 3
    dead = json.loads(listed.out)
    assert {one["state"] for one in dead} == {"dead"}
    await said(config, "outbox", "replay", dead[0]["event"])
    states = {tuple(row) for row in stored(stage, "SELECT event_id, state FROM outbox")}
    again = {state for event, state in states if event == dead[0]["event"]}
    assert again == {"pending"}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("alerts", "show", "zz"), 'no episode "zz"'),
        (("alerts", "ack", "zz"), 'no episode "zz"'),
        (("alerts", "silence", "hedge=btc-cor", "--for", "1h", "--comment", "x"), 'did you mean "btc-core"?'),
        (("alerts", "silence", "rule=self.dead_letter", "--for", "1h", "--comment", "x"), "acknowledge it"),
        (("alerts", "silence", "hedge=btc-core", "--for", "8d", "--comment", "x"), "--for: a silence lasts at most 7"),
        (("alerts", "silence", "hedge=btc-core", "--for", "soon", "--comment", "x"), "--for: found 'soon'"),
        (("alerts", "silence", "btc-core", "--for", "1h", "--comment", "x"), "is no LABEL=VALUE"),
        (("alerts", "unsilence", "zz"), "no silence zz"),
        (("outbox", "replay", "msg_zz"), "no dead delivery"),
        (("hedge", "close", "btc", "--note", "x"), 'no hedge "btc"'),
        (("hedge", "open", "btc-core"), "nobody has closed"),
    ],
)
async def test_what_cannot_be_done_is_said_in_one_line(config: Path, words: tuple[str, ...], told: str) -> None:
    answer = await ask("--config", str(config), *words)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.count("\n") == 1
    assert told in answer.err
