"""The past of a hedge, read from the candles, closes, rates and payments that are stored."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Select, select

from hedgewatch.domain.candle import SeriesKind, on_grid
from hedgewatch.domain.funding import WEEK
from hedgewatch.domain.hedge import Hedge, Leg
from hedgewatch.domain.history import (
    BASIS_WINDOW,
    DAILY_WINDOW,
    DAY,
    HOUR,
    HOURLY_KEPT,
    CoinPast,
    Payment,
    past_of_basis,
    past_of_payments,
    past_of_price,
    week_rate,
)
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.market import SettledFunding
from hedgewatch.domain.numbers import exactly
from hedgewatch.domain.stand_in import NO_PROXY_PAST, ProxyPast, past_of_proxy
from hedgewatch.monitoring.ports import PaymentSource
from hedgewatch.monitoring.series import HedgePast
from hedgewatch.storage import account_tables, tables
from hedgewatch.storage.engine import DatabaseTrouble, place_of, reader_engine, unavailable
from hedgewatch.storage.recollection import hour_of
from hedgewatch.storage.series_tables import candle
from hedgewatch.storage.types import from_ms, to_ms

HOUR_SECONDS = 3600
DAY_MS, LAST_HOUR_MS = 86_400_000, 82_800_000  # the candle that closes at 00:00 opened at 23:00
LONGEST_INTERVAL = timedelta(hours=24)  # a rate whose interval nobody told reaches back to the one before it
Closes = Mapping[datetime, Decimal]


class SqlPastStore:
    """Fills the port PastStore; reads beside the writer, and cannot write."""

    def __init__(self, url: str) -> None:
        """Open the database for reading; raises StoreUnavailableError if there is none."""
        self._place = place_of(url)
        self._engine = reader_engine(self._place)

    async def past_of(self, hedge: Hedge, now: datetime) -> HedgePast:
        """Return what is stored of a hedge's past, as of ``now``. Raises StoreUnavailableError."""
        return await asyncio.to_thread(self._past_of, hedge, now)

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def _past_of(self, hedge: Hedge, now: datetime) -> HedgePast:
        try:
            with self._engine.connect() as connection:
                return read_past(connection, hedge, now)
        except DatabaseTrouble as error:
            raise unavailable(self._place, error) from error


def read_past(connection: Connection, hedge: Hedge, now: datetime) -> HedgePast:
    """Read what is stored of a hedge's past."""
    refs = tuple(dict.fromkeys(hedge.instruments))
    numbers = _numbers(connection, refs)
    closes = {ref: _hourly(connection, numbers[ref], now) if ref in numbers else {} for ref in refs}
    coins = {
        ref: past_of_price(
            _daily(connection, numbers[ref], now),
            {at + HOUR: close for at, close in closes[ref].items() if at + HOUR > now - HOURLY_KEPT},
        )
        for ref in refs
        if ref in numbers
    }
    spots = [closes[ref] for ref in hedge.spot]
    payments = _payments(connection, hedge)
    legs = {}
    for leg in hedge.legs:
        stands_in = hedge.stands_in(leg)  # then its basis is against an index that has no candles here
        own = _own_basis(connection, hedge, leg, now)
        basis = own if stands_in else basis_of_closes(closes[leg.futures], spots) | own
        settled = _settled(connection, leg.futures, numbers.get(leg.futures), now)
        legs[leg.name] = replace(
            past_of_basis(basis, now),
            week_rate_8h=week_rate(settled, now),
            paid=past_of_payments(payments.get(leg.name, []), now),
            proxy=_proxy(hedge, leg, coins) if stands_in else NO_PROXY_PAST,
        )
    return HedgePast(coins=coins, legs=legs)


def _proxy(hedge: Hedge, leg: Leg, coins: Mapping[InstrumentRef, CoinPast]) -> ProxyPast:
    """Hold a leg's daily closes against those of the spot source that has the most of them."""
    item = max((coins[ref].daily for ref in hedge.spot if ref in coins), key=len, default={})
    return past_of_proxy(item, coins[leg.futures].daily) if leg.futures in coins else NO_PROXY_PAST


@exactly
def basis_of_closes(futures: Closes, spots: Sequence[Closes]) -> dict[datetime, Decimal]:
    """Return the basis rate at the close of each hour whose candles of both legs are known.

    spots: of each source in the order of preference; one source serves all hours, the one with the most of them: at a
    change from one to another the basis would jump by what they differ.
    """
    spot = max(spots, key=len, default={})
    return {at: (close - spot[at]) / spot[at] for at, close in futures.items() if at in spot}


def _numbers(connection: Connection, refs: tuple[InstrumentRef, ...]) -> dict[InstrumentRef, int]:
    table = tables.instrument.c
    query = select(table.exchange, table.symbol, table.id).where(
        table.exchange.in_({ref.exchange for ref in refs}), table.symbol.in_({ref.symbol for ref in refs})
    )
    found = {InstrumentRef(exchange=row[0], symbol=row[1]): row[2] for row in connection.execute(query)}
    return {ref: found[ref] for ref in refs if ref in found}


def _hourly(connection: Connection, number: int, now: datetime) -> dict[datetime, Decimal]:
    """Return the closes of the last 30 days by the hour that their candles opened."""
    first = to_ms(hour_of(now) - BASIS_WINDOW)
    query = _candles(number).where(candle.c.opened_at_ms >= first)
    return {from_ms(ms): close for ms, close in connection.execute(query) if close}


def _daily(connection: Connection, number: int, now: datetime) -> dict[date, Decimal]:
    """Return the closes at 00:00 UTC by the day that begins then."""
    first = to_ms(on_grid(now, DAY) - DAILY_WINDOW - DAY)
    query = _candles(number).where(candle.c.opened_at_ms >= first, candle.c.opened_at_ms % DAY_MS == LAST_HOUR_MS)
    return {(from_ms(ms) + HOUR).date(): close for ms, close in connection.execute(query) if close}


def _candles(number: int) -> Select[Any]:
    return select(candle.c.opened_at_ms, candle.c.close).where(
        candle.c.instrument_id == number,
        candle.c.kind == SeriesKind.TRADES.value,
        candle.c.step_seconds == HOUR_SECONDS,
    )


def _own_basis(connection: Connection, hedge: Hedge, leg: Leg, now: datetime) -> dict[datetime, Decimal]:
    """Return the closes that cycles have left: mids of both legs at one moment go before candles' last trades."""
    hours, known = tables.leg_hour.c, tables.leg.c
    query = (
        select(hours.hour_at_ms, hours.basis_rate_close)
        .join_from(tables.leg_hour, tables.leg, known.id == hours.leg_id)
        .where(
            known.hedge == hedge.name,
            known.name == leg.name,
            known.exchange == leg.futures.exchange,
            known.account == (leg.account or ""),
            known.symbol == leg.futures.symbol,
            hours.hour_at_ms >= to_ms(hour_of(now) - BASIS_WINDOW),
        )
    )
    return {from_ms(ms): close for ms, close in connection.execute(query)}


def _settled(
    connection: Connection, ref: InstrumentRef, number: int | None, now: datetime
) -> tuple[SettledFunding, ...]:
    rates = tables.funding_rate.c
    first = to_ms(now - WEEK - LONGEST_INTERVAL)
    query = select(rates.settled_at_ms, rates.rate, rates.interval_hours).where(
        rates.instrument_id == number, rates.settled_at_ms > first
    )
    return tuple(
        SettledFunding(ref=ref, settled_at=from_ms(ms), rate=rate, interval_hours=interval)
        for ms, rate, interval in connection.execute(query.order_by(rates.settled_at_ms))
    )


def _payments(connection: Connection, hedge: Hedge) -> dict[str, list[Payment]]:
    paid = account_tables.funding_payment.c
    query = select(paid.leg, paid.paid_at_ms, paid.asset, paid.amount, paid.amount_usd, paid.source).where(
        paid.hedge == hedge.name, paid.leg.is_not(None)
    )
    found: dict[str, list[Payment]] = {}
    for leg, paid_at_ms, asset, amount, usd, source in connection.execute(query.order_by(paid.paid_at_ms)):
        payment = Payment(
            paid_at=from_ms(paid_at_ms),
            asset=asset,
            amount=amount,
            usd=usd,
            is_estimate=source == PaymentSource.ESTIMATE.value,
        )
        found.setdefault(leg, []).append(payment)
    return found
