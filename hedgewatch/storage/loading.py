"""Loading: what the database remembers, brought into memory once at the start."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, select

from hedgewatch.domain.contract_facts import ContractFact, FactName
from hedgewatch.domain.history import InstrumentPast, PastQuote
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.market import SettledFunding
from hedgewatch.storage import account_tables, tables
from hedgewatch.storage.alert_rows import alert_state
from hedgewatch.storage.proof_rows import proof_of
from hedgewatch.storage.recollection import (
    BASIS_WINDOW,
    POLLS_REMEMBERED,
    SETTLED_WINDOW,
    BasisHours,
    Recollection,
    hour_of,
    same_book,
)
from hedgewatch.storage.standings import load_standings
from hedgewatch.storage.types import from_ms, maybe_at, to_ms

FROZEN_LOOKBACK = timedelta(hours=1)  # longer than a frozen book stays short of critical


def load(connection: Connection, now: datetime) -> Recollection:
    """Read all that a cycle at ``now`` may ask for."""
    recollection = Recollection()
    for row in _rows(connection, select(tables.alert)):
        state = alert_state(dict(row))
        recollection.alerts[state.target] = state
    for row in _rows(connection, select(tables.exchange_latest)):
        recollection.first_asked_at[row["exchange"]] = from_ms(row["first_asked_at_ms"])
        if row["last_answer_at_ms"] is not None:
            recollection.last_answer_at[row["exchange"]] = from_ms(row["last_answer_at_ms"])
    _load_instruments(connection, recollection)
    _load_basis(connection, recollection, now)
    _load_settled(connection, recollection, now)
    _load_accounts(connection, recollection)
    recollection.standings |= load_standings(connection, now)
    return recollection


def _rows(connection: Connection, query: Select[Any]) -> list[RowMapping]:
    return list(connection.execute(query).mappings())


def _load_instruments(connection: Connection, recollection: Recollection) -> None:
    polls = select(tables.cycle.c.read_at_ms).order_by(tables.cycle.c.read_at_ms.desc()).limit(POLLS_REMEMBERED)
    read_at = sorted({ms for (ms,) in connection.execute(polls)})
    recollection.polls.extend(from_ms(ms) for ms in read_at)
    recent: dict[int, list[PastQuote]] = {}
    if read_at:
        series = tables.market_snapshot
        columns = (series.c.read_at_ms, series.c.instrument_id, series.c.bid, series.c.ask, series.c.exchange_time_ms)
        quotes = select(*columns).where(series.c.read_at_ms >= read_at[0], series.c.bid.is_not(None))
        for row in _rows(connection, quotes.order_by(series.c.read_at_ms)):
            quote = PastQuote(
                read_at=from_ms(row["read_at_ms"]),
                bid=row["bid"],
                ask=row["ask"],
                exchange_time=maybe_at(row["exchange_time_ms"]),
            )
            recent.setdefault(row["instrument_id"], []).append(quote)
    latest, instrument = tables.instrument_latest, tables.instrument
    known = select(latest, instrument.c.exchange, instrument.c.symbol).join(
        instrument, instrument.c.id == latest.c.instrument_id
    )
    for row in _rows(connection, known):
        ref = InstrumentRef(exchange=row["exchange"], symbol=row["symbol"])
        seen = recent.get(row["instrument_id"], [])
        recollection.instruments[ref] = InstrumentPast(
            first_asked_at=maybe_at(row["first_asked_at_ms"]),
            last_good_at=maybe_at(row["last_good_at_ms"]),
            recent=tuple(seen),
            unchanged_since=_unchanged_since(connection, row["instrument_id"], seen),
        )


def _unchanged_since(connection: Connection, instrument_id: int, seen: Sequence[PastQuote]) -> datetime | None:
    """Return when the last book was first read, as far back as an hour; None if there is none."""
    if not seen:
        return None
    same = list(takewhile(lambda quote: same_book(quote, seen[-1]), reversed(seen)))
    if len(same) < len(seen):
        return same[-1].read_at
    series = tables.market_snapshot.c
    earlier = select(series.read_at_ms, series.bid, series.ask).where(
        series.instrument_id == instrument_id,
        series.read_at_ms < to_ms(seen[0].read_at),
        series.read_at_ms >= to_ms(seen[-1].read_at - FROZEN_LOOKBACK),
        series.bid.is_not(None),
    )
    since = seen[0].read_at
    for row in _rows(connection, earlier.order_by(series.read_at_ms.desc())):
        if (row["bid"], row["ask"]) != (seen[-1].bid, seen[-1].ask):
            break
        since = from_ms(row["read_at_ms"])
    return since


def _load_basis(connection: Connection, recollection: Recollection, now: datetime) -> None:
    """Read the hourly closes; if a leg came to trade something else, only those since then count."""
    hours, leg = tables.leg_hour, tables.leg
    columns = (leg.c.hedge, leg.c.name, leg.c.exchange, leg.c.account, leg.c.symbol)
    query = select(hours.c.hour_at_ms, hours.c.basis_rate_close, *columns).join(leg, leg.c.id == hours.c.leg_id)
    first = to_ms(hour_of(now) - BASIS_WINDOW)
    for hour_ms, close, *identity in connection.execute(
        query.where(hours.c.hour_at_ms >= first).order_by(hours.c.hour_at_ms, hours.c.leg_id)
    ):
        hedge, name, exchange, account, symbol = identity
        known = recollection.basis.get((hedge, name))
        if known is None or known.identity != (hedge, name, exchange, account, symbol):
            known = recollection.basis[hedge, name] = BasisHours((hedge, name, exchange, account, symbol))
        known.close(from_ms(hour_ms), close)


def _load_settled(connection: Connection, recollection: Recollection, now: datetime) -> None:
    funding, instrument = tables.funding_rate, tables.instrument
    query = select(funding, instrument.c.exchange, instrument.c.symbol).join(
        instrument, instrument.c.id == funding.c.instrument_id
    )
    for row in _rows(connection, query.where(funding.c.settled_at_ms > to_ms(now - 2 * SETTLED_WINDOW))):
        recollection.note_settled(
            SettledFunding(
                ref=InstrumentRef(exchange=row["exchange"], symbol=row["symbol"]),
                settled_at=from_ms(row["settled_at_ms"]),
                rate=row["rate"],
                interval_hours=row["interval_hours"],
            )
        )


def _load_accounts(connection: Connection, recollection: Recollection) -> None:
    for row in _rows(connection, select(account_tables.proof)):
        proof = proof_of(dict(row))
        recollection.proofs[proof.subject] = proof
    for row in _rows(connection, select(account_tables.ledger_latest)):
        ref = InstrumentRef(exchange=row["exchange"], symbol=row["symbol"])
        recollection.note_payment(row["account"], ref, from_ms(row["paid_at_ms"]))
    fact, instrument = account_tables.contract_fact, tables.instrument
    told = select(fact, instrument.c.exchange, instrument.c.symbol).join(
        instrument, instrument.c.id == fact.c.instrument_id
    )
    for row in _rows(connection, told.order_by(fact.c.seen_at_ms)):
        recollection.note_fact(
            ContractFact(
                ref=InstrumentRef(exchange=row["exchange"], symbol=row["symbol"]),
                name=FactName(row["name"]),
                value=row["value"],
                before=row["before"],
                seen_at=from_ms(row["seen_at_ms"]),
                source=row["source"],
            )
        )
