"""The playbook on margin, time and the roll, against simulated exchanges: what its reader is told, and is to do."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.end_to_end.stage import Stage, ask, told, until, watch_here
from tests.end_to_end.test_accounts import account_at, configuration, set_keys

D = Decimal
COINS = '[[holdings]]\nname = "cold"\nasset = "BTC"\nquantity = 5\n'
HEDGE = """
[[hedges]]
name = "core"
asset = "BTC"
spot = ["binance:BTC/USDT", "bybit:BTC/USDT"]
futures = "{futures}"
position = {{ contracts = -5, entry_price = 60000, margin = {margin} }}
purpose = "the ruling"
{more}
"""
PERPETUAL = "binance:BTC/USDT:USDT"


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    set_keys(monkeypatch)


def declared(margin: int = 300_000, futures: str = PERPETUAL, more: str = "") -> str:
    return COINS + HEDGE.format(futures=futures, margin=margin, more=more)


def priced(stage: Stage, price: str) -> None:
    stage.world.pin("BTC", spot=price, futures=price, inverse=price, mark=price, index=price)


def in_hours(hours: float) -> str:
    return (datetime.now(UTC) + timedelta(hours=hours)).isoformat(timespec="seconds")


async def outcomes(stage: Stage, text: str) -> dict[str, Any]:
    """Look once; return the outcome of every rule, and the hedge itself."""
    said = await ask("--config", str(stage.configure(text)), "once", "--json")
    assert said.out, said.err
    [hedge] = json.loads(said.out)["hedges"]
    return {one["rule"]: one for one in hedge["outcomes"]} | {"hedge": hedge}


async def test_leverage_is_survival_not_size(stage: Stage) -> None:
    priced(stage, "60000")
    thin = await outcomes(stage, declared(30_000))
    calm = await outcomes(stage, declared(300_000))
    assert (thin["leverage"]["severity"], calm["leverage"]["outcome"]) == ("critical", "CLEAR")
    assert thin["hedge"]["hedge_ratio"] == calm["hedge"]["hedge_ratio"] == "1", "both hedge all of the coins"
    assert "how long it survives, not how much it hedges: 100 %" in thin["leverage"]["reason"]


async def test_a_squeeze_toward_liquidation_is_told_with_the_margin_that_saves_the_hedge(stage: Stage) -> None:
    priced(stage, "60000")
    config = stage.configure(declared(100_000) + stage.channels())
    await watch_here(config, 2)
    assert not told(stage, "liquidation_distance"), "a third of the notional is margin: 33 % away"
    priced(stage, "66000")
    await watch_here(config, 2)
    await until(lambda: told(stage, "liquidation_distance"), "the alert")
    _, alert = told(stage, "liquidation_distance")[0]
    assert (alert["severity"], alert["action"], alert["leg"]) == ("warning", "top_up", PERPETUAL)
    assert alert["top_up"]["asset"] == "USDT"
    assert alert["top_up"]["liquidation_price_after"] == "99000", "half again of what it costs now"
    [cut] = alert["orders"]
    assert (cut["side"], cut["reduce_only"]) == ("buy", True)
    assert alert["condition"] == "if no margin is added instead"
    saved = await outcomes(stage, declared(100_000 + int(D(alert["top_up"]["amount"])) + 1))
    assert saved["liquidation_distance"]["outcome"] == "CLEAR"


async def test_coins_and_margin_in_one_account_are_told_apart(stage: Stage) -> None:
    held = account_at(stage, "binance")
    held.open("BTC", "-5", leverage="2")
    found = await outcomes(
        stage, configuration("binance").replace('name = "core"', 'name = "core"\nmargin_mode = "isolated"')
    )
    assert found["margin_mode"]["outcome"] == "BREACH"
    assert "the whole wallet backs it" in found["margin_mode"]["reason"]
    assert found["collateral_shared"]["outcome"] == "CLEAR", "dollars back the short, not the coins"


async def test_a_wallet_that_is_drained_is_told_by_its_account(stage: Stage) -> None:
    held = account_at(stage, "binance")
    held.open("BTC", "-5", leverage="10")
    text = configuration("binance")
    assert (await outcomes(stage, text))["margin_usage"]["outcome"] == "CLEAR"
    held.withdraw("linear", "USDT", "92000")
    found = await outcomes(stage, text)
    usage = found["margin_usage"]
    assert usage["outcome"] == "BREACH", usage
    assert usage["top_up"]["account"] == "treasury"
    held.deposit("linear", "USDT", usage["top_up"]["amount"])
    assert (await outcomes(stage, text))["margin_usage"]["outcome"] == "CLEAR", "what it asked for is enough"


@pytest.mark.parametrize("exchange", ["binance", "bybit"])
async def test_a_short_at_the_head_of_the_queue_is_told_before_it_is_taken(exchange: str, stage: Stage) -> None:
    account_at(stage, exchange).open("BTC", "-5", leverage="4", is_isolated=True, adl="5")
    adl = (await outcomes(stage, configuration(exchange)))["adl"]
    assert (adl["severity"], adl["value"], adl["threshold"]) == ("critical", "5", "5")
    assert D(adl["top_up"]["amount"]) == 75_000, "twice the margin is half the score"


async def test_the_event_is_a_status_before_and_a_close_after(stage: Stage) -> None:
    priced(stage, "60000")
    coming = await outcomes(stage, declared(more=f"event_at = {in_hours(23)}"))
    assert coming["event_passed"]["severity"] == "info"
    assert "keep the hedge on" in coming["event_passed"]["reason"]
    assert coming["hedge"]["orders"] == []
    over = await outcomes(stage, declared(more=f"event_at = {in_hours(-25)}"))
    assert over["event_passed"]["severity"] == "warning"
    assert [(one["rule"], one["side"], one["coins"]) for one in over["hedge"]["orders"]] == [
        ("event_passed", "buy", "5")
    ]


async def test_a_horizon_that_has_passed_stays_told_until_somebody_says_why(stage: Stage) -> None:
    priced(stage, "60000")
    config = stage.configure(declared(more=f"until = {in_hours(-1)}") + stage.channels())
    await watch_here(config, 2)
    await until(lambda: told(stage, "horizon_end"), "the alert")
    kind, alert = told(stage, "horizon_end")[0]
    assert (kind, alert["severity"], alert["action"]) == ("firing", "critical", "close")
    said = await ask("--config", str(config), "alerts", "ack", alert["episode"], "--note", "kept for the appeal")
    assert said.code == 0, said.err
    await watch_here(config, 2)
    await until(lambda: len(told(stage, "horizon_end")) == 2, "its end")
    assert told(stage, "horizon_end")[1][0] == "closed"


async def test_a_dated_short_is_rolled_before_it_expires(stage: Stage) -> None:
    future = "binance:BTC/USDT:USDT-" + next(
        datetime.fromtimestamp(listing.expiry / 1000, UTC).strftime("%y%m%d")
        for listing in stage.world.listings("binance")
        if listing.expiry and listing.pair == "BTCUSDT"
    )
    due = 'rules = { roll_due = { warning = { fire = "400d" } } }'
    found = await outcomes(stage, declared(futures=future, more=due))
    assert found["roll_due"]["severity"] in {"warning", "critical"}
    orders = [one for one in found["hedge"]["orders"] if one["rule"] == "roll_due"]
    assert [(one["side"], one["reduce_only"], one["coins"]) for one in orders] == [
        ("sell", False, "5"),
        ("buy", True, "5"),
    ]
    assert f"binance:{orders[1]['symbol']}" == future
    assert [one["hedge_ratio_after"] for one in orders] == ["2", "1"], "the later one first, never naked"


async def test_a_short_that_was_delivered_is_one_event(stage: Stage) -> None:
    priced(stage, "60000")
    lately = (datetime.now(UTC) - timedelta(hours=8)).strftime("%y%m%d")  # its eight o'clock was within the last day
    found = await outcomes(stage, declared(futures=f"binance:BTC/USDT:USDT-{lately}"))
    breached = [rule for rule, one in found.items() if rule != "hedge" and one["outcome"] == "BREACH"]
    assert breached == ["roll_due"]
    assert "was delivered, the coins are naked" in found["roll_due"]["reason"]
    assert not [rule for rule, one in found.items() if one.get("outcome") == "UNKNOWN" and one["reason"] == "stale"]


async def test_a_hedge_still_being_built_is_no_fault(stage: Stage) -> None:
    priced(stage, "60000")
    text = declared(more=f"opening_until = {in_hours(1)}").replace("contracts = -5", "contracts = -2")
    assert (await outcomes(stage, text))["drift"]["outcome"] == "BAND"


async def test_a_hedge_that_cannot_be_read_is_judged_by_another_exchange(stage: Stage) -> None:
    priced(stage, "60000")
    config = stage.configure(declared(60_000) + stage.channels())
    await watch_here(config, 2)
    stage.exchanges.faults.set("binance", "503")
    priced(stage, "70000")
    said = await ask("--config", str(config), "once", "--json")
    [down] = [
        one for one in json.loads(said.out)["hedges"][0]["outcomes"]
        if one["rule"] == "exchange_down" and "no useful answer" in one["reason"]
    ]  # fmt: skip
    assert "core was 19.40 % from liquidation" in down["reason"]
    assert "by bybit:BTC/USDT about 2.35 % now" in down["reason"]
