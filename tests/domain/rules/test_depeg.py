"""Depeg: a quote currency off its dollar, either way; and everything in dollars counts it as it is."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from hedgewatch.domain.finding import Finding
from hedgewatch.domain.hedge import Hedge, HedgeSnapshot
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.market import UnknownReason
from hedgewatch.domain.thresholds import Severity
from tests.domain.cases import (
    FUTURES_READING,
    SPOT_READING,
    Reading,
    facts,
    failed,
    hedge,
    judged,
    measured,
    read,
    settings,
)

RULE = settings("depeg", warning=("0.005", "0.003"), critical=("0.02", "0.01"))
SOURCE = InstrumentRef(exchange="kraken", symbol="USDT/USD")
D = Decimal


def watched() -> Hedge:
    return replace(hedge(entry_price=D(60000)), dollars={"USDT": SOURCE})


def worth(price: str) -> Reading:
    return read(SOURCE, price, price)


def seen(source: Reading) -> HedgeSnapshot:
    return measured(watched(), facts(SPOT_READING, FUTURES_READING, source))


def found_of(source: Reading) -> Finding:
    (found,) = judged("depeg", RULE, watched(), facts(SPOT_READING, FUTURES_READING, source))
    return found


@pytest.mark.parametrize(
    ("price", "kind", "severity"),
    [
        ("1", "CLEAR", None),
        ("0.9971", "CLEAR", None),
        ("0.997", "BAND", None),
        ("0.995", "BAND", None),
        ("0.9949", "BREACH", Severity.WARNING),
        ("0.98", "BREACH", Severity.WARNING),
        ("0.9799", "BREACH", Severity.CRITICAL),
        ("1.0051", "BREACH", Severity.WARNING),
        ("1.0201", "BREACH", Severity.CRITICAL),
    ],
)
def test_it_breaches_strictly_beyond_fire_on_either_side(price: str, kind: str, severity: Severity | None) -> None:
    found = found_of(worth(price))
    assert (found.kind.value, found.severity, found.value) == (kind, severity, D(price) - 1)
    assert found.target.side == "USDT"


def test_it_says_what_the_short_is_worth_less() -> None:
    assert found_of(worth("0.99")).message.startswith(
        "btc-core: USDT is 1.00 % below the dollar (kraken:USDT/USD at 0.99): 300,000 USDT of short are settled in it, "
        "worth 3,000 USD less"
    )
    assert "1.00 % above the dollar" in found_of(worth("1.01")).message


def test_without_a_source_it_counts_as_a_dollar_and_says_so() -> None:
    (found,) = judged("depeg", RULE, hedge())
    assert (found.unknown, found.alertable) == (UnknownReason.NOT_AVAILABLE, False)
    assert "no [currencies.USDT] is set" in found.message


def test_a_source_that_tells_nothing_leaves_every_dollar_unknown() -> None:
    found = found_of(failed(SOURCE))
    assert (found.unknown, found.alertable) == (UnknownReason.TIMEOUT, True)
    snapshot = seen(failed(SOURCE))
    assert (snapshot.notional_usd, snapshot.spot_price_usd, snapshot.unrealised_pnl_usd) == (None, None, None)
    assert (snapshot.spot_price, snapshot.hedge_ratio) == (60000, 1)


def test_everything_in_dollars_counts_the_currency_at_what_it_is_worth() -> None:
    snapshot = seen(worth("0.9"))
    assert snapshot.notional_usd == 270000
    assert snapshot.spot_price_usd == 54000
    assert snapshot.carry_cost_usd == D("-2430")  # the short earns .01 % of 270,000, three times a day
    assert snapshot.basis_rate == measured(hedge()).basis_rate
