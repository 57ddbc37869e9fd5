"""The worker: cycles and deliveries, a supervisor that sees that they happen, and a stop that means draining."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import structlog

from hedgewatch.bootstrap.renewal import Renewal
from hedgewatch.bootstrap.watching import CYCLE_DEADLINE_SECONDS, Watching
from hedgewatch.domain.errors import HedgewatchError, LeaseLostError
from hedgewatch.logs import log_cycle
from hedgewatch.monitoring.cycle import CycleResult
from hedgewatch.monitoring.garbage import settle_down, stir_up
from hedgewatch.monitoring.leading import Tenure
from hedgewatch.monitoring.supervision import NoOverseer, Overseer, Pulse, WallWatch, state_in_words
from hedgewatch.schedule import Job, Schedule

CYCLE, DELIVER, LEAD = "cycle", "deliver", "lead"
DELIVERY_EVERY = timedelta(seconds=1)
DELIVERY_LATE_SECONDS = Decimal(5)
DRAIN_SECONDS = 30  # longer than a cycle may take: exchanges and the database have deadlines below it
LATE_AFTER_POLLS = Decimal("1.5")
TELL_SECONDS = 0.2  # a cycle waits so long for its alerts to leave
LOOK_SECONDS = Decimal(1)  # between two looks of the supervisor, at most
REARM_SECONDS = Decimal(2)  # a scheduler that lives starts a job at once
NOBODY = NoOverseer()
NOW = timedelta(0)

log = structlog.stdlib.get_logger("hedgewatch.worker")


class SystemClock:
    """The machine's clocks."""

    def now(self) -> datetime:
        """Return the present moment, UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> Decimal:
        """Return seconds since some fixed moment; never jumps."""
        return Decimal(time.monotonic_ns()) / 1_000_000_000


class Worker:
    """Runs a watch until it is told to stop."""

    def __init__(
        self,
        watching: Watching,
        on_cycle: Callable[[CycleResult], None] | None = None,
        *,
        renewal: Renewal | None = None,
        overseer: Overseer = NOBODY,
    ) -> None:
        """Take the composed parts (closed by whoever opened them) and who is told of each committed cycle.

        renewal: what reads the configuration anew; None: it stays as it is. overseer: who starts a stuck worker again.
        """
        self._watching = watching
        self._on_cycle = on_cycle or log_cycle
        self._renewal = renewal
        self._overseer = overseer
        self._stopping = asyncio.Event()
        self._busy = asyncio.Lock()
        self._spawned: set[asyncio.Task[None]] = set()
        self._jobs: set[asyncio.Task[Any]] = set()
        self._pulse = Pulse()
        self._words = ""
        self._is_ready = False
        self._tenure: Tenure | None = None
        self._wall = WallWatch(watching.clock)
        self._last_started = self._last_delivered = watching.clock.monotonic()
        self._rearmed_at: Decimal | None = None
        every_poll = timedelta(seconds=float(self._poll))
        self._schedule = Schedule(
            watching.clock,
            {
                LEAD: (self._guard(self._lead), timedelta(seconds=float(watching.lease.renew_seconds))),
                CYCLE: (self._guard(self._cycle), every_poll),
                DELIVER: (self._guard(self._deliver), DELIVERY_EVERY),
            },
        )
        self.cycles = 0

    @property
    def _poll(self) -> Decimal:
        return self._watching.watch.poll_seconds

    def stop(self) -> None:
        """Ask the worker to finish the running cycle and end."""
        if not self._stopping.is_set():
            self._overseer.stopping()
        self._stopping.set()

    def reload(self) -> None:
        """Ask the worker to read its configuration anew; cycles go on meanwhile, and after a mistake as before."""
        if self._renewal is not None and not self._stopping.is_set():
            self._spawn(self._renew)

    async def run(self) -> None:
        """Run cycles and deliveries until ``stop()`` is called."""
        settle_down()
        self._schedule.start()
        self._overseer.expect_within(stuck_after(self._poll))
        watch = self._watching.watch
        log.info("started", poll_seconds=float(self._poll), hedges=len(watch.hedges), configuration=watch.configuration)
        try:
            await self._supervise()
        finally:
            await self._drain()
            stir_up()
            log.info("stopped", cycles=self.cycles)

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

    def _spawn(self, work: Job) -> asyncio.Task[None]:
        """Run a job once, beside the schedule."""
        task = asyncio.create_task(self._guard(work)())
        self._spawned.add(task)  # kept, or the loop may forget it
        task.add_done_callback(self._spawned.discard)
        return task

    async def _lead(self) -> None:
        """Keep the lease, or see whether it is free; a worker that has just got it polls at once."""
        before, tenure = self._tenure, await self._watching.lease.hold()
        self._tenure = tenure
        if not tenure.is_mine:
            self._beat(f"standing by for {tenure.holder}")
        if before == tenure:
            return
        if tenure.is_mine:
            log.info("leading", epoch=tenure.epoch, worker=tenure.holder)
            self._watching.cycle.start_anew()
            self._spawn(self._cycle)
        else:
            log.info("standing_by", active=tenure.holder, worker=self._watching.lease.name)

    async def _cycle(self) -> None:
        if self._busy.locked() or self._stopping.is_set():
            return
        async with self._busy:
            self._last_started = self._watching.clock.monotonic()
            structlog.contextvars.clear_contextvars()
            structlog.contextvars.bind_contextvars(cycle=self._watching.clock.now().isoformat(timespec="milliseconds"))
            self._change_over()
            if self._watching.lease.epoch is None:
                return
            try:
                result = await self._watching.cycle.run(self._tell)
            except LeaseLostError as error:
                log.warning("stood_down", reason=str(error))
                return
            self._note(result)
        if self._watching.keeper is not None and self._watching.keeper.is_due():
            self._spawn(self._watching.keeper.keep)
        if self._watching.digest is not None and self._watching.digest.is_due():
            self._spawn(self._watching.digest.make)

    async def _tell(self, result: CycleResult) -> None:
        """Deliver at once what a cycle has to tell (the delivery job only brings the retries), before all else."""
        if result.verdict.events:
            await asyncio.wait({self._spawn(self._deliver)}, timeout=TELL_SECONDS)

    def _note(self, result: CycleResult) -> None:
        """Tell of a committed cycle."""
        self.cycles += 1
        self._beat(state_in_words(result))
        self._on_cycle(result)

    def _beat(self, words: str) -> None:
        """Show that this worker does what it is for: a cycle was committed, or another worker was seen to lead."""
        self._pulse.committed()
        self._words = words
        if not self._is_ready:
            self._is_ready = True
            self._overseer.ready(words)

    async def _deliver(self) -> None:
        self._last_delivered = self._watching.clock.monotonic()
        await self._watching.deliverer.deliver_due()
        if self._pulse.passed():
            self._overseer.alive(self._words)
            if self._watching.heartbeat is not None and self._watching.lease.epoch is not None:
                self._spawn(self._watching.heartbeat.beat)

    async def _renew(self) -> None:
        """Read the configuration anew, beside the cycles; the next one changes over to it."""
        if self._renewal is None:
            return
        self._overseer.reloading()
        problems = await self._renewal.prepare()
        if problems:
            running = self._watching.watch.configuration
            log.error("configuration_rejected", problems=list(problems), running=running)
        if self._is_ready:
            self._overseer.ready("the changed configuration was refused" if problems else "configuration read anew")

    def _change_over(self) -> None:
        """Take over a configuration that was made ready, if there is one."""
        renewal, poll_before = self._renewal, self._poll
        changed = renewal.change(self._watching) if renewal else None
        if renewal is None or changed is None:
            return
        self._watching, before = changed
        log.info("reloaded", configuration=self._watching.watch.configuration, poll_seconds=float(self._poll))

        async def retire() -> None:
            await renewal.retire(before)

        self._spawn(retire)
        if self._poll != poll_before:
            self._schedule.set_interval(CYCLE, timedelta(seconds=float(self._poll)))
            self._overseer.expect_within(stuck_after(self._poll))

    async def _supervise(self) -> None:
        """Watch on the monotonic clock: after a jump of the wall clock the scheduler would wait for the old time."""
        while not self._stopping.is_set():
            try:
                await asyncio.wait_for(self._stopping.wait(), timeout=float(min(self._poll / 2, LOOK_SECONDS)))
            except TimeoutError:
                self._look_after(self._watching.clock.monotonic())

    def _look_after(self, monotonic: Decimal) -> None:
        """Set the jobs going again after a jump of the clock or a silence; a scheduler that is dead, anew."""
        silent_for = monotonic - self._last_started
        jump = self._wall.jump()
        if jump:
            log.warning("clock_set", by_seconds=round(jump.total_seconds(), 1))
            left = timedelta(seconds=float(self._poll - silent_for)) - max(NOW, jump)  # it may have slept so long
            self._schedule.rearm({CYCLE: max(NOW, left), DELIVER: NOW, LEAD: NOW})
        is_cycle_late = silent_for > self._poll * LATE_AFTER_POLLS + 1 and not self._busy.locked()
        if not is_cycle_late and monotonic - self._last_delivered <= DELIVERY_LATE_SECONDS:
            self._rearmed_at = None
        elif self._rearmed_at is None:
            log.warning("jobs_rearmed", silent_seconds=round(float(silent_for), 1))
            self._schedule.rearm({CYCLE: NOW, DELIVER: NOW, LEAD: NOW})
            self._rearmed_at = monotonic
        elif monotonic - self._rearmed_at > REARM_SECONDS and not self._jobs:
            log.error("scheduler_started_anew", silent_seconds=round(float(silent_for), 1))
            self._schedule.start_anew()
            self._rearmed_at = monotonic

    async def _drain(self) -> None:
        """Let the running jobs end (a scheduler's end would cancel them); what is not delivered stays in the outbox."""
        self._schedule.pause()
        if self._watching.keeper is not None:
            self._watching.keeper.stop()
        await asyncio.sleep(0)  # what was handed out a moment ago starts now and counts among the running
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS):
                while self._jobs:  # a cycle that ends here starts a delivery
                    await asyncio.wait(set(self._jobs))
        self._schedule.end()


def stuck_after(poll_seconds: Decimal) -> Decimal:
    """Return how long a worker may go without a committed cycle: three polls, and one cycle's deadline."""
    return 3 * poll_seconds + CYCLE_DEADLINE_SECONDS
