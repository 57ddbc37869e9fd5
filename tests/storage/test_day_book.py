"""A day as both databases tell it, and the digest that is kept once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from hedgewatch.domain.alert import EventType
from hedgewatch.domain.errors import LeaseLostError
from hedgewatch.monitoring.digest import digest_id
from hedgewatch.storage.day_book import SqlDayBook
from hedgewatch.storage.lease import SqlLease, Unfenced
from tests.storage.conftest import Stores
from tests.storage.samples import NOW, alert_state, cycle, event

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
ID = digest_id(NOW.date())


def book(stores: Stores) -> SqlDayBook:
    return SqlDayBook(stores.databases[0], Unfenced())


async def test_a_day_has_its_hedges_alerts_and_words(sql_stores: Stores) -> None:
    assert await book(sql_stores).watched_since() is None
    for at, rate in ((NOW, "0.001"), (NOW + HOUR, "0.002")):
        told = (event(alert_state(), sequence=1, at=at),) if at == NOW else ()
        await sql_stores.cycles.record(cycle(at, states=(alert_state(),), events=told, basis_rate=rate))
    assert await book(sql_stores).watched_since() == NOW - timedelta(milliseconds=200)
    day = await book(sql_stores).read(NOW - HOUR, NOW + 2 * HOUR)
    (one,) = day.hedges
    assert one.now is not None
    assert one.before is not None
    assert (one.hedge, one.now["read_at"], one.before["read_at"]) == ("btc-core", NOW + HOUR, NOW)
    assert (one.now["basis_rate"], one.received, one.paid) == (Decimal("0.002"), None, None)
    assert (one.samples, one.unknown_samples) == (2, 0)
    assert [(alert["rule"], alert["state"]) for alert in day.alerts] == [("drift", "firing")]


async def test_an_alert_that_ended_before_the_day_is_not_in_it(sql_stores: Stores) -> None:
    await sql_stores.cycles.record(cycle(states=(alert_state(),), events=(event(alert_state(), sequence=1),)))
    ended = replace(alert_state(sequence=2), resolved_at=NOW + HOUR)
    over = event(ended, sequence=2, kind=EventType.RESOLVED, at=NOW + HOUR)
    await sql_stores.cycles.record(cycle(NOW + HOUR, events=(over,)))
    assert len((await book(sql_stores).read(NOW + HOUR, NOW + 2 * HOUR)).alerts) == 1
    assert (await book(sql_stores).read(NOW + 2 * HOUR, NOW + 3 * HOUR)).alerts == []


async def test_a_digest_is_kept_once_with_a_delivery_for_each_channel(sql_stores: Stores) -> None:
    await sql_stores.cycles.record(cycle())
    assert not await book(sql_stores).is_kept(ID)
    for payload in (b"first", b"second"):
        await book(sql_stores).keep(ID, NOW.date(), NOW, payload=payload, channels=("me", "ops"))
    assert await book(sql_stores).is_kept(ID)
    for channel in ("me", "ops"):
        claimed = await sql_stores.outbox.claim(channel, NOW + SECOND, Decimal(15))
        assert claimed is not None
        assert (claimed.event_id, claimed.payload, claimed.severity) == (ID, b"first", "info")
        await sql_stores.outbox.delivered(claimed, NOW + SECOND)
        assert await sql_stores.outbox.claim(channel, NOW + SECOND, Decimal(15)) is None


async def test_a_worker_that_no_longer_leads_keeps_none(sql_stores: Stores) -> None:
    lease = SqlLease(sql_stores.databases[0], "stands-by")
    with pytest.raises(LeaseLostError):
        await SqlDayBook(sql_stores.databases[0], lease).keep(ID, NOW.date(), NOW, payload=b"{}", channels=("me",))
    assert not await book(sql_stores).is_kept(ID)
