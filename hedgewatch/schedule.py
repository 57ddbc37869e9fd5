"""The schedule: APScheduler starts jobs, and nothing that becomes of the clock or of itself stops them for long."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

from hedgewatch.monitoring.ports import Clock

Job = Callable[[], Coroutine[Any, Any, None]]


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


class Schedule:
    """Starts each job now and then every so often, one run of it at a time."""

    def __init__(self, clock: Clock, jobs: Mapping[str, tuple[Job, timedelta]]) -> None:
        """Take the jobs by name, each with the time between two runs. Jobs raise nothing."""
        self._clock = clock
        self._jobs = dict(jobs)
        self.scheduler = self._made()

    def start(self) -> None:
        """Begin; every job is due now."""
        self.scheduler.start()

    def set_interval(self, name: str, interval: timedelta) -> None:
        """Run a job in another rhythm, counted from now."""
        self._jobs[name] = (self._jobs[name][0], interval)
        self.scheduler.modify_job(name, trigger=Every(interval), next_run_time=self._clock.now() + interval)

    def rearm(self, due_in: Mapping[str, timedelta]) -> None:
        """Make jobs due anew: what waits for a time that the clock has left behind would wait for hours."""
        if not self.scheduler.running:
            self.start_anew()
            return
        now = self._clock.now()
        for name, wait in due_in.items():
            self.scheduler.modify_job(name, next_run_time=now + wait)

    def start_anew(self) -> None:
        """Put another scheduler in the place of one that is dead; it must have nothing running, or that is cut off."""
        dead, self.scheduler = self.scheduler, self._made()
        if dead.running:
            dead.shutdown(wait=False)
        self.scheduler.start()

    def pause(self) -> None:
        """Start nothing any more."""
        if self.scheduler.running:
            self.scheduler.pause()

    def end(self) -> None:
        """End; what runs is cut off."""
        if self.scheduler.running:
            self.scheduler.shutdown(wait=False)

    def _made(self) -> AsyncIOScheduler:
        # The defaults drop runs after a stall and fire a backlog after a clock jump; a job store on disk can stop the
        # scheduler for ever. Hence: in memory, one instance, coalesced, never misfired, first run now.
        defaults = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        scheduler = AsyncIOScheduler(timezone=UTC, job_defaults=defaults)
        now = self._clock.now()
        for name, (job, interval) in self._jobs.items():
            scheduler.add_job(job, Every(interval), next_run_time=now, id=name)
        return scheduler
