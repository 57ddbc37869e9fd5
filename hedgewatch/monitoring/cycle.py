"""One cycle: collect, measure, judge, record."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from hedgewatch.domain.alert import AlertEvent
from hedgewatch.domain.contract_facts import ContractFact, changed_facts, with_changes
from hedgewatch.domain.hedge import CycleFacts, Hedge, HedgeSnapshot, Past
from hedgewatch.domain.inventory import Holding
from hedgewatch.domain.market import ExchangeAnswer
from hedgewatch.domain.measure import measure_hedge
from hedgewatch.domain.owned import holdings_of
from hedgewatch.domain.proof import Proof
from hedgewatch.domain.thresholds import RuleSettings
from hedgewatch.domain.told import Entries, Told, as_told, holdings_as_told
from hedgewatch.monitoring.accounts import Said, account_questions, needs_of, prove, tier_texts
from hedgewatch.monitoring.collect import Collector, SettlementDiary, instruments_by_exchange
from hedgewatch.monitoring.garbage import collecting_later
from hedgewatch.monitoring.judge import Answered, Verdict, judge, with_settled
from hedgewatch.monitoring.maintenance import Window, is_within
from hedgewatch.monitoring.own_alarms import channels_of_own, own_findings, rejected_finding
from hedgewatch.monitoring.payload import event_payload
from hedgewatch.monitoring.ports import (
    Clock,
    CycleRecord,
    CycleStore,
    EventDraft,
    Memory,
    OutboxDraft,
    PaymentRecord,
    Wanted,
)
from hedgewatch.monitoring.reckoning import payments_of
from hedgewatch.monitoring.routing import Routing, outbox_drafts
from hedgewatch.monitoring.store_alarms import store_findings

NOBODY: Mapping[str, Said] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What is watched: the hedges, the rules judged per exchange, who is told, and how often.

    dashboard_url: where links in messages point, without a trailing slash. own_rules: of the alarms about hedgewatch
    itself. channels: all that are configured. entries: digests of what the file says: what somebody said of a hedge, a
    position or a holding holds until its digest changes. maintenance: weekly windows. configuration: a digest of all
    of it, by which people tell whether what they wrote is what runs.
    """

    hedges: Sequence[Hedge]
    exchange_rules: Mapping[str, RuleSettings]
    routing: Routing
    poll_seconds: Decimal
    dashboard_url: str
    own_rules: Mapping[str, RuleSettings] = field(default_factory=dict)
    channels: tuple[str, ...] = ()
    entries: Entries = field(default_factory=Entries)
    maintenance: Sequence[Window] = ()
    configuration: str = ""
    holdings: Sequence[Holding] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleResult:
    """What one cycle saw and said.

    facts: contract facts that were told for the first time, or not as before. accounts: what each said. payments: new
    lines of their ledgers. proofs: those that changed.
    """

    read_at: datetime
    answers: Mapping[str, ExchangeAnswer]
    snapshots: tuple[HedgeSnapshot, ...]
    verdict: Verdict
    facts: tuple[ContractFact, ...] = ()
    accounts: tuple[Said, ...] = ()
    payments: tuple[PaymentRecord, ...] = ()
    proofs: tuple[Proof, ...] = ()
    holdings: tuple[Holding, ...] = ()


def no_more(past: Past) -> Past:
    """Return a past as it is: nothing is kept beside the store of cycles."""
    return past


async def nobody(result: CycleResult) -> None:
    """Tell nobody of a cycle."""


class MonitorCycle:
    """Runs cycles over one watch."""

    def __init__(
        self,
        watch: Watch,
        *,
        collector: Collector,
        store: CycleStore,
        clock: Clock,
        past: Callable[[Past], Past] = no_more,
    ) -> None:
        """Take what to watch and the parts to do it with. past: adds to it what is kept of hours and days before.

        rejected: every mistake of the configuration that was refused last, empty if none was.
        """
        self._store = store
        self._clock = clock
        self._past = past
        self._measured_at: Decimal | None = None
        self._diary = SettlementDiary(())
        self.rejected: tuple[str, ...] = ()
        self.watch_from_now(watch, collector)

    def watch_from_now(self, watch: Watch, collector: Collector) -> None:
        """Watch something else from the next cycle on; what runs for how long, and what was asked, goes on."""
        self._watch = watch
        self._told: tuple[Told, Sequence[Hedge]] = Told(), watch.hedges
        self._collector = collector
        self._by_exchange = instruments_by_exchange(watch.hedges)
        self._legs = [(hedge.name, leg.name) for hedge in watch.hedges for leg in hedge.legs]
        self._needs = needs_of(watch.hedges)
        diary = SettlementDiary(leg.futures for hedge in watch.hedges for leg in hedge.legs)
        diary.take_over(self._diary)
        self._diary = diary

    def start_anew(self) -> None:
        """Count no time since the last cycle: others may have run meanwhile, and counted it."""
        self._measured_at = None

    async def run(self, tell: Callable[[CycleResult], Awaitable[None]] = nobody) -> CycleResult:
        """Collect, measure, judge, record; faults of exchanges are values.

        tell: awaited as soon as the cycle is stored, before what only readers ask for is made.
        Raises StoreUnavailableError, and LeaseLostError if another worker has taken over meanwhile.
        """
        started_at = self._clock.now()
        memory, answers, said = await self._collect(started_at)
        with collecting_later():
            result = self.assess(memory, answers, said)
            record = self._record(started_at, result)
            await self._store.record(record)
            await tell(result)
        await self._store.show(record)
        return result

    async def look(self) -> CycleResult:
        """Collect, measure and judge, and leave nothing behind."""
        memory, answers, said = await self._collect(self._clock.now())
        return self.assess(memory, answers, said)

    async def _collect(self, now: datetime) -> tuple[Memory, Mapping[str, ExchangeAnswer], Mapping[str, Said]]:
        instruments = [ref for refs in self._by_exchange.values() for ref in refs]
        memory = await self._store.recall(instruments, self._legs, now)
        if memory.is_blank:
            return memory, {}, {}
        memory = replace(memory, past=self._past(memory.past))
        settled = self._diary.due(memory.past, now)
        wanted = {
            exchange: Wanted(
                instruments=refs,
                settled_since={ref: since for ref, since in settled.items() if ref.exchange == exchange},
            )
            for exchange, refs in self._by_exchange.items()
        }
        questions = account_questions(self._needs, memory, now)
        answers, said = await self._collector.collect_all(wanted, questions)
        self._diary.note_asked(settled, answers, now)
        return memory, answers, said

    def assess(
        self, memory: Memory, answers: Mapping[str, ExchangeAnswer], said: Mapping[str, Said] = NOBODY
    ) -> CycleResult:
        """Prove, measure and judge what was collected. Nothing here waits for anything."""
        with collecting_later():
            return self._assess(memory, answers, said)

    def _assess(self, memory: Memory, answers: Mapping[str, ExchangeAnswer], said: Mapping[str, Said]) -> CycleResult:
        read_at = self._clock.now()
        readings = {(reading.ref): reading for answer in answers.values() for reading in answer.readings}
        self._diary.note(readings.values())
        proven = prove(said, self._needs, memory, self._watch.poll_seconds)
        changed = changed_facts(memory.facts, readings.values(), read_at, tier_texts(said, self._needs))
        interventions = memory.interventions.still_held(self._watch.entries)
        facts = with_settled(
            CycleFacts(
                read_at=read_at,
                poll_seconds=self._watch.poll_seconds,
                answers=answers,
                readings=readings,
                past=memory.past,
                accounts=said,
                beliefs=proven.beliefs,
                contracts=with_changes(memory.facts, changed),
                holdings=holdings_as_told(() if memory.is_blank else self._watch.holdings, interventions.told),
            )
        )
        hedges = () if memory.is_blank else self._as_told(interventions.told)
        snapshots = tuple(measure_hedge(hedge, facts) for hedge in hedges)
        verdict = judge(
            snapshots,
            facts,
            exchange_rules=self._watch.exchange_rules,
            alerts=memory.alerts,
            late=memory.late,
            taken_at=memory.taken_at,
            dt_seconds=self._elapsed(),
            own=self._own_findings(memory, read_at),
            interventions=replace(interventions, in_maintenance=is_within(self._watch.maintenance, read_at)),
        )
        return CycleResult(
            read_at=read_at,
            answers=answers,
            snapshots=snapshots,
            verdict=verdict,
            facts=changed,
            accounts=tuple(said.values()),
            payments=payments_of(snapshots, facts),
            proofs=proven.changed,
            holdings=tuple(facts.holdings.values()),
        )

    def _own_findings(self, memory: Memory, now: datetime) -> list[Answered]:
        rules, channels = self._watch.own_rules, self._watch.channels
        found = own_findings(memory.troubles, rules, channels, now) + rejected_finding(self.rejected, rules)
        return found + store_findings(memory.outage, memory.room, rules)

    def _as_told(self, told: Told) -> Sequence[Hedge]:
        """Return the hedges as their owner says they are now; the same objects for as long as he says the same."""
        if told != self._told[0]:
            self._told = told, as_told(self._watch.hedges, told)
        return self._told[1]

    def _elapsed(self) -> Decimal:
        """Seconds since the cycle before, at most two polls; 0 after a start: downtime counts for nothing."""
        before, self._measured_at = self._measured_at, self._clock.monotonic()
        if before is None:
            return Decimal(0)
        return min(self._measured_at - before, 2 * self._watch.poll_seconds)

    def _record(self, started_at: datetime, result: CycleResult) -> CycleRecord:
        by_hedge = {snapshot.hedge.name: snapshot for snapshot in result.snapshots}
        events = result.verdict.events
        return CycleRecord(
            started_at=started_at,
            read_at=result.read_at,
            answers=tuple(result.answers.values()),
            snapshots=result.snapshots,
            findings=result.verdict.findings,
            states=result.verdict.states,
            events=[self._draft(event, by_hedge) for event in events],
            outbox=self._outbox(events),
            holdings=holdings_of(result.snapshots, result.holdings),
            facts=result.facts,
            accounts=result.accounts,
            payments=result.payments,
            proofs=result.proofs,
            configuration=self._watch.configuration or None,
        )

    def _draft(self, event: AlertEvent, by_hedge: Mapping[str, HedgeSnapshot]) -> EventDraft:
        snapshot = by_hedge.get(event.state.target.hedge)
        return EventDraft(event=event, payload=event_payload(event, snapshot, self._watch.dashboard_url))

    def _outbox(self, events: Sequence[AlertEvent]) -> list[OutboxDraft]:
        return [
            draft
            for event in events
            for draft in outbox_drafts(event, self._watch.routing, self._channels_of_rule(event))
        ]

    def _channels_of_rule(self, event: AlertEvent) -> tuple[str, ...] | None:
        target = event.state.target
        if target.rule in self._watch.own_rules:
            return channels_of_own(event, self._watch.own_rules[target.rule], self._watch.channels)
        if target.rule in self._watch.exchange_rules:
            return self._watch.exchange_rules[target.rule].channels
        for hedge in self._watch.hedges:
            if hedge.name == target.hedge and target.rule in hedge.rules:
                return hedge.rules[target.rule].channels
        return None
