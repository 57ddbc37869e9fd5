"""Accounts end to end: signed endpoints of five simulated exchanges, through ccxt, into the answer of ``once``."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from tests.end_to_end.stage import EXCHANGES, Stage, ask

D = Decimal
KEY, SECRET, PASSPHRASE = "canary-account-key-1", "canary-account-secret-2", "canary-passphrase-3"
UNIT = {"mexc": 10_000}  # contracts that are one coin
COIN_MARGINED = ("binance", "bybit", "bingx", "mexc")
FACE = {"binance": 100, "bybit": 1, "bingx": 100, "mexc": 100}
ACCOUNT = """
[accounts.treasury]
exchange = "{exchange}"
api_key = "env:E2E_ACCOUNT_KEY"
secret = "env:E2E_ACCOUNT_SECRET"
password = "env:E2E_ACCOUNT_PASSWORD"
{more}

[[holdings]]
name = "hot"
asset = "BTC"
account = "treasury"

[[holdings]]
name = "cold"
asset = "BTC"
quantity = 2
"""
HEDGE = """
[[hedges]]
name = "core"
asset = "BTC"
spot = "{exchange}:BTC/USDT"
futures = "{exchange}:BTC/{futures}"
"""
LINEAR, INVERSE = "USDT:USDT", "USD:BTC"


def set_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the keys of the account where the configuration looks for them."""
    for name, value in (("KEY", KEY), ("SECRET", SECRET), ("PASSWORD", PASSPHRASE)):
        monkeypatch.setenv(f"E2E_ACCOUNT_{name}", value)


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    set_keys(monkeypatch)


def account_at(stage: Stage, exchange: str) -> Any:
    """Open an account with 3 BTC of coins and money for margin."""
    stage.world.pin("BTC", spot="60000", futures="60000", inverse="60000", mark="60000", index="60000")
    held = stage.exchanges.accounts.add(exchange, "treasury", key=KEY, secret=SECRET, password=PASSPHRASE)
    held.deposit("spot", "BTC", "3")
    held.deposit("linear", "USDT", "100000")
    return held


def configuration(exchange: str, futures: str = LINEAR, more: str = "") -> str:
    return ACCOUNT.format(exchange=exchange, more=more) + HEDGE.format(exchange=exchange, futures=futures)


async def look(stage: Stage, text: str) -> tuple[int, dict[str, Any]]:
    said = await ask("--config", str(stage.configure(text)), "once", "--json")
    assert said.out, said.err
    for secret in (KEY, SECRET, PASSPHRASE):
        assert secret not in said.out + said.err
    return said.code, json.loads(said.out)["hedges"][0]


def breached(hedge: dict[str, Any]) -> set[str]:
    """Return the rules that are breached; none may be blind through a fault of the data."""
    return {one["rule"] for one in hedge["outcomes"] if one["outcome"] == "BREACH"}


@pytest.mark.parametrize("exchange", EXCHANGES)
async def test_coins_and_position_of_an_account_are_the_hedge(exchange: str, stage: Stage) -> None:
    account_at(stage, exchange).open(
        "BTC", D(-5) * UNIT.get(exchange, 1), entry="61000", leverage="10", is_isolated=True
    )
    code, hedge = await look(stage, configuration(exchange))
    [leg] = hedge["legs"]
    assert (hedge["quality"], hedge["holding"], hedge["exposure"]) == ("ok", "5", "5")
    assert (hedge["futures_coins"], hedge["hedge_ratio"], hedge["drift"]) == ("-5", "1", "0")
    assert (leg["account"], leg["leg"]) == ("treasury", f"{exchange}:BTC/USDT:USDT@treasury")
    assert D(leg["contracts"]) == D(-5) * UNIT.get(exchange, 1)
    assert D(leg["unrealised_pnl_usd"]) == 5000
    assert D("0.08") < D(leg["liquidation_distance"]) < D("0.15"), leg
    assert D(leg["liquidation_price"]) == pytest.approx(60000 * (1 + D(leg["liquidation_distance"])), rel=D("0.03"))
    if exchange == "weex":
        assert leg["margin_usage"] is None, "it tells neither tiers nor what a position must keep"
    else:
        assert 0 < D(leg["margin_usage"]) < D("0.2")
    assert D(leg["leverage"]) == pytest.approx(D(300000) / (D(30500) + 5000), rel=D("0.001"))
    thin = {"liquidation_distance", "leverage"}
    assert breached(hedge) == thin, hedge["outcomes"]
    assert code == 3
    [top_up] = [one["top_up"] for one in hedge["outcomes"] if one["rule"] == "liquidation_distance"]
    assert (top_up["account"], top_up["asset"]) == ("treasury", "USDT")
    assert D(top_up["liquidation_price_after"]) == 90000


@pytest.mark.parametrize("exchange", COIN_MARGINED)
async def test_coins_behind_an_inverse_short_are_exposure_once(exchange: str, stage: Stage) -> None:
    held = account_at(stage, exchange)
    held.deposit("inverse", "BTC", "1")
    held.open("BTC", D(-360_000) / FACE[exchange], kind="inverse", entry="60000", leverage="10")
    _, hedge = await look(stage, configuration(exchange, INVERSE))
    [leg] = hedge["legs"]
    assert (hedge["holding"], hedge["exposure"], hedge["hedge_ratio"]) == ("6", "6", "1"), hedge
    assert (D(leg["contracts"]), leg["coins"]) == (D(-360_000) / FACE[exchange], "-6")
    assert "collateral_shared" in breached(hedge), "the coins behind the short are a holding too"
    assert breached(hedge) <= {"collateral_shared", "leverage", "liquidation_distance"}, hedge["outcomes"]
    stage.world.pin("BTC", spot="50000", futures="50000", inverse="50000", mark="50000", index="50000")
    _, hedge = await look(stage, configuration(exchange, INVERSE))
    assert D(hedge["exposure"]) == pytest.approx(D("7.2"), rel=D("0.0001")), "the gain is in coins, which are owned"
    assert D(hedge["futures_coins"]) == D("-7.2")
    assert D(hedge["hedge_ratio"]) == pytest.approx(D(1), rel=D("0.0001"))
    assert breached(hedge) <= {"collateral_shared", "leverage"}, hedge["outcomes"]


@pytest.mark.parametrize("exchange", EXCHANGES)
async def test_an_order_for_the_rest_is_less_what_rests(exchange: str, stage: Stage) -> None:
    held, unit = account_at(stage, exchange), UNIT.get(exchange, 1)
    held.open("BTC", D("-4.5") * unit, leverage="2")
    code, hedge = await look(stage, configuration(exchange))
    [order] = hedge["orders"]
    assert (code, order["account"], order["side"], order["coins"]) == (3, "treasury", "sell", "0.5")
    assert order["order_quantity"] == str(D("0.5") * unit).rstrip("0").rstrip(".") if unit == 1 else "5000"
    held.rest("BTC", D("-0.3") * unit, "60500")
    _, hedge = await look(stage, configuration(exchange))
    [order] = hedge["orders"]
    assert (order["coins"], order["hedge_ratio_after"]) == ("0.2", "0.94")
    drift = next(one for one in hedge["outcomes"] if one["rule"] == "drift")
    assert "0.3 BTC at 60500" in drift["reason"]
    held.rest("BTC", D("-0.2") * unit, "60600")
    _, hedge = await look(stage, configuration(exchange))
    assert hedge["orders"] == []


async def test_a_bad_key_blinds_its_hedge_and_says_the_mend(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    account_at(stage, "binance").open("BTC", "-5")
    monkeypatch.setenv("E2E_ACCOUNT_SECRET", "not-the-secret-at-all")
    code, hedge = await look(stage, configuration("binance"))
    assert (code, hedge["quality"], hedge["hedge_ratio"], hedge["exposure"]) == (3, "unknown", None, None)
    assert hedge["spot_price"] == "60000"
    drift = next(one for one in hedge["outcomes"] if one["rule"] == "drift")
    assert (drift["outcome"], drift["reason"]) == ("UNKNOWN", "bad_key")
