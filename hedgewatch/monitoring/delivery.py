"""Delivery: the outbox is emptied channel by channel, side by side, until a message arrived or is dead."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from hedgewatch.domain.errors import DeliveryError, DeliveryFault
from hedgewatch.monitoring.ports import Clock, Delivery, Notifier, Outbox

FIRST_WAITS = tuple(timedelta(seconds=seconds) for seconds in (2, 5, 15, 30, 60, 120, 300))
DENSE_FOR, DENSE_WAIT = timedelta(hours=6), timedelta(minutes=5)
TRIED_FOR, LONG_WAIT = timedelta(hours=72), timedelta(minutes=30)
FAST_WHERE_REFUSED = 4  # waits before the tail where only a changed setting can help: five attempts
OVERLOADED_WAIT, OVERLOADED_AFTER = timedelta(seconds=60), 3  # a receiver that chokes is spared from the third failure
LONGEST_ASKED_WAIT = timedelta(minutes=5)  # of what a receiver may ask for; more where our own wait is long already
ABSURD_SECONDS = Decimal(86_400)  # beyond it a receiver's wish does not even fit a duration
JITTER = 0.2
FALLBACK_AFTER, FALLBACK_ATTEMPTS = timedelta(seconds=30), 3
CLAIM_MARGIN_SECONDS = Decimal(5)  # a claim outlives the send, so that nobody else sends the same meanwhile
STUCK_SECONDS = Decimal(60)  # beyond a send's deadline; the database has deadlines far below it
PASS_SECONDS = Decimal("0.5")  # a pass ends before the next one is due, whatever hangs
DRAIN_SECONDS = Decimal(10)


def next_attempt(
    first_attempt_at: datetime,
    attempts: int,
    now: datetime,
    *,
    retry_after: Decimal | None = None,
    fault: DeliveryFault | None = None,
    jitter: Decimal = Decimal(0),
) -> datetime | None:
    """Return when to try again, None if the message is dead: tried for 72 hours, or for a receiver that is gone.

    attempts: failed ones, at least 1. retry_after: seconds the receiver asked for, obeyed up to twice our own wait or 5
    minutes, whichever is longer. fault: what the last refusal told. jitter: a fraction of the wait, from -0.2 to 0.2.
    """
    tried_for = now - first_attempt_at
    if tried_for >= TRIED_FOR or fault is DeliveryFault.GONE:
        return None
    first_waits = FIRST_WAITS[:FAST_WHERE_REFUSED] if fault is DeliveryFault.CONFIG else FIRST_WAITS
    if attempts <= len(first_waits):
        wait = first_waits[attempts - 1]
    else:
        wait = DENSE_WAIT if tried_for < DENSE_FOR else LONG_WAIT
    wait *= float(1 + jitter)
    if fault is DeliveryFault.OVERLOADED and attempts >= OVERLOADED_AFTER:
        wait = max(wait, OVERLOADED_WAIT)
    if retry_after is not None:
        asked = timedelta(seconds=float(min(retry_after, ABSURD_SECONDS)))
        wait = max(wait, min(asked, max(2 * wait, LONGEST_ASKED_WAIT)))
    return now + wait


class Deliverer:
    """Sends what is due. Each channel works alone and one message at a time, so none delays another."""

    def __init__(
        self, outbox: Outbox, notifiers: Iterable[Notifier], clock: Clock, rng: Random, *, fallback: Sequence[str] = ()
    ) -> None:
        """Take the outbox, the channels (closed by whoever opened them), the clock, and the chance for jitter.

        fallback: the channels that are told as well what another one does not take in time.
        """
        self._fallback = tuple(fallback)
        self._outbox = outbox
        self._notifiers = {notifier.channel: notifier for notifier in notifiers}
        self._clock = clock
        self._rng = rng
        self._working: dict[str, asyncio.Task[None]] = {}
        self._asked_again: set[str] = set()
        self._moved_at: dict[str, Decimal] = {}
        self._gone: dict[str, set[str]] = {}  # channels that want nothing any more, and what was given up for that
        self._stopping = False

    async def deliver_due(self, patience_seconds: Decimal = PASS_SECONDS) -> None:
        """Start every idle channel on what is due, and wait for these at most ``patience_seconds``.

        A channel that takes longer goes on by itself. Raises StoreUnavailableError (of this pass or an earlier one),
        and DeliveryError for a channel that is stuck: that is no pass, so a supervisor starts the program again.
        """
        errors = self._collect_finished()
        started: list[asyncio.Task[None]] = []
        if self._fallback and not self._stopping:
            await self._outbox.fall_back(self._fallback, self._clock.now() - FALLBACK_AFTER, FALLBACK_ATTEMPTS)
        for name, notifier in self._notifiers.items():
            if name in self._working:
                self._asked_again.add(name)
            elif not self._stopping:
                self._moved_at[name] = self._clock.monotonic()
                self._working[name] = asyncio.create_task(self._empty(notifier), name=f"deliver {name}")
                started.append(self._working[name])
        if started:
            await asyncio.wait(started, timeout=float(patience_seconds))
        for error in (*errors, *self._collect_finished()):
            raise error
        self._refuse_stuck_channels()

    def _refuse_stuck_channels(self) -> None:
        now = self._clock.monotonic()
        for name in self._working:
            silent_for = now - self._moved_at[name]
            if silent_for > self._notifiers[name].deadline_seconds + STUCK_SECONDS:
                raise DeliveryError(f"the channel {name} is stuck: nothing has moved for {silent_for:.0f} s")

    async def drain(self, patience_seconds: Decimal = DRAIN_SECONDS) -> None:
        """Begin no further send, give the running ones time to end, then cut them off: the outbox keeps the rest."""
        self._stopping = True
        working = list(self._working.values())
        if working:
            _, cut_off = await asyncio.wait(working, timeout=float(patience_seconds))
            for task in cut_off:
                task.cancel()
            await asyncio.gather(*cut_off, return_exceptions=True)
        for error in self._collect_finished():
            raise error

    def _collect_finished(self) -> list[BaseException]:
        """Forget the channels that are done, and return what ended them before their time."""
        finished = [name for name, task in self._working.items() if task.done()]
        tasks = [self._working.pop(name) for name in finished]
        return [error for task in tasks if not task.cancelled() and (error := task.exception()) is not None]

    async def _empty(self, notifier: Notifier) -> None:
        """Send one message after the other until nothing is due for this channel."""
        name = notifier.channel
        while not self._stopping:
            self._asked_again.discard(name)
            self._moved_at[name] = self._clock.monotonic()
            claimed_for = notifier.deadline_seconds + CLAIM_MARGIN_SECONDS
            delivery = await self._outbox.claim(name, self._clock.now(), claimed_for)
            if delivery is not None:
                await self._attempt(notifier, delivery)
            elif name not in self._asked_again:
                return

    async def _attempt(self, notifier: Notifier, delivery: Delivery) -> None:
        started_at = self._clock.now()
        problem = self._unwanted(delivery) or await _sent(notifier, delivery, started_at)
        ended_at = self._clock.now()
        if problem is None:
            self._gone.pop(delivery.channel, None)
            await self._outbox.delivered(delivery, ended_at)
            return
        if problem.fault is DeliveryFault.GONE:
            self._gone.setdefault(delivery.channel, set()).add(delivery.event_id)
        retry_at = next_attempt(
            delivery.first_attempt_at or started_at,
            delivery.attempts + 1,
            ended_at,
            retry_after=problem.retry_after_seconds,
            fault=problem.fault,
            jitter=Decimal(repr(self._rng.uniform(-JITTER, JITTER))),
        )
        await self._outbox.failed(delivery, ended_at, _flagged(problem), retry_at)

    def _unwanted(self, delivery: Delivery) -> DeliveryError | None:
        """Return why a message is not even tried: its channel said it was gone, and nobody asked for this one again.

        A message that was given up already is here because somebody replays it: that one tries the channel anew, as
        does a new start.
        """
        given_up = self._gone.get(delivery.channel)
        if given_up is None or delivery.event_id in given_up:
            return None
        problem = (
            f"not sent: {delivery.channel} said that it is gone for good, and is disabled until a replay or a start"
        )
        return DeliveryError(problem, fault=DeliveryFault.GONE)


def _flagged(problem: DeliveryError) -> str:
    """Return what is stored of a failure: where only a changed setting helps, it says so first."""
    needs_mending = problem.fault in {DeliveryFault.CONFIG, DeliveryFault.GONE}
    return f"{DeliveryFault.CONFIG}: {problem}" if needs_mending else str(problem)


async def _sent(notifier: Notifier, delivery: Delivery, now: datetime) -> DeliveryError | None:
    """Send within the channel's deadline; return why it failed, None if it was taken.

    A notifier that breaks counts as a failed attempt, or its message would be claimed for ever. What broke is told
    without its text, which may hold an address or a password.
    """
    try:
        async with asyncio.timeout(float(notifier.deadline_seconds)):
            await notifier.send(delivery, now)
    except DeliveryError as error:
        return error
    except TimeoutError:
        problem = f"{notifier.channel} did not take it within {notifier.deadline_seconds} s"
        return DeliveryError(problem, fault=DeliveryFault.OVERLOADED)
    except (OSError, ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
        return DeliveryError(f"the notifier of {notifier.channel} broke: {type(error).__name__}")
    return None
