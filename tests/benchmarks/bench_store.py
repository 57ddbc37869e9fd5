"""Snapshot rows written durably a second: ours against the ORM, and against the limits (append + fdatasync, COPY).

Run: python -m tests.benchmarks.bench_store [--rows 500] [--commits 40] [--before 0]
``--before`` fills the table first, in millions of rows. PostgreSQL is measured where its binaries are found.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import struct
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import psycopg
from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session, registry

from hedgewatch.domain.account import AccountPosition, AccountSnapshot, CoinBalance
from hedgewatch.domain.contract_facts import ContractFact, FactName, changed_facts
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.market import ExchangeAnswer, ExchangeOutcome
from hedgewatch.domain.numbers import ONE, ZERO
from hedgewatch.domain.proof import Proof, Subject
from hedgewatch.domain.proving import prove_coins, prove_positions
from hedgewatch.monitoring.ports import CycleRecord
from hedgewatch.storage import tables
from hedgewatch.storage.bulk import append, columns_of
from hedgewatch.storage.cycle_store import SqlCycleStore
from hedgewatch.storage.database import Database, open_database
from hedgewatch.storage.rows import market_rows
from tests.conftest import PostgresServer, postgres_binaries
from tests.storage.account_samples import account, held, payment, position
from tests.storage.samples import NOW, StandingClock, hedge, reading, snapshot

REPEATS = 3


class OrmRow:
    """The row of market_snapshot as the ORM sees it."""


registry().map_imperatively(OrmRow, tables.market_snapshot)


def answer(rows: int, number: int) -> tuple[ExchangeAnswer, ...]:
    at = NOW + number * timedelta(seconds=30)
    refs = [InstrumentRef(exchange="binance", symbol=f"C{index}/USDT:USDT") for index in range(rows)]
    read = tuple(reading(ref, at) for ref in refs)
    return (ExchangeAnswer(exchange="binance", outcome=ExchangeOutcome.OK, calls=3, error=None, readings=read),)


def plain_rows(rows: int, number: int) -> list[tuple[object, ...]]:
    ids = {("binance", f"C{index}/USDT:USDT"): index + 1 for index in range(rows)}
    return market_rows(answer(rows, number), NOW + number * timedelta(seconds=30), ids)


def rate(rows: int, commits: int, write: Callable[[int], None], first: int) -> float:
    """Return rows a second over ``commits`` calls."""
    begun = time.perf_counter()
    for number in range(first, first + commits):
        write(number)
    return rows * commits / (time.perf_counter() - begun)


def append_and_sync(folder: Path, batches: list[list[tuple[object, ...]]]) -> Callable[[int], None]:
    """The floor: the same numbers, packed, appended to a file and synced."""
    file = os.open(folder / "floor.bin", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    layout = struct.Struct("<qi7dqq8s")

    def write(number: int) -> None:
        packed = b"".join(
            layout.pack(*(value if value is not None else 0 for value in row[:11]), str(row[11]).encode())
            for row in batches[number % len(batches)]
        )
        os.write(file, packed)
        os.fdatasync(file)

    return write


class Bench:
    """The writers that are compared, over one database."""

    def __init__(self, database: Database, rows: int, batches: list[list[tuple[object, ...]]]) -> None:
        self.database, self.rows, self.batches = database, rows, batches
        self.engine: Engine = database._engine
        self.columns = columns_of(tables.market_snapshot)

    def batch(self, number: int) -> list[tuple[object, ...]]:
        """Return the prepared rows with the time of this commit."""
        return [(number, *row[1:]) for row in self.batches[number % len(self.batches)]]

    def ours(self, number: int) -> None:
        rows = self.batch(number)
        self.database.run_now(lambda connection: append(connection, tables.market_snapshot, rows))

    def orm(self, number: int) -> None:
        rows = self.batch(number)

        def add(connection: Connection) -> None:
            with Session(connection) as session:
                for row in rows:
                    one = OrmRow()
                    for name, value in zip(self.columns, row, strict=True):
                        setattr(one, name, value)
                    session.add(one)
                session.flush()

        self.database.run_now(add)


def copy_floor(url: str, bench: Bench) -> Callable[[int], None]:
    """The limit on PostgreSQL: bare psycopg, binary COPY, one commit."""
    connection = psycopg.connect(url)
    types = ["int8", "int8", *["float8"] * 7, "int8", "int8", "text"]
    statement = f"COPY market_snapshot ({', '.join(bench.columns)}) FROM STDIN (FORMAT BINARY)".encode()

    def write(number: int) -> None:
        with connection.cursor() as cursor, cursor.copy(statement) as copy:
            copy.set_types(types)
            for row in bench.batch(number):
                copy.write_row(row)
        connection.commit()

    return write


def positions_of(number: int) -> tuple[AccountPosition, ...]:
    return tuple(
        position(InstrumentRef(exchange="binance", symbol=f"C{10 * number + index}/USDT:USDT"), f"-{5 + index}")
        for index in range(5)
    )


def accounts_of(count: int, at: datetime) -> tuple[AccountSnapshot, ...]:
    """Accounts of five positions, one wallet and ten coins each, one of which changes each time."""
    moving = Decimal(at.second + 60 * at.minute)
    return tuple(
        account(
            at,
            account=f"account-{number}",
            positions=positions_of(number),
            balances=tuple(
                CoinBalance(asset=f"C{index}", wallet="spot", free=moving if index == 0 else ONE, used=ZERO)
                for index in range(10)
            ),
        )
        for number in range(count)
    )


def proofs_of(accounts: tuple[AccountSnapshot, ...], known: dict[Subject, Proof]) -> tuple[Proof, ...]:
    """Prove as a cycle does, and keep what is proven."""
    changed: list[Proof] = []
    for said in accounts:
        for proven in (
            prove_positions(said, known, expected=[], poll_seconds=Decimal(30)),
            prove_coins(said, known, expected=[], poll_seconds=Decimal(30)),
        ):
            changed += proven.changed
    known.update({proof.subject: proof for proof in changed})
    return tuple(changed)


def with_accounts(cycle: CycleRecord, count: int, known: dict[Subject, Proof]) -> CycleRecord:
    """Add accounts, their proofs, 20 holdings and a funding payment each to a cycle."""
    accounts = accounts_of(count, cycle.read_at)
    holdings = tuple(replace(held(), holding=f"holding-{index}") for index in range(2 * count))
    paid = tuple(
        payment(account=said.account, payment_id=f"p{cycle.read_at.timestamp()}", late=cycle.read_at - NOW)
        for said in accounts
    )
    proofs = proofs_of(accounts, known)
    return replace(cycle, accounts=accounts, holdings=holdings, payments=paid, proofs=proofs)


def whole_cycle(rows: int, number: int) -> CycleRecord:
    at = NOW + number * timedelta(seconds=30)
    hedges = [hedge(f"hedge-{index}") for index in range(rows // 10)]
    return CycleRecord(
        started_at=at,
        read_at=at,
        answers=answer(rows, number),
        snapshots=tuple(snapshot(one, at, None) for one in hedges),
        findings=(),
        states=(),
        events=(),
        outbox=(),
    )


async def time_cycles(database: Database, rows: int, accounts: int, first: int) -> tuple[float, float]:
    """Return the milliseconds of one whole record() and of one recall() afterwards, medians."""
    known: dict[Subject, Proof] = {}
    store = SqlCycleStore(database, StandingClock())
    refs = [one.ref for one in answer(rows, 0)[0].readings]
    legs = [(f"hedge-{index}", "leg") for index in range(rows // 10)]
    await store.recall(refs, legs, NOW)
    records, recalls = [], []
    for number in range(20):
        cycle = whole_cycle(rows, first + number)
        if accounts:
            cycle = with_accounts(cycle, accounts, known)
        begun = time.perf_counter()
        await store.record(cycle)
        records.append(time.perf_counter() - begun)
        begun = time.perf_counter()
        await store.recall(refs, legs, NOW)
        recalls.append(time.perf_counter() - begun)
    return 1000 * sorted(records)[10], 1000 * sorted(recalls)[10]


def time_facts(rows: int) -> tuple[float, float]:
    """Return the milliseconds of the first look at the contract facts, and of one that finds nothing new."""
    readings = answer(rows, 0)[0].readings
    known: dict[InstrumentRef, dict[FactName, ContractFact]] = {}
    begun = time.perf_counter()
    for fact in changed_facts(known, readings, NOW):
        known.setdefault(fact.ref, {})[fact.name] = fact
    between = time.perf_counter()
    assert changed_facts(known, readings, NOW) == ()
    return 1000 * (between - begun), 1000 * (time.perf_counter() - between)


def fill(bench: Bench, millions: float) -> int:
    """Write rows before measuring; return the first free time."""
    commits = int(millions * 1_000_000 / 10_000)
    first = 1
    for number in range(first, first + commits):
        base = bench.batch(number)
        many = [(number * 100 + part, *row[1:]) for part in range(10_000 // bench.rows) for row in base]
        bench.database.run_now(lambda connection, many=many: append(connection, tables.market_snapshot, many))  # type: ignore[misc]  # the loop's value is bound
    return (first + commits) * 100


def measure(name: str, url: str, folder: Path, arguments: argparse.Namespace) -> None:
    database = open_database(url)
    rows, commits = arguments.rows, arguments.commits
    batches = [plain_rows(rows, number) for number in range(4)]
    bench = Bench(database, rows, batches)
    first = fill(bench, arguments.before)
    writers: dict[str, Callable[[int], None]] = {"ours": bench.ours, "ORM": bench.orm}
    if name == "SQLite":
        writers["append + fdatasync"] = append_and_sync(folder, batches)
    else:
        writers["binary COPY"] = copy_floor(url, bench)
    best = dict.fromkeys(writers, 0.0)
    for _ in range(REPEATS):
        for label, write in writers.items():
            best[label] = max(best[label], rate(rows, commits, write, first))
            first += commits
    for label, found in best.items():
        ratio = best["ours"] / found
        print(f"{name:<11} {label:<19} {found:>12,.0f} rows/s   ours is {ratio:.2f} of it")
    for accounts, begun in ((0, 10_000_000), (10, 10_001_000)):
        record_ms, recall_ms = asyncio.run(time_cycles(database, rows, accounts, begun))
        what = f"whole cycle of {rows} instruments, {rows // 10} hedges, {accounts} accounts"
        print(f"{name:<11} {what}: {record_ms:.1f} ms; recall {recall_ms:.2f} ms")
    first_ms, unchanged_ms = time_facts(rows)
    print(f"{name:<11} contract facts of {rows} instruments: first {first_ms:.1f} ms, unchanged {unchanged_ms:.2f} ms")
    database.close()


@contextmanager
def postgres() -> Iterator[str | None]:
    binaries = postgres_binaries()
    if binaries is None:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="hwpg-", ignore_cleanup_errors=True) as folder:
        server = PostgresServer(binaries, Path(folder))
        url = server.start()
        try:
            yield url.format(name="postgres")
        finally:
            server.stop()


def main() -> None:
    """Measure both databases and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=500)
    parser.add_argument("--commits", type=int, default=40)
    parser.add_argument("--before", type=float, default=0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hwbench-") as folder:
        measure("SQLite", f"sqlite:///{folder}/bench.db", Path(folder), arguments)
        with postgres() as url:
            if url is None:
                print("PostgreSQL: no binaries, not measured")
            else:
                measure("PostgreSQL", url, Path(folder), arguments)


if __name__ == "__main__":
    main()
