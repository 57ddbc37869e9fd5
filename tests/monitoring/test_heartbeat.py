"""The heartbeat: told only while everything that was to be told is told; a dead switch is no trouble of the cycle's."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

import pytest

from hedgewatch.domain.errors import DeliveryError, StoreUnavailableError
from hedgewatch.monitoring.heartbeat import Backlog, Heartbeat, why_withheld
from tests.monitoring.sources import START, SteppedClock


@dataclass
class KnownBacklog:
    """Fills Backlogs with what it is given; an error is raised."""

    found: Backlog | StoreUnavailableError = field(default_factory=Backlog)

    async def backlog(self, channels: Sequence[str]) -> Backlog:
        assert channels == ("ops",)
        if isinstance(self.found, Exception):
            raise self.found
        return self.found


@dataclass
class CountingSwitch:
    """Fills Switch: counts, refuses while ``refuses`` is set, and waits while ``gate`` is closed."""

    told: int = 0
    refuses: str = ""
    gate: asyncio.Event | None = None
    deadline_seconds: Decimal = Decimal(10)

    async def tell(self) -> None:
        if self.gate is not None:
            await self.gate.wait()
        if self.refuses:
            raise DeliveryError(self.refuses)
        self.told += 1

    async def close(self) -> None: ...


@pytest.mark.parametrize(
    ("backlog", "withheld"),
    [
        (Backlog(), None),
        (Backlog(oldest_made_at=START - timedelta(seconds=60)), None),
        (Backlog(oldest_made_at=START - timedelta(seconds=61)), "a message has been waiting for 61 s"),
        (Backlog(oldest_made_at=START + timedelta(hours=1)), None),
        (Backlog(untold_dead=("ops",)), "messages for ops were given up, and nobody has been told"),
    ],
    ids=["all told", "a minute", "late", "a clock set back", "an untold dead letter"],
)
def test_when_all_is_not_well_although_cycles_go_on(backlog: Backlog, withheld: str | None) -> None:
    assert why_withheld(backlog, START) == withheld


async def test_the_switch_is_told_only_while_nothing_waits() -> None:
    backlogs, switch = KnownBacklog(), CountingSwitch()
    heartbeat = Heartbeat(switch, backlogs, SteppedClock(), channels=["ops"])
    await heartbeat.beat()
    backlogs.found = Backlog(oldest_made_at=START - timedelta(minutes=2))
    await heartbeat.beat()
    assert switch.told == 1


async def test_without_its_database_it_is_silent() -> None:
    switch = CountingSwitch()
    heartbeat = Heartbeat(switch, KnownBacklog(StoreUnavailableError("gone")), SteppedClock(), channels=["ops"])
    with pytest.raises(StoreUnavailableError):
        await heartbeat.beat()
    assert switch.told == 0


async def test_a_switch_that_hangs_is_asked_once_at_a_time() -> None:
    switch = CountingSwitch(gate=asyncio.Event())
    heartbeat = Heartbeat(switch, KnownBacklog(), SteppedClock(), channels=["ops"])
    hanging = asyncio.create_task(heartbeat.beat())
    await asyncio.sleep(0)
    await heartbeat.beat()
    assert switch.gate is not None
    switch.gate.set()
    await hanging
    assert switch.told == 1


async def test_a_switch_that_fails_is_logged_the_first_time_and_when_it_works_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    switch = CountingSwitch(refuses="the heartbeat's address answered 404")
    heartbeat = Heartbeat(switch, KnownBacklog(), SteppedClock(), channels=["ops"])
    with caplog.at_level(logging.WARNING):
        for _ in range(5):
            await heartbeat.beat()
        switch.refuses = ""
        await heartbeat.beat()
    assert [record.getMessage() for record in caplog.records] == [
        "no heartbeat: the heartbeat's address answered 404",
        "the heartbeat is told again",
    ]
