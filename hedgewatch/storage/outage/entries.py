"""What a spool's lines say: a cycle, an attempt to deliver, a delivery that fell back on another channel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from hedgewatch.domain.alert import AlertEvent
from hedgewatch.domain.finding import Finding
from hedgewatch.domain.hedge import Hedge
from hedgewatch.monitoring.ports import CycleRecord, OutboxDraft
from hedgewatch.storage.outage.codec import Codec
from hedgewatch.storage.outbox import Attempt


@dataclass(frozen=True, slots=True, kw_only=True)
class FallenBack:
    """Deliveries that other channels were given as well."""

    drafts: tuple[OutboxDraft, ...]


Entry = CycleRecord | Attempt | FallenBack


@lru_cache(maxsize=1)
def entry_codec() -> Codec:
    """Return the codec of entries; it is made when the first outage needs it."""
    return Codec(CycleRecord, Attempt, FallenBack)


def slim(entry: Entry) -> Entry:
    """Leave out of a cycle what the database does not keep, or will have anew: findings, and the rules of hedges."""
    if not isinstance(entry, CycleRecord):
        return entry
    bare: dict[int, Hedge] = {}
    for snapshot in entry.snapshots:
        bare.setdefault(id(snapshot.hedge), replace(snapshot.hedge, rules={}))
    return replace(
        entry,
        findings=(),
        snapshots=tuple(replace(snapshot, hedge=bare[id(snapshot.hedge)]) for snapshot in entry.snapshots),
        events=tuple(replace(draft, event=_without_finding(draft.event)) for draft in entry.events),
    )


def essential(entry: Entry) -> Entry:
    """Leave of a cycle what must not be lost where there is no room for more: alerts, payments, what was proven."""
    if not isinstance(entry, CycleRecord):
        return entry
    return replace(entry, answers=(), snapshots=(), findings=(), accounts=(), holdings=())


def is_essential(entry: Entry) -> bool:
    """Tell whether an entry says more than how things stood."""
    return not isinstance(entry, CycleRecord) or bool(entry.events or entry.payments or entry.facts or entry.proofs)


def _without_finding(event: AlertEvent) -> AlertEvent:
    """Drop what is not stored: the words of an event are frozen in its payload."""
    bare = Finding(target=event.finding.target, levels={}, value=None, thresholds={}, words="", actions={})
    return replace(event, finding=bare)


def cycles_in(entries: Sequence[Entry]) -> list[CycleRecord]:
    """Return the cycles among entries, in order."""
    return [entry for entry in entries if isinstance(entry, CycleRecord)]
