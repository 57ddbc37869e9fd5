"""Storing accounts: what they hold, were paid and have proven, in the transaction of the cycle."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, text

from hedgewatch.domain.account import AccountSnapshot, PartFailure
from hedgewatch.domain.position import positions_of
from hedgewatch.monitoring.ports import CycleRecord, PaymentRecord, PaymentSource
from hedgewatch.storage import account_rows as rows
from hedgewatch.storage import account_tables as tables
from hedgewatch.storage.bulk import Row, put, take_the_last
from hedgewatch.storage.identities import Identities, Key, account_key
from hedgewatch.storage.proof_rows import proof_row
from hedgewatch.storage.recollection import AccountKey, Balances
from hedgewatch.storage.types import to_ms

SAME_SETTLEMENT_MS = 60_000  # exchanges stamp a payment some seconds off the full hour
PAYMENT_COMPLETED = (
    "DO UPDATE SET hedge = COALESCE(funding_payment.hedge, excluded.hedge), "
    "leg = COALESCE(funding_payment.leg, excluded.leg), "
    "amount_usd = COALESCE(funding_payment.amount_usd, excluded.amount_usd)"
)
LATEST_PAYMENT = "DO UPDATE SET paid_at_ms = excluded.paid_at_ms WHERE excluded.paid_at_ms > ledger_latest.paid_at_ms"
ESTIMATE_REPLACED = text(
    "DELETE FROM funding_payment WHERE source = 'estimate' AND hedge = :hedge AND exchange = :exchange "
    "AND symbol = :symbol AND paid_at_ms BETWEEN :first_ms AND :last_ms"
)


def store_accounts(
    connection: Connection, cycle: CycleRecord, identities: Identities, known: Mapping[AccountKey, Balances]
) -> None:
    """Store how the accounts answered, what they hold, and the holdings.

    known: the balances as they are stored; those that did not change are not written again.
    """
    accounts = identities.accounts(connection, cycle.accounts)
    instruments = identities.named(
        connection, {position.ref for said in cycle.accounts for position in positions_of(said)}
    )
    put(connection, tables.account_reading, rows.account_reading_rows(cycle.accounts, cycle.read_at, accounts))
    put(connection, tables.position_snapshot, rows.position_rows(cycle.accounts, cycle.read_at, accounts, instruments))
    put(connection, tables.wallet_snapshot, rows.wallet_rows(cycle.accounts, cycle.read_at, accounts))
    _store_balances(connection, cycle, accounts, known)
    holdings = identities.holdings(connection, cycle.holdings)
    put(connection, tables.holding_snapshot, rows.holding_rows(cycle.holdings, cycle.read_at, holdings))


def store_ledger(connection: Connection, cycle: CycleRecord) -> None:
    """Store funding payments; a line that is there already stays, and takes what was not known of it."""
    legs = rows.declared_legs(cycle.snapshots)
    put(connection, tables.funding_payment, rows.payment_rows(cycle.payments, legs), conflict=PAYMENT_COMPLETED)
    put(connection, tables.ledger_latest, rows.ledger_latest_rows(cycle.payments), conflict=LATEST_PAYMENT)
    replaced = list(_replaced(cycle.payments, legs))
    if replaced:
        connection.execute(ESTIMATE_REPLACED, replaced)


def store_facts(connection: Connection, cycle: CycleRecord, identities: Identities) -> None:
    """Store the contract facts and proofs that changed."""
    instruments = identities.named(connection, {fact.ref for fact in cycle.facts})
    put(connection, tables.contract_fact, rows.fact_rows(cycle.facts, instruments))
    put(connection, tables.proof, [proof_row(proof) for proof in cycle.proofs], conflict=take_the_last(tables.proof))


def _store_balances(
    connection: Connection, cycle: CycleRecord, accounts: Mapping[Key, int], known: Mapping[AccountKey, Balances]
) -> None:
    fresh: list[Row] = []
    stale: list[int] = []
    for said in cycle.accounts:
        if (
            isinstance(said, AccountSnapshot)
            and not isinstance(said.balances, PartFailure)
            and not said.unread_balances
        ):
            key = account_key(said)
            if known.get(key) != said.balances:
                stale.append(accounts[key])
                fresh += rows.balance_rows(said.balances, cycle.read_at, accounts[key])
    if stale:
        connection.execute(tables.balance_latest.delete().where(tables.balance_latest.c.account_id.in_(stale)))
    put(connection, tables.balance_latest, fresh)


def _replaced(
    payments: Sequence[PaymentRecord], legs: Mapping[rows.LegKey, tuple[str, str]]
) -> Iterable[dict[str, str | int]]:
    """Name the estimates that lines of the ledger stand for now."""
    for record in payments:
        paid = record.payment
        leg = legs.get((paid.ref.exchange, paid.account, paid.ref.symbol))
        if record.source is PaymentSource.LEDGER and leg is not None:
            at_ms = to_ms(paid.paid_at)
            yield {
                "hedge": leg[0],
                "exchange": paid.ref.exchange,
                "symbol": paid.ref.symbol,
                "first_ms": at_ms - SAME_SETTLEMENT_MS,
                "last_ms": at_ms + SAME_SETTLEMENT_MS,
            }
