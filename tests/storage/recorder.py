"""A program that records cycles until it is killed: one alert event each, a second apart."""

from __future__ import annotations

import asyncio
import itertools
import sys
from datetime import timedelta

from hedgewatch.domain.finding import Target
from hedgewatch.storage.cycle_store import SqlCycleStore
from hedgewatch.storage.database import open_database
from tests.storage.samples import NOW, StandingClock, alert_state, cycle, event, hedge


async def record_for_ever(url: str, first: int) -> None:
    """Record, and tell each number once its cycle is committed."""
    store = SqlCycleStore(open_database(url), StandingClock())
    hedges = tuple(hedge(f"hedge-{number}") for number in range(20))
    for number in itertools.count(first):
        state = alert_state(Target(rule="drift", hedge=f"hedge-{number}"), episode=f"ep-{number}")
        at = NOW + timedelta(seconds=number)
        told = event(state, sequence=1, at=at)
        await store.record(cycle(at, hedges=hedges, states=(state,), events=(told,), channels=("ops", "me")))
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(record_for_ever(sys.argv[1], int(sys.argv[2])))
