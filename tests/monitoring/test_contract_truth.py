"""What a contract is: two routes to its size, every change told and kept, through the whole cycle."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from hedgewatch.domain.contract_facts import FactName
from hedgewatch.domain.held import DeclaredPosition
from hedgewatch.simulator.market import World
from tests.monitoring.conftest import Enter
from tests.monitoring.rooms import INVERSE, a_hedge

D = Decimal
on_binance = pytest.mark.parametrize("exchange", ["binance"])


@pytest.mark.parametrize("exchange", ["binance", "bybit"])
async def test_an_order_is_refused_while_two_routes_to_the_size_disagree(
    exchange: str, held: Any, enter: Enter, world: World
) -> None:
    held.deposit("inverse", "BTC", "1")
    face = D(world.listing(exchange, "BTC", "inverse").contract_size)  # type: ignore[arg-type]  # kinds are text
    held.open("BTC", D(-180_000) / face, kind="inverse", leverage="2")
    room = enter(a_hedge(exchange, INVERSE))
    await room.poll(2)
    [order] = room.of("drift")[-1][0].orders
    assert (order.coins, room.kinds("contract_changed")[-1]) == (3, "CLEAR")
    world.change(exchange, "BTC", "inverse", contract_size=face * 10)  # what it lists is read again in six hours
    await room.poll(2)
    [finding] = room.of("contract_changed")[-1]
    assert (finding.kind.value, finding.severity) == ("BREACH", "critical")
    assert f"{180_000 / face:f} contracts of {face:f} are worth 180,000 USD" in finding.message
    assert f"{exchange} says 1,800,000" in finding.message
    assert "no order is sized" in finding.message
    under = room.of("drift")[-1][0]
    assert under.orders == ()
    assert "while its contract is in doubt" in under.message
    assert room.told("contract_changed") == ["firing"]


@on_binance
async def test_every_change_of_a_contract_is_told_and_kept(held: Any, enter: Enter, world: World) -> None:
    held.open("BTC", "-5", leverage="5")
    room = enter(a_hedge("binance"))
    await room.poll(2)
    assert {rule: room.kinds(rule)[-1] for rule in ("contract_changed", "delisting", "funding_interval_change")} == {
        "contract_changed": "CLEAR",
        "delisting": "CLEAR",
        "funding_interval_change": "CLEAR",
    }
    world.change("binance", "BTC", "perpetual", tick="1", lot="0.01")
    world.pin("BTC", interval_hours=4)
    room.clock.move(6 * 3600)
    await room.poll_until("contract_changed", "BREACH")
    await room.poll_until("funding_interval_change", "BREACH")
    [changed], [interval] = room.of("contract_changed")[-1], room.of("funding_interval_change")[-1]
    assert changed.severity == "critical"
    assert "its tick was 0.1, now 1" in changed.message
    assert "its lot step was 0.001, now 0.01" in changed.message
    assert (interval.severity, interval.actions[interval.severity]) == ("info", "watch")  # type: ignore[index]
    assert "settles funding every 4 h, before every 8 h" in interval.message
    facts = {fact.name: (fact.before, fact.value) for cycle in room.store.cycles for fact in cycle.facts if fact.before}
    assert facts[FactName.TICK] == ("0.1", "1")
    assert facts[FactName.FUNDING_INTERVAL_HOURS] == ("8", "4")
    room.clock.move(24 * 3600)
    await room.poll(1)
    assert (room.kinds("contract_changed")[-1], room.kinds("funding_interval_change")[-1]) == ("CLEAR", "CLEAR")
    assert room.told("contract_changed") == ["firing", "resolved"]


@on_binance
async def test_tiers_that_change_are_told(held: Any, enter: Enter, world: World) -> None:
    held.open("BTC", "-5", leverage="5")
    room = enter(a_hedge("binance"))
    await room.poll(2)
    known = [fact for cycle in room.store.cycles for fact in cycle.facts if fact.name is FactName.TIERS]
    assert [fact.before for fact in known] == [None]
    world.change("binance", "BTC", "perpetual", tiers=[(50_000, "0.01", 50), (10_000_000, "0.05", 10)])
    room.clock.move(24 * 3600)
    await room.poll(2)
    [finding] = room.of("contract_changed")[-1]
    assert "its leverage tiers changed" in finding.message


@on_binance
@pytest.mark.parametrize("how", ["gone", "halted"])
async def test_a_contract_that_is_taken_off_is_told(how: str, held: Any, enter: Enter, world: World) -> None:
    held.open("BTC", "-5", leverage="5")
    room = enter(a_hedge("binance"))
    await room.poll(2)
    if how == "gone":
        world.delist("binance", "BTC", "perpetual")
    else:
        world.change("binance", "BTC", "perpetual", is_trading=False)
    room.clock.move(6 * 3600)
    await room.poll_until("delisting", "BREACH")
    [finding] = room.of("delisting")[-1]
    assert (finding.kind.value, finding.severity) == ("BREACH", "critical"), finding
    assert "is not traded any more" in finding.message
    assert room.told("delisting") == ["firing"]


@pytest.mark.parametrize("exchange", ["mexc"])
@pytest.mark.usefixtures("held")
async def test_a_declared_position_is_not_sized_after_its_contract_changed(enter: Enter, world: World) -> None:
    hedge = a_hedge("mexc")
    leg = replace(hedge.legs[0], position=DeclaredPosition(contracts=D(-40_000)), account=None, name="perp")
    room = enter(replace(hedge, legs=(leg,)))
    await room.poll(2)
    assert [order.coins for order in room.of("drift")[-1][0].orders] == [1]
    world.change("mexc", "BTC", "perpetual", contract_size="0.001")
    room.clock.move(6 * 3600)
    await room.poll_until("contract_changed", "BREACH")  # by its day of trade, before the market list is read again
    [finding] = room.of("contract_changed")[-1]
    assert "a contract is listed as 0.0001, but mexc day of trade" in finding.message
    assert [one.orders for one in room.of("drift")[-1]] == [(), ()]
    for _ in range(200):  # the list is loaded beside the polls
        await room.poll(1)
        [finding] = room.of("contract_changed")[-1]
        if "now" in finding.message:
            break
    assert "its contract size was 0.0001, now 0.001" in finding.message
    assert [one.orders for one in room.of("drift")[-1]] == [(), ()]
