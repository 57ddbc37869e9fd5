"""The store of cycles in SQL: each one whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from hedgewatch.domain.alert import fingerprint
from hedgewatch.domain.finding import Finding
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.intervention import Interventions
from hedgewatch.monitoring.health import ChannelTrouble
from hedgewatch.monitoring.ports import Clock, CycleRecord, Memory
from hedgewatch.storage import rows, tables
from hedgewatch.storage.account_store import store_accounts, store_facts, store_ledger
from hedgewatch.storage.bulk import append, put, take_the_last
from hedgewatch.storage.database import Database
from hedgewatch.storage.event_store import store_alerts, store_events, store_outbox
from hedgewatch.storage.hearing import NOTHING, Hearing, read_hearing
from hedgewatch.storage.hourly import store_hours
from hedgewatch.storage.identities import Identities
from hedgewatch.storage.interventions import read_interventions
from hedgewatch.storage.lease import Fence, Unfenced
from hedgewatch.storage.loading import load
from hedgewatch.storage.outbox import read_troubles
from hedgewatch.storage.recollection import Recollection
from hedgewatch.storage.recording import Recording, Step
from hedgewatch.storage.types import to_ms

FUNDING_INTERVAL_LEARNT = (
    "DO UPDATE SET interval_hours = excluded.interval_hours WHERE funding_rate.interval_hours IS NULL"
)


class SqlCycleStore:
    """Fills the port CycleStore over a database.

    What the past must tell is read once and then kept in memory, since this is the only writer in its epoch. After a
    failed write it is read again (the failure may have come after the commit) unless the same cycle is then stored
    after all, and in a new epoch: another worker may have written meanwhile.
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
        self._before_failure: Recollection | None = None
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

        def read(connection: Connection) -> tuple[Interventions, dict[str, ChannelTrouble], Hearing]:
            hearing = read_hearing(connection) if is_told else NOTHING
            return read_interventions(connection, now), read_troubles(connection), hearing

        interventions, troubles, hearing = await self._database.run(read, durable=False)
        names = {fingerprint(target): target for target in memory.alerts} if hearing.taken_at else {}
        return replace(
            memory,
            interventions=interventions,
            troubles=troubles,
            late=frozenset(names[name] for name in hearing.late if name in names),
            taken_at={names[name]: at for name, at in hearing.taken_at.items() if name in names},
        )

    async def record(self, cycle: CycleRecord) -> None:
        """Store a cycle whole or not at all. Storing the same event twice keeps one.

        Raises StoreUnavailableError, and LeaseLostError if this worker leads no more.
        """
        self._learn()
        recollection, self._recollection = self._recollection, None
        identities, self._identities = self._identities, Identities()
        known = recollection or Recollection()
        self._before_failure = recollection or self._before_failure  # which another try has not learnt anew
        await self._database.run(lambda connection: self._store(connection, cycle, known, identities))
        self._identities = identities
        # of a second try too: whatever came of the first, this cycle is in the database now, and nothing beside it
        self._recollection, self._before_failure = recollection or self._before_failure, None
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

    def surrender(self) -> Recollection | None:
        """Give away what is remembered, before the write that failed if one did; the next recall reads it anew."""
        self._learn()
        found = self._recollection or self._before_failure
        self._recollection = self._before_failure = None
        self._identities = Identities()
        return found

    def store_late(self, connection: Connection, cycle: CycleRecord, *, with_states: bool) -> None:
        """Store, in a running transaction, a cycle that could not be stored in its time; twice is once.

        with_states: the alerts' states too; not where another worker has gone on meanwhile. No fence is asked: what
        this worker saw while it led is true whoever leads now.
        """
        recording = Recording(
            cycle=cycle,
            known=Recollection(),
            identities=Identities(),
            epoch=self._fence.epoch,
            committed_at=cycle.read_at,  # to the spool
        )
        for name, step in self._steps.items():
            if with_states or name != ALERTS:
                step(connection, recording)

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


ALERTS = "alerts"
RECORDING: Mapping[str, Step] = {
    "snapshots": store_snapshots,
    "events": store_events,
    "outbox": store_outbox,
    ALERTS: store_alerts,
}
