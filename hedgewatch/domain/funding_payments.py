"""Funding payments: what a position gets or pays, once, a day, so far; + is received."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Generic

from hedgewatch.domain.exposure import settle_value
from hedgewatch.domain.instrument import Payoff
from hedgewatch.domain.numbers import ZERO, N, exact, exactly, non_negative, positive


@dataclass(frozen=True, slots=True, kw_only=True)
class FundingPayment(Generic[N]):
    """What a settlement pays, in the settle asset: the position's value (positive), and the payment (+ received)."""

    value_settle: N
    cash_flow: N


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerPayment:
    """A payment of an exchange's ledger. amount: settle asset, + received; usd_price: of that asset at that time."""

    amount: Decimal
    usd_price: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class CumulativeCarry:
    """All payments so far, in the settle asset and in the dollars that each was worth when it was paid; + received."""

    settle: Decimal
    usd: Decimal


@exactly
def funding_payment(payoff: Payoff, contracts: N, contract_size: N, mark: N, rate: N) -> FundingPayment[N]:
    """Return what a position receives at a settlement, in its settle asset: minus its signed value times the rate.

    contracts: short is negative. rate: fraction per interval, above zero longs pay shorts. Decimals or arrays.
    Source: domain specification 4; BitMEX's perpetual guide (15,000 contracts at 750, 0.25 %: 0.05 XBT).
    Raises InvalidValueError for a mark or contract size that is not above zero.
    """
    positive(mark, "mark")
    value = settle_value(payoff, contracts, contract_size, mark)
    return FundingPayment(value_settle=abs(value), cash_flow=-value * exact(rate, "rate"))


@exactly
def accrued_funding(coming_payment: Decimal, elapsed_hours: Decimal, interval_hours: Decimal) -> Decimal:
    """Return the part of the coming payment that the elapsed time stands for: an indication, never booked.

    Past the interval's end it is the whole payment. Source: domain specification 4.
    Raises InvalidValueError for an interval not above zero, an elapsed time below zero.
    """
    interval = positive(interval_hours, "interval_hours")
    elapsed = min(non_negative(elapsed_hours, "elapsed_hours"), interval)
    return exact(coming_payment, "coming_payment") * elapsed / interval


@exactly
def cumulative_carry(payments: Sequence[LedgerPayment]) -> CumulativeCarry:
    """Sum an exchange's ledger of funding payments, in the settle asset and in USD at the time of each.

    Payments in the coin belong to the long exposure as well. Zero for no payments. Source: domain specification 4.
    Raises InvalidValueError for a price that is not above zero.
    """
    for at, payment in enumerate(payments):
        exact(payment.amount, f"payments[{at}].amount")
        positive(payment.usd_price, f"payments[{at}].usd_price")
    return CumulativeCarry(
        settle=sum((payment.amount for payment in payments), ZERO),
        usd=sum((payment.amount * payment.usd_price for payment in payments), ZERO),
    )
