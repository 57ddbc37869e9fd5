"""An event loop whose time passes as fast as it is asked for, and a machine whose clocks a test sets."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any, Self

import apscheduler.schedulers.base
import pytest

BEGIN = 1_000.0


class _Jumping(selectors.DefaultSelector):
    """A selector that waits for nothing: what it was to wait passes at once."""

    passed: Callable[[float], None]

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout is None:
            raise RuntimeError("everything waits for something that nobody will do")
        if not ready and timeout:
            self.passed(timeout)
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop in which an hour takes as long as what is done in it. awake: seconds since it began."""

    def __init__(self) -> None:
        self.awake = 0.0
        selector = _Jumping()
        selector.passed = self._pass
        super().__init__(selector)

    def time(self) -> float:
        return BEGIN + self.awake

    def _pass(self, seconds: float) -> None:
        self.awake += seconds


class Machine:
    """Fills Clock: a wall clock that can be set, and a monotonic one that stands still while the machine sleeps."""

    def __init__(self, loop: VirtualLoop, begins_at: datetime) -> None:
        self._loop = loop
        self._wall = begins_at
        self._boot = timedelta(0)
        self.counts_sleep = False

    def now(self) -> datetime:
        return self._wall + timedelta(seconds=self._loop.awake)

    def monotonic(self) -> Decimal:
        return Decimal(repr(round(self._loop.time() + self._boot.total_seconds(), 6)))

    def set_by(self, jump: timedelta) -> None:
        """Set the wall clock."""
        self._wall += jump

    def sleep(self, lasted: timedelta, *, counts: bool) -> None:
        """Suspend the machine. counts: its monotonic clock goes on meanwhile, as some systems have it."""
        self._wall += lasted
        self.counts_sleep = counts
        self._boot += lasted if counts else timedelta(0)


def run_virtually(work: Callable[[VirtualLoop], Any]) -> Any:
    """Run a coroutine to its end in virtual time."""
    loops: list[VirtualLoop] = []

    def made() -> VirtualLoop:
        loops.append(VirtualLoop())
        return loops[0]

    with asyncio.Runner(loop_factory=made) as runner:
        runner.get_loop()
        return runner.run(work(loops[0]))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def machines_told(monkeypatch: pytest.MonkeyPatch) -> list[Machine]:
    """Let APScheduler read the wall clock of the last of these machines: it knows no other way to be told the time."""
    current: list[Machine] = []

    class Told(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return cls.fromtimestamp(current[-1].now().timestamp(), tz)

    monkeypatch.setattr(apscheduler.schedulers.base, "datetime", Told)
    return current
