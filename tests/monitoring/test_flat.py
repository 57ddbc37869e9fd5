"""Flat is proven, through the whole cycle: simulated accounts over their wire formats, a poll every 30 seconds."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from hedgewatch.domain.finding import OutcomeKind
from hedgewatch.simulator.server import SimulatedExchanges
from tests.monitoring.conftest import KEYS, Enter
from tests.monitoring.rooms import INVERSE, a_hedge

D = Decimal
EXCHANGES = ("binance", "bybit", "bingx", "weex", "mexc")
COIN_MARGINED = ("binance", "bybit", "bingx", "mexc")
UNIT = {"mexc": 10_000}  # contracts that are one coin
FACE = {"binance": 100, "bybit": 1, "bingx": 100, "mexc": 100}
LISTS = {
    "binance": "positionRisk",
    "bybit": "position/list",
    "bingx": "user/positions",
    "weex": "allPosition",
    "mexc": "open_positions",
}


each_exchange = pytest.mark.parametrize("exchange", EXCHANGES)
on_binance = pytest.mark.parametrize("exchange", ["binance"])


@each_exchange
async def test_a_real_close_is_told_within_three_polls(exchange: str, held: Any, enter: Enter) -> None:
    held.open("BTC", D(-5) * UNIT.get(exchange, 1), leverage="5")
    room = enter(a_hedge(exchange))
    await room.poll(2)
    held.reduce("BTC")
    await room.poll(3)
    kinds = room.kinds("position_missing")
    assert kinds[:2] == ["CLEAR", "CLEAR"], room.of("position_missing")[0]
    assert kinds[-1] == "BREACH", [found[0].message for found in room.of("position_missing")]
    assert set(kinds[2:]) <= {"UNKNOWN", "BREACH"}, "in doubt it is unknown"
    [finding] = room.of("position_missing")[-1]
    assert "is gone" in finding.message
    [order] = finding.orders
    assert (order.side, order.coins, order.account) == ("sell", 5, "t")
    assert room.told("position_missing") == ["firing"]


@pytest.mark.parametrize("exchange", COIN_MARGINED)
async def test_an_inverse_short_that_is_closed_is_told(exchange: str, held: Any, enter: Enter) -> None:
    held.deposit("inverse", "BTC", "1")
    held.open("BTC", D(-360_000) / FACE[exchange], kind="inverse", leverage="5")
    room = enter(a_hedge(exchange, INVERSE))
    await room.poll(2)
    held.reduce("BTC", kind="inverse")
    await room.poll(3)
    assert room.kinds("drift")[:2] == ["CLEAR"] * 2
    assert room.kinds("position_missing")[-1] == "BREACH", [found[0].message for found in room.of("position_missing")]


@each_exchange
async def test_a_part_that_is_gone_is_told_and_ends_when_it_is_back(exchange: str, held: Any, enter: Enter) -> None:
    unit = UNIT.get(exchange, 1)
    held.open("BTC", D(-5) * unit, leverage="5")
    room = enter(a_hedge(exchange))
    await room.poll(2)
    held.reduce("BTC", D(2) * unit)
    await room.poll(3)
    assert room.kinds("position_reduced")[-1] == "BREACH", room.kinds("position_reduced")
    held.open("BTC", D(-2) * unit, leverage="5")
    await room.poll(1)
    assert room.kinds("position_reduced")[-1] == "CLEAR"
    assert room.told("position_reduced") == ["firing", "resolved"]
    assert set(room.kinds("position_missing")) <= {"CLEAR", "UNKNOWN"}


@each_exchange
@pytest.mark.parametrize("kind", ["empty_list", "shrunken", "list", "object", "null", "html", "duplicate"])
async def test_a_list_that_drops_a_position_is_no_flat(
    exchange: str, kind: str, held: Any, enter: Enter, server: SimulatedExchanges
) -> None:
    held.open("BTC", D(-5) * UNIT.get(exchange, 1), leverage="5")
    room = enter(a_hedge(exchange))
    await room.poll(2)
    server.faults.set(exchange, kind, path=LISTS[exchange])
    await room.poll(6)
    assert set(room.kinds("position_missing")[2:]) <= {"UNKNOWN", "CLEAR"}
    assert set(room.kinds("drift")[2:]) <= {"UNKNOWN", "CLEAR"}
    assert all(result.snapshots[0].legs[0].contracts != 0 for result in room.results)
    server.faults.clear()
    await room.poll(2)
    assert room.kinds("drift")[-1] == "CLEAR"
    assert room.told("position_missing") == []


@on_binance
@pytest.mark.parametrize("wallet_name", ["earn_locked", "earn_flexible"])
async def test_coins_that_earn_are_still_owned(wallet_name: str, held: Any, enter: Enter) -> None:
    held.open("BTC", "-5", leverage="5")
    room = enter(a_hedge("binance"))
    await room.poll(2)
    held.move("BTC", "3", "spot", wallet_name)
    await room.poll(4)
    assert room.holdings == [5] * 6
    assert set(room.kinds("drift")) == {"CLEAR"}


@on_binance
async def test_an_earn_product_that_is_listed_late_is_no_sale(
    held: Any, enter: Enter, server: SimulatedExchanges
) -> None:
    held.open("BTC", "-5", leverage="5")
    room = enter(a_hedge("binance"))
    await room.poll(2)
    held.move("BTC", "3", "spot", "earn_locked")
    server.faults.set("binance", "empty_list", path="locked/position")
    await room.poll(1)
    server.faults.clear()
    await room.poll(2)
    assert room.holdings == [5, 5, None, 5, 5], "while it is in doubt it is asked at once"
    assert "BREACH" not in room.kinds("drift")


@pytest.mark.parametrize("exchange", ["bybit"])
async def test_a_loan_adds_no_coins(held: Any, enter: Enter) -> None:
    held.open("BTC", "-5", leverage="5")
    room = enter(a_hedge("bybit"))
    await room.poll(2)
    held.borrow("spot", "BTC", "1")
    await room.poll(3)
    assert room.holdings == [5] * 5


@each_exchange
async def test_coins_that_were_withdrawn_may_still_be_owned(exchange: str, held: Any, enter: Enter) -> None:
    held.open("BTC", D(-5) * UNIT.get(exchange, 1), leverage="5")
    room = enter(a_hedge(exchange))
    await room.poll(2)
    held.withdraw("spot", "BTC", "3")
    await room.poll(4)
    kinds = room.kinds("drift")
    assert (kinds[:2], kinds[-1]) == (["CLEAR"] * 2, "BREACH"), kinds
    assert "CLEAR" not in kinds[2:]
    over = next(one for one in room.of("drift")[-1] if one.target.side == "over")
    assert over.condition == "if you no longer own these coins"
    assert [(order.side, order.reduce_only, order.coins) for order in over.orders] == [("buy", True, 3)]


@on_binance
async def test_a_short_without_coins_is_orphaned(held: Any, enter: Enter) -> None:
    held.open("BTC", "-3", leverage="5")
    room = enter(a_hedge("binance", declared=None))
    await room.poll(2)
    held.withdraw("spot", "BTC", "3")
    await room.poll(4)
    kinds = room.kinds("orphaned")
    assert (kinds[:2], kinds[-1]) == (["CLEAR"] * 2, "BREACH"), kinds
    [finding] = room.of("orphaned")[-1]
    assert finding.condition == "if you no longer own these coins"
    assert [(order.side, order.coins, order.reduce_only) for order in finding.orders] == [("buy", 3, True)]


@on_binance
async def test_an_account_that_stays_away_is_told(held: Any, enter: Enter) -> None:
    held.open("BTC", "-5", leverage="5")
    room = enter(a_hedge("binance"))
    await room.poll(2)
    held.set_key(secret="another-secret-altogether")
    await room.poll(5)
    stale = [one for one in room.of("data_stale")[-1] if one.target.account == "t"]
    assert [one.kind for one in stale] == [OutcomeKind.BREACH]
    assert "see that key, secret and passphrase belong together" in stale[0].message
    assert room.kinds("drift")[2:] == ["UNKNOWN"] * 5
    assert room.told("data_stale") == ["firing"]
    assert KEYS.api_key not in stale[0].message
