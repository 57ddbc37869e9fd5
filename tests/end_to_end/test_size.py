"""The size command against all five exchanges, against none, and against the store that remembers one."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.stage import EXCHANGES, Stage, ask, watch_here
from tests.end_to_end.test_accounts import account_at, configuration, set_keys

BTC = "BTC/USDT:USDT"
WORTH = ("--asset", "BTC", "--notional", "300000")
WATCHED = """
[[holdings]]
asset = "BTC"
quantity = 5

[[hedges]]
name = "btc"
asset = "BTC"
spot = "{exchange}:BTC/USDT"
futures = "{exchange}:BTC/USDT:USDT"
position = {{ coins = -5 }}
"""
DEAD = "http://127.0.0.1:9"  # the discard port: nothing listens there


def pin(stage: Stage, **figures: object) -> None:
    stage.world.pin(
        "BTC",
        **{
            "spot": ("59999", "60001"),
            "futures": ("60029", "60031"),
            "funding_rate": "0.0001",
            "interval_hours": 8,
            **figures,
        },
    )


async def size(config: Path, *arguments: str) -> Any:
    said = await ask("--config", str(config), "size", *arguments, "--json")
    assert (said.code, said.err) == (0, "")
    return json.loads(said.out)


def codes(answer: Any) -> list[str]:
    return [warning["code"] for warning in answer["warnings"]]


@pytest.mark.parametrize("exchange", EXCHANGES)
async def test_a_hedge_is_sized_from_what_each_exchange_tells(stage: Stage, exchange: str) -> None:
    pin(stage)
    answer = await size(stage.configure(""), *WORTH, "--futures", f"{exchange}:{BTC}", "--leverage", "2")
    in_contracts = exchange == "mexc"
    assert (answer["exchange"], answer["symbol"], answer["source"]) == (exchange, BTC, "exchange")
    assert (answer["contracts"], answer["coins"]) == ("50000" if in_contracts else "5", "5")
    assert (answer["order_quantity"], answer["order_unit"]) == (
        ("50000", "contracts") if in_contracts else ("5", "base")
    )
    assert (answer["price"], answer["limit_price"], answer["hedge_ratio"]) == ("60000", "60031", "1")
    assert (answer["margin_1x"], answer["margin"], answer["margin_asset"]) == ("300155", "150077.5", "USDT")
    assert (answer["funding_rate"], answer["funding_interval_hours"]) == ("0.0001", "8")
    assert Decimal(answer["funding_per_day"]) == 3 * Decimal("0.0001") * 5 * 60030
    assert answer["next_funding_at"] is not None
    assert 89000 < Decimal(answer["liquidation_price"]) < 90000
    is_public = exchange in {"bybit", "mexc"}  # the others tell their tiers to accounts only
    assert answer["maintenance_margin_rate_assumed"] is not is_public
    assert answer["maintenance_margin_rate"] == {"bybit": "0.01", "mexc": "0.008"}.get(exchange, "0.005")
    assert answer["specification"]["contract_size"] == ("0.0001" if in_contracts else "1")
    assert answer["specification"]["tick"] == "0.1"
    assert answer["specification"]["lot_step"] == ("1" if in_contracts else "0.001")
    assert answer["playbook"]["same"] is True
    assert Decimal(answer["book"]["carries_coins"]) > 5
    assert Decimal(answer["book"]["filled_coins"]) == 5
    assert codes(answer) == []
    assert answer["age_seconds"] == "0"


@pytest.mark.parametrize(("exchange", "rate"), [("binance", "0.01"), ("bingx", "0.01"), ("weex", None)])
async def test_an_account_is_asked_for_its_leverage_tiers(
    stage: Stage, exchange: str, rate: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    pin(stage)
    set_keys(monkeypatch)
    account_at(stage, exchange)
    config = stage.configure(configuration(exchange))
    answer = await size(config, *WORTH, "--futures", f"{exchange}:{BTC}")
    assert answer["maintenance_margin_rate"] == (rate or "0.005")
    assert answer["maintenance_margin_rate_assumed"] is (rate is None)
    [words] = [note for note in answer["notes"] if "maintenance margin" in note]
    assert ("5 leverage tiers" in words) is (rate is not None)
    assert ("0.5 % assumed" in words and "we know no call" in words) is (rate is None)


async def test_a_key_that_is_not_there_leaves_the_rate_assumed_and_says_why(stage: Stage) -> None:
    pin(stage)
    answer = await size(stage.configure(configuration("binance")), *WORTH, "--futures", f"binance:{BTC}")
    assert answer["maintenance_margin_rate_assumed"] is True
    assert any("0.5 % assumed" in note and "E2E_ACCOUNT_KEY" in note for note in answer["notes"])


async def test_a_listed_size_that_the_days_trade_contradicts_is_refused(stage: Stage) -> None:
    pin(stage)
    stage.world.change("mexc", "BTC", "perpetual", contract_size="0.01")
    stage.exchanges.faults.set("mexc", "garbage", path="/api/v1/contract/ticker", value="jump", field="amount24")
    said = await ask("--config", str(stage.configure("")), "size", *WORTH, "--futures", f"mexc:{BTC}")
    assert (said.code, said.out) == (1, "")
    assert "a contract is listed as 0.01, but mexc day of trade" in said.err
    assert "nothing may be sized with it" in said.err


async def test_an_altcoins_thin_book_is_told_with_what_it_carries(stage: Stage) -> None:
    stage.world.pin("XYZ", spot=("0.4999", "0.5001"), futures=("0.4999", "0.5001"))
    answer = await size(stage.configure(""), "--coins", "500000", "--futures", "binance:XYZ/USDT:USDT")
    assert codes(answer) == ["book_too_thin"]
    assert answer["book"]["slippage_budget"] == "0.003"
    assert 0 < Decimal(answer["book"]["carries_coins"]) < 500000


async def test_a_book_that_cannot_be_read_is_said_and_not_assumed(stage: Stage) -> None:
    pin(stage)
    stage.exchanges.faults.set("bybit", "html", path="/orderbook")
    answer = await size(stage.configure(""), *WORTH, "--futures", f"bybit:{BTC}")
    assert codes(answer) == ["book_unknown"]
    assert (answer["book"], answer["contracts"]) == (None, "5")
    said = await ask("--config", str(stage.configure("")), "size", *WORTH, "--futures", f"bybit:{BTC}")
    assert "book           not known" in said.out


async def test_a_future_far_below_spot_is_told(stage: Stage) -> None:
    pin(stage, futures=("59300", "59301"))
    answer = await size(stage.configure(""), *WORTH, "--futures", f"weex:{BTC}")
    assert codes(answer) == ["future_below_spot"]
    assert "1.17 % below spot" in answer["warnings"][0]["message"]


async def test_a_dated_future_has_no_funding_but_an_end(stage: Stage) -> None:
    pin(stage, dated=("60500", "60501"))
    listed = next(row for row in stage.world.listings("binance") if row.expiry is not None)
    assert listed.expiry is not None
    day = f"{datetime.fromtimestamp(listed.expiry / 1000, UTC):%y%m%d}"
    answer = await size(stage.configure(""), *WORTH, "--futures", f"binance:{BTC}-{day}")
    assert (answer["contracts"], answer["funding_per_day"], answer["limit_price"]) == ("5", None, "60501")
    assert answer["specification"]["instrument"] == "future"
    assert answer["specification"]["expires_at"] is not None


@pytest.mark.parametrize(
    ("futures", "words"),
    [
        ("binance:BTC/USDC:USDC", 'binance has no market "BTC/USDC:USDC"; did you mean "BTC/USDT:USDT"?'),
        ("weex:BTC/USD:BTC", 'weex has no market "BTC/USD:BTC"; did you mean "BTC/USDT:USDT"?'),
    ],
)
async def test_a_symbol_that_is_not_listed_is_exit_two(stage: Stage, futures: str, words: str) -> None:
    said = await ask("--config", str(stage.configure("")), "size", "--coins", "5", "--futures", futures)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("hedgewatch: --futures: ")
    assert words in said.err


async def test_where_neither_exchange_nor_store_tells_it_is_one_line_and_exit_one(stage: Stage) -> None:
    config = stage.configure("")
    config.write_text(config.read_text().replace(stage.exchanges.base_url, DEAD))
    said = await ask("--config", str(config), "size", *WORTH, "--futures", f"binance:{BTC}")
    assert (said.code, said.out) == (1, "")
    [line] = [line for line in said.err.splitlines() if line.startswith("hedgewatch: ")]
    assert "the store has no reading of binance:BTC/USDT:USDT" in line
    assert "--price --contract-size --kind" in line


async def test_the_store_steps_in_for_an_exchange_that_cannot_be_reached_and_says_its_age(stage: Stage) -> None:
    pin(stage)
    config = stage.configure(WATCHED.format(exchange="mexc"))
    await watch_here(config, 2)
    config.write_text(config.read_text().replace(stage.exchanges.base_url, DEAD))
    said = await ask("--config", str(config), "size", *WORTH, "--futures", f"mexc:{BTC}", "--json")
    assert said.code == 0
    answer = json.loads(said.out)
    assert (answer["source"], answer["contracts"], answer["limit_price"]) == ("store", "50000", "60031")
    assert (answer["price"], answer["funding_rate"]) == ("60000", "0.0001")
    assert codes(answer) == ["from_store", "book_unknown"]
    assert "terms and prices are the stored ones, read " in answer["warnings"][0]["message"]
    assert answer["read_at"] is not None
    assert Decimal(answer["age_seconds"]) < 60


@pytest.mark.parametrize(("exchange", "face"), [("binance", 100), ("bybit", 1), ("bingx", 100), ("mexc", 100)])
async def test_a_coin_margined_contract_is_sized_by_its_face(stage: Stage, exchange: str, face: int) -> None:
    stage.world.pin("BTC", spot="60000", inverse=("59999.9", "60000"), mark="60000", index="60000")
    config = str(stage.configure(""))
    said = await ask("--config", config, "size", "--coins", "5", "--futures", f"{exchange}:BTC/USD:BTC", "--json")
    answer = json.loads(said.out)
    assert (said.code, answer["contracts"]) == (0, str(300_000 // face)), said.err
    assert not [warning for warning in answer["warnings"] if warning["code"].endswith("unknown")], answer["warnings"]
