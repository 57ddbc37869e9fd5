"""What every outbox and shelf promises: memory, SQLite and PostgreSQL alike."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from hedgewatch.domain.alert import EventType
from hedgewatch.monitoring.ports import Delivery
from tests.storage.conftest import Stores
from tests.storage.samples import NOW, TARGET, alert_state, cycle, event

LEASE = Decimal(15)
LATER = NOW + timedelta(seconds=16)


async def tell(stores: Stores, *episodes: tuple[str, int], channels: tuple[str, ...] = ("ops",)) -> None:
    """Store events (episode, sequence) in this order, a second apart."""
    events = tuple(
        event(
            alert_state(TARGET, episode=episode),
            sequence=sequence,
            kind=EventType.FIRING if sequence == 1 else EventType.RESOLVED,
            at=NOW + timedelta(seconds=number),
        )
        for number, (episode, sequence) in enumerate(episodes)
    )
    await stores.cycles.record(cycle(events=events, channels=channels))


async def claim(stores: Stores, channel: str = "ops", at: object = LATER) -> Delivery:
    found = await stores.outbox.claim(channel, at, LEASE)  # type: ignore[arg-type]  # a datetime
    assert found is not None
    return found


async def test_a_delivery_carries_the_frozen_payload(stores: Stores) -> None:
    await tell(stores, ("a", 1))
    stores.restart()
    assert await claim(stores) == Delivery(
        event_id="msg_a_1",
        channel="ops",
        event_type="firing",
        severity="warning",
        payload=b'{"id":"msg_a_1"}',
        made_at=NOW,
        attempts=0,
        first_attempt_at=None,
    )


async def test_a_claimed_delivery_is_not_claimed_again_until_its_claim_ends(stores: Stores) -> None:
    await tell(stores, ("a", 1))
    first = await claim(stores, at=NOW)
    assert await stores.outbox.claim("ops", NOW + timedelta(seconds=14), LEASE) is None
    assert await claim(stores, at=NOW + timedelta(seconds=15)) == first


async def test_a_claim_does_not_outlive_a_clock_set_back(stores: Stores) -> None:
    await tell(stores, ("a", 1))
    await claim(stores, at=NOW + timedelta(hours=1))
    assert (await claim(stores, at=NOW)).event_id == "msg_a_1"


async def test_an_event_of_the_future_is_due_at_once(stores: Stores) -> None:
    await tell(stores, ("a", 1))
    assert (await claim(stores, at=NOW - timedelta(hours=1))).event_id == "msg_a_1"


async def test_each_channel_has_its_own_deliveries(stores: Stores) -> None:
    await tell(stores, ("a", 1), channels=("ops", "me"))
    await stores.outbox.delivered(await claim(stores, "ops"), LATER)
    assert (await claim(stores, "me")).channel == "me"
    assert await stores.outbox.claim("phone", LATER, LEASE) is None


async def test_a_later_event_of_an_episode_waits_for_the_earlier_one(stores: Stores) -> None:
    await tell(stores, ("a", 1), ("a", 2), ("b", 1))
    first = await claim(stores)
    assert first.event_id == "msg_a_1"
    assert (await claim(stores)).event_id == "msg_b_1"
    assert await stores.outbox.claim("ops", LATER, LEASE) is None
    await stores.outbox.delivered(first, LATER)
    assert (await claim(stores)).event_id == "msg_a_2"


async def test_a_dead_event_lets_the_later_one_through(stores: Stores) -> None:
    await tell(stores, ("a", 1), ("a", 2))
    await stores.outbox.failed(await claim(stores), LATER, "gone", None)
    assert (await claim(stores)).event_id == "msg_a_2"


async def test_a_failed_delivery_waits_for_its_time_and_counts(stores: Stores) -> None:
    await tell(stores, ("a", 1), ("a", 2))
    retry_at = LATER + timedelta(seconds=5)
    await stores.outbox.failed(await claim(stores), LATER, "503", retry_at)
    assert await stores.outbox.claim("ops", LATER + timedelta(seconds=4), LEASE) is None
    stores.restart()
    again = await claim(stores, at=retry_at)
    assert (again.event_id, again.attempts, again.first_attempt_at) == ("msg_a_1", 1, LATER)


async def test_a_late_failure_does_not_undo_a_delivery(stores: Stores) -> None:
    await tell(stores, ("a", 1))
    first = await claim(stores, at=NOW)
    second = await claim(stores, at=LATER)
    await stores.outbox.delivered(second, LATER)
    await stores.outbox.failed(first, LATER, "too late", LATER)
    assert await stores.outbox.claim("ops", LATER + timedelta(hours=1), LEASE) is None


async def test_the_shelf_keeps_markets_by_exchange(stores: Stores) -> None:
    assert await stores.shelf.markets("binance") == {}
    await stores.shelf.keep("binance", {"BTC/USDT": '{"id": 1}', "ETH/USDT": "{}"}, NOW)
    await stores.shelf.keep("mexc", {"BTC/USDT": "{}"}, NOW)
    await stores.shelf.keep("binance", {"BTC/USDT": '{"id": 2}'}, LATER)
    stores.restart()
    assert await stores.shelf.markets("binance") == {"BTC/USDT": '{"id": 2}', "ETH/USDT": "{}"}


async def test_a_retry_does_not_wait_for_a_time_that_the_clock_has_left_behind(stores: Stores) -> None:
    await tell(stores, ("a", 1))
    first = await claim(stores, at=NOW)
    await stores.outbox.failed(first, NOW, "no", NOW + timedelta(minutes=5))
    assert await stores.outbox.claim("ops", NOW + timedelta(minutes=4), LEASE) is None
    earlier = NOW - timedelta(hours=1)
    again = await claim(stores, at=earlier)
    await stores.outbox.failed(again, earlier, "no", earlier + timedelta(minutes=5))
    assert await stores.outbox.claim("ops", earlier + timedelta(minutes=4), LEASE) is None, "every pass would try it"
    assert (await claim(stores, at=earlier + timedelta(minutes=5))).attempts == 2
