"""Days as the store knows them, and the digests that were made of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Select, and_, func, or_, select

from hedgewatch.domain.finding import OutcomeKind
from hedgewatch.domain.numbers import ZERO
from hedgewatch.domain.thresholds import Severity
from hedgewatch.monitoring.digest import EPISODE
from hedgewatch.monitoring.digest_payload import FIGURES, Day, HedgeDay
from hedgewatch.storage import tables
from hedgewatch.storage.account_tables import funding_payment
from hedgewatch.storage.bulk import put
from hedgewatch.storage.database import Database
from hedgewatch.storage.event_store import OUTBOX_ROW
from hedgewatch.storage.intervention_tables import audit
from hedgewatch.storage.lease import Fence
from hedgewatch.storage.types import from_ms, maybe_at, to_ms

DIGEST = "digest"
UNHEDGED = "unhedged_holding"
BREACHED = (OutcomeKind.BREACH.value, OutcomeKind.BAND.value)
ALERT_TEXTS = ("episode", "rule", "hedge", "leg", "account", "exchange", "action", "severity", "state", "message")


class SqlDayBook:
    """Fills the port DayBook over a database. Every method raises StoreUnavailableError."""

    def __init__(self, database: Database, fence: Fence) -> None:
        """Take the database, and what keeps this worker from writing after another one has taken over."""
        self._database = database
        self._fence = fence

    async def watched_since(self) -> datetime | None:
        """Return when the first cycle was stored, None if there is none."""
        query = select(func.min(tables.cycle.c.started_at_ms))
        return maybe_at(await self._read(lambda connection: connection.execute(query).scalar_one()))

    async def is_kept(self, event_id: str) -> bool:
        """Tell whether a digest was made."""
        query = select(tables.event.c.id).where(tables.event.c.id == event_id)
        return await self._read(lambda connection: connection.execute(query).first()) is not None

    async def read(self, since: datetime, until: datetime) -> Day:
        """Read what happened."""
        day: Day = await self._read(lambda connection: read_day(connection, since, until))
        return day

    async def keep(self, event_id: str, day: date, at: datetime, *, payload: bytes, channels: Sequence[str]) -> None:
        """Store a digest with a delivery for each channel; one that is kept already stays as it is."""
        row = (event_id, f"{EPISODE}-{day.isoformat()}", 1, "", DIGEST, Severity.INFO.value, to_ms(at), None, payload)
        drafts = [
            {"event_id": event_id, "channel": name, "state": "pending", "suppressed_by": None, "only_if_told": False}
            for name in channels
        ]

        def store(connection: Connection) -> None:
            self._fence.require(connection)
            put(connection, tables.event, [row])
            if drafts:
                connection.execute(OUTBOX_ROW, drafts)

        await self._database.run(store)

    async def _read(self, work: Any) -> Any:  # noqa: ANN401  as each question has it
        return await self._database.run(work, durable=False)


def read_day(connection: Connection, since: datetime, until: datetime) -> Day:
    """Read what happened from ``since`` until ``until``."""
    start, end = to_ms(since), to_ms(until)
    newest = select(func.max(tables.cycle.c.read_at_ms)).scalar_subquery()
    watched = select(tables.hedge).where(
        tables.hedge.c.id.in_(
            select(tables.hedge_snapshot.c.hedge_id).where(tables.hedge_snapshot.c.read_at_ms == newest)
        )
    )
    hedges = [
        _hedge_day(connection, row["id"], row["name"], row["asset"], start=start, end=end)
        for row in connection.execute(watched.order_by(tables.hedge.c.name)).mappings()
    ]
    said = select(audit).where(audit.c.at_ms >= start, audit.c.at_ms <= end).order_by(audit.c.id)
    outcome = tables.outcome_latest.c
    unhedged = select(outcome.message).where(outcome.rule == UNHEDGED, outcome.outcome.in_(BREACHED))
    dated = select(tables.instrument).where(tables.instrument.c.expiry_ms.is_not(None))
    return Day(
        since=since,
        until=until,
        hedges=hedges,
        alerts=[_alert(dict(row)) for row in connection.execute(_alerts(start, end)).mappings()],
        said=[{**row, "at": from_ms(row["at_ms"])} for row in connection.execute(said).mappings()],
        unhedged=tuple(connection.execute(unhedged.order_by(outcome.message)).scalars()),
        expiries={
            f"{row['exchange']}:{row['symbol']}": from_ms(row["expiry_ms"])
            for row in connection.execute(dated).mappings()
        },
    )


def _alerts(start: int, end: int) -> Select[Any]:
    """Ask for what was open at any time of the day, the newest first."""
    episode = tables.episode.c
    is_open = or_(episode.resolved_at_ms.is_(None), episode.resolved_at_ms >= start)
    was_told = and_(episode.fired_at_ms.is_not(None), episode.fired_at_ms <= end)
    return select(tables.episode).where(was_told, is_open).order_by(episode.fired_at_ms.desc(), episode.episode)


def _alert(row: dict[str, Any]) -> dict[str, Any]:
    times = {name: maybe_at(row[f"{name}_ms"]) for name in ("started_at", "fired_at", "resolved_at")}
    return {**{name: row[name] or None for name in ALERT_TEXTS}, **times}


def _hedge_day(connection: Connection, number: int, name: str, asset: str, *, start: int, end: int) -> HedgeDay:
    snapshot = tables.hedge_snapshot.c
    rows = select(tables.hedge_snapshot).where(snapshot.hedge_id == number)
    latest = rows.where(snapshot.read_at_ms <= end).order_by(snapshot.read_at_ms.desc()).limit(1)
    first = rows.where(snapshot.read_at_ms >= start, snapshot.hedge_ratio.is_not(None))
    hour = tables.hedge_hour.c
    counts = select(func.sum(hour.samples), func.sum(hour.unknown_samples)).where(
        hour.hedge_id == number, hour.hour_at_ms >= start, hour.hour_at_ms <= end
    )
    samples, unknown = connection.execute(counts).one()
    received, paid = _funding(connection, name, start, end)
    return HedgeDay(
        hedge=name,
        now=_row(connection, latest, asset),
        before=_row(connection, first.order_by(snapshot.read_at_ms).limit(1), asset),
        received=received,
        paid=paid,
        samples=samples or 0,
        unknown_samples=unknown or 0,
    )


def _row(connection: Connection, query: Select[Any], asset: str) -> dict[str, Any] | None:
    found = connection.execute(query).mappings().one_or_none()
    if found is None:
        return None
    figures = {name: found[name] for name in FIGURES}
    return {"asset": asset, "quality": found["quality"], "read_at": from_ms(found["read_at_ms"]), **figures}


def _funding(connection: Connection, hedge: str, start: int, end: int) -> tuple[Decimal | None, Decimal | None]:
    """Add up what was received and what was paid; a payment whose worth is not known makes both unknown."""
    payment = funding_payment.c
    query = select(payment.amount_usd).where(
        payment.hedge == hedge, payment.paid_at_ms >= start, payment.paid_at_ms <= end
    )
    amounts = list(connection.execute(query).scalars())
    if not amounts or None in amounts:
        return None, None
    return sum((one for one in amounts if one > 0), ZERO), -sum((one for one in amounts if one < 0), ZERO)
