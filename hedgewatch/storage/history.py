"""Reading what was stored: for the pages, ``status`` and other answers; nothing here can write."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from sqlalchemy import select, text

from hedgewatch.domain.instrument import Instrument, InstrumentRef
from hedgewatch.domain.intervention import Interventions
from hedgewatch.storage import tables, views
from hedgewatch.storage.engine import DatabaseTrouble, place_of, reader_engine, unavailable
from hedgewatch.storage.identities import read_instrument
from hedgewatch.storage.interventions import read_interventions
from hedgewatch.storage.lease import read_workers
from hedgewatch.storage.loading import load
from hedgewatch.storage.recollection import Recollection
from hedgewatch.storage.schema import SchemaState, state_of
from hedgewatch.storage.types import from_ms, to_decimal
from hedgewatch.storage.view import View, ms_name

Found = list[dict[str, Any]]
NEWEST = "(SELECT max(read_at_ms) FROM cycle)"
OUTCOME_COLUMNS = (
    "rule, NULLIF(hedge, '') AS hedge, NULLIF(leg, '') AS leg, NULLIF(account, '') AS account, "
    "NULLIF(exchange, '') AS exchange, NULLIF(side, '') AS side, read_at_ms, outcome, severity, value, threshold, "
    "reason, action, condition, alertable, message, orders"
)


class History:
    """What was stored, read only. Numbers are Decimals, times aware datetimes, unknown is None.

    Every method raises StoreUnavailableError.
    """

    def __init__(self, url: str) -> None:
        """Open the database for reading; raises StoreUnavailableError if there is none."""
        self._place = place_of(url)
        self._engine = reader_engine(self._place)

    def __enter__(self) -> Self:
        """Serve as the context of what is read."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of the database."""
        self.close()

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def schema_state(self) -> SchemaState:
        """Tell how the database's schema stands to this version."""
        try:
            with self._engine.connect() as connection:
                return state_of(connection)
        except DatabaseTrouble as error:
            raise unavailable(self._place, error) from error

    def kept_instruments(self) -> frozenset[InstrumentRef]:
        """Return every instrument whose market is kept: those that some start has found listed."""
        rows = self._read("SELECT exchange, symbol FROM kept_market", {})
        return frozenset(InstrumentRef(exchange=row["exchange"], symbol=row["symbol"]) for row in rows)

    def instrument(self, ref: InstrumentRef) -> Instrument | None:
        """Return an instrument as a cycle last found it listed; None if none has."""
        query = select(tables.instrument).where(
            tables.instrument.c.exchange == ref.exchange, tables.instrument.c.symbol == ref.symbol
        )
        try:
            with self._engine.connect() as connection:
                row = connection.execute(query).mappings().one_or_none()
        except DatabaseTrouble as error:
            raise unavailable(self._place, error) from error
        return None if row is None or row["contract_size"] is None else read_instrument(dict(row))

    def market_now(self, ref: InstrumentRef) -> dict[str, Any] | None:
        """Return an instrument's latest row of market_history that holds a price; None if there is none."""
        rows = self._view(
            views.MARKET_HISTORY,
            "WHERE exchange = :exchange AND symbol = :symbol AND coalesce(mark_price, mid) IS NOT NULL "
            "ORDER BY read_at_ms DESC LIMIT 1",
            {"exchange": ref.exchange, "symbol": ref.symbol},
        )
        return next(iter(rows), None)

    def recollection(self, now: datetime) -> Recollection:
        """Read what a cycle at ``now`` would remember."""
        try:
            with self._engine.connect() as connection:
                return load(connection, now)
        except DatabaseTrouble as error:
            raise unavailable(self._place, error) from error

    def interventions(self, now: datetime) -> Interventions:
        """Return what people have said to alerts and still holds at ``now``."""
        try:
            with self._engine.connect() as connection:
                return read_interventions(connection, now)
        except DatabaseTrouble as error:
            raise unavailable(self._place, error) from error

    def hedges_now(self, within_seconds: int | None = None) -> Found:
        """Return each hedge's latest row of hedge_history, of the newest cycle only.

        within_seconds: also hedges last measured at most so long before the newest cycle.
        """
        rows = self._view(
            views.HEDGE_HISTORY,
            f"WHERE read_at_ms >= {NEWEST} - :within ORDER BY hedge, read_at_ms",
            {"within": 1000 * (within_seconds or 0)},
        )
        return list({row["hedge"]: row for row in rows}.values())

    def legs_now(self, hedge: str | None = None) -> Found:
        """Return every leg's row of leg_history in the newest cycle."""
        return self._view(
            views.LEG_HISTORY,
            f"WHERE read_at_ms = {NEWEST} AND (CAST(:hedge AS TEXT) IS NULL OR hedge = :hedge) ORDER BY hedge, leg",
            {"hedge": hedge},
        )

    def holdings_now(self) -> Found:
        """Return every holding's latest row of holding_history, of the newest cycle only."""
        return self._view(views.HOLDING_HISTORY, f"WHERE read_at_ms = {NEWEST} ORDER BY holding", {})

    def outcomes_now(self, hedge: str | None = None) -> Found:
        """Return every rule's latest answer: target, outcome, severity, value, threshold, reason, message, orders.

        orders: a list of them in the shape of the webhook.
        """
        rows = self._read(
            f"SELECT {OUTCOME_COLUMNS} FROM outcome_latest "  # noqa: S608  columns of our own
            "WHERE CAST(:hedge AS TEXT) IS NULL OR hedge = :hedge ORDER BY hedge, rule, leg, exchange, side",
            {"hedge": hedge},
        )
        return [
            {
                **{name: value for name, value in row.items() if name != "read_at_ms"},
                "read_at": from_ms(row["read_at_ms"]),
                "value": to_decimal(row["value"]),
                "threshold": to_decimal(row["threshold"]),
                "alertable": bool(row["alertable"]),
                "orders": json.loads(row["orders"]),
            }
            for row in rows
        ]

    def alerts(self, *, open_only: bool = False, hedge: str | None = None, limit: int = 100) -> Found:
        """Return episodes (the columns of alert_history), newest first."""
        return self._view(
            views.ALERT_HISTORY,
            "WHERE (state = 'firing' OR NOT :open_only) AND (CAST(:hedge AS TEXT) IS NULL OR hedge = :hedge) "
            "ORDER BY fired_at_ms DESC, episode LIMIT :limit",
            {"open_only": open_only, "hedge": hedge, "limit": limit},
        )

    def deliveries(self, limit: int = 100) -> Found:
        """Return deliveries (the columns of delivery_history), newest first."""
        return self._view(
            views.DELIVERY_HISTORY,
            "WHERE (event, channel) IN (SELECT event_id, channel FROM outbox ORDER BY made_at_ms DESC LIMIT :limit) "
            "ORDER BY (SELECT at_ms FROM event WHERE id = delivery_history.event) DESC, event, channel",
            {"limit": limit},
        )

    def undelivered(self, limit: int = 100) -> Found:
        """Return deliveries (the columns of delivery_history) that wait or were given up, newest first."""
        return self._view(
            views.DELIVERY_HISTORY,
            "WHERE (event, channel) IN (SELECT event_id, channel FROM outbox WHERE state IN ('pending', 'dead') "
            "ORDER BY made_at_ms DESC LIMIT :limit) "
            "ORDER BY (SELECT at_ms FROM event WHERE id = delivery_history.event) DESC, event, channel",
            {"limit": limit},
        )

    def deliveries_of(self, episode: str) -> Found:
        """Return every delivery (the columns of delivery_history) of one episode, in the order of its events."""
        return self._view(
            views.DELIVERY_HISTORY,
            "WHERE episode = :episode ORDER BY (SELECT sequence FROM event WHERE id = delivery_history.event), channel",
            {"episode": episode},
        )

    def cycles_now(self) -> Found:
        """Return each exchange's latest row of cycle_history, of the newest cycle only."""
        return self._view(
            views.CYCLE_HISTORY, "WHERE started_at_ms = (SELECT max(started_at_ms) FROM cycle) ORDER BY exchange", {}
        )

    def hedge_series(self, hedge: str, since_ms: int, points: int) -> Found:
        """Return rows of hedge_history since then, oldest first, thinned to about ``points``: the last of each step."""
        return self._series(views.HEDGE_HISTORY, {"hedge": hedge}, since_ms, points)

    def basis_series(self, hedge: str, leg: str, since_ms: int, points: int) -> Found:
        """Return rows of basis_history since then, oldest first, thinned to about ``points``: the last of each step."""
        return self._series(views.BASIS_HISTORY, {"hedge": hedge, "leg": leg}, since_ms, points)

    def channels_pending(self) -> dict[str, int]:
        """Count the deliveries that are not done yet, by channel."""
        rows = self._read(
            "SELECT channel, count(*) AS waiting FROM outbox WHERE state = 'pending' GROUP BY channel ORDER BY channel",
            {},
        )
        return {row["channel"]: row["waiting"] for row in rows}

    def channels_dead(self) -> dict[str, int]:
        """Count the deliveries that were given up and not replayed, by channel."""
        rows = self._read(
            "SELECT channel, count(*) AS dead FROM outbox WHERE state = 'dead' GROUP BY channel ORDER BY channel", {}
        )
        return {row["channel"]: row["dead"] for row in rows}

    def configuration_now(self) -> str | None:
        """Return the digest of the configuration that the newest cycle ran under; None if there is none."""
        rows = self._read("SELECT configuration FROM cycle ORDER BY started_at_ms DESC LIMIT 1", {})
        return rows[0]["configuration"] if rows else None

    def workers(self) -> Found:
        """Return the workers on this database, the active one first: worker, active, started_at, seen_at, seen_seconds.

        seen_seconds: since it was last seen. Whoever was not seen for the length of a lease is stopped or gone.
        """
        try:
            with self._engine.connect() as connection:
                return read_workers(connection)
        except DatabaseTrouble as error:
            raise unavailable(self._place, error) from error

    def _series(self, view: View, which: Mapping[str, str], since_ms: int, points: int) -> Found:
        where = " AND ".join(f"{name} = :{name}" for name in which)
        newest = self._read(f"SELECT max(read_at_ms) AS newest FROM {view.name} WHERE {where}", which)[0]["newest"]  # noqa: S608  our names
        if newest is None or newest < since_ms:
            return []
        step = max(1, (newest - since_ms) // max(1, points) + 1)
        return self._view(
            view,
            f"WHERE {where} AND read_at_ms IN (SELECT max(read_at_ms) FROM {view.name} "  # noqa: S608  our names
            f"WHERE {where} AND read_at_ms >= :since GROUP BY (read_at_ms - :since) / :step) ORDER BY read_at_ms",
            {**which, "since": since_ms, "step": step},
        )

    def _view(self, view: View, clause: str, values: Mapping[str, object]) -> Found:
        rows = self._read(f"SELECT {', '.join(view.column_names)} FROM {view.name} {clause}", values)  # noqa: S608  our names
        for row in rows:
            for name in view.times:
                ms = row[ms_name(name)]
                row[name] = None if ms is None else from_ms(ms)
            for name in view.numbers:
                row[name] = to_decimal(row[name])
        return rows

    def _read(self, query: str, values: Mapping[str, object]) -> Found:
        try:
            with self._engine.connect() as connection:
                return [dict(row) for row in connection.execute(text(query), dict(values)).mappings()]
        except DatabaseTrouble as error:
            raise unavailable(self._place, error) from error
