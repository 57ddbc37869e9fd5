"""An outage: what is known and told while the database is away."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from hedgewatch.domain.alert import AlertState
from hedgewatch.domain.errors import StoreUnavailableError
from hedgewatch.domain.finding import Target
from hedgewatch.domain.hedge import Past
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.intervention import Interventions
from hedgewatch.domain.rules import OWN_RULES
from hedgewatch.monitoring.health import StoreOutage
from hedgewatch.monitoring.ports import Clock, CycleRecord, Delivery, DeliveryState, EventDraft, Memory, OutboxDraft
from hedgewatch.storage.memory_outbox import MemoryOutbox
from hedgewatch.storage.outage.entries import Entry, FallenBack
from hedgewatch.storage.outage.opened import Key, Opened
from hedgewatch.storage.outage.waiting import Waiting
from hedgewatch.storage.outbox import Attempt
from hedgewatch.storage.recollection import Recollection

TOLD_AFTER_POLLS = 2
RECENT = timedelta(minutes=5)  # what was stored so long ago and is not delivered yet waits for the database
ENTRIES_AT_ONCE = 50

log = logging.getLogger(__name__)


class Outage:
    """Holds what is known while the database is away, and keeps what happens for its return.

    opened: the database, None before it could be opened for the first time. interventions: what people had said when it
    was last asked. on_the_way: messages that are being sent, and until when at most.
    """

    def __init__(self, waiting: Waiting, clock: Clock) -> None:
        """Keep in ``waiting`` what waits for the database."""
        self._clock = clock
        self._since: datetime | None = None
        self._reason = ""
        self._polls = 0
        self._recollection: Recollection | None = None
        self._spare: Recollection | None = None
        self._own: dict[Target, AlertState] = {}
        self._recent: dict[Key, tuple[EventDraft, OutboxDraft]] = {}
        self.waiting = waiting
        self.opened: Opened | None = None
        self.outbox = MemoryOutbox()
        self.interventions = Interventions()
        self.on_the_way: dict[Key, datetime] = {}

    @property
    def is_on(self) -> bool:
        """Tell whether the database is away, or not everything is back in it."""
        return self._since is not None

    @property
    def is_told(self) -> bool:
        """Tell whether it has lasted for so long that alerts are told without the database."""
        return self.is_on and self._polls >= TOLD_AFTER_POLLS

    def usable(self) -> Opened:
        """Return the database. Raises StoreUnavailableError while it is away."""
        if self.opened is None or self.is_on:
            raise StoreUnavailableError(self._reason or "storage: the database is away")
        return self.opened

    def begin(self, error: StoreUnavailableError, *, polls: int) -> None:
        """Go on from memory. polls: how many the database has missed so far."""
        if self.is_on:
            return
        now = self._clock.now()
        self._since, self._reason, self._polls = now, str(error), polls
        known = self.opened.cycles.surrender() if self.opened else None
        self._recollection, self._spare = known or self._spare, None
        self._own = {}
        self.outbox = MemoryOutbox()
        for event, wanted in self._recent.values():
            if now - event.event.at < RECENT:
                self.outbox.add([event], [replace(wanted, only_if_told=False)])
        for key, until in self.on_the_way.items():
            self.outbox.hold(key, until)
        log.error("the database cannot be written, going on from memory: %s", error)

    def miss_poll(self) -> None:
        """Count one more poll without the database."""
        self._polls += 1

    def end(self) -> None:
        """Go back to the database: everything is in it."""
        # it may go again before it was asked anything, and before it was told what is still to be delivered
        self._spare = self._recollection
        self._since, self._recollection, self._own = None, None, {}
        self._recent = {
            key: (self.outbox.events[key[0]], OutboxDraft(event_id=key[0], channel=key[1]))
            for key, kept in self.outbox.deliveries.items()
            if kept.state is DeliveryState.PENDING
        }
        if self.opened is not None:
            self.opened.cycles.surrender()

    def memory(self, instruments: Sequence[InstrumentRef], legs: Sequence[tuple[str, str]], now: datetime) -> Memory:
        """Tell what is remembered without the database; blank if it was away from the start."""
        known = self._recollection
        memory = known.recall(instruments, legs, now) if known else Memory(alerts=dict(self._own), past=Past())
        return replace(
            memory,
            late=frozenset(target for target, alert in memory.alerts.items() if self.outbox.is_late(alert)),
            interventions=self.interventions,
            troubles=self.outbox.troubles(),
            outage=self._told_outage(),
            is_blank=known is None,
        )

    def _told_outage(self) -> StoreOutage | None:
        if self._since is None or not self.is_told:
            return None
        return StoreOutage(since=self._since, reason=self._reason, folder=str(self.waiting.folder))

    def note_recalled(self, memory: Memory) -> None:
        """Remember what people have said; the database's own memory is in use again."""
        self.interventions, self._spare = memory.interventions, None

    def note_stored(self, cycle: CycleRecord) -> None:
        """Remember what a stored cycle has to tell, until it is delivered: the database may go before that."""
        if self._spare is not None:
            self._spare.note(cycle)
        self._recent = {key: kept for key, kept in self._recent.items() if cycle.read_at - kept[0].event.at < RECENT}
        events = {draft.event.event_id: draft for draft in cycle.events}
        for wanted in cycle.outbox:
            if wanted.event_id in events and wanted.suppressed_by is None and not wanted.only_if_told:
                self._recent[wanted.event_id, wanted.channel] = events[wanted.event_id], wanted

    def note_ended(self, delivery: Delivery) -> None:
        """Forget a delivery that is noted in the database."""
        self._recent.pop((delivery.event_id, delivery.channel), None)

    async def keep_cycle(self, cycle: CycleRecord) -> None:
        """Keep a cycle for the database, then let its alerts be told. Without a memory only alerts are kept."""
        if self._recollection is not None:
            self._recollection.note(cycle)
        elif not cycle.events:
            return
        await self.waiting.keep(cycle)
        await self.apply(cycle)

    async def keep_attempt(self, made: Attempt) -> None:
        """Keep what came of a delivery."""
        await self.waiting.keep(made)
        await self.apply(made)

    async def fall_back(self, channels: Sequence[str], made_before: datetime, attempts: int) -> None:
        """Make critical events that still wait for a channel due on these channels too."""
        before = set(self.outbox.deliveries)
        await self.outbox.fall_back(channels, made_before, attempts)
        fresh = [key for key in self.outbox.deliveries if key not in before]
        if fresh:
            drafts = tuple(OutboxDraft(event_id=event_id, channel=channel) for event_id, channel in fresh)
            await self.waiting.keep(FallenBack(drafts=drafts))

    async def take_up(self) -> None:
        """Learn from the spool what was told before this process began, and what was not."""
        for start in range(0, len(self.waiting), ENTRIES_AT_ONCE):
            for entry in await self.waiting.read(start, ENTRIES_AT_ONCE):
                await self.apply(entry)

    async def apply(self, entry: Entry) -> None:
        """Take an entry into the memory of what is told."""
        if isinstance(entry, CycleRecord):
            self.outbox.add(entry.events, entry.outbox)
            self._own |= {state.target: state for state in entry.states if state.target.rule in OWN_RULES}
        elif isinstance(entry, FallenBack):
            self.outbox.add((), entry.drafts)
        elif (kept := self.outbox.deliveries.get((entry.event_id, entry.channel))) is not None:
            if entry.error is None:
                await self.outbox.delivered(kept.delivery, entry.at)
            else:
                await self.outbox.failed(kept.delivery, entry.at, entry.error, entry.retry_at)
