"""The heartbeat: somebody outside is told that all is well, and misses it when it is not."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol

from hedgewatch.domain.errors import DeliveryError
from hedgewatch.monitoring.ports import Clock

LATE = timedelta(seconds=60)  # a message that waits for longer is late, as its receiver is told as well
NOW_AND_THEN = 100  # a failure that goes on is logged the first time and then so seldom

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What channels have not taken.

    oldest_made_at: of the messages that wait, None if none does. untold_dead: channels whose given up messages nobody
    has been told of.
    """

    oldest_made_at: datetime | None = None
    untold_dead: tuple[str, ...] = ()


class Backlogs(Protocol):
    """Where it is known what channels have not taken."""

    async def backlog(self, channels: Sequence[str]) -> Backlog:
        """Tell what these channels have not taken. Raises StoreUnavailableError."""
        ...


class Switch(Protocol):
    """A watcher outside, which raises the alarm when it is not told for too long."""

    @property
    def deadline_seconds(self) -> Decimal:
        """The longest that telling may take."""
        ...

    async def tell(self) -> None:
        """Tell it that all is well. Raises DeliveryError, which shows no address."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


def why_withheld(backlog: Backlog, now: datetime) -> str | None:
    """Return why all is not well although cycles are committed: what was to be told is not; None if all is told."""
    if backlog.untold_dead:
        return f"messages for {', '.join(backlog.untold_dead)} were given up, and nobody has been told"
    if backlog.oldest_made_at is not None and now - backlog.oldest_made_at > LATE:
        waits = (now - backlog.oldest_made_at).total_seconds()
        return f"a message has been waiting for {waits:.0f} s"
    return None


class Heartbeat:
    """Tells the switch after a committed cycle and a delivery pass, if nothing that was to be told is late."""

    def __init__(self, switch: Switch, backlogs: Backlogs, clock: Clock, *, channels: Sequence[str]) -> None:
        """Take the switch (closed with this), what knows of waiting messages, and the channels that count."""
        self._switch = switch
        self._backlogs = backlogs
        self._clock = clock
        self._channels = tuple(channels)
        self._is_telling = False
        self._trouble: str | None = None
        self._times = 0

    async def beat(self) -> None:
        """Tell the switch, or say in the log why not. Raises StoreUnavailableError."""
        if self._is_telling:
            return  # the switch hangs: the next beat comes after it
        self._is_telling = True
        try:
            trouble = why_withheld(await self._backlogs.backlog(self._channels), self._clock.now())
            if trouble is None:
                await self._switch.tell()
        except DeliveryError as error:
            trouble = str(error)
        finally:
            self._is_telling = False
        self._note(trouble)

    async def close(self) -> None:
        """Let go of the switch."""
        await self._switch.close()

    def _note(self, trouble: str | None) -> None:
        self._times = 0 if (trouble is None) is not (self._trouble is None) else self._times + 1
        if trouble is not None and self._times % NOW_AND_THEN == 0:
            log.warning("no heartbeat: %s", trouble)
        elif trouble is None and self._trouble is not None:
            log.warning("the heartbeat is told again")
        self._trouble = trouble
