"""The daily digest through the real program: made of the store's day, mailed and posted once."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.stage import Stage, watch_here

HEDGES = """
[[holdings]]
asset = "BTC"
quantity = 5

[[holdings]]
asset = "ETH"
quantity = 10

[[hedges]]
name = "btc-core"
asset = "BTC"
spot = "binance:BTC/USDT"
futures = "binance:BTC/USDT:USDT"
position = { contracts = -4, entry_price = 60000, margin = 300000 }
purpose = "announcement"
event_at = 2030-01-01T00:00:00Z
rules = { drift = { for = 1 } }

[[hedges]]
name = "eth"
asset = "ETH"
spot = "bybit:ETH/USDT"
futures = "bybit:ETH/USDT:USDT"
position = { coins = -10 }
"""


@pytest.fixture
async def config(stage: Stage) -> Path:
    """Return a configuration with a digest that is due, over a store that has watched since the day before."""
    stage.world.pin("BTC", exchange="binance", spot="60000", futures="60030", funding_rate="0.0001")
    stage.world.pin("ETH", exchange="bybit", spot="3000", futures="3001", funding_rate="0.0001")
    await watch_here(stage.configure(HEDGES), 2)
    began = int((datetime.now(UTC) - timedelta(days=1, hours=12)).timestamp() * 1000)
    with sqlite3.connect(stage.folder / "hedgewatch.db") as database:
        database.execute("UPDATE cycle SET started_at_ms = ? WHERE rowid = 1", (began,))
    database.close()
    at = datetime.now(UTC) - timedelta(minutes=2)
    return stage.configure(HEDGES + stage.channels() + f'digest = {{ channels = ["me", "hook"], at = "{at:%H:%M}" }}\n')


async def test_a_digest_is_mailed_and_posted_once_a_day(stage: Stage, config: Path) -> None:
    for _ in range(3):  # three starts of the worker on one day
        await watch_here(config, 2)
    (mail,) = [one.message for one in stage.mailbox.mails if str(one.message["Subject"]).startswith("[digest]")]
    assert str(mail["Subject"]) == "[digest] btc-core has 1 open alert: drift (critical); 1 as it should be"
    body = mail.get_body(("plain",))
    assert body is not None
    words = " ".join(body.get_content().split())
    assert "btc-core: ALERT: it has 1 open alert: drift (critical). 80.0 % of 5 BTC hedged;" in words
    assert "eth: OK. 100.0 % of 10 ETH hedged;" in words
    assert "2030-01-01 00:00:00 UTC btc-core: its event (announcement)" in words
    (post,) = [one for one in stage.receiver.received if one.body["type"] == "hedge.digest.daily"]
    data: Any = post.body["data"]
    assert [hedge["hedge"] for hedge in data["hedges"]] == ["btc-core", "eth"]
    assert data["event_id"] == post.webhook_id == mail["X-Hedgewatch-Event"]
