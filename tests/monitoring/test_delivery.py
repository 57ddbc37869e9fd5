from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest

from hedgewatch.domain.alert import AlertEvent
from hedgewatch.domain.errors import DeliveryError, DeliveryFault, StoreUnavailableError
from hedgewatch.monitoring.delivery import FIRST_WAITS, Deliverer, next_attempt
from hedgewatch.monitoring.payload import event_payload
from hedgewatch.monitoring.ports import CycleRecord, Delivery, DeliveryState, EventDraft, OutboxDraft
from hedgewatch.storage.memory import MemoryStore
from tests.monitoring.alerts import TOLD_AT, drift_event, snapshot
from tests.monitoring.sources import SteppedClock

FIRST = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)


@dataclass
class ScriptedNotifier:
    """Answers each send with the next of its answers (None: taken), then takes everything."""

    channel: str
    answers: list[BaseException | None] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    tries: list[Delivery] = field(default_factory=list)
    deadline_seconds: Decimal = Decimal(10)

    async def send(self, delivery: Delivery, now: datetime) -> None:
        assert now.tzinfo is not None
        self.tries.append(delivery)
        answer = self.answers.pop(0) if self.answers else None
        if answer is not None:
            raise answer
        self.taken.append(delivery.event_id)

    async def close(self) -> None:
        """Nothing to let go of."""


@dataclass
class GatedNotifier(ScriptedNotifier):
    """Hangs until its gate is opened."""

    gate: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, delivery: Delivery, now: datetime) -> None:
        await self.gate.wait()
        await super().send(delivery, now)


async def store_with(events: Sequence[AlertEvent], *channels: str) -> MemoryStore:
    store = MemoryStore()
    await keep(store, events, *channels)
    return store


async def keep(store: MemoryStore, events: Sequence[AlertEvent], *channels: str) -> None:
    await store.record(
        CycleRecord(
            started_at=TOLD_AT,
            read_at=TOLD_AT,
            answers=(),
            snapshots=(),
            findings=(),
            states=(),
            events=[EventDraft(event=event, payload=event_payload(event, snapshot(), "http://x")) for event in events],
            outbox=[OutboxDraft(event_id=event.event_id, channel=name) for event in events for name in channels],
        )
    )


def deliverer(store: MemoryStore, clock: SteppedClock, *notifiers: ScriptedNotifier) -> Deliverer:
    return Deliverer(store, notifiers, clock, Random(7))  # noqa: S311  jitter, not a secret


async def test_what_is_due_is_sent_once() -> None:
    store, notifier = await store_with([drift_event()], "ops"), ScriptedNotifier("ops")
    delivering = deliverer(store, SteppedClock(), notifier)
    await delivering.deliver_due()
    await delivering.deliver_due()
    assert notifier.taken == ["msg_firing1"]
    assert store.deliveries["msg_firing1", "ops"].state is DeliveryState.DELIVERED


async def test_a_refusal_is_tried_again_with_the_same_id_and_bytes() -> None:
    clock, notifier = SteppedClock(), ScriptedNotifier("ops", [DeliveryError("503"), DeliveryError("503")])
    store = await store_with([drift_event()], "ops")
    delivering = deliverer(store, clock, notifier)
    for _ in range(20):
        await delivering.deliver_due()
        clock.move(1)
    assert notifier.taken == ["msg_firing1"]
    assert len({(tried.event_id, tried.payload) for tried in notifier.tries}) == 1
    assert [tried.attempts for tried in notifier.tries] == [0, 1, 2]


async def test_a_failed_attempt_says_why() -> None:
    store = await store_with([drift_event()], "ops")
    await deliverer(store, SteppedClock(), ScriptedNotifier("ops", [DeliveryError("ops answered 503")])).deliver_due()
    kept = store.deliveries["msg_firing1", "ops"]
    assert (kept.state, kept.last_error) == (DeliveryState.PENDING, "ops answered 503")


@pytest.mark.parametrize("broken", [ValueError("password: hunter2"), KeyError("x"), OSError("no"), RuntimeError("no")])
async def test_a_notifier_that_breaks_counts_as_a_failed_attempt_and_tells_no_secret(broken: Exception) -> None:
    store = await store_with([drift_event()], "ops")
    await deliverer(store, SteppedClock(), ScriptedNotifier("ops", [broken])).deliver_due()
    kept = store.deliveries["msg_firing1", "ops"]
    assert kept.state is DeliveryState.PENDING
    assert kept.last_error == f"the notifier of ops broke: {type(broken).__name__}"


async def test_a_retry_after_is_obeyed() -> None:
    clock = SteppedClock()
    store = await store_with([drift_event()], "ops")
    busy = ScriptedNotifier("ops", [DeliveryError("429", retry_after_seconds=Decimal(40))])
    delivering = deliverer(store, clock, busy)
    await delivering.deliver_due()
    clock.move(39)
    await delivering.deliver_due()
    assert busy.taken == []
    clock.move(1)
    await delivering.deliver_due()
    assert busy.taken == ["msg_firing1"]


async def test_an_episodes_events_arrive_in_order_though_the_first_is_refused() -> None:
    clock = SteppedClock()
    events = [drift_event(sequence=1), drift_event(sequence=2)]
    store, notifier = await store_with(events, "ops"), ScriptedNotifier("ops", [DeliveryError("503")])
    delivering = deliverer(store, clock, notifier)
    await delivering.deliver_due()
    assert notifier.taken == []
    clock.move(5)
    await delivering.deliver_due()
    assert notifier.taken == ["msg_firing1", "msg_firing2"]


async def test_a_hanging_channel_does_not_delay_another() -> None:
    hanging, quick = GatedNotifier("hanging"), ScriptedNotifier("quick")
    store = await store_with([drift_event()], "hanging", "quick")
    delivering = deliverer(store, SteppedClock(), hanging, quick)
    started = time.monotonic()
    await delivering.deliver_due(Decimal("0.05"))
    assert quick.taken == ["msg_firing1"]
    await keep(store, [drift_event(sequence=2)], "hanging", "quick")
    await delivering.deliver_due(Decimal("0.05"))
    assert quick.taken == ["msg_firing1", "msg_firing2"]
    assert time.monotonic() - started < 0.2
    hanging.gate.set()
    await delivering.drain()
    assert hanging.taken == ["msg_firing1"]


async def test_a_channel_that_works_again_takes_what_came_meanwhile() -> None:
    hanging = GatedNotifier("hanging")
    store = await store_with([drift_event()], "hanging")
    delivering = deliverer(store, SteppedClock(), hanging)
    await delivering.deliver_due(Decimal("0.01"))
    await keep(store, [drift_event(sequence=2)], "hanging")
    hanging.gate.set()
    await asyncio.sleep(0)
    await delivering.deliver_due()
    await delivering.deliver_due()
    assert hanging.taken == ["msg_firing1", "msg_firing2"]


async def test_what_is_stored_while_a_channel_finds_nothing_is_not_overlooked() -> None:
    class SlowStore(MemoryStore):
        answers = asyncio.Event()

        async def claim(self, channel: str, now: datetime, claimed_for_seconds: Decimal) -> Delivery | None:
            found = await super().claim(channel, now, claimed_for_seconds)
            await self.answers.wait()
            return found

    store, notifier = SlowStore(), ScriptedNotifier("ops")
    delivering = deliverer(store, SteppedClock(), notifier)
    await delivering.deliver_due(Decimal("0.01"))
    await keep(store, [drift_event()], "ops")
    await delivering.deliver_due(Decimal("0.01"))
    store.answers.set()
    for _ in range(20):
        await asyncio.sleep(0)
    assert notifier.taken == ["msg_firing1"]


async def test_a_send_beyond_its_deadline_is_a_failed_attempt() -> None:
    hanging = GatedNotifier("hanging", deadline_seconds=Decimal("0.05"))
    store = await store_with([drift_event()], "hanging")
    await deliverer(store, SteppedClock(), hanging).deliver_due()
    assert store.deliveries["msg_firing1", "hanging"].last_error == "hanging did not take it within 0.05 s"


async def test_stopping_cuts_a_hanging_send_off_and_the_outbox_keeps_it() -> None:
    hanging = GatedNotifier("hanging")
    store = await store_with([drift_event()], "hanging")
    delivering = deliverer(store, SteppedClock(), hanging)
    await delivering.deliver_due(Decimal("0.01"))
    await delivering.drain(Decimal("0.01"))
    assert store.deliveries["msg_firing1", "hanging"].state is DeliveryState.PENDING
    await delivering.deliver_due()
    assert hanging.tries == []


async def test_an_unreachable_store_is_told_to_the_caller_and_the_next_pass_works() -> None:
    class ForgetfulStore(MemoryStore):
        is_down = True

        async def claim(self, channel: str, now: datetime, claimed_for_seconds: Decimal) -> Delivery | None:
            if self.is_down:
                raise StoreUnavailableError("the disk is full")
            return await super().claim(channel, now, claimed_for_seconds)

    store, notifier = ForgetfulStore(), ScriptedNotifier("ops")
    await keep(store, [drift_event()], "ops")
    delivering = deliverer(store, SteppedClock(), notifier)
    with pytest.raises(StoreUnavailableError, match="disk is full"):
        await delivering.deliver_due()
    store.is_down = False
    await delivering.deliver_due()
    assert notifier.taken == ["msg_firing1"]


async def test_a_receiver_that_is_down_71_hours_still_gets_it() -> None:
    clock = SteppedClock()
    dead = ScriptedNotifier("ops", [DeliveryError("down")] * 500)
    store = await store_with([drift_event()], "ops")
    delivering = deliverer(store, clock, dead)
    for _ in range(71 * 60):
        await delivering.deliver_due()
        clock.move(60)
    dead.answers.clear()
    for _ in range(60):
        await delivering.deliver_due()
        clock.move(60)
    assert dead.taken == ["msg_firing1"]
    assert 0.8 * (72 + 130) < len(dead.tries) < 1.25 * (72 + 130)  # every 5 minutes for 6 hours, then every 30


async def test_after_72_hours_it_is_dead_and_the_next_event_of_its_episode_goes_out() -> None:
    clock = SteppedClock()
    refusing = ScriptedNotifier("ops", [DeliveryError("down")])
    store = await store_with([drift_event(sequence=1), drift_event(sequence=2)], "ops")
    delivering = deliverer(store, clock, refusing)
    await delivering.deliver_due()
    clock.move(72 * 3600)
    refusing.answers.append(DeliveryError("still down"))
    await delivering.deliver_due()
    assert store.deliveries["msg_firing1", "ops"].state is DeliveryState.DEAD
    assert refusing.taken == ["msg_firing2"]


WAITS = [*((number, wait.total_seconds()) for number, wait in enumerate(FIRST_WAITS, start=1)), (8, 300), (40, 300)]


@pytest.mark.parametrize(("attempts", "seconds"), WAITS)
def test_the_waits_grow_from_2_seconds_to_5_minutes(attempts: int, seconds: float) -> None:
    assert next_attempt(FIRST, attempts, FIRST) == FIRST + timedelta(seconds=seconds)


@pytest.mark.parametrize(("hours", "minutes"), [("5.99", 5), ("6", 30), ("71.9", 30), ("72", None), ("100", None)])
def test_after_6_hours_it_is_every_30_minutes_and_after_72_it_is_dead(hours: str, minutes: int | None) -> None:
    now = FIRST + timedelta(hours=float(hours))
    expected = None if minutes is None else now + timedelta(minutes=minutes)
    assert next_attempt(FIRST, 60, now) == expected


@pytest.mark.parametrize(
    ("attempts", "asked", "seconds"),
    [
        (1, "1", 2),  # never sooner than we would ourselves
        (1, "30", 30),
        (1, "3600", 300),  # never later than 5 minutes, or twice our wait
        (7, "3600", 600),
        (3, "1e30", 300),
    ],
)
def test_a_receivers_wish_is_clamped(attempts: int, asked: str, seconds: int) -> None:
    assert next_attempt(FIRST, attempts, FIRST, retry_after=Decimal(asked)) == FIRST + timedelta(seconds=seconds)


@pytest.mark.parametrize(("jitter", "seconds"), [("-0.2", 240), ("0.2", 360)])
def test_jitter_is_a_share_of_the_wait(jitter: str, seconds: int) -> None:
    assert next_attempt(FIRST, 7, FIRST, jitter=Decimal(jitter)) == FIRST + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("fault", "attempts", "hours", "seconds"),
    [
        (DeliveryFault.OVERLOADED, 2, 0, 5),
        (DeliveryFault.OVERLOADED, 3, 0, 60),
        (DeliveryFault.OVERLOADED, 6, 0, 120),
        (DeliveryFault.CONFIG, 4, 0, 30),
        (DeliveryFault.CONFIG, 5, 0, 300),
        (DeliveryFault.CONFIG, 5, 6, 1800),
        (DeliveryFault.GONE, 1, 0, None),
    ],
)
def test_a_refusal_that_tells_more_changes_the_wait(
    fault: DeliveryFault, attempts: int, hours: int, seconds: int | None
) -> None:
    now = FIRST + timedelta(hours=hours)
    expected = None if seconds is None else now + timedelta(seconds=seconds)
    assert next_attempt(FIRST, attempts, now, fault=fault) == expected


def test_jitter_does_not_shorten_what_a_choking_receiver_is_spared() -> None:
    wait = next_attempt(FIRST, 3, FIRST, fault=DeliveryFault.OVERLOADED, jitter=Decimal("-0.2"))
    assert wait == FIRST + timedelta(seconds=60)


async def test_what_only_a_changed_setting_can_mend_is_flagged() -> None:
    store = await store_with([drift_event()], "ops")
    refusing = ScriptedNotifier("ops", [DeliveryError("ops answered 404", fault=DeliveryFault.CONFIG)])
    await deliverer(store, SteppedClock(), refusing).deliver_due()
    kept = store.deliveries["msg_firing1", "ops"]
    assert (kept.state, kept.last_error) == (DeliveryState.PENDING, "config: ops answered 404")


GONE = DeliveryError("ops answered 410", fault=DeliveryFault.GONE)


async def test_a_channel_that_is_gone_is_not_tried_again_and_all_of_it_can_be_replayed() -> None:
    clock, ops = SteppedClock(), ScriptedNotifier("ops", [GONE])
    store = await store_with([drift_event()], "ops")
    delivering = deliverer(store, clock, ops)
    await delivering.deliver_due()
    await keep(store, [drift_event(sequence=2)], "ops")
    await delivering.deliver_due()
    states = {key: (kept.state, kept.last_error) for key, kept in store.deliveries.items()}
    assert states["msg_firing1", "ops"] == (DeliveryState.DEAD, "config: ops answered 410")
    assert states["msg_firing2", "ops"][0] is DeliveryState.DEAD
    assert "not sent" in str(states["msg_firing2", "ops"][1])
    assert len(ops.tries) == 1
    for number, event_id in enumerate(("msg_firing2", "msg_firing1"), start=1):
        store.replay(event_id, "me", clock.now())
        await delivering.deliver_due()
        assert len(ops.taken) == number
    await keep(store, [drift_event(sequence=3)], "ops")
    await delivering.deliver_due()
    assert ops.taken == ["msg_firing2", "msg_firing1", "msg_firing3"], "what took a message is not gone any more"


async def test_a_channel_that_is_gone_is_asked_again_after_a_start() -> None:
    clock, ops = SteppedClock(), ScriptedNotifier("ops", [GONE])
    store = await store_with([drift_event()], "ops")
    await deliverer(store, clock, ops).deliver_due()
    await keep(store, [drift_event(sequence=2)], "ops")
    await deliverer(store, clock, ops).deliver_due()
    assert ops.taken == ["msg_firing2"]


async def test_a_channel_that_is_stuck_is_no_pass_until_it_moves_again() -> None:
    clock, stuck, other = SteppedClock(), GatedNotifier("stuck"), ScriptedNotifier("ops")
    store = await store_with([drift_event()], "stuck", "ops")
    delivering = deliverer(store, clock, stuck, other)
    await delivering.deliver_due(Decimal("0.01"))
    clock.move(70)  # its deadline of 10 s and a minute more: a send that is cut off has long ended by then
    await delivering.deliver_due(Decimal("0.01"))
    clock.move(1)
    with pytest.raises(DeliveryError, match="the channel stuck is stuck: nothing has moved for 71 s"):
        await delivering.deliver_due(Decimal("0.01"))
    assert other.taken == ["msg_firing1"]
    stuck.gate.set()
    await delivering.deliver_due(Decimal(1))
    await asyncio.sleep(0)
    await delivering.deliver_due(Decimal(1))
    assert stuck.taken == ["msg_firing1"]
