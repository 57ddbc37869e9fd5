"""Crash points: for tests, the process dies by its own hand at one named step of a cycle or a delivery.

HEDGEWATCH_CRASH_AT names the step. Where it is not set nothing is wrapped, so nothing is paid for it.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Never

from hedgewatch.domain.errors import ConfigurationError
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.monitoring.ports import CycleRecord, CycleStore, Delivery, Memory, Notifier, Outbox
from hedgewatch.storage.cycle_store import RECORDING
from hedgewatch.storage.recording import Recording, Step

VARIABLE = "HEDGEWATCH_CRASH_AT"
JUDGED, EPOCH, COMMITTED, UNSHOWN = "judged", "epoch", "committed", "unshown"
CLAIMED, SENT, ATTEMPT = "claimed", "sent", "attempt"
# In the order they are named. Up to UNSHOWN only a cycle that has an event to tell dies: any other loses nothing.
# UNSHOWN lies between the two transactions of a cycle: its alerts are on their way, its outcomes not yet shown.
STEPS = (JUDGED, EPOCH, *RECORDING, COMMITTED, UNSHOWN, CLAIMED, SENT, ATTEMPT)


def die() -> Never:
    """End this process as ``kill -9`` does: nothing is flushed, closed or told."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise SystemExit(1)  # never reached


@dataclass(frozen=True, slots=True, kw_only=True)
class CrashPoint:
    """Where the process is to die: one of STEPS, None for nowhere."""

    at: str | None = None

    def steps(self) -> Mapping[str, Step]:
        """Return the steps of the transaction that records a cycle."""
        if self.at not in {EPOCH, *RECORDING}:
            return RECORDING
        steps: dict[str, Step] = {"crash": _die_telling} if self.at == EPOCH else {}
        for name, step in RECORDING.items():
            steps[name] = step
            if name == self.at:
                steps["crash"] = _die_telling
        return steps

    def store(self, store: CycleStore) -> CycleStore:
        """Return the store to be used for ``store``."""
        return DyingStore(store, self.at) if self.at in {JUDGED, COMMITTED, UNSHOWN} else store

    def outbox(self, outbox: Outbox) -> Outbox:
        """Return the outbox to be used for ``outbox``."""
        return DyingOutbox(outbox, self.at) if self.at in {CLAIMED, ATTEMPT} else outbox

    def notifiers(self, notifiers: tuple[Notifier, ...]) -> tuple[Notifier, ...]:
        """Return the notifiers to be used for ``notifiers``."""
        return tuple(DyingNotifier(notifier) for notifier in notifiers) if self.at == SENT else notifiers


def crash_point(environ: Mapping[str, str]) -> CrashPoint:
    """Return where this process is to die. Raises ConfigurationError for a step that there is not."""
    at = environ.get(VARIABLE) or None
    if at is not None and at not in STEPS:
        raise ConfigurationError(f"{VARIABLE}: expected one of {', '.join(STEPS)}, found {at!r}")
    return CrashPoint(at=at)


def _die_telling(_: object, recording: Recording) -> None:
    if recording.cycle.events:
        die()


class DyingStore:
    """A store that dies with a cycle that has something to tell: before it stores, once it has, or before it shows."""

    def __init__(self, store: CycleStore, at: str | None) -> None:
        """Take the store, and JUDGED, COMMITTED or UNSHOWN."""
        self._store = store
        self._at = at

    async def recall(
        self, instruments: Sequence[InstrumentRef], legs: Sequence[tuple[str, str]], now: datetime
    ) -> Memory:
        """Ask the store."""
        return await self._store.recall(instruments, legs, now)

    async def record(self, cycle: CycleRecord) -> None:
        """Store the cycle, or die."""
        if self._at == JUDGED and cycle.events:
            die()
        await self._store.record(cycle)
        if self._at == COMMITTED and cycle.events:
            die()

    async def show(self, cycle: CycleRecord) -> None:
        """Show what the rules answered, or die."""
        if self._at == UNSHOWN and cycle.events:
            die()
        await self._store.show(cycle)


class DyingOutbox:
    """An outbox that dies with a delivery: once it is claimed, or once its attempt is noted."""

    def __init__(self, outbox: Outbox, at: str | None) -> None:
        """Take the outbox, and CLAIMED or ATTEMPT."""
        self._outbox = outbox
        self._at = at

    async def claim(self, channel: str, now: datetime, claimed_for_seconds: Decimal) -> Delivery | None:
        """Claim a delivery, and perhaps die."""
        delivery = await self._outbox.claim(channel, now, claimed_for_seconds)
        if delivery is not None and self._at == CLAIMED:
            die()
        return delivery

    async def fall_back(self, channels: Sequence[str], made_before: datetime, attempts: int) -> None:
        """Ask the outbox."""
        await self._outbox.fall_back(channels, made_before, attempts)

    async def delivered(self, delivery: Delivery, at: datetime) -> None:
        """Note that the channel took it, and perhaps die."""
        await self._outbox.delivered(delivery, at)
        if self._at == ATTEMPT:
            die()

    async def failed(self, delivery: Delivery, at: datetime, error: str, retry_at: datetime | None) -> None:
        """Note a failed attempt, and perhaps die."""
        await self._outbox.failed(delivery, at, error, retry_at)
        if self._at == ATTEMPT:
            die()


class DyingNotifier:
    """A channel that dies once a message was taken, before anybody here knows it."""

    def __init__(self, notifier: Notifier) -> None:
        """Take the channel."""
        self._notifier = notifier
        self.channel = notifier.channel
        self.deadline_seconds = notifier.deadline_seconds

    async def send(self, delivery: Delivery, now: datetime) -> None:
        """Hand over one message, and die if it was taken."""
        await self._notifier.send(delivery, now)
        die()

    async def close(self) -> None:
        """Let go of connections."""
        await self._notifier.close()
