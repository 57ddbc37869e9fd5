"""The funding of declared positions is reckoned once, from the settlements that were watched."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from hedgewatch.domain.hedge import Past
from hedgewatch.domain.history import InstrumentPast
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.market import SettledFunding
from hedgewatch.domain.measure import measure_hedge
from hedgewatch.monitoring.ports import PaymentRecord, PaymentSource
from hedgewatch.monitoring.reckoning import reckoned_payments
from tests.domain.samples import FUTURES, INVERSE, NOW, facts, hedge, leg, reading, spot_reading

HOUR = timedelta(hours=1)
D = Decimal


def reckoned(
    ref: InstrumentRef = FUTURES,
    contracts: str = "-5",
    *,
    hours_ago: int = 1,
    rate: str = "-0.0005",
    is_read: bool = False,
) -> tuple[PaymentRecord, ...]:
    declared = leg(contracts, ref)
    watched = hedge(replace(declared, position=None, account="t") if is_read else declared)
    snapshot = measure_hedge(watched, facts(spot_reading(), reading(ref)))
    past = Past(instruments={ref: InstrumentPast(first_asked_at=NOW - 9 * HOUR)})
    record = SettledFunding(ref=ref, settled_at=NOW - hours_ago * HOUR, rate=D(rate), interval_hours=D(8))
    return reckoned_payments([snapshot], [record], past)


def test_a_short_pays_at_a_negative_rate() -> None:
    [record] = reckoned()
    assert isinstance(record, PaymentRecord)
    assert (record.payment.amount, record.payment.asset, record.amount_usd) == (D("-150.05"), "USDT", D("-150.05"))
    assert (record.source, record.leg) == (PaymentSource.ESTIMATE, ("btc-core", str(FUTURES)))


def test_an_inverse_short_pays_in_coins_what_is_worth_as_much() -> None:
    [record] = reckoned(INVERSE, "-3000", rate="0.0001")
    assert record.payment.asset == "BTC"
    assert record.amount_usd == 30
    assert round(record.payment.amount * 60020, 12) == 30


@pytest.mark.parametrize("hours_ago", [9, 10])
def test_what_settled_before_anybody_watched_is_nobodys(hours_ago: int) -> None:
    assert reckoned(hours_ago=hours_ago) == ()


def test_an_account_has_its_own_ledger_and_a_flat_leg_pays_nothing() -> None:
    assert reckoned(is_read=True) == ()
    assert reckoned(contracts="0") == ()
