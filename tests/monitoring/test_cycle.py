"""Whole cycles over the store in memory: what is seen is judged, remembered and told."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, timedelta
from decimal import Decimal
from typing import Any

import pytest

from hedgewatch.domain.contract_facts import FactName
from hedgewatch.domain.finding import OutcomeKind
from hedgewatch.domain.hedge import Hedge, Quality
from hedgewatch.domain.intervention import Closing, Silence
from hedgewatch.domain.rules import OWN_RULES
from hedgewatch.domain.thresholds import Patience, RuleSettings, Severity
from hedgewatch.domain.told import Entries
from hedgewatch.monitoring.collect import Collector
from hedgewatch.monitoring.cycle import CycleResult, MonitorCycle, Watch
from hedgewatch.monitoring.maintenance import Window
from hedgewatch.monitoring.ports import CycleRecord
from hedgewatch.monitoring.report import cycle_json, needs_attention
from hedgewatch.monitoring.routing import Routing
from hedgewatch.storage.memory import MemoryStore
from tests.domain.samples import CRITICAL, FUTURES, SETTINGS, SPOT, WARNING, hedge, leg
from tests.monitoring.sources import FaultyExchange, QuotedExchange, SteppedClock

BOOKS = {SPOT.symbol: ("59999.5", "60000.5"), FUTURES.symbol: ("60019.5", "60020.5")}
ROUTING = Routing(channels={CRITICAL: ("ops", "me"), WARNING: ("ops",)})
UNDER = hedge(leg("-4.8"))
OWN = {rule: RuleSettings(rule=rule, enabled=True, levels={}, keep_firing_for=Patience()) for rule in OWN_RULES}
BALANCED = hedge(leg("-5"))


class House:
    """One store, one clock, one exchange; the daemon may be started anew over them."""

    def __init__(self) -> None:
        self.clock = SteppedClock()
        self.store = MemoryStore()
        self.exchange = FaultyExchange(QuotedExchange(exchange="binance", clock=self.clock, books=dict(BOOKS)))
        self.start(UNDER)

    def start(self, *hedges: Hedge, routing: Routing = ROUTING, **more: Any) -> None:
        watch = Watch(
            hedges=hedges,
            exchange_rules={"exchange_down": SETTINGS["exchange_down"]},
            routing=routing,
            poll_seconds=Decimal(30),
            dashboard_url="http://127.0.0.1:8710",
            **more,
        )
        collector = Collector([self.exchange], deadline_seconds=Decimal(10), clock=self.clock)
        self.cycle = MonitorCycle(watch, collector=collector, store=self.store, clock=self.clock)

    async def poll(self, count: int = 1) -> CycleResult:
        for _ in range(count):
            result = await self.cycle.run()
            self.clock.move(30)
        return result

    def told(self) -> list[str]:
        return [f"{draft.event.type} {draft.event.state.target.rule}" for draft in self.store.events.values()]

    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(draft.payload) for draft in self.store.events.values()]


class Logged(MemoryStore):
    """A store that tells when it was asked for what."""

    def __init__(self, log: list[str]) -> None:
        super().__init__()
        self.log = log

    async def record(self, cycle: CycleRecord) -> None:
        await super().record(cycle)
        self.log.append("stored")

    async def show(self, cycle: CycleRecord) -> None:
        self.log.append(f"shown with {len(cycle.findings)} findings" if cycle in self.cycles else "shown unstored")


@pytest.fixture
def house() -> House:
    return House()


async def test_alerts_are_told_once_they_are_stored_and_before_pages_are_served(house: House) -> None:
    log: list[str] = []
    house.store = Logged(log)
    house.start(UNDER)

    async def tell(result: CycleResult) -> None:
        log.append(f"told {len(result.verdict.events)}")

    result = await house.cycle.run(tell)
    assert log == ["stored", "told 0", f"shown with {len(result.verdict.findings)} findings"]


async def test_a_drift_fires_once_and_resolves_once_through_every_room(house: House) -> None:
    await house.poll()
    assert house.told() == [], "for two polls"
    await house.poll(10)
    assert house.told() == ["firing drift"]
    house.start(BALANCED)  # somebody sold the 0.2 BTC and said so
    await house.poll(2)
    assert house.told() == ["firing drift"], "keep firing for three polls"
    await house.poll(10)
    assert house.told() == ["firing drift", "resolved drift"]
    assert [to for _, to in house.store.deliveries] == ["ops", "ops"]
    assert not [cycle for cycle in house.store.cycles if len(cycle.events) > 1]


async def test_the_body_is_what_the_contract_shows(house: House) -> None:
    await house.poll(2)
    (body,) = house.bodies()
    data = body["data"]
    assert body["type"] == "hedge.alert.firing"
    assert (data["value"], data["threshold"], data["severity"]) == ("-0.04", "0.02", "warning")
    assert (data["since"], data["leg"], data["hedges"]) == ("2026-11-22T18:00:00.000Z", None, ["btc-core"])
    assert data["message"] == "btc-core is hedged 96 %: sell 0.2 BTC of BTC/USDT:USDT on binance at 60020.5 or better"
    (order,) = data["orders"]
    assert (order["contracts"], order["limit_price"], order["hedge_ratio_after"]) == ("0.2", "60020.5", "1")
    assert order["valid_until"] == "2026-11-22T18:01:30.000Z"
    (draft,) = house.store.events.values()
    assert (draft.event.event_id, draft.event.episode) == (data["event_id"], data["episode"])


async def test_a_restart_neither_repeats_nor_forgets(house: House) -> None:
    await house.poll()
    house.clock.move(3600)
    house.start(UNDER)
    await house.poll()
    assert house.told() == ["firing drift"], "the poll before the restart counts"
    for _ in range(5):
        house.start(UNDER)
        await house.poll()
    assert house.told() == ["firing drift"]


async def test_a_worse_drift_escalates_and_goes_to_the_channels_of_its_level(house: House) -> None:
    await house.poll(2)
    house.start(hedge(leg("-4.5")))
    await house.poll(3)
    assert house.told() == ["firing drift", "escalated drift"]
    assert [to for _, to in house.store.deliveries] == ["ops", "ops", "me"]
    (order,) = house.bodies()[1]["data"]["orders"]
    assert (order["time_in_force"], order["limit_price"], order["coins"]) == ("ioc", "59959.5", "0.5")
    house.start(BALANCED)
    await house.poll(3)
    assert house.told()[2:] == ["resolved drift"]
    assert [to for _, to in house.store.deliveries][3:] in (["ops", "me"], ["me", "ops"])


async def test_a_blind_exchange_resolves_nothing_and_is_told_once(house: House) -> None:
    await house.poll(2)
    house.exchange.out = set(BOOKS)
    result = await house.poll(8)
    assert house.told() == ["firing drift", "firing exchange_down"]
    drift = [one for one in result.verdict.findings if one.target.rule == "drift"]
    assert {one.kind for one in drift} == {OutcomeKind.UNKNOWN}
    assert [snapshot.quality for snapshot in result.snapshots] == [Quality.UNKNOWN]
    assert needs_attention(result)
    house.exchange.out = set()
    house.start(BALANCED)
    await house.poll(3)
    assert house.told()[2:] == ["resolved exchange_down", "resolved drift"]


async def test_one_blind_feed_is_told_within_its_age_and_one_poll(house: House) -> None:
    house.start(BALANCED)
    await house.poll()
    house.exchange.out = {FUTURES.symbol}
    for poll in range(1, 6):
        await house.poll()
        assert house.told() == ([] if poll * 30 <= 90 else ["firing data_stale"])
    house.exchange.out = set()
    await house.poll()
    assert house.told() == ["firing data_stale", "resolved data_stale"]


async def test_a_book_frozen_by_a_halt_is_told_until_it_moves(house: House) -> None:
    house.start(BALANCED)
    books = house.exchange.behind.books
    await house.poll()
    for _ in range(3):
        price = Decimal(books[SPOT.symbol][0]) + 150
        books[SPOT.symbol] = (str(price), str(price + 1))
        await house.poll()
    assert house.told() == ["firing data_stale"]
    for poll in range(20):  # the market calms down, the halted book still stands
        price = Decimal("60449.5") + poll % 2
        books[SPOT.symbol] = (str(price), str(price + 1))
        await house.poll()
    assert house.told() == ["firing data_stale"]
    books[FUTURES.symbol] = ("60469.5", "60470.5")
    await house.poll()
    assert house.told() == ["firing data_stale", "resolved data_stale"]


async def test_a_hedge_taken_out_closes_once(house: House) -> None:
    await house.poll(2)
    house.start(replace(BALANCED, name="other"))
    await house.poll(4)
    assert house.told() == ["firing drift", "closed drift"]
    assert house.bodies()[1]["data"]["hedge"] == "btc-core"
    assert [to for _, to in house.store.deliveries] == ["ops", "ops"]


async def test_negative_funding_reaches_only_those_its_level_is_for(house: House) -> None:
    house.start(BALANCED, routing=Routing(channels={WARNING: ("ops",)}))
    house.exchange.behind.funding_rate = "-0.0002"
    await house.poll(3)
    assert house.told() == ["firing negative_funding"]
    assert house.store.deliveries == {}, "info is told to nobody unless somebody asks for it"
    house.exchange.behind.funding_rate = "-0.0004"
    await house.poll(3)
    assert house.told()[1:] == ["escalated negative_funding"]
    assert [to for _, to in house.store.deliveries] == ["ops"]


async def test_a_look_leaves_nothing_behind_and_says_it_all(house: House) -> None:
    result = await house.cycle.look()
    assert (house.store.cycles, house.store.events) == ([], {})
    seen = json.loads(json.dumps(cycle_json(result)))
    (told,) = seen["hedges"]
    assert (told["hedge_ratio"], told["drift"], told["quality"]) == ("0.96", "-0.04", "ok")
    outcomes = {(one["rule"], one["leg"]): (one["outcome"], one["severity"]) for one in told["outcomes"]}
    assert outcomes[("drift", None)] == ("BREACH", "warning")
    assert outcomes[("basis_adverse", str(FUTURES))] == ("UNKNOWN", None)
    assert outcomes[("negative_funding", str(FUTURES))] == ("CLEAR", None)
    assert len(told["orders"]) == 1
    assert seen["exchanges"] == [{"exchange": "binance", "outcome": "ok", "calls": 3, "error": None}]
    assert Severity.WARNING in {one.severity for one in result.verdict.findings}


async def test_contract_facts_are_kept_once_and_again_when_they_change(house: House) -> None:
    await house.poll(3)
    first, *others = house.store.cycles
    assert {(fact.ref, fact.name) for fact in first.facts} >= {
        (FUTURES, FactName.CONTRACT_SIZE),
        (FUTURES, FactName.FUNDING_INTERVAL_HOURS),
        (SPOT, FactName.LISTING),
    }
    assert [cycle.facts for cycle in others] == [(), ()]
    house.exchange.behind.interval_hours = Decimal(4)
    await house.poll(2)
    changed = [fact for cycle in house.store.cycles[3:] for fact in cycle.facts]
    assert [(fact.name, fact.value, fact.before) for fact in changed] == [(FactName.FUNDING_INTERVAL_HOURS, "4", "8")]


async def test_every_hedged_holding_is_kept_once_with_its_value(house: House) -> None:
    house.start(UNDER, hedge(leg("-5"), name="btc-more"))
    await house.poll()
    (kept,) = house.store.cycles[-1].holdings
    assert (kept.holding, kept.quantity, kept.price_usd, kept.value_usd) == ("cold", 5, 60000, 300000)
    house.exchange.out = {SPOT.symbol}
    await house.poll()
    (kept,) = house.store.cycles[-1].holdings
    assert (kept.quantity, kept.price_usd, kept.value_usd) == (5, None, None)


async def test_what_is_said_of_an_alert_is_taken_in_at_the_next_cycle(house: House) -> None:
    await house.poll(2)
    house.store.silence(
        Silence(
            id="s1",
            matchers={"rule": "drift"},
            by="ann",
            comment="moving",
            starts_at=house.clock.now(),
            ends_at=house.clock.now() + timedelta(hours=1),
        )
    )
    house.start(hedge(leg("-4")))
    await house.poll(2)
    assert house.told() == ["firing drift", "escalated drift"]
    suppressed = [kept.suppressed_by for kept in house.store.deliveries.values()]
    assert suppressed == [None, "s1", "s1"]
    house.store.unsilence("s1", "ann", house.clock.now())
    await house.poll()
    assert house.told()[2:] == ["escalated drift"]


async def test_a_hedge_that_somebody_has_closed_is_judged_no_more(house: House) -> None:
    await house.poll(2)
    house.store.close_hedge(
        Closing(hedge="btc-core", entry="as it was", by="ann", note="event over", at=house.clock.now())
    )
    house.start(UNDER, entries=Entries(hedges={"btc-core": "as it was"}))
    result = await house.poll()
    assert house.told() == ["firing drift", "closed drift"]
    assert "closed by ann: event over" in house.bodies()[-1]["data"]["message"]
    assert result.snapshots, "it is measured all the same"
    await house.poll(3)
    assert len(house.told()) == 2
    house.start(UNDER, entries=Entries(hedges={"btc-core": "another"}))
    await house.poll(2)
    assert house.told()[2:] == ["firing drift"]


async def test_a_channel_that_takes_nothing_is_told_through_the_others(house: House) -> None:
    house.start(UNDER, own_rules=OWN, channels=("ops", "me"))
    await house.poll(2)
    for _ in range(3):
        delivery = await house.store.claim("ops", house.clock.now(), Decimal(15))
        assert delivery is not None
        await house.store.failed(delivery, house.clock.now(), "refused", house.clock.now())
    await house.poll()
    assert house.told() == ["firing drift", "firing self.delivery_failing"]
    body = house.bodies()[-1]["data"]
    assert (body["severity"], body["action"], body["message"]) == (
        "critical",
        "check_data",
        "ops does not take its messages: refused",
    )
    assert [to for _, to in house.store.deliveries] == ["ops", "me"]
    told = await house.store.claim("me", house.clock.now(), Decimal(15))
    assert told is not None
    await house.store.delivered(told, house.clock.now())
    delivery = await house.store.claim("ops", house.clock.now(), Decimal(15))
    assert delivery is not None
    await house.store.failed(delivery, house.clock.now(), "refused", None)
    await house.poll()
    assert house.told()[2:] == ["resolved self.delivery_failing", "firing self.dead_letter"]


async def test_in_a_window_of_maintenance_only_what_is_critical_is_told(house: House) -> None:
    at = timedelta(days=house.clock.now().weekday(), hours=house.clock.now().hour)
    house.start(UNDER, maintenance=(Window(begins=at, ends=at + timedelta(hours=1), timezone=UTC),))
    await house.poll(2)
    assert [kept.suppressed_by for kept in house.store.deliveries.values()] == ["maintenance"]
    house.start(hedge(leg("-4")), maintenance=(Window(begins=at, ends=at + timedelta(hours=1), timezone=UTC),))
    await house.poll(2)
    assert house.told() == ["firing drift", "firing drift"]
    assert [kept.suppressed_by for kept in house.store.deliveries.values()] == ["maintenance", None, None]
