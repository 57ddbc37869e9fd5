"""Hours: each hedge summed up by the hour, kept when the raw rows are gone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from sqlalchemy import Connection

from hedgewatch.domain.hedge import HedgeSnapshot, Quality
from hedgewatch.storage.bulk import Row, put
from hedgewatch.storage.identities import Key, hedge_key
from hedgewatch.storage.recollection import hour_of
from hedgewatch.storage.tables import HOURLY_METRICS, hedge_hour
from hedgewatch.storage.types import to_float, to_ms


def store_hours(
    connection: Connection, snapshots: Iterable[HedgeSnapshot], read_at: datetime, ids: Mapping[Key, int]
) -> None:
    """Add one sample of each hedge to its hour; a sample that is in it already is not counted again."""
    rows = [_sample(snapshot, read_at, ids[hedge_key(snapshot.hedge)]) for snapshot in snapshots]
    put(connection, hedge_hour, rows, conflict=_add_sample(connection.dialect.name))


def _sample(snapshot: HedgeSnapshot, read_at: datetime, number: int) -> Row:
    values = [getattr(snapshot, metric) for metric in HOURLY_METRICS]
    is_unknown = int(snapshot.quality is Quality.UNKNOWN)
    return (
        to_ms(hour_of(read_at)),
        number,
        1,
        is_unknown,
        to_ms(read_at),
        *(part for v in values for part in _parts(v)),
    )


def _parts(value: Decimal | None) -> Row:
    number = to_float(value)
    return (number, number, number, int(number is not None), number)


@lru_cache(maxsize=2)
def _add_sample(dialect: str) -> str:
    """Write the clause that adds a sample. Unknown values change nothing; SQLite's min() of several is its least."""
    least, greatest = ("min", "max") if dialect == "sqlite" else ("least", "greatest")
    changes = [
        "samples = hedge_hour.samples + 1",
        "unknown_samples = hedge_hour.unknown_samples + excluded.unknown_samples",
        "last_read_at_ms = excluded.last_read_at_ms",
    ]
    for metric in HOURLY_METRICS:
        for part, function in (("min", least), ("max", greatest)):
            old, new = f"hedge_hour.{metric}_{part}", f"excluded.{metric}_{part}"
            changes.append(f"{metric}_{part} = {function}(COALESCE({old}, {new}), COALESCE({new}, {old}))")
        changes += [
            f"{metric}_sum = COALESCE(hedge_hour.{metric}_sum, 0) + COALESCE(excluded.{metric}_sum, 0)",
            f"{metric}_count = hedge_hour.{metric}_count + excluded.{metric}_count",
            f"{metric}_last = COALESCE(excluded.{metric}_last, hedge_hour.{metric}_last)",
        ]
    return f"DO UPDATE SET {', '.join(changes)} WHERE excluded.last_read_at_ms > hedge_hour.last_read_at_ms"
