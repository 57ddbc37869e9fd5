"""The store of the past: candles and settled rates, each page in one transaction with how far it has come."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, select

from hedgewatch.domain.candle import Series, SeriesKind, Span
from hedgewatch.monitoring.series import SeriesPage
from hedgewatch.storage import tables
from hedgewatch.storage.bulk import Row, put, take_the_last
from hedgewatch.storage.cycle_store import FUNDING_INTERVAL_LEARNT
from hedgewatch.storage.database import Database
from hedgewatch.storage.identities import Identities, instrument_key
from hedgewatch.storage.series_tables import candle, series_stretch
from hedgewatch.storage.types import from_ms, to_float, to_ms


class SqlSeriesStore:
    """Fills the port SeriesStore over a database."""

    def __init__(self, database: Database) -> None:
        """Take the database."""
        self._database = database

    async def covered(self, series: Series) -> tuple[Span, ...]:
        """Return the stretches that were read whole. Raises StoreUnavailableError."""

        def read(connection: Connection) -> tuple[Span, ...]:
            table = series_stretch
            query = select(table.c.from_ms, table.c.until_ms).where(
                table.c.instrument_id == _number(connection, series),
                table.c.kind == series.kind.value,
                table.c.step_seconds == _step_seconds(series),
            )
            return tuple(Span(start=from_ms(start), end=from_ms(end)) for start, end in connection.execute(query))

        return await self._database.run(read)

    async def keep(self, series: Series, page: SeriesPage, covered: Span) -> None:
        """Store a page and how far its stretch has come, both or neither. Raises StoreUnavailableError."""

        def write(connection: Connection) -> None:
            number, step = _number(connection, series), _step_seconds(series)
            put(connection, candle, list(_candle_rows(number, step, series, page)))
            settled: list[Row] = [
                (number, to_ms(one.settled_at), to_float(one.rate), to_float(one.interval_hours))
                for one in page.settled
            ]
            put(connection, tables.funding_rate, settled, conflict=FUNDING_INTERVAL_LEARNT)
            stretch = (number, series.kind.value, step, to_ms(covered.start), to_ms(covered.end))
            put(connection, series_stretch, [stretch], conflict=take_the_last(series_stretch))

        await self._database.run(write)

    async def moments(self, series: Series, span: Span) -> tuple[datetime, ...]:
        """Return when the stored candles opened, or funding settled, oldest first. Raises StoreUnavailableError."""

        def read(connection: Connection) -> tuple[datetime, ...]:
            number, funding = _number(connection, series), tables.funding_rate
            if series.kind is SeriesKind.FUNDING:
                at = funding.c.settled_at_ms
                query = select(at).where(funding.c.instrument_id == number)
            else:
                at = candle.c.opened_at_ms
                query = select(at).where(
                    candle.c.instrument_id == number,
                    candle.c.step_seconds == _step_seconds(series),
                    candle.c.kind == series.kind.value,
                )
            found = connection.execute(query.where(at >= to_ms(span.start), at < to_ms(span.end)).order_by(at))
            return tuple(from_ms(ms) for (ms,) in found)

        return await self._database.run(read)


def _number(connection: Connection, series: Series) -> int:
    return Identities().named(connection, [series.ref])[instrument_key(series.ref)]


def _step_seconds(series: Series) -> int:
    return int(series.step.total_seconds()) if series.step else 0


def _candle_rows(number: int, step: int, series: Series, page: SeriesPage) -> Iterable[Row]:
    for one in page.candles:
        prices = (to_float(one.open), to_float(one.high), to_float(one.low), to_float(one.close))
        yield (to_ms(one.opened_at), number, step, series.kind.value, *prices, to_float(one.volume))
