"""The daily digest: when it is due, what a day was, and who reads and keeps it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import Protocol

from hedgewatch.domain.hedge import Hedge
from hedgewatch.monitoring.digest_payload import Coming, Day, digest_payload
from hedgewatch.monitoring.ports import Clock

ID_LENGTH = 26
EPISODE = "digest"
LATEST = timedelta(hours=12)  # later, the next one is nearer than the one that was missed
AGAIN_SECONDS = Decimal(60)  # after the store could not be read


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestPlan:
    """When a digest is made, on the clock of a time zone, and for which channels."""

    at: time
    timezone: tzinfo
    channels: tuple[str, ...]

    def due_on(self, day: date) -> datetime:
        """Return the moment of one day's digest, UTC.

        An hour that the clocks skip comes as if they had not; of an hour that comes twice, the first counts.
        """
        return datetime.combine(day, self.at, tzinfo=self.timezone).astimezone(UTC)

    def due_by(self, now: datetime) -> date | None:
        """Return the local day whose digest is due: for half a day after its time has come; None if none is."""
        today = now.astimezone(self.timezone).date()
        days = (today, today - timedelta(days=1))  # one of 23:59 is due after midnight
        return next((day for day in days if timedelta(0) <= now - self.due_on(day) < LATEST), None)


def digest_id(day: date) -> str:
    """Return the id of one day's digest: the same again after a crash, or from another worker."""
    digest = base64.b32encode(hashlib.sha256(f"{EPISODE}|{day.isoformat()}".encode()).digest()).decode()
    return f"msg_{digest[:ID_LENGTH].lower()}"


class DayBook(Protocol):
    """Where days are read from, and digests are kept."""

    async def watched_since(self) -> datetime | None:
        """Return when the first cycle was stored, None if there is none. Raises StoreUnavailableError."""
        ...

    async def is_kept(self, event_id: str) -> bool:
        """Tell whether a digest was made. Raises StoreUnavailableError."""
        ...

    async def read(self, since: datetime, until: datetime) -> Day:
        """Read what happened. Raises StoreUnavailableError."""
        ...

    async def keep(self, event_id: str, day: date, at: datetime, *, payload: bytes, channels: Sequence[str]) -> None:
        """Store a digest with a delivery for each channel; one that is kept already stays as it is.

        Raises StoreUnavailableError, and LeaseLostError if another worker leads.
        """
        ...


class DigestDesk:
    """Makes the digest of each day once; one that was missed by half a day is left out."""

    def __init__(
        self, plan: DigestPlan, book: DayBook, clock: Clock, *, hedges: Sequence[Hedge], dashboard_url: str
    ) -> None:
        """Take when and for whom it is made, the book to read from, and the hedges that are watched."""
        self._plan = plan
        self._book = book
        self._clock = clock
        self._hedges = hedges
        self._dashboard_url = dashboard_url
        self._done: date | None = None
        self._tried_at: Decimal | None = None

    def is_due(self) -> bool:
        """Tell whether a digest may have to be made now."""
        day = self._plan.due_by(self._clock.now())
        if day is None or day == self._done:
            return False
        return self._tried_at is None or self._clock.monotonic() - self._tried_at >= AGAIN_SECONDS

    async def make(self) -> None:
        """Make today's digest, unless it is made. Raises StoreUnavailableError, LeaseLostError."""
        self._tried_at = self._clock.monotonic()
        now = self._clock.now()
        day = self._plan.due_by(now)
        if day is None or day == self._done:
            return
        event_id, due = digest_id(day), self._plan.due_on(day)
        began = await self._book.watched_since()
        if began is not None and began < due and not await self._book.is_kept(event_id):
            since = max(began, self._plan.due_on(day - timedelta(days=1)))
            found = await self._book.read(since, now)
            payload = digest_payload(
                event_id, found, coming=coming_of(self._hedges, found.expiries, now), dashboard_url=self._dashboard_url
            )
            await self._book.keep(event_id, day, now, payload=payload, channels=self._plan.channels)
        self._done, self._tried_at = day, None


def coming_of(hedges: Sequence[Hedge], expiries: Mapping[str, datetime], now: datetime) -> tuple[Coming, ...]:
    """Return what is ahead of the hedges, the next first. expiries: of dated futures, by ``exchange:symbol``."""
    found: list[Coming] = []
    for hedge in hedges:
        terms = hedge.terms
        purpose = f" ({terms.purpose})" if terms.purpose else ""
        ahead: list[tuple[datetime | None, str]] = [
            (terms.opening_until, "to be built by then"),
            (terms.event_at, f"its event{purpose}: keep the hedge until it has settled"),
            (terms.until, "ends: decide whether it goes on"),
            *((expiries.get(str(leg.futures)), f"{leg.futures} expires: roll before") for leg in hedge.legs),
        ]
        if terms.event_at is not None:
            ahead.append((terms.event_at + terms.event_settle, "its event has settled: closing will be proposed"))
        found += [Coming(at=at, hedge=hedge.name, what=what) for at, what in ahead if at is not None and at > now]
    return tuple(sorted(found, key=lambda one: one.at))
