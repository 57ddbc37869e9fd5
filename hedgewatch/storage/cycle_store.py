"""The store of cycles in SQL: each one whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, text

from hedgewatch.domain.alert import AlertPhase, EventType, fingerprint
from hedgewatch.domain.finding import Finding
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.intervention import Interventions
from hedgewatch.monitoring.health import ChannelTrouble
from hedgewatch.monitoring.ports import Clock, CycleRecord, DeliveryState, Memory
from hedgewatch.storage import rows, tables
from hedgewatch.storage.account_store import store_accounts, store_facts, store_ledger
from hedgewatch.storage.alert_rows import ENDED, OPEN, alert_row, episode_rows, event_row, identity_of
from hedgewatch.storage.bulk import append, put, take_the_last
from hedgewatch.storage.database import Database
from hedgewatch.storage.hourly import store_hours
from hedgewatch.storage.identities import Identities
from hedgewatch.storage.interventions import read_interventions
from hedgewatch.storage.lease import Fence, Unfenced
from hedgewatch.storage.loading import load
from hedgewatch.storage.outbox import late_fingerprints, read_troubles
from hedgewatch.storage.recollection import Recollection, is_forgotten
from hedgewatch.storage.types import to_ms

FUNDING_INTERVAL_LEARNT = (
    "DO UPDATE SET interval_hours = excluded.interval_hours WHERE funding_rate.interval_hours IS NULL"
)
NAMES_AT_ONCE = 10_000  # SQLite takes 32,766 values in one statement
EPISODE_TOLD = take_the_last(
    tables.episode,
    unless_null=(
        "action",
        "severity",
        "started_at_ms",
        "fired_at_ms",
        "resolved_at_ms",
        "peak_value",
        "threshold",
        "message",
    ),
    keep=("acknowledged_by",),
)
# due at once: the time of making is no bar, or a clock set back would hold an alert
OUTBOX_ROW = text(
    "INSERT INTO outbox (event_id, channel, episode, sequence, made_at_ms, state, attempts, due_at_ms, suppressed_by) "
    "SELECT id, :channel, episode, sequence, at_ms, :state, 0, 0, :suppressed_by FROM event e WHERE id = :event_id "
    "AND (NOT :only_if_told OR EXISTS (SELECT 1 FROM outbox o WHERE o.episode = e.episode AND o.channel = :channel "
    "AND o.state <> 'suppressed')) "
    "ON CONFLICT (event_id, channel) DO NOTHING"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One cycle on its way into the database. epoch: of the lease it is written under, None without one."""

    cycle: CycleRecord
    known: Recollection
    identities: Identities
    epoch: int | None
    committed_at: datetime


Step = Callable[[Connection, Recording], None]


class SqlCycleStore:
    """Fills the port CycleStore over a database.

    What the past must tell is read once and then kept in memory, since this is the only writer in its epoch. After a
    failed write it is read again (the failure may have come after the commit), and in a new epoch: another worker may
    have written meanwhile.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        fence: Fence | None = None,
        steps: Mapping[str, Step] | None = None,
    ) -> None:
        """Take the database, and the clock that says when a cycle was committed.

        fence: what keeps a worker from writing that leads no more, None where only one can write. steps: what is done
        in each transaction, in order, after the fence was asked.
        """
        self._database = database
        self._clock = clock
        self._fence = fence or Unfenced()
        self._steps = steps or RECORDING
        self._recollection: Recollection | None = None
        self._recalled_in: int | None = None
        self._unlearnt: CycleRecord | None = None
        self._identities = Identities()

    async def recall(
        self, instruments: Sequence[InstrumentRef], legs: Sequence[tuple[str, str]], now: datetime
    ) -> Memory:
        """Tell what is remembered of these instruments, (hedge, leg) pairs and all alerts.

        Raises StoreUnavailableError.
        """
        self._learn()
        recollection, epoch = self._recollection, self._fence.epoch
        if recollection is None or self._recalled_in != epoch:
            recollection = await self._database.run(lambda connection: load(connection, now))
            self._recollection, self._recalled_in, self._identities = recollection, epoch, Identities()
        memory = recollection.recall(instruments, legs, now)
        is_told = any(state.notified for state in memory.alerts.values())

        def read(connection: Connection) -> tuple[Interventions, dict[str, ChannelTrouble], frozenset[str]]:
            late = late_fingerprints(connection) if is_told else frozenset[str]()
            return read_interventions(connection, now), read_troubles(connection), late

        interventions, troubles, late = await self._database.run(read, durable=False)
        told_late = (
            frozenset(target for target in memory.alerts if fingerprint(target) in late) if late else frozenset()
        )
        return replace(memory, interventions=interventions, troubles=troubles, late=told_late)

    async def record(self, cycle: CycleRecord) -> None:
        """Store a cycle whole or not at all. Storing the same event twice keeps one.

        Raises StoreUnavailableError, and LeaseLostError if this worker leads no more.
        """
        self._learn()
        recollection, self._recollection = self._recollection, None
        identities, self._identities = self._identities, Identities()
        known = recollection or Recollection()
        await self._database.run(lambda connection: self._store(connection, cycle, known, identities))
        self._identities = identities
        self._recollection = recollection
        self._unlearnt = cycle

    async def show(self, cycle: CycleRecord) -> None:
        """Store every rule's answer in a cycle that is stored; readers see those of the cycle before until then.

        Raises StoreUnavailableError, and LeaseLostError if this worker leads no more.
        """
        self._learn()

        def write(connection: Connection) -> None:
            self._fence.require(connection)
            show_outcomes(connection, cycle.findings, cycle.read_at)

        await self._database.run(write, durable=False)

    def _learn(self) -> None:
        """Learn from the cycle that was stored last, once nobody waits for its alerts any more."""
        cycle, self._unlearnt = self._unlearnt, None
        if cycle is not None and self._recollection is not None:
            self._recollection.note(cycle)

    def _store(self, connection: Connection, cycle: CycleRecord, known: Recollection, identities: Identities) -> None:
        recording = Recording(
            cycle=cycle,
            known=known,
            identities=identities,
            epoch=self._fence.require(connection),
            committed_at=self._clock.now(),
        )
        for step in self._steps.values():
            step(connection, recording)


def store_snapshots(connection: Connection, recording: Recording) -> None:
    """Store all that was read and measured, and that the cycle was."""
    cycle, identities = recording.cycle, recording.identities
    store_series(connection, cycle, identities)
    store_accounts(connection, cycle, identities, recording.known.balances)
    store_ledger(connection, cycle)
    store_facts(connection, cycle, identities)
    committed_at_ms, started_at_ms = to_ms(recording.committed_at), to_ms(cycle.started_at)
    duration_ms = max(0, committed_at_ms - started_at_ms)
    row = (started_at_ms, to_ms(cycle.read_at), committed_at_ms, duration_ms, recording.epoch, cycle.configuration)
    put(connection, tables.cycle, [row], conflict=take_the_last(tables.cycle))
    answers = rows.cycle_exchange_rows(cycle.answers, cycle.started_at)
    put(connection, tables.cycle_exchange, answers, conflict=take_the_last(tables.cycle_exchange))


def store_series(connection: Connection, cycle: CycleRecord, identities: Identities) -> None:
    """Store what was read and measured, and what is kept beside the raw series."""
    instruments = identities.instruments(connection, cycle.answers)
    hedges, legs = identities.hedges(connection, cycle), identities.legs(connection, cycle)
    append(connection, tables.market_snapshot, rows.market_rows(cycle.answers, cycle.read_at, instruments))
    append(connection, tables.leg_snapshot, rows.leg_rows(cycle.snapshots, cycle.read_at, legs))
    append(connection, tables.hedge_snapshot, rows.hedge_rows(cycle.snapshots, cycle.read_at, hedges))
    store_hours(connection, cycle.snapshots, cycle.read_at, hedges)
    closes = rows.hour_rows(cycle.snapshots, cycle.read_at, legs)
    put(connection, tables.leg_hour, closes, conflict=take_the_last(tables.leg_hour))
    settled = rows.funding_rows(cycle.answers, instruments)
    put(connection, tables.funding_rate, settled, conflict=FUNDING_INTERVAL_LEARNT)
    put(
        connection,
        tables.instrument_latest,
        rows.instrument_latest_rows(cycle.answers, cycle.started_at, instruments),
        conflict=take_the_last(
            tables.instrument_latest, unless_null=("last_good_at_ms", "bid", "ask"), keep=("first_asked_at_ms",)
        ),
    )
    put(
        connection,
        tables.exchange_latest,
        rows.exchange_latest_rows(cycle.answers, cycle.started_at, cycle.read_at),
        conflict=take_the_last(tables.exchange_latest, unless_null=("last_answer_at_ms",), keep=("first_asked_at_ms",)),
    )


def show_outcomes(connection: Connection, findings: Iterable[Finding], read_at: datetime) -> None:
    """Store every rule's latest answer in place of those before."""
    connection.execute(tables.outcome_latest.delete())
    append(connection, tables.outcome_latest, rows.outcome_rows(findings, read_at))


def store_alerts(connection: Connection, recording: Recording) -> None:
    """Store the alert states that changed; forget those that have nothing left to remember.

    An episode that ends without a word (another alert spoke for it) ends here.
    """
    kept, gone, ended = [], [], []
    before = recording.known.alerts
    for state in recording.cycle.states:
        if before.get(state.target) == state:
            continue
        name = identity_of(state.target)[0]
        if is_forgotten(state):
            gone.append(name)
        else:
            kept.append(alert_row(state))
        if state.phase is AlertPhase.OK and state.unknown_since is None:
            ended.append(name)
    put(connection, tables.alert, kept, conflict=take_the_last(tables.alert))
    episode = tables.episode.c
    for names in _parts(gone):
        connection.execute(tables.alert.delete().where(tables.alert.c.fingerprint.in_(names)))
    for names in _parts(ended):
        silent = tables.episode.update().where(episode.fingerprint.in_(names), episode.state == OPEN)
        connection.execute(
            silent.values(state=ENDED[EventType.RESOLVED], resolved_at_ms=to_ms(recording.cycle.read_at))
        )


def _parts(names: Sequence[str]) -> Iterator[Sequence[str]]:
    """Cut a list into statements that every database takes."""
    return (names[start : start + NAMES_AT_ONCE] for start in range(0, len(names), NAMES_AT_ONCE))


def store_events(connection: Connection, recording: Recording) -> None:
    """Store episodes and events; those that are there already stay."""
    put(connection, tables.episode, episode_rows(recording.cycle), conflict=EPISODE_TOLD)
    put(connection, tables.event, [event_row(draft) for draft in recording.cycle.events])


def store_outbox(connection: Connection, recording: Recording) -> None:
    """Store one outbox row per event and channel; those that are there already stay."""
    if recording.cycle.outbox:
        drafts = [
            {
                "event_id": draft.event_id,
                "channel": draft.channel,
                "state": (DeliveryState.SUPPRESSED if draft.suppressed_by else DeliveryState.PENDING).value,
                "suppressed_by": draft.suppressed_by,
                "only_if_told": draft.only_if_told,
            }
            for draft in recording.cycle.outbox
        ]
        connection.execute(OUTBOX_ROW, drafts)


RECORDING: Mapping[str, Step] = {
    "snapshots": store_snapshots,
    "events": store_events,
    "outbox": store_outbox,
    "alerts": store_alerts,
}
