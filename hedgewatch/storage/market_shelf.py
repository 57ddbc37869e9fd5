"""The shelf of markets in SQL: what the exchanges list, kept between starts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, select

from hedgewatch.storage.bulk import put, take_the_last
from hedgewatch.storage.database import Database
from hedgewatch.storage.tables import kept_market
from hedgewatch.storage.types import to_ms


class SqlMarketShelf:
    """Fills the port MarketShelf over a database."""

    def __init__(self, database: Database) -> None:
        """Take the database."""
        self._database = database

    async def markets(self, exchange: str) -> Mapping[str, str]:
        """Return the kept markets: unified symbol to the exchange library's market as JSON text; empty if none.

        Raises StoreUnavailableError.
        """
        query = select(kept_market.c.symbol, kept_market.c.market).where(kept_market.c.exchange == exchange)

        def read(connection: Connection) -> dict[str, str]:
            return {symbol: market for symbol, market in connection.execute(query)}  # noqa: C416  typed as text

        return await self._database.run(read)

    async def keep(self, exchange: str, markets: Mapping[str, str], at: datetime) -> None:
        """Replace what is kept of these symbols. Raises StoreUnavailableError."""
        rows = [(exchange, symbol, market, to_ms(at)) for symbol, market in markets.items()]
        await self._database.run(
            lambda connection: put(connection, kept_market, rows, conflict=take_the_last(kept_market))
        )
