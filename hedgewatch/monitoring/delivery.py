"""Delivery: the outbox is emptied channel by channel, side by side, until a message arrived or is dead."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from hedgewatch.domain.errors import DeliveryError
from hedgewatch.monitoring.ports import Clock, Delivery, Notifier, Outbox

FIRST_WAITS = tuple(timedelta(seconds=seconds) for seconds in (2, 5, 15, 30, 60, 120, 300))
DENSE_FOR, DENSE_WAIT = timedelta(hours=6), timedelta(minutes=5)
TRIED_FOR, LONG_WAIT = timedelta(hours=72), timedelta(minutes=30)
LONGEST_ASKED_WAIT = timedelta(minutes=5)  # of what a receiver may ask for; more where our own wait is long already
ABSURD_SECONDS = Decimal(86_400)  # beyond it a receiver's wish does not even fit a duration
JITTER = 0.2
FALLBACK_AFTER, FALLBACK_ATTEMPTS = timedelta(seconds=30), 3
CLAIM_MARGIN_SECONDS = Decimal(5)  # a claim outlives the send, so that nobody else sends the same meanwhile
PASS_SECONDS = Decimal("0.5")  # a pass ends before the next one is due, whatever hangs
DRAIN_SECONDS = Decimal(10)


def next_attempt(
    first_attempt_at: datetime,
    attempts: int,
    now: datetime,
    *,
    retry_after: Decimal | None = None,
    jitter: Decimal = Decimal(0),
) -> datetime | None:
    """Return when to try again, None if the message is dead: it was tried for 72 hours.

    attempts: failed ones, at least 1. retry_after: seconds the receiver asked for, obeyed up to twice our own wait or 5
    minutes, whichever is longer. jitter: a fraction of the wait, between -0.2 and 0.2.
    """
    tried_for = now - first_attempt_at
    if tried_for >= TRIED_FOR:
        return None
    if attempts <= len(FIRST_WAITS):
        wait = FIRST_WAITS[attempts - 1]
    else:
        wait = DENSE_WAIT if tried_for < DENSE_FOR else LONG_WAIT
    wait *= float(1 + jitter)
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
        self._stopping = False

    async def deliver_due(self, patience_seconds: Decimal = PASS_SECONDS) -> None:
        """Start every idle channel on what is due, and wait for these at most ``patience_seconds``.

        A channel that takes longer goes on by itself. Raises StoreUnavailableError (of this pass or an earlier one).
        """
        errors = self._collect_finished()
        started: list[asyncio.Task[None]] = []
        if self._fallback and not self._stopping:
            await self._outbox.fall_back(self._fallback, self._clock.now() - FALLBACK_AFTER, FALLBACK_ATTEMPTS)
        for name, notifier in self._notifiers.items():
            if name in self._working:
                self._asked_again.add(name)
            elif not self._stopping:
                self._working[name] = asyncio.create_task(self._empty(notifier), name=f"deliver {name}")
                started.append(self._working[name])
        if started:
            await asyncio.wait(started, timeout=float(patience_seconds))
        for error in (*errors, *self._collect_finished()):
            raise error

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
            claimed_for = notifier.deadline_seconds + CLAIM_MARGIN_SECONDS
            delivery = await self._outbox.claim(name, self._clock.now(), claimed_for)
            if delivery is not None:
                await self._attempt(notifier, delivery)
            elif name not in self._asked_again:
                return

    async def _attempt(self, notifier: Notifier, delivery: Delivery) -> None:
        started_at = self._clock.now()
        problem = await _sent(notifier, delivery, started_at)
        ended_at = self._clock.now()
        if problem is None:
            await self._outbox.delivered(delivery, ended_at)
            return
        retry_at = next_attempt(
            delivery.first_attempt_at or started_at,
            delivery.attempts + 1,
            ended_at,
            retry_after=problem.retry_after_seconds,
            jitter=Decimal(repr(self._rng.uniform(-JITTER, JITTER))),
        )
        await self._outbox.failed(delivery, ended_at, str(problem), retry_at)


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
        return DeliveryError(f"{notifier.channel} did not take it within {notifier.deadline_seconds} s")
    except (OSError, ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
        return DeliveryError(f"the notifier of {notifier.channel} broke: {type(error).__name__}")
    return None
