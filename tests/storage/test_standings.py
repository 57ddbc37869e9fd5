"""Where a leg was to be liquidated outlives blindness and a restart, and not the position."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from hedgewatch.domain.history import LastStanding
from hedgewatch.domain.instrument import PositionSide
from hedgewatch.domain.market import UnknownReason
from hedgewatch.monitoring.ports import CycleRecord
from tests.storage.conftest import Stores
from tests.storage.samples import LEG, NOW, PERP, cycle

POLL = timedelta(seconds=30)
SEEN = LastStanding(futures=PERP, side=PositionSide.SHORT, price=Decimal(66000), distance=Decimal("0.1"), seen_at=NOW)
KNOWN = {"coins": Decimal(-5), "mark_price": Decimal(60000), "liquidation_distance": Decimal("0.1")}
BLIND = {"coins": None, "mark_price": None, "liquidation_distance": None, "unknown": UnknownReason.TIMEOUT}
FLAT = {"coins": Decimal(0), "liquidation_distance": None, "is_never": True}


def seen(at: Any, **changes: Any) -> CycleRecord:
    record = cycle(at)
    [snapshot] = record.snapshots
    return replace(record, snapshots=[replace(snapshot, legs=tuple(replace(leg, **changes) for leg in snapshot.legs))])


async def standing(stores: Stores, at: Any) -> LastStanding | None:
    memory = await stores.cycles.recall([PERP], [("btc-core", LEG)], at)
    return memory.past.standings.get(("btc-core", LEG))


async def test_what_was_last_known_outlives_blindness_and_a_restart(stores: Stores) -> None:
    await stores.cycles.record(seen(NOW, **KNOWN))
    for number in range(1, 13):  # longer than quotes are remembered
        await stores.cycles.record(seen(NOW + number * POLL, **BLIND))
    for _ in range(2):
        assert await standing(stores, NOW + 13 * POLL) == SEEN
        stores.restart()


async def test_a_position_that_is_gone_has_no_end_any_more(stores: Stores) -> None:
    await stores.cycles.record(seen(NOW, **KNOWN))
    await stores.cycles.record(seen(NOW + POLL, **FLAT))
    for _ in range(2):
        assert await standing(stores, NOW + 2 * POLL) is None
        stores.restart()


async def test_a_week_later_it_says_nothing(stores: Stores) -> None:
    await stores.cycles.record(seen(NOW, **KNOWN))
    stores.restart()
    assert await standing(stores, NOW + timedelta(days=7, seconds=1)) is None
