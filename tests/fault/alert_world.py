"""A worker's judgement over the store in memory, beside the reference: polled, killed, started again, spoken to."""

from __future__ import annotations

from collections.abc import Coroutine
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from hedgewatch.domain.alert import AlertEvent, AlertState, EventType
from hedgewatch.domain.hedge import CycleFacts, Past
from hedgewatch.domain.intervention import Acknowledgement, Interventions, Silence
from hedgewatch.domain.thresholds import RuleSettings, Severity
from hedgewatch.monitoring.judge import Verdict, judge
from hedgewatch.monitoring.ports import CycleRecord, DeliveryState, EventDraft, Memory
from hedgewatch.monitoring.routing import Routing, channels_for, outbox_drafts
from hedgewatch.storage.memory import MemoryStore
from tests.domain.cases import NOW
from tests.domain.lives import TARGET, finding
from tests.domain.test_stored_lives import stored
from tests.fault.reference_life import Reference, Told

ROUTING = Routing(channels={Severity.CRITICAL: ("ops", "me"), Severity.WARNING: ("ops",)})
POLL, MILLISECOND = Decimal(30), timedelta(milliseconds=1)
ENDS = {EventType.RESOLVED, EventType.CLOSED}
T = TypeVar("T")


def answer_of(work: Coroutine[Any, Any, T]) -> T:
    """Return what the store in memory answers; it never waits for anything."""
    try:
        work.send(None)
    except StopIteration as done:
        answer: T = done.value
        return answer
    raise AssertionError("the store in memory waited for something")


@dataclass
class World:
    """One alert's worker and its reference. Every poll compares what both told, and checks what holds in every life."""

    settings: RuleSettings
    now: datetime = NOW
    store: MemoryStore = field(default_factory=MemoryStore)
    maintenance: bool = False
    is_new: bool = True
    polls: int = 0
    events: list[AlertEvent] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.reference = Reference(settings=self.settings)

    def memory(self) -> Memory:
        return answer_of(self.store.recall([], [], self.now))

    def alerts(self, memory: Memory) -> dict[Any, AlertState]:
        """Return the alerts as a worker finds them: every one through its row."""
        return {target: back for target, state in memory.alerts.items() if (back := stored(state)) is not None}

    def interventions(self, memory: Memory) -> Interventions:
        return replace(memory.interventions, in_maintenance=self.maintenance)

    def judged(self, letter: str | None, dt: Decimal) -> Verdict:
        """Judge one poll; None: the rule is not in the configuration."""
        memory = self.memory()
        facts = CycleFacts(read_at=self.now, poll_seconds=POLL, answers={}, readings={}, past=Past())
        return judge(
            [],
            facts,
            exchange_rules={},
            alerts=self.alerts(memory),
            dt_seconds=dt,
            interventions=self.interventions(memory),
            own=[] if letter is None else [(finding(letter), self.settings)],
        )

    def pass_time(self, seconds: int) -> None:
        """Move the wall clock; no two polls share their millisecond, as an episode is named by it."""
        self.polls += 1
        self.now += timedelta(seconds=seconds) + self.polls * MILLISECOND

    def poll(self, letter: str | None, dt: Decimal = POLL, *, seconds: int = 30) -> None:
        self.pass_time(seconds)
        dt, self.is_new = Decimal(0) if self.is_new else dt, False
        verdict = self.judged(letter, dt)
        self.record(verdict)
        told = [(event.type.value, event.severity, event.suppressed_by is not None) for event in verdict.events]
        meant = self.meant(letter, dt)
        assert told == meant, f"told {told}, meant {meant} at poll {self.polls} ({letter})"
        for event in verdict.events:
            self.check(event, letter)

    def meant(self, letter: str | None, dt: Decimal) -> list[Told]:
        if letter is None:
            return self.reference.removed()
        return self.reference.tick(letter, dt, self.now, maintenance=self.maintenance)

    def record(self, verdict: Verdict) -> None:
        record = CycleRecord(
            started_at=self.now,
            read_at=self.now,
            answers=(),
            snapshots=(),
            findings=verdict.findings,
            states=verdict.states,
            events=[EventDraft(event=event, payload=event.event_id.encode()) for event in verdict.events],
            outbox=[draft for event in verdict.events for draft in outbox_drafts(event, ROUTING)],
        )
        answer_of(self.store.record(record))

    def kill(self, letter: str) -> None:
        """Die with a poll judged and not committed; nothing of it happened."""
        self.pass_time(30)
        self.judged(letter, POLL)
        self.restart()

    def restart(self) -> None:
        self.is_new = True

    def reload(self, settings: RuleSettings) -> None:
        self.settings = self.reference.settings = settings

    def acknowledge(self, note: str, until: datetime | None) -> None:
        episode = next((state.episode for state in self.memory().alerts.values() if state.episode), None)
        if episode is not None:
            said = Acknowledgement(episode=episode, by="ann", note=note, at=self.now, until=until)
            self.store.acknowledge(said)
            self.reference.ack = (until, note)

    def silence(self, minutes: int) -> None:
        ends = self.now + timedelta(minutes=minutes)
        name = f"s{len(self.reference.silences)}"
        said = Silence(
            id=name, matchers={"hedge": TARGET.hedge}, by="ann", comment="x", starts_at=self.now, ends_at=ends
        )
        self.store.silence(said)
        self.reference.silences.append((self.now, ends))

    def unsilence(self) -> None:
        for number, (begins, ends) in enumerate(self.reference.silences):
            if ends > self.now:
                self.store.unsilence(f"s{number}", "ann", self.now)
                self.reference.silences[number] = (begins, self.now)

    def deliver(self) -> None:
        """Let every channel take all that is due, in the order the outbox gives it."""
        for channel in ("ops", "me"):
            while (one := answer_of(self.store.claim(channel, self.now, Decimal(15)))) is not None:
                answer_of(self.store.delivered(one, one.made_at))

    def check(self, event: AlertEvent, letter: str | None) -> None:
        """Hold what every life must hold."""
        before, self.events = self.events, [*self.events, event]
        aloud = [one for one in before if one.suppressed_by is None and one.episode == event.episode]
        assert event.event_id not in {one.event_id for one in before}, "an id was given twice"
        rows = {channel for named, channel in self.store.deliveries if named == event.event_id}
        assert set(channels_for(event, ROUTING)) <= rows, "a routed channel has no row"
        if event.type in ENDS:
            assert letter in {"c", "e", None} or self.settings.is_latched, "not ended by a clear reading"
        if event.suppressed_by is not None:
            states = {self.store.deliveries[event.event_id, to].state for to in rows}
            assert states == {DeliveryState.SUPPRESSED}
            return
        if event.type is EventType.FIRING:
            assert not aloud, "an episode fired twice"
            open_ones = {one.episode for one in before} - {one.episode for one in before if one.type in ENDS}
            told = {one.episode for one in before if one.suppressed_by is None}
            assert not open_ones & told, "two episodes are open"
        else:
            assert aloud, "told of an episode that nobody heard begin"
            assert aloud[0].type is EventType.FIRING
            assert aloud[-1].type not in ENDS, "told of an episode that is over"
        if event.type not in ENDS:
            assert all(one.severity.rank <= event.severity.rank for one in aloud), "the level told went down"

    def check_the_end(self) -> None:
        """Deliver what is left: nothing is lost, and every channel heard the beginning before the end."""
        self.deliver()
        kept = self.store.deliveries.values()
        assert {one.state for one in kept} <= {DeliveryState.DELIVERED, DeliveryState.SUPPRESSED}
