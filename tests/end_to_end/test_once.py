from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from hedgewatch.simulator.receiver import WebhookReceiver
from tests.end_to_end.stage import EXCHANGES, Stage, ask

# exchange: futures price, coming rate per interval, hours of the interval, contracts that short one coin
PINNED = {
    "binance": ("60030", "0.0001", 8, "-1"),
    "bybit": ("60060", "0.0002", 4, "-1"),
    "bingx": ("59940", "-0.0003", 8, "-1"),
    "weex": ("60120", "0.00005", 4, "-1"),
    "mexc": ("59880", "-0.0001", 4, "-10000"),
}
HEDGE = """
[[holdings]]
name = "{name}"
asset = "BTC"
quantity = {quantity}

[[hedges]]
name = "{name}"
asset = "BTC"
holdings = [{{ name = "{name}" }}]
spot = "{name}:BTC/USDT"
futures = "{name}:BTC/USDT:USDT"
position = {{ contracts = {contracts} }}
"""
ALTCOIN = """
[[holdings]]
asset = "XYZ"
quantity = 10000

[[hedges]]
name = "alt"
asset = "XYZ"
spot = "mexc:XYZ/USDT"
futures = "binance:XYZ/USDT:USDT"
position = { coins = -10000 }
"""


def pin_all(stage: Stage) -> None:
    for exchange, (futures, rate, hours, _) in PINNED.items():
        stage.world.pin(
            "BTC",
            exchange=exchange,
            spot=("59999", "60001"),
            futures=(Decimal(futures) - 1, Decimal(futures) + 1),
            funding_rate=rate,
            settled_rate="0.0001",
            interval_hours=hours,
        )


def hedges(quantity: str = "1", names: tuple[str, ...] = EXCHANGES) -> str:
    return "".join(HEDGE.format(name=name, quantity=quantity, contracts=PINNED[name][3]) for name in names)


def the_hedge(answer: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(hedge for hedge in answer["hedges"] if hedge["hedge"] == name)
    return found


async def test_prices_basis_and_funding_of_all_five_exchanges_are_right(stage: Stage) -> None:
    pin_all(stage)
    said = await ask("--config", str(stage.configure(hedges())), "once", "--json")
    answer = json.loads(said.out)
    assert said.err == ""
    for name, (futures, rate, hours, _) in PINNED.items():
        hedge = the_hedge(answer, name)
        assert Decimal(hedge["spot_price"]) == 60000, name
        assert Decimal(hedge["futures_price"]) == Decimal(futures), name
        assert Decimal(hedge["basis_rate"]) == Decimal(futures) / 60000 - 1, name
        assert Decimal(hedge["funding_rate_8h"]) == Decimal(rate) * 8 / hours, name
        assert Decimal(hedge["futures_coins"]) == -1, name
        assert (hedge["hedge_ratio"], hedge["drift"], hedge["quality"]) == ("1", "0", "ok"), name
        assert hedge["legs"][0]["contracts"] == PINNED[name][3]
        assert hedge["orders"] == []
    assert [(row["exchange"], row["outcome"], row["error"]) for row in answer["exchanges"]] == [
        (name, "ok", None) for name in EXCHANGES
    ]
    assert said.code == 0


async def test_a_contract_settled_every_four_hours_counts_twice(stage: Stage) -> None:
    stage.world.pin("XYZ", spot="0.5", futures="0.501", funding_rate="0.00025", settled_rate="0.0001")
    said = await ask("--config", str(stage.configure(ALTCOIN)), "--json", "once")
    hedge = the_hedge(json.loads(said.out), "alt")
    assert (hedge["spot_price"], hedge["futures_price"], hedge["basis_rate"]) == ("0.5", "0.501", "0.002")
    assert hedge["funding_rate_8h"] == "0.0005"
    assert Decimal(hedge["funding_apr"]) == Decimal("0.0005") * 3 * 365


async def test_a_breach_is_exit_three_with_the_order_that_mends_it(stage: Stage) -> None:
    pin_all(stage)
    said = await ask("--config", str(stage.configure(hedges("1.1", ("mexc",)))), "once", "--json")
    hedge = the_hedge(json.loads(said.out), "mexc")
    drift = next(outcome for outcome in hedge["outcomes"] if outcome["rule"] == "drift")
    assert (said.code, drift["outcome"], drift["severity"]) == (3, "BREACH", "critical")
    assert [(order["side"], order["coins"], order["order_quantity"]) for order in hedge["orders"]] == [
        ("sell", "0.1", "1000")
    ]


async def test_a_person_reads_the_same_without_json(stage: Stage) -> None:
    pin_all(stage)
    said = await ask("--config", str(stage.configure(hedges(names=("binance",)))), "once")
    assert said.code == 0
    assert "60000" in said.out
    assert "0.0500 %" in said.out


async def test_nothing_is_written_or_sent(stage: Stage) -> None:
    pin_all(stage)
    config = stage.configure(hedges("1.1", ("binance",)) + stage.channels())
    before = sorted(path.name for path in stage.folder.iterdir())
    assert (await ask("--config", str(config), "once")).code == 3
    assert sorted(path.name for path in stage.folder.iterdir()) == before
    assert stage.receiver.received == []
    assert stage.mailbox.mails == []


async def test_a_database_that_is_there_stays_as_it_is(stage: Stage) -> None:
    pin_all(stage)
    config = stage.configure(hedges(names=("binance",)))
    assert (await ask("--config", str(config), "db", "upgrade")).code == 0
    database = stage.folder / "hedgewatch.db"
    before = database.read_bytes()
    assert (await ask("--config", str(config), "once")).code == 0
    assert database.read_bytes() == before


async def test_an_exchange_that_cannot_be_reached_is_unknown_and_not_a_crash(stage: Stage) -> None:
    pin_all(stage)
    config = stage.configure(hedges(names=("binance", "mexc")))
    stage.exchanges.faults.set("mexc", "reset")
    said = await ask("--config", str(config), "once", "--json")
    answer = json.loads(said.out)
    blind, seen = the_hedge(answer, "mexc"), the_hedge(answer, "binance")
    assert said.code == 3
    assert (blind["quality"], blind["hedge_ratio"], blind["spot_price"]) == ("unknown", None, None)
    assert (seen["quality"], seen["hedge_ratio"]) == ("ok", "1")
    assert {outcome["outcome"] for outcome in blind["outcomes"] if outcome["rule"] == "drift"} == {"UNKNOWN"}
    failed = next(row for row in answer["exchanges"] if row["exchange"] == "mexc")
    assert failed["outcome"] == "failed"
    assert failed["error"]


async def test_an_exchange_that_hangs_leaves_the_prices_of_the_others(stage: Stage) -> None:
    pin_all(stage)
    config = stage.configure(hedges(names=("binance", "mexc")))
    stage.exchanges.faults.set("mexc", "hang", path="ticker")
    said = await ask("--config", str(config), "once", "--json")
    blind, seen = (the_hedge(json.loads(said.out), name) for name in ("mexc", "binance"))
    assert (said.code, blind["quality"], blind["spot_price"]) == (3, "unknown", None)
    assert (seen["quality"], seen["spot_price"], seen["basis_rate"]) == ("ok", "60000", "0.0005")


async def test_a_server_that_is_not_there_is_told_as_well(stage: Stage, unused: str) -> None:
    config = stage.configure(hedges(names=("binance",)))
    config.write_text(config.read_text().replace(stage.exchanges.base_url, unused))
    said = await ask("--config", str(config), "once", "--json")
    answer = json.loads(said.out)
    assert said.code == 3
    assert the_hedge(answer, "binance")["quality"] == "unknown"
    assert "Traceback" not in said.err


@pytest.fixture
async def unused() -> str:
    """An address nobody answers at."""
    receiver = WebhookReceiver("whsec_" + "a" * 32)
    url = await receiver.start()
    await receiver.stop()
    return url.removesuffix("/hooks")
