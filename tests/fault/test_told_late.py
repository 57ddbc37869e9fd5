"""Receivers that misbehave for days: nothing is lost, nobody is asked too often, whoever is given up is announced."""

from __future__ import annotations

import asyncio
import os
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from statistics import quantiles

import pytest
import trustme

from hedgewatch.domain.errors import DeliveryError, DeliveryFault
from hedgewatch.domain.rules import OWN_RULES
from hedgewatch.domain.thresholds import Patience, RuleSettings, Severity
from hedgewatch.monitoring.delivery import Deliverer, next_attempt
from hedgewatch.monitoring.own_alarms import own_findings
from hedgewatch.monitoring.ports import DeliveryState
from hedgewatch.notify.channels import WebhookChannel
from hedgewatch.notify.webhook import WebhookNotifier
from hedgewatch.storage.memory import MemoryStore
from tests.monitoring.alerts import TOLD_AT, drift_event
from tests.monitoring.sources import SteppedClock
from tests.monitoring.test_delivery import ScriptedNotifier, keep, store_with
from tests.notify.receivers import SECRET, ToldReceiver, delivery

IS_LONG = os.environ.get("HEDGEWATCH_FAULT") == "long"
LIVES, EVENTS = (200, 300) if IS_LONG else (5, 40)
SEED, HOUR = 7, 3600
PERCENTILE = 99 if IS_LONG else 90  # of a few events the 99th is the worst, which a busy machine decides
FAST = (2, 5, 15, 30, 60, 120, 300)
RULE = RuleSettings(rule="self.dead_letter", enabled=True, levels={}, keep_firing_for=Patience(polls=0))

DOWN = DeliveryError("answered 503")
CHOKING = DeliveryError("answered 429", retry_after_seconds=Decimal(HOUR), fault=DeliveryFault.OVERLOADED)
HANGING = DeliveryError("did not answer in time", fault=DeliveryFault.OVERLOADED)
REFUSING = DeliveryError("answered 404", fault=DeliveryFault.CONFIG)
GONE = DeliveryError("answered 410", fault=DeliveryFault.GONE)


@dataclass
class Misbehaving(ScriptedNotifier):
    """Refuses in its way until it is up again, and remembers when it was asked."""

    error: DeliveryError = DOWN
    up_after_seconds: float = 71 * HOUR
    clock: SteppedClock = field(default_factory=lambda: SteppedClock(at=TOLD_AT))
    asked_at: list[float] = field(default_factory=list)

    async def send(self, delivery: object, now: datetime) -> None:
        since = (now - TOLD_AT).total_seconds()
        self.asked_at.append(since)
        if since < self.up_after_seconds:
            raise self.error
        self.taken.append(getattr(delivery, "event_id", ""))


async def lived(one: Misbehaving, seed: int, hours: float = 73) -> MemoryStore:
    """Let the deliverer run until ``hours`` have passed, jumping from one attempt to the next."""
    store = await store_with([drift_event(severity=Severity.CRITICAL)], "ops")
    deliverer = Deliverer(store, [one], one.clock, Random(seed))  # noqa: S311  jitter
    while (one.clock.at - TOLD_AT).total_seconds() < hours * HOUR:
        await deliverer.deliver_due()
        kept = store.deliveries["msg_firing1", "ops"]
        if kept.state is not DeliveryState.PENDING or kept.due_at is None:
            break
        one.clock.at = max(kept.due_at, one.clock.at + timedelta(milliseconds=1))
    return store


def own_wait(attempts: int, since: float, error: DeliveryError) -> tuple[float, float]:
    """Return the least and the most that may lie before the next attempt, written without the code that decides it."""
    fast = FAST[:4] if error.fault is DeliveryFault.CONFIG else FAST
    wait = fast[attempts - 1] if attempts <= len(fast) else (300 if since < 6 * HOUR else 1800)
    least, most = wait * 0.8, wait * 1.2
    if error.fault is DeliveryFault.OVERLOADED and attempts >= 3:
        least, most = max(least, 60), max(most, 60)
    if error.retry_after_seconds is not None:
        least, most = max(2 * least, 300), max(2 * most, 300)
    return least, most


@pytest.mark.parametrize("error", [DOWN, CHOKING, HANGING, REFUSING], ids=str)
async def test_after_71_hours_it_arrives_and_every_wait_was_on_schedule(error: DeliveryError) -> None:
    waits = off = arrived = 0
    for seed in range(SEED, SEED + LIVES):
        one = Misbehaving("ops", error=error)
        await lived(one, seed)
        arrived += one.taken == ["msg_firing1"]
        for attempts, (before, after) in enumerate(zip(one.asked_at, one.asked_at[1:], strict=False), start=1):
            least, most = own_wait(attempts, before, error)
            waits += 1
            off += not least - 0.01 <= after - before <= most + 0.01
    print(f"\n71 hours of {error}: {LIVES} lives, {arrived} delivered, {waits} waits, {off} off schedule, seed {SEED}")  # noqa: T201  the figures
    assert (arrived, off) == (LIVES, 0)


@pytest.mark.parametrize(("error", "hours"), [(DOWN, 72), (REFUSING, 72), (GONE, 0)], ids=str)
async def test_what_is_given_up_is_announced_and_can_be_sent_again(error: DeliveryError, hours: int) -> None:
    one = Misbehaving("ops", error=error, up_after_seconds=80 * HOUR)
    store = await lived(one, SEED)
    kept = store.deliveries["msg_firing1", "ops"]
    assert kept.state is DeliveryState.DEAD
    assert hours * HOUR <= one.asked_at[-1] <= hours * HOUR + 0.7 * HOUR
    memory = await store.recall([], [], one.clock.now())
    found = own_findings(memory.troubles, {"self.dead_letter": RULE}, ["ops", "me"], one.clock.now())
    breaches = [finding.message for finding, _ in found if finding.value]
    assert len(breaches) == 1
    assert "1 message for ops" in breaches[0]
    one.up_after_seconds = 0
    store.replay("msg_firing1", "me", one.clock.now())
    await Deliverer(store, [one], one.clock, Random(SEED)).deliver_due()  # noqa: S311  jitter
    assert one.taken == ["msg_firing1"]


def test_a_schedule_that_gives_up_early_or_asks_too_often_is_found_out() -> None:
    assert "self.dead_letter" in OWN_RULES
    impatient = [next_attempt(TOLD_AT, 9, TOLD_AT + timedelta(hours=hours)) for hours in (0, 6, 71.9)]
    for at, hours in zip(impatient, (0, 6, 71.9), strict=True):
        assert at is not None
        wait = (at - TOLD_AT).total_seconds() - hours * HOUR
        least, most = own_wait(9, hours * HOUR, DOWN)
        assert least <= wait <= most
        assert not least <= wait / 4 <= most, "a mutant that asks four times as often passes"


Serving = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def cuts(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.transport.abort()


async def drips(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    for mark in "HTTP/1.1 200 OK\r\n" * 20:
        writer.write(mark.encode())
        await asyncio.sleep(0.05)
    writer.transport.abort()


@asynccontextmanager
async def serving(serve: Serving) -> AsyncIterator[str]:
    serving_now: list[asyncio.Task[None]] = []

    async def quietly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        serving_now.append(task)
        try:
            await serve(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(quietly, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    finally:
        server.close()
        for task in serving_now:
            task.cancel()
        await asyncio.gather(*serving_now, return_exceptions=True)
        await asyncio.sleep(0)


async def refusal(url: str, ca_file: Path | None = None) -> DeliveryError:
    channel = WebhookChannel(name="ops", url=url, secret=SECRET, ca_file=ca_file)
    notifier = WebhookNotifier(channel, total_seconds=Decimal("0.4"))
    with pytest.raises(DeliveryError) as refused:
        await notifier.send(delivery(), datetime.now(UTC))
    await notifier.close()
    return refused.value


async def test_a_receiver_that_accepts_and_cuts_is_a_failed_attempt() -> None:
    async with serving(cuts) as url:
        assert "cut the connection" in str(await refusal(url))


async def test_a_receiver_that_drips_is_given_up_in_time() -> None:
    started = time.monotonic()
    async with serving(drips) as url:
        assert (await refusal(url)).fault is DeliveryFault.OVERLOADED
    assert time.monotonic() - started < 2


async def test_an_expired_certificate_is_a_failed_attempt(tmp_path: Path) -> None:
    authority, ca_file = trustme.CA(), tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(ca_file)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    past = datetime.now(UTC) - timedelta(days=1)
    authority.issue_cert("127.0.0.1", not_after=past).configure_cert(tls)
    async with ToldReceiver().open(tls) as receiver:
        assert "certificate has expired" in str(await refusal(receiver.url, ca_file))
        assert receiver.posts == []


async def delays(*, hanging: bool) -> list[float]:
    """Return how long each of the two sound channels took for each event, beside one that hangs 10 s per call."""
    async with ToldReceiver(hangs=hanging).open() as third, ToldReceiver().open() as one, ToldReceiver().open() as two:
        places = {"third": third, "one": one, "two": two}
        notifiers = [
            WebhookNotifier(WebhookChannel(name=name, url=receiver.url, secret=SECRET))
            for name, receiver in places.items()
        ]
        store, took = MemoryStore(), []
        deliverer = Deliverer(store, notifiers, SteppedClock(at=TOLD_AT), Random(SEED))  # noqa: S311  jitter
        for number in range(1, EVENTS + 1):
            await keep(store, [drift_event(sequence=number)], *places)
            started = time.monotonic()
            passing = asyncio.create_task(deliverer.deliver_due())
            while min(len(one.posts), len(two.posts)) < number:  # noqa: ASYNC110  the receivers know no event
                await asyncio.sleep(0.001)
            took.append(time.monotonic() - started)
            await passing
        await deliverer.drain(Decimal("0.01"))
        for notifier in notifiers:
            await notifier.close()
    return took


async def test_a_channel_that_hangs_delays_no_other() -> None:
    alone, beside = [quantiles(await delays(hanging=hanging), n=100)[PERCENTILE - 1] for hanging in (False, True)]
    figures = f"p{PERCENTILE} of the others {beside * 1000:.0f} ms, without it {alone * 1000:.0f} ms, {EVENTS} events"
    print(f"\na channel hangs: {figures}")  # noqa: T201  the figures
    assert beside - alone < 0.2
