"""A thousand ways to drop a position from an answer, through the whole cycle: none is believed."""

from __future__ import annotations

import random
from dataclasses import replace
from decimal import Decimal

from hedgewatch.domain.account import AccountFailure, AccountSnapshot
from hedgewatch.monitoring.collect import Collector
from hedgewatch.monitoring.cycle import MonitorCycle
from hedgewatch.monitoring.ports import AccountWanted
from hedgewatch.storage.memory import MemoryStore
from tests.domain.accounts import coins, poll
from tests.monitoring.rooms import LINEAR, Room, a_hedge, watch
from tests.monitoring.sources import QuotedExchange, SteppedClock

D = Decimal
PATTERNS, POLLS = 1000, 6


class DroppingAccount:
    """Fills the port AccountSource: says what a test wrote for the next poll."""

    account, exchange = "t", "binance"

    def __init__(self, clock: SteppedClock) -> None:
        self.clock = clock
        self.next = "5:5"
        self.coins = "3"

    async def fetch(self, _: AccountWanted) -> AccountSnapshot | AccountFailure:
        said = poll(self.next, at=self.clock.at)
        if isinstance(said, AccountFailure):
            return replace(said, account="t")
        return replace(said, account="t", balances=(coins(self.coins),))

    async def close(self) -> None:
        """Nothing to close."""


SILENT = ("0:5", "x", "X", "0:?", "2:5", "5:5")  # never a close: what is listed is dropped while the margin is in use


class AgreesWithItself(DroppingAccount):
    """A reader whose witness is the list itself: the wallet uses what is listed. A mutant, no exchange of ours."""

    async def fetch(self, wanted: AccountWanted) -> AccountSnapshot | AccountFailure:
        listed = self.next.partition(":")[0]
        self.next = f"{listed}:{listed}" if listed.isdecimal() else self.next
        return await super().fetch(wanted)


async def silent_flats(kind: type[DroppingAccount], patterns: int) -> int:
    """Count the patterns of drops in which some poll believed less than is held, or told that it is gone."""
    clock, silent = SteppedClock(), 0
    generator = random.Random(20261124)  # noqa: S311  a seeded run, not a secret
    for _ in range(patterns):
        account = kind(clock)
        prices = QuotedExchange("binance", clock, {"BTC/USDT": ("59999.5", "60000.5"), LINEAR: ("59999.5", "60000.5")})
        collector = Collector([prices], [account], deadline_seconds=D(5), clock=clock)
        store = MemoryStore()
        cycle = MonitorCycle(watch(a_hedge("binance")), collector=collector, store=store, clock=clock)
        room = Room(clock=clock, cycle=cycle, store=store)
        await room.poll()
        believed = []
        for _ in range(POLLS):
            account.next = generator.choice(SILENT)
            await room.poll()
            [leg] = room.results[-1].snapshots[0].legs
            assert (leg.contracts is None) == (leg.held.doubt is not None)
            believed.append(leg.contracts)
        told = {*room.told("position_missing"), *room.told("position_reduced")}
        silent += not set(believed) <= {None, -5} or "firing" in told or "BREACH" in room.kinds("drift")
    return silent


async def test_of_a_thousand_drop_patterns_none_is_a_silent_flat() -> None:
    assert await silent_flats(DroppingAccount, PATTERNS) == 0


async def test_a_reader_without_a_second_witness_is_found_out() -> None:
    assert await silent_flats(AgreesWithItself, 100) > 10
