"""What the heartbeat asks of a store: the oldest message that waits, and dead letters nobody was told of."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from hedgewatch.domain.finding import Target
from hedgewatch.monitoring.heartbeat import Backlog
from hedgewatch.monitoring.own_alarms import DEAD_LETTER
from hedgewatch.storage.backlog import SqlBacklogs
from tests.storage.conftest import over
from tests.storage.samples import NOW, TARGET, alert_state, cycle, event

LEASE, SECOND = Decimal(15), timedelta(seconds=1)


@pytest.mark.parametrize("kind", ["sqlite_url", "pg_url"])
async def test_what_waits_and_what_nobody_was_told_of(request: pytest.FixtureRequest, kind: str) -> None:
    url: str = request.getfixturevalue(kind)
    stores = over(url)
    backlogs = SqlBacklogs(stores.databases[0])
    assert await backlogs.backlog(["ops"]) == Backlog()

    waiting = event(alert_state(TARGET, episode="a"), sequence=1, at=NOW)
    await stores.cycles.record(cycle(events=(waiting,), channels=("ops",)))
    assert await backlogs.backlog(["ops", "me"]) == Backlog(oldest_made_at=NOW)
    assert await backlogs.backlog(["me"]) == Backlog(), "a channel that was taken out counts for nothing"

    dead = await stores.outbox.claim("ops", NOW, LEASE)
    assert dead is not None
    await stores.outbox.failed(dead, NOW, "no", None)
    assert await backlogs.backlog(["ops"]) == Backlog(untold_dead=("ops",))

    alarm = event(alert_state(Target(rule=DEAD_LETTER, side="ops"), episode="b"), sequence=1, at=NOW + SECOND)
    await stores.cycles.record(cycle(events=(alarm,), channels=("me",)))
    assert (await backlogs.backlog(["ops", "me"])).untold_dead == ("ops",), "it was not delivered yet"
    told = await stores.outbox.claim("me", NOW + SECOND, LEASE)
    assert told is not None
    await stores.outbox.delivered(told, NOW + SECOND)
    assert await backlogs.backlog(["ops", "me"]) == Backlog()
    stores.databases[0].close()
