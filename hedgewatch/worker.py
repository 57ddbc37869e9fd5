"""The clock: APScheduler starts cycles and deliveries; a supervisor sees that it does; stopping means draining."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

from hedgewatch.bootstrap.watching import Watching
from hedgewatch.domain.errors import HedgewatchError
from hedgewatch.monitoring.cycle import CycleResult

DELIVERY_EVERY = timedelta(seconds=1)
DRAIN_SECONDS = 30  # longer than a cycle may take: exchanges and the database have deadlines below it
LATE_AFTER_POLLS = Decimal("1.5")
Job = Callable[[], Coroutine[Any, Any, None]]

log = structlog.stdlib.get_logger("hedgewatch.worker")


class SystemClock:
    """The machine's clocks."""

    def now(self) -> datetime:
        """Return the present moment, UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> Decimal:
        """Return seconds since some fixed moment; never jumps."""
        return Decimal(time.monotonic_ns()) / 1_000_000_000


class Every(BaseTrigger):  # type: ignore[misc]  # the scheduler's own type, which comes without annotations
    """Runs a job every so often, and whatever was missed once.

    APScheduler's own interval lists every run that a jump of the clock has skipped before it drops them: a machine that
    wakes in 1970 and learns the time would stand still for hours.
    """

    __slots__ = ("interval",)

    def __init__(self, interval: timedelta) -> None:
        """Take the time between two runs."""
        self.interval = interval

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """Return the first run of the row after ``now``, in step with the one before; ``now`` if there was none."""
        if previous_fire_time is None:
            return now
        missed = max(0, (now - previous_fire_time) // self.interval)
        return previous_fire_time + (missed + 1) * self.interval


class Worker:
    """Runs a watch until it is told to stop."""

    def __init__(self, watching: Watching, on_cycle: Callable[[CycleResult], None] | None = None) -> None:
        """Take the composed parts (closed by whoever opened them) and who is told of each committed cycle."""
        self._watching = watching
        self._on_cycle = on_cycle or log_cycle
        self._poll = watching.watch.poll_seconds
        self._stopping = asyncio.Event()
        self._busy = asyncio.Lock()
        self._spawned: asyncio.Task[None] | None = None
        self._last_started = watching.clock.monotonic()
        self._jobs: set[asyncio.Task[Any]] = set()
        self.cycles = 0

    def stop(self) -> None:
        """Ask the worker to finish the running cycle and end."""
        self._stopping.set()

    async def run(self) -> None:
        """Run cycles and deliveries until ``stop()`` is called."""
        scheduler = self._schedule()
        scheduler.start()
        log.info("started", poll_seconds=float(self._poll), hedges=len(self._watching.watch.hedges))
        try:
            await self._supervise(scheduler)
        finally:
            await self._drain(scheduler)
            log.info("stopped", cycles=self.cycles)

    def _schedule(self) -> AsyncIOScheduler:
        # The defaults drop runs after a stall and fire a backlog after a clock jump; a job store on disk can stop the
        # scheduler for ever. Hence: in memory, one instance, coalesced, never misfired, first run now.
        defaults = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        scheduler = AsyncIOScheduler(timezone=UTC, job_defaults=defaults)
        now = self._watching.clock.now()
        cycle, deliver = self._guard(self._cycle), self._guard(self._deliver)
        scheduler.add_job(cycle, Every(timedelta(seconds=float(self._poll))), next_run_time=now, id="cycle")
        scheduler.add_job(deliver, Every(DELIVERY_EVERY), next_run_time=now, id="deliver")
        return scheduler

    def _guard(self, work: Job) -> Job:
        """Wrap a job: whatever breaks in it is logged, and the next run comes all the same."""

        async def guarded() -> None:
            task = asyncio.current_task()
            if task is not None:
                self._jobs.add(task)
                task.add_done_callback(self._jobs.discard)
            try:
                await work()
            except HedgewatchError as error:
                log.error("job_failed", job=work.__name__.strip("_"), error=str(error))  # noqa: TRY400  no traceback needed
            except Exception:
                log.exception("job_broke", job=work.__name__.strip("_"))

        return guarded

    async def _cycle(self) -> None:
        if self._busy.locked() or self._stopping.is_set():
            return
        async with self._busy:
            self._last_started = self._watching.clock.monotonic()
            structlog.contextvars.clear_contextvars()
            structlog.contextvars.bind_contextvars(cycle=self._watching.clock.now().isoformat(timespec="milliseconds"))
            result = await self._watching.cycle.run()
            self.cycles += 1
            self._on_cycle(result)
        if result.verdict.events:
            self._spawn_delivery()

    def _spawn_delivery(self) -> None:
        """Deliver at once what the cycle has just committed; the delivery job only brings the retries."""
        self._spawned = asyncio.create_task(self._guard(self._deliver)())  # kept, or the loop may forget it

    async def _deliver(self) -> None:
        await self._watching.deliverer.deliver_due()

    async def _supervise(self, scheduler: AsyncIOScheduler) -> None:
        """Watch on the monotonic clock: after a jump of the wall clock the scheduler would wait for the old time."""
        patience = self._poll * LATE_AFTER_POLLS + 1
        while not self._stopping.is_set():
            try:
                await asyncio.wait_for(self._stopping.wait(), timeout=float(self._poll / 2))
            except TimeoutError:
                silent_for = self._watching.clock.monotonic() - self._last_started
                if silent_for > patience and not self._busy.locked():
                    log.warning("cycle_rearmed", silent_seconds=round(float(silent_for), 1))
                    now = self._watching.clock.now()
                    for job in scheduler.get_jobs():
                        job.modify(next_run_time=now)
                    self._last_started = self._watching.clock.monotonic()

    async def _drain(self, scheduler: AsyncIOScheduler) -> None:
        """Let the running jobs end (shutdown would cancel them); what is not delivered stays in the outbox."""
        scheduler.pause()
        await asyncio.sleep(0)  # what was handed out a moment ago starts now and counts among the running
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS):
                while self._jobs:  # a cycle that ends here starts a delivery
                    await asyncio.wait(set(self._jobs))
        scheduler.shutdown(wait=False)


def log_cycle(result: CycleResult) -> None:
    """Log one committed cycle and what it had to tell."""
    failed = {name: answer.error for name, answer in result.answers.items() if answer.error}
    log.info(
        "cycle",
        hedges=len(result.snapshots),
        events=len(result.verdict.events),
        quality={snapshot.hedge.name: snapshot.quality.value for snapshot in result.snapshots},
        **({"trouble": failed} if failed else {}),
    )
    for event in result.verdict.events:
        log.warning(
            "alert",
            type=event.type.value,
            severity=event.severity.value,
            rule=event.state.target.rule,
            hedge=event.state.target.hedge or None,
            exchange=event.state.target.exchange or None,
            message=event.finding.message,
            event_id=event.event_id,
        )
