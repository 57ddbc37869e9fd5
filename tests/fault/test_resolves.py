"""Every alert that was told to fire is told to be over, in that order, whatever restarts and refusals lie between."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from hedgewatch.domain.finding import Finding, Target
from hedgewatch.domain.hedge import CycleFacts
from hedgewatch.domain.thresholds import Patience, RuleSettings
from hedgewatch.monitoring.judge import Verdict, judge
from hedgewatch.monitoring.ports import CycleRecord, EventDraft
from hedgewatch.monitoring.routing import outbox_drafts
from tests.domain.cases import NOW
from tests.domain.lives import finding, ruled
from tests.fault.alert_world import ROUTING
from tests.storage.conftest import Stores, over

ALERTS, POLLS, REFUSED = 500, 30, 0.2
TARGETS = [Target(rule="drift", hedge=f"hedge-{number}", side="under") for number in range(ALERTS)]


class House:
    """500 alerts over one database, whose worker is started again at random and whose receiver refuses at random."""

    def __init__(self, url: str, seed: int) -> None:
        self.url = url
        self.chance = random.Random(seed)  # noqa: S311  the same lives every time
        self.stores: Stores = over(url)
        self.settings: RuleSettings = ruled(keep=Patience(polls=2))
        self.burns = [(begins := self.chance.randint(0, 20), begins + self.chance.randint(1, 6)) for _ in TARGETS]
        self.now = NOW
        self.told: dict[str, list[str]] = defaultdict(list)

    def found(self, number: int, poll: int) -> Finding:
        begins, ends = self.burns[number]
        letter = "w" if begins <= poll < ends else "c"
        return finding(letter)._replace(target=TARGETS[number], words=f"edited in poll {poll}")

    async def poll(self, poll: int) -> None:
        self.now += timedelta(seconds=30)
        memory = await self.stores.cycles.recall([], [], self.now)
        verdict = judge(
            [],
            CycleFacts(read_at=self.now, poll_seconds=Decimal(30), answers={}, readings={}, past=memory.past),
            exchange_rules={},
            alerts=memory.alerts,
            late=memory.late,
            dt_seconds=Decimal(30),
            interventions=memory.interventions,
            own=[(self.found(number, poll), self.settings) for number in range(ALERTS)],
        )
        await self.stores.cycles.record(self.record(verdict))

    def record(self, verdict: Verdict) -> CycleRecord:
        return CycleRecord(
            started_at=self.now,
            read_at=self.now,
            answers=(),
            snapshots=(),
            findings=(),
            states=verdict.states,
            events=[EventDraft(event=event, payload=event.episode.encode()) for event in verdict.events],
            outbox=[draft for event in verdict.events for draft in outbox_drafts(event, ROUTING)],
        )

    async def deliver(self, most: int, refused: float = REFUSED) -> None:
        for _ in range(most):
            one = await self.stores.outbox.claim("ops", self.now, Decimal(15))
            if one is None:
                return
            if self.chance.random() < refused:
                await self.stores.outbox.failed(one, self.now, "refused", self.now)
            else:
                self.told[one.payload.decode()].append(one.event_type)
                await self.stores.outbox.delivered(one, self.now)

    def restart(self) -> None:
        self.stores.databases.pop().close()
        self.stores = over(self.url)


@pytest.mark.parametrize("seed", [20261122])
async def test_five_hundred_of_five_hundred_resolves_arrive_after_their_firing(sqlite_url: str, seed: int) -> None:
    house, restarts = House(sqlite_url, seed), 0
    for poll in range(POLLS):
        await house.poll(poll)
        await house.deliver(house.chance.randint(0, 40))
        if house.chance.random() < 0.5:
            house.restart()
            restarts += 1
        if poll == 10:
            levels = {level: replace(one, fire=one.fire * 2) for level, one in house.settings.levels.items()}
            house.settings = replace(house.settings, levels=levels)
    await house.deliver(10_000)
    await house.deliver(10_000, refused=0)
    house.stores.databases.pop().close()
    ends = [[kind for kind in kinds if kind != "reminder"] for kinds in house.told.values()]
    in_order = ends.count(["firing", "resolved"])
    print(f"resolves: {len(ends)} alerts, {restarts} restarts, {in_order} in order, seed {seed}")  # noqa: T201
    assert (len(ends), in_order) == (ALERTS, ALERTS)
