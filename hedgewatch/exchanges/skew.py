"""Skew: how far our clock is from the exchange's, measured once an hour, and oftener while they are apart."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from hedgewatch.domain.market import UnknownReason
from hedgewatch.exchanges.asking import Desk
from hedgewatch.exchanges.faults import Fault
from hedgewatch.exchanges.parse import moment_of
from hedgewatch.monitoring.ports import Clock

MEASURE_EVERY, WHILE_APART = timedelta(hours=1), timedelta(minutes=5)
APART = Decimal("0.5")  # seconds: an alert about it should end soon after the clock was set right
SLOWEST_TRIP_SECONDS = 2  # a slower answer says too little about the moment it was written


def pause_after(seconds: Decimal | None) -> timedelta:
    """Return how long a measured skew is good for: an hour, or five minutes where it is half a second or more."""
    return MEASURE_EVERY if seconds is None or abs(seconds) < APART else WHILE_APART


class Skew:
    """Our clock minus the exchange's, in seconds."""

    def __init__(self, desk: Desk, clock: Clock) -> None:
        """Measure at this desk."""
        self._desk = desk
        self._clock = clock
        self._tried_at: datetime | None = None
        self.seconds: Decimal | None = None

    def is_due(self) -> bool:
        """Tell whether it is time to compare the clocks again."""
        return self._tried_at is None or self._clock.now() - self._tried_at >= pause_after(self.seconds)

    def forget(self) -> None:
        """Have the clocks compared again at the next opportunity; what was measured stays until then."""
        self._tried_at = None

    async def measure(self) -> Fault | None:
        """Compare the clocks; a failure is returned and the old value stays."""
        asked_at, started = self._clock.now(), self._clock.monotonic()
        self._tried_at = asked_at
        answer = await self._desk.attempt("server time", self._desk.client.fetch_time)
        trip = self._clock.monotonic() - started
        if isinstance(answer, Fault):
            return answer
        theirs = moment_of(answer)
        if theirs is None:
            text = f"{self._desk.exchange}: no server time in its answer"
            return Fault(reason=UnknownReason.NOT_A_NUMBER, text=text)
        if trip <= SLOWEST_TRIP_SECONDS:
            ours = Decimal(round(asked_at.timestamp() * 1000)) / 1000 + trip / 2
            self.seconds = round(ours - Decimal(round(theirs.timestamp() * 1000)) / 1000, 3)
        return None
