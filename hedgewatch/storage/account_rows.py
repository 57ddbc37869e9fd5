"""Rows of accounts, holdings, the funding ledger, contract facts and proofs; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from hedgewatch.domain.account import (
    AccountFailure,
    AccountSnapshot,
    CoinBalance,
    MarginWallet,
    Never,
    PartFailure,
)
from hedgewatch.domain.contract_facts import ContractFact
from hedgewatch.domain.hedge import HedgeSnapshot
from hedgewatch.domain.instrument import PositionSide
from hedgewatch.domain.inventory import HoldingSnapshot
from hedgewatch.domain.position import positions_of
from hedgewatch.monitoring.ports import PaymentRecord, PaymentSource
from hedgewatch.storage.bulk import Row
from hedgewatch.storage.identities import Key, account_key, holding_key, instrument_key
from hedgewatch.storage.types import maybe_ms, to_float, to_ms, to_text

READ = "ok"  # of a part that was read; else its row has the reason
PARTS = ("positions", "balances", "wallets", "orders", "payments")
LONGEST_ERROR = 500

Said = AccountSnapshot | AccountFailure
LegKey = tuple[str, str, str]


def account_reading_rows(accounts: Iterable[Said], read_at: datetime, ids: Mapping[Key, int]) -> list[Row]:
    """Return how each account answered: per part that it was read, or the reason why not."""
    return [_reading_row(said, to_ms(read_at), ids[account_key(said)]) for said in accounts]


def _reading_row(said: Said, read_at_ms: int, number: int) -> Row:
    if isinstance(said, AccountFailure):
        return (read_at_ms, number, None, None, *(said.reason.value for _ in PARTS), said.detail[:LONGEST_ERROR])
    parts = [getattr(said, name) for name in PARTS]
    failures = [part for part in parts if isinstance(part, PartFailure)]
    return (
        read_at_ms,
        number,
        to_ms(said.received_at),
        maybe_ms(said.exchange_time),
        *(part.reason.value if isinstance(part, PartFailure) else READ for part in parts),
        "; ".join(dict.fromkeys(failure.detail for failure in failures))[:LONGEST_ERROR] or None,
    )


def position_rows(
    accounts: Iterable[Said], read_at: datetime, ids: Mapping[Key, int], instruments: Mapping[Key, int]
) -> list[Row]:
    """Return one row per position; a liquidation price that cannot be reached is NULL and said beside."""
    return [
        (
            to_ms(read_at),
            ids[account_key(said)],
            instruments[instrument_key(position.ref)],
            (PositionSide.SHORT if position.contracts < 0 else PositionSide.LONG).value,
            to_float(position.contracts),
            to_float(position.entry_price),
            to_float(position.mark_price),
            to_float(position.reported_notional),
            None if isinstance(position.liquidation_price, Never) else to_float(position.liquidation_price),
            to_float(position.margin),
            to_float(position.maintenance_margin),
            to_float(position.unrealised_pnl),
            to_float(position.leverage),
            isinstance(position.liquidation_price, Never),
            position.margin_mode.value if position.margin_mode else None,
            position.adl_quantile,
        )
        for said in accounts
        for position in positions_of(said)
    ]


def wallet_rows(accounts: Iterable[Said], read_at: datetime, ids: Mapping[Key, int]) -> list[Row]:
    """Return one row per margin wallet."""
    return [
        (to_ms(read_at), ids[account_key(said)], *_wallet_row(wallet))
        for said in accounts
        if isinstance(said, AccountSnapshot) and not isinstance(said.wallets, PartFailure)
        for wallet in said.wallets
    ]


def _wallet_row(wallet: MarginWallet) -> Row:
    return (
        wallet.wallet,
        wallet.asset,
        to_float(wallet.equity),
        to_float(wallet.initial_margin),
        to_float(wallet.maintenance_margin),
        to_float(wallet.credit),
        wallet.is_shared,
    )


def balance_rows(balances: Iterable[CoinBalance], read_at: datetime, number: int) -> list[Row]:
    """Return one row per coin and wallet of an account."""
    return [
        (
            number,
            balance.wallet,
            balance.asset,
            to_text(balance.free),
            to_text(balance.used),
            to_text(balance.earn),
            to_text(balance.borrowed),
            to_ms(read_at),
        )
        for balance in balances
    ]


def holding_rows(holdings: Iterable[HoldingSnapshot], read_at: datetime, ids: Mapping[Key, int]) -> list[Row]:
    """Return one row per holding."""
    return [
        (
            to_ms(read_at),
            ids[holding_key(holding)],
            to_text(holding.quantity),
            to_float(holding.price_usd),
            to_float(holding.value_usd),
            to_float(holding.cost_basis_usd),
            to_float(holding.unrealised_pnl_usd),
        )
        for holding in holdings
    ]


def declared_legs(snapshots: Iterable[HedgeSnapshot]) -> Mapping[LegKey, tuple[str, str]]:
    """Return the hedge and leg of each (exchange, account, symbol); one that several legs share belongs to none."""
    found: dict[LegKey, list[tuple[str, str]]] = {}
    for snapshot in snapshots:
        for leg in snapshot.hedge.legs:
            at = (leg.futures.exchange, leg.account or "", leg.futures.symbol)
            found.setdefault(at, []).append((snapshot.hedge.name, leg.name))
    return {at: legs[0] for at, legs in found.items() if len(legs) == 1}


def payment_rows(payments: Iterable[PaymentRecord], legs: Mapping[LegKey, tuple[str, str]]) -> list[Row]:
    """Return the lines of the funding ledger with the hedge and leg they were paid for, where that is known."""
    rows: list[Row] = []
    for record in payments:
        paid = record.payment
        at = (paid.ref.exchange, paid.account, paid.ref.symbol)
        hedge, leg = record.leg or legs.get(at) or (None, None)
        amounts = (to_text(paid.amount), to_text(record.amount_usd), record.source.value)
        rows.append((*at, to_ms(paid.paid_at), paid.payment_id, hedge, leg, paid.asset, *amounts))
    return rows


def ledger_latest_rows(payments: Iterable[PaymentRecord]) -> list[Row]:
    """Return the latest ledger line of each account and contract."""
    latest: dict[LegKey, int] = {}
    for record in payments:
        if record.source is PaymentSource.LEDGER:
            paid = record.payment
            at = (paid.ref.exchange, paid.account, paid.ref.symbol)
            latest[at] = max(latest.get(at, 0), to_ms(paid.paid_at))
    return [(*at, ms) for at, ms in latest.items()]


def fact_rows(facts: Iterable[ContractFact], instruments: Mapping[Key, int]) -> list[Row]:
    """Return one row per fact that changed."""
    return [
        (
            instruments[instrument_key(fact.ref)],
            fact.name.value,
            to_ms(fact.seen_at),
            fact.value,
            fact.before,
            fact.source,
        )
        for fact in facts
    ]
