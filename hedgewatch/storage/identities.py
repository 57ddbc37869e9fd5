"""The small numbers that stand for instruments, hedges and legs in the raw series."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Table, select

from hedgewatch.domain.account import AccountFailure, AccountSnapshot
from hedgewatch.domain.hedge import Hedge
from hedgewatch.domain.instrument import Instrument, InstrumentKind, InstrumentRef, OrderUnit, Payoff
from hedgewatch.domain.inventory import HoldingSnapshot
from hedgewatch.domain.market import ExchangeAnswer, MarketReading
from hedgewatch.monitoring.ports import CycleRecord
from hedgewatch.storage import account_tables, tables
from hedgewatch.storage.bulk import Row, put, take_the_last
from hedgewatch.storage.recollection import leg_identity
from hedgewatch.storage.types import maybe_at, maybe_ms, to_text

INSTRUMENT_FACTS = 16  # columns of an instrument besides its number
FACTS_AS_THEY_ARE = (
    *("base", "quote", "settle", "contract_size", "tick", "lot_step", "min_contracts", "min_notional"),
    *("maker_fee", "taker_fee", "active"),
)
Key = tuple[str, ...]


def hedge_key(hedge: Hedge) -> Key:
    """Return what a hedge's number stands for."""
    return hedge.name, hedge.asset


def instrument_key(ref: InstrumentRef) -> Key:
    """Return what an instrument's number stands for."""
    return ref.exchange, ref.symbol


def account_key(said: AccountSnapshot | AccountFailure) -> tuple[str, str]:
    """Return what an account's number stands for."""
    return said.exchange, said.account


def holding_key(holding: HoldingSnapshot) -> Key:
    """Return what a holding's number stands for."""
    return holding.holding, holding.asset


class Identities:
    """Gives numbers, and remembers those that are stored.

    One that was given in a transaction that failed must be forgotten with it: make a new one then.
    """

    def __init__(self) -> None:
        """Know no number yet."""
        self._ids: dict[str, dict[Key, int]] = {}
        self._described: dict[Key, Instrument] = {}

    def instruments(self, connection: Connection, answers: Iterable[ExchangeAnswer]) -> Mapping[Key, int]:
        """Return the numbers of all instruments answered for (and settled); store what is new about them."""
        known = self._ids.get(tables.instrument.name, {})
        fresh: dict[Key, Instrument] = {}
        unread: dict[Key, Row] = {}
        for answer in answers:
            for reading in answer.readings:
                key = instrument_key(reading.ref)
                if isinstance(reading, MarketReading):
                    if not _is_same(self._described.get(key), reading.instrument):
                        fresh[key] = reading.instrument
                elif key not in known:
                    unread[key] = _unread_row(key)
            for key in {instrument_key(record.ref) for record in answer.settled} - known.keys():
                unread[key] = _unread_row(key)
        rows = {key: _instrument_row(instrument) for key, instrument in fresh.items()}
        put(
            connection,
            tables.instrument,
            list(rows.values()),
            conflict=take_the_last(tables.instrument, keep=("exchange", "symbol")),
            conflict_on=("exchange", "symbol"),
        )
        self._described.update(fresh)
        return self._numbers(connection, tables.instrument, ("exchange", "symbol"), {**unread, **rows})

    def named(self, connection: Connection, refs: Iterable[InstrumentRef]) -> Mapping[Key, int]:
        """Return the numbers of instruments that may never have been read; store the names of new ones."""
        unread = {instrument_key(ref): _unread_row(instrument_key(ref)) for ref in refs}
        return self._numbers(connection, tables.instrument, ("exchange", "symbol"), unread)

    def accounts(
        self, connection: Connection, accounts: Iterable[AccountSnapshot | AccountFailure]
    ) -> Mapping[Key, int]:
        """Return the numbers of all accounts of a cycle."""
        keys: dict[Key, Row] = {account_key(said): account_key(said) for said in accounts}
        return self._numbers(connection, account_tables.account, ("exchange", "name"), keys)

    def holdings(self, connection: Connection, holdings: Iterable[HoldingSnapshot]) -> Mapping[Key, int]:
        """Return the numbers of all holdings of a cycle."""
        keys: dict[Key, Row] = {holding_key(holding): holding_key(holding) for holding in holdings}
        return self._numbers(connection, account_tables.holding, ("name", "asset"), keys)

    def hedges(self, connection: Connection, cycle: CycleRecord) -> Mapping[Key, int]:
        """Return the numbers of all hedges of a cycle."""
        keys = {hedge_key(snapshot.hedge): hedge_key(snapshot.hedge) for snapshot in cycle.snapshots}
        return self._numbers(connection, tables.hedge, ("name", "asset"), keys)

    def legs(self, connection: Connection, cycle: CycleRecord) -> Mapping[Key, int]:
        """Return the numbers of all legs of a cycle."""
        keys: dict[Key, Row] = {}
        for snapshot in cycle.snapshots:
            for leg in snapshot.legs:
                identity = leg_identity(snapshot.hedge.name, leg.leg)
                keys[identity] = identity
        return self._numbers(connection, tables.leg, ("hedge", "name", "exchange", "account", "symbol"), keys)

    def _numbers(
        self, connection: Connection, table: Table, key: tuple[str, ...], rows: Mapping[Key, Row]
    ) -> Mapping[Key, int]:
        known = self._ids.setdefault(table.name, {})
        if rows.keys() <= known.keys():
            return known
        put(connection, table, [row for at, row in rows.items() if at not in known], conflict_on=key)
        columns = [table.c[name] for name in key]
        for number, *parts in connection.execute(select(table.c.id, *columns)):
            known[tuple(parts)] = number
        return known


def _instrument_row(instrument: Instrument) -> Row:
    return (
        instrument.ref.exchange,
        instrument.ref.symbol,
        _value(instrument.kind),
        _value(instrument.payoff),
        instrument.base,
        instrument.quote,
        instrument.settle,
        _value(instrument.order_unit),
        to_text(instrument.contract_size),
        to_text(instrument.tick),
        to_text(instrument.lot_step),
        to_text(instrument.min_contracts),
        to_text(instrument.min_notional),
        to_text(instrument.maker_fee),
        to_text(instrument.taker_fee),
        maybe_ms(instrument.expiry),
        instrument.active,
    )


def read_instrument(row: Mapping[str, Any]) -> Instrument:
    """Return the instrument that a row of the table describes, one that could be read."""
    return Instrument(
        ref=InstrumentRef(exchange=row["exchange"], symbol=row["symbol"]),
        kind=InstrumentKind(row["kind"]),
        payoff=None if row["payoff"] is None else Payoff(row["payoff"]),
        order_unit=OrderUnit(row["order_unit"]),
        expiry=maybe_at(row["expiry_ms"]),
        **{name: row[name] for name in FACTS_AS_THEY_ARE},
    )


def _unread_row(key: Key) -> Row:
    """Describe an instrument that could not be read yet by its symbol alone."""
    exchange, symbol = key
    return (
        exchange,
        symbol,
        InstrumentRef(exchange=exchange, symbol=symbol).kind.value,
        *(None,) * (INSTRUMENT_FACTS - 2),
    )


def _value(member: Hashable) -> Any:  # noqa: ANN401  the text of an enum's member, or None
    return None if member is None else str(member)


def _is_same(known: Instrument | None, instrument: Instrument) -> bool:
    """Compare by identity first: an exchange hands out the same value until its markets change."""
    return known is instrument or known == instrument
