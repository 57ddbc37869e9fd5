"""Sample accounts, payments, holdings, facts and proofs for the store's tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from hedgewatch.domain.account import (
    AccountFailure,
    AccountPosition,
    AccountSnapshot,
    CoinBalance,
    FundingPayment,
    MarginMode,
    MarginWallet,
    Never,
    PartFailure,
)
from hedgewatch.domain.contract_facts import ContractFact, FactName
from hedgewatch.domain.instrument import InstrumentRef, PositionSide
from hedgewatch.domain.inventory import Holding, HoldingSnapshot, value_holding
from hedgewatch.domain.market import Stamp, UnknownReason
from hedgewatch.domain.proof import (
    Doubt,
    Fall,
    MarginKind,
    MarginShare,
    Proof,
    Subject,
    Witness,
)
from hedgewatch.monitoring.ports import CycleRecord, PaymentRecord, PaymentSource
from tests.storage.samples import NOW, PERP, cycle, hedge

MICROSECONDS = timedelta(microseconds=456)  # finer than what is stored
SHORT = Subject(account="treasury", exchange="binance", name=PERP.symbol, side=PositionSide.SHORT)
COINS = Subject(account="treasury", exchange="binance", name="BTC", side=None)
INVERSE = InstrumentRef(exchange="binance", symbol="BTC/USD:BTC")


def position(ref: InstrumentRef = PERP, contracts: str = "-5", **changed: Any) -> AccountPosition:
    whole = AccountPosition(
        ref=ref,
        contracts=Decimal(contracts),
        is_dual_side=False,
        entry_price=Decimal(60000),
        mark_price=Decimal("60001.5"),
        reported_notional=Decimal("300007.5"),
        liquidation_price=Decimal(71000),
        margin_mode=MarginMode.CROSS,
        margin=Decimal(30000),
        maintenance_margin=Decimal("1200.03"),
        unrealised_pnl=Decimal("-7.5"),
        leverage=Decimal(10),
        adl_quantile=2,
        stamp=Stamp(exchange_time=NOW, received_at=NOW, source="test"),
    )
    return replace(whole, **changed)


def account(at: datetime = NOW, **changed: Any) -> AccountSnapshot:
    whole = AccountSnapshot(
        account="treasury",
        exchange="binance",
        received_at=at,
        exchange_time=at - timedelta(milliseconds=20),
        positions=(position(), position(INVERSE, "-300000", liquidation_price=Never.NEVER)),
        balances=(
            CoinBalance(asset="BTC", wallet="spot", free=Decimal("1.000000000000000001"), used=Decimal(0)),
            CoinBalance(asset="USDT", wallet="earn", free=Decimal(0), used=Decimal(0), earn=Decimal(900)),
        ),
        wallets=(
            MarginWallet(
                wallet="usd-m",
                asset="USDT",
                equity=Decimal(30000),
                initial_margin=Decimal(30001),
                maintenance_margin=Decimal("1200.03"),
                credit=None,
                is_shared=True,
            ),
        ),
        orders=(),
        payments=(),
    )
    return replace(whole, **changed)


FAULT = PartFailure(reason=UnknownReason.TIMEOUT, detail="no answer")
DOWN = AccountFailure(account="desk", exchange="bybit", reason=UnknownReason.BANNED, detail="banned until 18:00")


def payment(
    hours_ago: int = 0,
    amount: str = "1.234567890123456789",
    *,
    account: str = "treasury",
    payment_id: str = "p1",
    usd: str | None = "1.2",
    source: PaymentSource = PaymentSource.LEDGER,
    ref: InstrumentRef = PERP,
    late: timedelta = timedelta(0),
) -> PaymentRecord:
    paid = FundingPayment(
        account=account,
        ref=ref,
        paid_at=NOW - timedelta(hours=hours_ago) + late,
        asset="USDT",
        amount=Decimal(amount),
        payment_id=payment_id,
    )
    return PaymentRecord(payment=paid, amount_usd=None if usd is None else Decimal(usd), source=source)


def held(quantity: str | None = "5", price: str | None = "60000") -> HoldingSnapshot:
    cold = Holding(
        name="cold",
        asset="BTC",
        quantity=Decimal(5),
        counts_as_asset="BTC",
        counts_as_per_unit=Decimal(1),
        cost_basis=Decimal(42000),
    )
    return value_holding(
        cold, None if quantity is None else Decimal(quantity), None if price is None else Decimal(price)
    )


def fact(value: str, before: str | None = None, at: datetime = NOW, name: FactName = FactName.TICK) -> ContractFact:
    return ContractFact(ref=PERP, name=name, value=value, before=before, seen_at=at + MICROSECONDS, source="markets")


def proof(subject: Subject = SHORT, at: datetime = NOW) -> Proof:
    """Return a proof in which no field has its default, its times finer than what is stored."""
    at = at + MICROSECONDS
    return Proof(
        subject=subject,
        amount=Decimal("5.000000000000000000001"),
        proven_at=at,
        margin=MarginShare(kind=MarginKind.INITIAL, own=Decimal("1200.5"), unexplained=Decimal("-3.25"), misses=2),
        doubt=Doubt(
            latest=Decimal("0.5"),
            witness=Witness.SILENT,
            reads=3,
            unopposed=(Decimal("0.5"), Decimal(1)),
            first_at=at,
            last_at=at + timedelta(seconds=60),
        ),
        fall=Fall(before=Decimal(7), at=at),
    )


def account_cycle(at: datetime = NOW, **changed: Any) -> CycleRecord:
    """Return a cycle of one hedge whose leg is in the account ``treasury``, with what is given beside it."""
    watched = hedge()
    in_account = replace(watched, legs=(replace(watched.legs[0], account="treasury"),))
    return replace(cycle(at, hedges=(in_account,)), **changed)
