"""The lease of the active worker: who gets it, who loses it, and that whoever lost it cannot write."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Connection

from hedgewatch.domain.errors import LeaseLostError, StoreUnavailableError
from hedgewatch.monitoring.leading import Tenure
from hedgewatch.monitoring.ports import CycleRecord
from hedgewatch.storage.cycle_store import SqlCycleStore
from hedgewatch.storage.database import Database, database_ms, open_database
from hedgewatch.storage.lease import SqlLease
from hedgewatch.storage.migrate import upgrade
from hedgewatch.storage.outbox import SqlOutbox
from hedgewatch.storage.seats import SEATS, FileSeats
from tests.storage.samples import LEG, NOW, SPOT, StandingClock, alert_state, cycle, event
from tests.storage.test_database import end_sessions

POLL = timedelta(seconds=30)
CLAIM = Decimal(15)


class House:
    """Workers on one database, each with a connection of its own."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.databases: dict[str, Database] = {}
        upgrade(url)

    def enter(self, name: str) -> SqlLease:
        self.databases[name] = Database(self.url)
        return SqlLease(self.databases[name], name)

    def store(self, lease: SqlLease) -> SqlCycleStore:
        return SqlCycleStore(self.databases[lease.name], StandingClock(), fence=lease)

    def outbox(self, lease: SqlLease) -> SqlOutbox:
        return SqlOutbox(self.databases[lease.name], lease.name)

    def kill(self, lease: SqlLease) -> None:
        """Let a worker go as the system does: its locks and its session end, nothing is written."""
        self.databases.pop(lease.name).close()
        if isinstance(lease._seats, FileSeats) and lease._seats._held is not None:
            lease._seats._held[1].release()

    def shift(self, seconds: int) -> None:
        """Let the lease have been renewed so much later, or earlier."""
        statement = f"UPDATE lease SET expires_at_ms = expires_at_ms + {seconds * 1000}"  # noqa: S608  a number
        next(iter(self.databases.values())).run_now(lambda connection: connection.exec_driver_sql(statement))

    def rows(self, query: str) -> list[tuple[object, ...]]:
        one = next(iter(self.databases.values()))
        return [tuple(row) for row in one.run_now(lambda connection: connection.exec_driver_sql(query).all())]


@pytest.fixture
def house(ready_url: str) -> Iterator[House]:
    made = House(ready_url)
    yield made
    for database in made.databases.values():
        database.close()


def told(name: str) -> CycleRecord:
    """A cycle with an event for one channel, named by its episode."""
    state = alert_state(episode=name)
    return cycle(states=(state,), events=(event(state, sequence=1),), channels=("ops",))


async def test_the_first_worker_leads_and_the_second_stands_by(house: House) -> None:
    a, b = house.enter("a"), house.enter("b")
    assert await a.hold() == Tenure(holder="a", epoch=1, is_mine=True)
    assert await b.hold() == Tenure(holder="a", epoch=1, is_mine=False)
    assert await a.hold() == Tenure(holder="a", epoch=1, is_mine=True)
    assert (a.epoch, b.epoch) == (1, None)


async def test_a_lease_that_was_given_back_is_taken_at_once(house: House) -> None:
    a, b = house.enter("a"), house.enter("b")
    await a.hold()
    await b.hold()
    await a.release()
    assert await b.hold() == Tenure(holder="b", epoch=2, is_mine=True)
    assert await a.hold() == Tenure(holder="b", epoch=2, is_mine=False)


async def test_the_lease_of_a_dead_worker_is_taken_at_once(house: House) -> None:
    a, b = house.enter("a"), house.enter("b")
    await a.hold()
    await b.hold()
    house.kill(a)
    assert await b.hold() == Tenure(holder="b", epoch=2, is_mine=True)


async def test_a_worker_that_is_started_again_leads_at_once(house: House) -> None:
    a = house.enter("a")
    await a.hold()
    house.kill(a)
    assert await house.enter("again").hold() == Tenure(holder="again", epoch=2, is_mine=True)


async def test_a_third_worker_in_the_seat_of_the_dead_one_hides_nothing(house: House) -> None:
    a, b = house.enter("a"), house.enter("b")
    await a.hold()
    await b.hold()
    house.kill(a)
    c = house.enter("c")
    assert (await c.hold()).holder == "c"
    assert (await b.hold()).holder == "c"


async def test_the_lease_of_a_worker_that_is_stopped_ends_by_itself(house: House) -> None:
    a, b = house.enter("a"), house.enter("b")
    await a.hold()
    house.shift(-14)
    assert (await b.hold()).is_mine is False
    house.shift(-1)
    assert await b.hold() == Tenure(holder="b", epoch=2, is_mine=True)
    assert await a.hold() == Tenure(holder="b", epoch=2, is_mine=False)


async def test_a_lease_does_not_outlive_a_clock_set_back(house: House) -> None:
    a, b = house.enter("a"), house.enter("b")
    await a.hold()
    house.shift(3600)
    assert (await b.hold()).is_mine is True


async def test_a_leader_that_was_replaced_cannot_write(house: House) -> None:
    a, b = house.enter("a"), house.enter("b")
    await a.hold()
    store = house.store(a)
    await store.record(told("of a"))
    house.shift(-20)
    await b.hold()
    with pytest.raises(LeaseLostError, match="another worker leads; this one stands by"):
        await store.record(told("too late"))
    assert a.epoch is None
    assert house.rows("SELECT episode FROM event") == [("of a",)]
    assert house.rows("SELECT epoch FROM cycle") == [(1,)]


async def test_a_worker_that_never_led_cannot_write(house: House) -> None:
    a = house.enter("a")
    with pytest.raises(LeaseLostError):
        await house.store(a).record(cycle())
    assert house.rows("SELECT count(*) FROM cycle") == [(0,)]


async def test_a_cycle_renews_the_lease(house: House) -> None:
    a, b = house.enter("a"), house.enter("b")
    await a.hold()
    house.shift(-14)
    await house.store(a).record(cycle())
    house.shift(-14)
    assert (await b.hold()).is_mine is False


async def test_a_lease_that_has_ended_and_nobody_took_still_holds(house: House) -> None:
    a = house.enter("a")
    await a.hold()
    house.shift(-600)
    await house.store(a).record(cycle())
    assert await a.hold() == Tenure(holder="a", epoch=1, is_mine=True)


async def test_what_others_wrote_meanwhile_is_read_anew(house: House) -> None:
    a, b = house.enter("a"), house.enter("b")
    store = house.store(a)
    await a.hold()
    await store.record(cycle())
    assert (await store.recall([SPOT], [("btc-core", LEG)], NOW)).alerts == {}
    await a.release()
    await b.hold()
    await house.store(b).record(cycle(NOW + POLL, states=(alert_state(),)))
    await b.release()
    await a.hold()
    assert len((await store.recall([SPOT], [("btc-core", LEG)], NOW + POLL)).alerts) == 1


async def test_two_workers_never_send_the_same(house: House) -> None:
    a, b = house.enter("a"), house.enter("b")
    await a.hold()
    await house.store(a).record(told("one"))
    skewed = NOW + timedelta(seconds=30)  # by their own clocks the claim would have ended, or not begun
    assert await house.outbox(a).claim("ops", NOW, CLAIM) is not None
    for now in (NOW, skewed, NOW - timedelta(seconds=30)):
        assert await house.outbox(b).claim("ops", now, CLAIM) is None


async def test_a_claim_made_since_a_worker_looked_at_the_time_is_respected(house: House) -> None:
    a, _ = house.enter("a"), house.enter("b")
    await a.hold()
    await house.store(a).record(told("one"))
    late = SqlOutbox(house.databases["a"], "a", time=lambda *_: 10_005)
    early = SqlOutbox(house.databases["b"], "b", time=lambda *_: 10_000)
    assert await late.claim("ops", NOW, CLAIM) is not None
    assert await early.claim("ops", NOW, CLAIM) is None


async def test_what_a_dead_leader_was_sending_is_sent_by_the_next_one_at_once(house: House) -> None:
    a, b = house.enter("a"), house.enter("b")
    await a.hold()
    await b.hold()
    await house.store(a).record(told("one"))
    assert await house.outbox(a).claim("ops", NOW, CLAIM) is not None
    house.kill(a)
    await b.hold()
    assert await house.outbox(b).claim("ops", NOW, CLAIM) is not None


async def test_what_a_dead_standby_was_sending_is_sent_by_whoever_takes_its_seat(house: House) -> None:
    a, b = house.enter("a"), house.enter("b")
    await a.hold()
    await b.hold()
    await house.store(a).record(told("one"))
    assert await house.outbox(b).claim("ops", NOW, CLAIM) is not None
    house.kill(b)
    assert await house.outbox(a).claim("ops", NOW, CLAIM) is None
    await house.enter("again").hold()
    assert await house.outbox(a).claim("ops", NOW, CLAIM) is not None


async def test_what_a_living_worker_is_sending_stays_its_own_when_another_takes_over(house: House) -> None:
    a, b = house.enter("a"), house.enter("b")
    await a.hold()
    await house.store(a).record(told("one"))
    assert await house.outbox(a).claim("ops", NOW, CLAIM) is not None
    house.shift(-20)
    assert (await b.hold()).is_mine is True
    assert await house.outbox(b).claim("ops", NOW, CLAIM) is None


async def test_more_workers_than_seats_are_refused(house: House) -> None:
    leases = [house.enter(f"worker {number}") for number in range(SEATS)]
    for lease in leases:
        await lease.hold()
    with pytest.raises(StoreUnavailableError, match="16 hedgewatch workers share this database already"):
        await house.enter("one too many").hold()
    await leases[3].release()
    assert (await house.enter("another").hold()).holder == "worker 0"


async def test_a_worker_whose_session_broke_off_sits_down_again(pg_url: str) -> None:
    house = House(pg_url)
    a, b = house.enter("a"), house.enter("b")
    await a.hold()
    end_sessions(pg_url)
    assert (await a.hold()).is_mine is True
    assert (await b.hold()).is_mine is False
    for database in house.databases.values():
        database.close()


def test_the_time_of_the_database_is_the_time(ready_url: str) -> None:
    database = open_database(ready_url)

    def both(connection: Connection) -> tuple[int, int]:
        return database_ms(connection), database_ms(connection)

    first, second = database.run_now(both)
    database.close()
    assert 0 <= second - first < 5_000
    assert first > NOW.timestamp() * 1000 - 86_400_000 * 3650
