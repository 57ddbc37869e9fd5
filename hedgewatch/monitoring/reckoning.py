"""Reckoning: the funding of declared positions, whose ledger nobody reads, from the rates that settled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from hedgewatch.domain.account import FundingPayment
from hedgewatch.domain.dollars import worth
from hedgewatch.domain.funding_payments import funding_payment
from hedgewatch.domain.hedge import CycleFacts, HedgeSnapshot, LegSnapshot, Past
from hedgewatch.domain.history import NO_PAST
from hedgewatch.domain.instrument import Payoff
from hedgewatch.domain.market import SettledFunding, UnknownReason
from hedgewatch.domain.numbers import ONE, exactly
from hedgewatch.monitoring.accounts import payment_records
from hedgewatch.monitoring.judge import settled_in
from hedgewatch.monitoring.ports import PaymentRecord, PaymentSource


def payments_of(snapshots: Sequence[HedgeSnapshot], facts: CycleFacts) -> tuple[PaymentRecord, ...]:
    """Return the funding payments that a cycle has learnt of: lines of ledgers, and those of declared positions."""
    told = payment_records(facts.accounts.values(), facts.readings, facts.read_at)
    dollars = {currency: price for snapshot in snapshots for currency, price in snapshot.dollars.items()}
    told = tuple(_in_dollars(record, dollars) for record in told) if dollars else told
    return (*told, *reckoned_payments(snapshots, settled_in(facts.answers), facts.past))


@exactly
def _in_dollars(record: PaymentRecord, dollars: Mapping[str, Decimal | UnknownReason]) -> PaymentRecord:
    """Value a payment in a currency that has a source at what that tells now."""
    if record.payment.asset not in dollars:
        return record
    price = worth(dollars, record.payment.asset)
    return replace(record, amount_usd=None if price is None else record.payment.amount * price)


@exactly
def reckoned_payments(
    snapshots: Sequence[HedgeSnapshot], settled: Sequence[SettledFunding], past: Past
) -> tuple[PaymentRecord, ...]:
    """Return what declared positions were paid at settlements that were just told, at their present price and size.

    Only of settlements since the contract was first watched: whether the position stood before is not known.
    """
    if not settled:
        return ()
    return tuple(record for snapshot in snapshots for record in _of_hedge(snapshot, settled, past))


def _of_hedge(snapshot: HedgeSnapshot, settled: Sequence[SettledFunding], past: Past) -> Iterator[PaymentRecord]:
    for leg in snapshot.legs:
        since = past.instruments.get(leg.leg.futures, NO_PAST).first_asked_at
        price = leg.mark_price if leg.mark_price is not None else leg.futures_price
        if leg.leg.is_read or not leg.coins or price is None or since is None:
            continue
        for record in settled:
            if record.ref == leg.leg.futures and record.settled_at > since:
                yield _record(snapshot.hedge.name, leg, record, price)


def _record(hedge: str, leg: LegSnapshot, record: SettledFunding, price: Decimal) -> PaymentRecord:
    """Reckon one payment: a position of so many coins is worth its coins times the price, whatever its contracts."""
    coins = leg.coins or Decimal(0)
    quote = funding_payment(Payoff.LINEAR, coins, ONE, price, record.rate).cash_flow
    return PaymentRecord(
        payment=FundingPayment(
            account="",
            ref=record.ref,
            paid_at=record.settled_at,
            asset=record.ref.settle,
            amount=quote / price if record.ref.is_inverse else quote,
            payment_id=f"reckoned:{hedge}:{leg.leg.name}",
        ),
        amount_usd=None if leg.usd is None else quote * leg.usd,
        source=PaymentSource.ESTIMATE,
        leg=(hedge, leg.leg.name),
    )
