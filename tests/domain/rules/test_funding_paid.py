"""Funding paid: below, at and beyond each threshold, who says it, and what is not known."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from hedgewatch.domain.finding import Finding, OutcomeKind
from hedgewatch.domain.hedge import Past
from hedgewatch.domain.history import PaidPast
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.market import UnknownReason
from hedgewatch.domain.thresholds import Severity
from tests.domain.cases import (
    FUTURES,
    FUTURES_READING,
    SPOT_READING,
    Reading,
    facts,
    failed,
    hedge,
    judged,
    settings,
)
from tests.domain.pasts import of_leg, paid

BREACH, BAND, CLEAR = OutcomeKind.BREACH, OutcomeKind.BAND, OutcomeKind.CLEAR
RULE = settings("funding_paid", warning=("0.005", "0.0025"), critical=("0.01", "0.005"))


def found_of(told: PaidPast | None, *readings: Reading, contracts: str | None = "-5") -> Finding:
    past = of_leg(paid=told)
    given = readings or (SPOT_READING, FUTURES_READING)
    (found,) = judged("funding_paid", RULE, hedge(contracts=contracts), facts(*given, past=past))
    return found


@pytest.mark.parametrize(
    ("usd", "kind", "severity"),
    [
        ("900", CLEAR, None),  # received
        ("-749", CLEAR, None),
        ("-750", BAND, None),  # .25 % of 300,000
        ("-1500", BAND, None),
        ("-1500.1", BREACH, Severity.WARNING),
        ("-3000", BREACH, Severity.WARNING),
        ("-3000.1", BREACH, Severity.CRITICAL),
    ],
)
def test_what_was_paid_of_notional_breaches_strictly_beyond_fire(
    usd: str, kind: OutcomeKind, severity: Severity | None
) -> None:
    found = found_of(paid(usd))
    assert (found.kind, found.severity) == (kind, severity)
    assert found.value is not None
    assert round(found.value * 300000, 9) == -Decimal(usd)


def test_it_says_by_day_and_since_the_start_and_keeps_the_prediction_apart() -> None:
    message = found_of(paid("-1800", since="-2500")).message
    assert "0.600 % of its notional paid in funding over 30 days" in message
    assert "paid 1,800.00 USD in 30 days, paid 1,800.00 USD of it today, paid 2,500.00 USD since 2026-10-01" in message
    assert "by the account's ledger" in message
    assert "the coming rate would earn 90.00 USD a day" in message


def test_a_declared_position_has_no_ledger_and_says_so() -> None:
    assert "reckoned from settled rates" in found_of(paid("-1800", is_estimate=True)).message


def test_beyond_critical_the_order_that_ends_it_is_given_and_what_is_bare_then() -> None:
    found = found_of(paid("-3300"))
    assert [(order.side, order.coins, order.reduce_only) for order in found.orders] == [("buy", 5, True)]
    assert "then 5 BTC are unprotected" in found.message
    assert not found_of(paid("-1800")).orders


def test_coins_paid_count_at_the_present_price_where_theirs_is_not_known() -> None:
    assert found_of(paid("0", unvalued={"BTC": "-0.03"})).value == Decimal("0.006")
    other = found_of(paid("0", unvalued={"ETH": "-1"}))
    assert other.unknown is UnknownReason.NOT_AVAILABLE
    assert "-1 ETH" in other.message


def test_nothing_paid_yet_is_not_nothing_to_pay() -> None:
    found = found_of(None)
    assert (found.unknown, found.alertable) == (UnknownReason.NOT_AVAILABLE, False)
    assert "needs a settlement" in found.message


def test_without_a_price_or_a_position_it_is_not_known() -> None:
    assert found_of(paid("-1800"), SPOT_READING, failed(FUTURES)).unknown is UnknownReason.TIMEOUT


def test_a_flat_leg_pays_nothing_and_a_dated_one_never_does() -> None:
    assert found_of(paid("-1800"), contracts="0").kind is CLEAR
    dated = InstrumentRef(exchange="binance", symbol="BTC/USDT:USDT-261225")
    watched = hedge()
    watched = replace(watched, legs=tuple(replace(leg, futures=dated) for leg in watched.legs))
    (found,) = judged("funding_paid", RULE, watched, facts(SPOT_READING, past=Past()))
    assert found.unknown is UnknownReason.NOT_AVAILABLE
