"""Storing alerts: their states, their episodes and events, and who is to be told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, text

from hedgewatch.domain.alert import AlertPhase, EventType
from hedgewatch.monitoring.ports import DeliveryState, OutboxDraft
from hedgewatch.storage import tables
from hedgewatch.storage.alert_rows import ENDED, OPEN, alert_row, episode_rows, event_row, identity_of
from hedgewatch.storage.bulk import put, take_the_last
from hedgewatch.storage.recollection import is_forgotten
from hedgewatch.storage.recording import Recording
from hedgewatch.storage.types import to_ms

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
    store_drafts(connection, recording.cycle.outbox)


def store_drafts(connection: Connection, drafts: Sequence[OutboxDraft]) -> None:
    """Store one outbox row for each; those that are there already stay."""
    wanted = [
        {
            "event_id": draft.event_id,
            "channel": draft.channel,
            "state": (DeliveryState.SUPPRESSED if draft.suppressed_by else DeliveryState.PENDING).value,
            "suppressed_by": draft.suppressed_by,
            "only_if_told": draft.only_if_told,
        }
        for draft in drafts
    ]
    if wanted:
        connection.execute(OUTBOX_ROW, wanted)
