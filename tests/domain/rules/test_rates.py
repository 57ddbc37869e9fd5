"""Basis and funding: just below, at and just above each threshold, and what is said."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from hedgewatch.domain.finding import Finding, OutcomeKind
from hedgewatch.domain.hedge import Past
from hedgewatch.domain.history import BasisPast
from hedgewatch.domain.market import SettledFunding, UnknownReason
from hedgewatch.domain.thresholds import Action, Severity
from tests.domain.cases import (
    FUTURES,
    FUTURES_READING,
    NOW,
    SPOT,
    SPOT_READING,
    Reading,
    facts,
    failed,
    hedge,
    judged,
    read,
    settings,
)

BREACH, BAND, CLEAR = OutcomeKind.BREACH, OutcomeKind.BAND, OutcomeKind.CLEAR
BASIS = settings("basis_adverse", warning=("0.005", "0.0025"), critical=("0.015", "0.0075"))
FUNDING = settings(
    "negative_funding", info=("-0.0001", "-0.00005"), warning=("-0.0003", "-0.00015"), critical=("-0.001", "-0.0005")
)


def basis_of(mid: str, *, past: Past | None = None, **position: Decimal) -> Finding:
    price = Decimal(mid)
    futures = read(FUTURES, str(price - Decimal("0.5")), str(price + Decimal("0.5")))
    (found,) = judged("basis_adverse", BASIS, hedge(**position), facts(SPOT_READING, futures, past=past))
    return found


def funding_of(
    rates: list[tuple[float, str, str | None]], *, coming: str = "0.0001", futures: Reading | None = None
) -> Finding:
    settled = tuple(
        SettledFunding(
            ref=FUTURES,
            settled_at=NOW - timedelta(hours=hours),
            rate=Decimal(rate),
            interval_hours=Decimal(interval) if interval else None,
        )
        for hours, rate, interval in rates
    )
    read_now = futures or read(FUTURES, "60020", "60020.5", rate=coming)
    seen = facts(SPOT_READING, read_now, past=Past(settled={FUTURES: settled}))
    (found,) = judged("negative_funding", FUNDING, hedge(), seen)
    return found


@pytest.mark.parametrize(
    ("mid", "kind", "severity"),
    [
        ("59000", CLEAR, None),  # a falling basis is a gain for the short
        ("60149.9", CLEAR, None),
        ("60150", BAND, None),
        ("60300", BAND, None),
        ("60300.1", BREACH, Severity.WARNING),
        ("60900", BREACH, Severity.WARNING),
        ("60900.1", BREACH, Severity.CRITICAL),
    ],
)
def test_a_rising_basis_breaches_strictly_beyond_fire(mid: str, kind: OutcomeKind, severity: Severity | None) -> None:
    found = basis_of(mid, entry_basis=Decimal(0))
    assert (found.kind, found.severity) == (kind, severity)


@pytest.mark.parametrize(
    ("mid", "entry_basis", "words"),
    [
        ("60120", "0", "trades 0.200 % above spot, 0.200 % above the basis at entry; on "),
        ("59880", "-300", "trades 0.200 % below spot, 0.300 % above the basis at entry; on "),
        ("60120", "300", "trades 0.200 % above spot, 0.300 % below the basis at entry"),
    ],
)
def test_it_says_on_which_side_of_spot_the_future_trades(mid: str, entry_basis: str, words: str) -> None:
    assert words in basis_of(mid, entry_basis=Decimal(entry_basis)).message


def test_the_mean_of_two_days_of_closes_goes_before_the_basis_at_entry() -> None:
    enough = Past(basis={("btc-core", "perp"): BasisPast(mean=Decimal("0.001"), hours=48)})
    few = Past(basis={("btc-core", "perp"): BasisPast(mean=Decimal("0.001"), hours=47)})
    assert basis_of("60120", past=enough, entry_basis=Decimal(30)).value == Decimal("0.001")
    assert basis_of("60120", past=few, entry_basis=Decimal(30)).value == Decimal("0.0015")


def test_without_history_and_entry_basis_it_says_how_much_it_has_and_needs() -> None:
    found = basis_of("60120", past=Past(basis={("btc-core", "perp"): BasisPast(mean=Decimal(0), hours=47)}))
    assert found.unknown is UnknownReason.NOT_AVAILABLE
    assert not found.alertable
    assert "47" in found.message
    assert "48" in found.message


@pytest.mark.parametrize(("spot", "futures"), [(SPOT_READING, failed(FUTURES)), (failed(SPOT), FUTURES_READING)])
def test_a_failed_input_leaves_the_basis_unknown(spot: Reading, futures: Reading) -> None:
    (found,) = judged("basis_adverse", BASIS, hedge(entry_basis=Decimal(0)), facts(spot, futures))
    assert (found.unknown, found.alertable) == (UnknownReason.TIMEOUT, True)


@pytest.mark.parametrize(
    ("rate", "kind", "severity"),
    [
        ("-0.00004", CLEAR, None),
        ("-0.00005", BAND, None),
        ("-0.0001", BAND, None),
        ("-0.00011", BREACH, Severity.INFO),
        ("-0.0003", BREACH, Severity.INFO),
        ("-0.00031", BREACH, Severity.WARNING),
        ("-0.001", BREACH, Severity.WARNING),
        ("-0.00101", BREACH, Severity.CRITICAL),
    ],
)
def test_negative_funding_breaches_strictly_below_fire(rate: str, kind: OutcomeKind, severity: Severity | None) -> None:
    found = funding_of([(2, rate, "8"), (10, rate, "8"), (18, rate, "8")])
    assert (found.kind, found.severity, found.value) == (kind, severity, Decimal(rate))


def test_the_mean_is_of_what_settled_in_the_last_day_over_the_hours_it_covers() -> None:
    full = [(2, "-0.0006", "8"), (10, "0", "8"), (18, "0", "8"), (24, "-0.9", "8"), (26, "-0.9", "8")]
    assert funding_of(full).value == Decimal("-0.0002")
    assert funding_of([(2, "-0.0003", "4"), (6, "-0.0003", "4")]).value == Decimal("-0.0006")


def test_an_interval_nobody_told_is_the_time_since_the_settlement_before() -> None:
    assert funding_of([(2, "-0.0004", None), (6, "-0.0004", None), (10, "9", None)]).value == Decimal("-0.0008")


def test_where_nothing_settled_yet_the_coming_rate_stands_in_and_is_said_to() -> None:
    found = funding_of([], coming="-0.0004")
    assert (found.value, found.severity) == (Decimal("-0.0004"), Severity.WARNING)
    assert "coming rate" in found.message


def test_it_says_what_the_short_pays_a_day_and_what_to_do() -> None:
    found = funding_of([(2, "-0.0005", "8"), (10, "-0.0005", "8"), (18, "-0.0005", "8")])
    assert "450.00 USD a day" in found.message  # 5 x 60,000 x 0.0005 x 3
    assert found.actions == {
        Severity.INFO: Action.WATCH,
        Severity.WARNING: Action.WATCH,
        Severity.CRITICAL: Action.CLOSE,
    }


def test_a_failed_exchange_or_an_untold_rate_leaves_funding_unknown() -> None:
    settled = [(2, "0.0001", "8")]
    assert funding_of(settled, futures=failed(FUTURES)).unknown is UnknownReason.TIMEOUT
    silent = read(FUTURES, "60020", "60020.5", rate=None)
    assert funding_of(settled, futures=silent).unknown is UnknownReason.MISSING
