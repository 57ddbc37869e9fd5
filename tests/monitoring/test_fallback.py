"""Falling back: a critical alert that its channel does not take goes to another one as well."""

from __future__ import annotations

from decimal import Decimal
from random import Random

from hedgewatch.domain.errors import DeliveryError, DeliveryFault
from hedgewatch.domain.thresholds import Severity
from hedgewatch.monitoring.delivery import Deliverer
from tests.monitoring.alerts import TOLD_AT, drift_event
from tests.monitoring.sources import SteppedClock
from tests.monitoring.test_delivery import GatedNotifier, ScriptedNotifier, store_with

CHANCE = Random(1)  # noqa: S311  jitter only


async def test_a_critical_alert_that_its_channel_refuses_goes_to_the_fallback_after_three_attempts() -> None:
    store = await store_with([drift_event(severity=Severity.CRITICAL)], "ops")
    ops = ScriptedNotifier("ops", answers=[DeliveryError("refused") for _ in range(9)])
    me = ScriptedNotifier("me")
    clock = SteppedClock(at=TOLD_AT)
    deliverer = Deliverer(store, [ops, me], clock, CHANCE, fallback=("me",))
    for seconds in (0, 3, 6):
        assert me.taken == []
        clock.move(seconds)
        await deliverer.deliver_due()
    await deliverer.deliver_due()
    await deliverer.deliver_due()
    assert (me.taken, len(ops.tries)) == (["msg_firing1"], 3), "once, within ten seconds"


async def test_a_critical_alert_that_hangs_goes_to_the_fallback_after_thirty_seconds() -> None:
    store = await store_with([drift_event(severity=Severity.CRITICAL), drift_event(sequence=2)], "ops")
    ops, me, clock = GatedNotifier("ops"), ScriptedNotifier("me"), SteppedClock(at=TOLD_AT)
    deliverer = Deliverer(store, [ops, me], clock, CHANCE, fallback=("me",))
    for seconds in (0, 29):
        clock.move(seconds)
        await deliverer.deliver_due(Decimal("0.01"))
    assert me.taken == []
    clock.move(1)
    await deliverer.deliver_due(Decimal("0.01"))
    assert me.taken == ["msg_firing1"], "the critical one, and no warning"
    ops.gate.set()
    await deliverer.drain()


async def test_a_critical_alert_whose_channel_is_gone_goes_to_the_fallback_at_once() -> None:
    store = await store_with([drift_event(severity=Severity.CRITICAL)], "ops")
    ops = ScriptedNotifier("ops", answers=[DeliveryError("answered 410", fault=DeliveryFault.GONE)])
    me, clock = ScriptedNotifier("me"), SteppedClock(at=TOLD_AT)
    deliverer = Deliverer(store, [ops, me], clock, CHANCE, fallback=("me",))
    for _ in range(3):
        await deliverer.deliver_due()
    assert me.taken == ["msg_firing1"]
