"""Supervision: whether cycles and deliveries come to their ends, whether the clock was set, and who is told."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Protocol

from hedgewatch.domain.alert_telling import BURNING
from hedgewatch.domain.market import ExchangeOutcome
from hedgewatch.monitoring.cycle import CycleResult
from hedgewatch.monitoring.ports import Clock

BLIND = frozenset({ExchangeOutcome.FAILED, ExchangeOutcome.BANNED})

JUMP_SECONDS = 0.5  # what the two clocks may drift apart between two looks: slewing takes minutes for so much


class Overseer(Protocol):
    """Whoever started the worker and starts it again when it is stuck. Nothing here may wait or raise."""

    def ready(self, words: str) -> None:
        """Tell that it works: after the first committed cycle, the first look as a standby, or a reload."""
        ...

    def alive(self, words: str) -> None:
        """Tell that it still does."""
        ...

    def reloading(self) -> None:
        """Tell that the configuration is read anew; ``ready`` ends that."""
        ...

    def expect_within(self, seconds: Decimal) -> None:
        """Tell how long it may be silent before it is stuck."""
        ...

    def stopping(self) -> None:
        """Tell that it ends because somebody wanted it to."""
        ...


class NoOverseer:
    """Fills Overseer where nobody asks."""

    def ready(self, words: str) -> None:
        """Tell nobody."""

    def alive(self, words: str) -> None:
        """Tell nobody."""

    def reloading(self) -> None:
        """Tell nobody."""

    def expect_within(self, seconds: Decimal) -> None:
        """Tell nobody."""

    def stopping(self) -> None:
        """Tell nobody."""


class Pulse:
    """Beats once for every time that a cycle was committed and a delivery pass has ended since."""

    def __init__(self) -> None:
        """Begin without either."""
        self._is_committed = False

    def committed(self) -> None:
        """Note that a cycle was committed, or that a standby found another worker active."""
        self._is_committed = True

    def passed(self) -> bool:
        """Note that a delivery pass has ended; tell whether that makes a beat."""
        beats, self._is_committed = self._is_committed, False
        return beats


class WallWatch:
    """Sees when the wall clock is set, or stood beside a machine that slept: it leaves the monotonic one."""

    def __init__(self, clock: Clock) -> None:
        """Take both clocks as they stand."""
        self._clock = clock
        self._now, self._monotonic = clock.now(), clock.monotonic()

    def jump(self) -> timedelta:
        """Return by how much the wall clock was set since the last look; nothing for what the clocks drift apart."""
        now, monotonic = self._clock.now(), self._clock.monotonic()
        passed = timedelta(seconds=float(monotonic - self._monotonic))
        jump = (now - self._now) - passed
        self._now, self._monotonic = now, monotonic
        return jump if abs(jump.total_seconds()) > JUMP_SECONDS else timedelta(0)


def state_in_words(result: CycleResult) -> str:
    """Say in one line how things stand, for whoever looks at the service."""
    firing = sum(state.phase in BURNING for state in result.verdict.states)
    alerts = f"{firing} alert{'s' if firing != 1 else ''} firing" if firing else "no alert"
    blind = [answer.exchange for answer in result.answers.values() if answer.outcome in BLIND]
    trouble = f"; no answer from {', '.join(blind)}" if blind else ""
    number = len(result.snapshots)
    return f"{number} hedge{'s' if number != 1 else ''} read at {result.read_at:%H:%M:%S} UTC, {alerts}{trouble}"
