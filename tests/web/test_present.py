from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from hedgewatch.web import present

BERLIN = ZoneInfo("Europe/Berlin")
EVENING = datetime(2026, 11, 22, 23, 30, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "digits", "signed", "words"),
    [
        ("0.96", 2, False, "96.00 %"),
        ("0.000333", 3, True, "+0.033 %"),
        ("-0.07", 2, True, "\u22127.00 %"),
        ("-0.07", 2, False, "\u22127.00 %"),
        ("0", 4, True, "0.0000 %"),
        ("-0.0000001", 2, True, "0.00 %"),
        ("-1e-9", 4, False, "0.0000 %"),
        ("12345.6", 1, False, "1,234,560.0 %"),
    ],
)
def test_fractions_become_percent(value: str, digits: int, signed: bool, words: str) -> None:  # noqa: FBT001  a table
    assert present.percent(Decimal(value), digits, signed=signed) == words


@pytest.mark.parametrize(
    ("value", "words"), [("0.000333", "+3.3 bp"), ("-0.01", "\u2212100.0 bp"), ("0.000001", "0.0 bp")]
)
def test_a_basis_reads_in_basis_points(value: str, words: str) -> None:
    assert present.basis_points(Decimal(value)) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("300100", "300,100 USD"),
        ("-1234.5", "\u22121,234 USD"),
        ("8.394", "8.39 USD"),
        ("0", "0.00 USD"),
        ("-0.004", "0.00 USD"),
    ],
)
def test_money_has_cents_only_where_they_matter(value: str, words: str) -> None:
    assert present.money(Decimal(value)) == words


def test_coins_keep_their_digits() -> None:
    assert present.coins(Decimal("-4.123456789"), "BTC") == "\u22124.123456789 BTC"
    assert present.coins(Decimal("1E+3"), "SOL") == "1000 SOL"


@pytest.mark.parametrize(
    "words",
    [
        present.percent(None),
        present.basis_points(None),
        present.price(None),
        present.coins(None, "BTC"),
        present.money(None),
        present.in_unit_of("drift", None),
    ],
)
def test_unknown_is_said_and_never_zero(words: str) -> None:
    assert words == "not known"


@pytest.mark.parametrize(
    ("rule", "value", "words"),
    [
        ("drift", "-0.07", "\u22127 %"),
        ("basis_adverse", "0.0050", "0.5 %"),
        ("negative_funding", "-0.0003", "\u22120.03 %"),
        ("drift", "0", "0 %"),
        ("data_stale", "90", "90 s"),
        ("exchange_down", "900", "15 min"),
        ("not_a_rule", "1.25", "1.25"),
    ],
)
def test_a_rule_speaks_in_its_own_unit(rule: str, value: str, words: str) -> None:
    assert present.in_unit_of(rule, Decimal(value)) == words


def test_a_rule_without_a_number_shows_none() -> None:
    assert present.in_unit_of("orphaned", None) == "-"


@pytest.mark.parametrize(
    ("rate", "coins", "words"),
    [
        ("0.0001", "-5", "received"),
        ("-0.0001", "-5", "paid"),
        ("0.0001", "5", "paid"),
        ("0", "-5", None),
        ("0.0001", "0", None),
    ],
)
def test_funding_says_who_pays(rate: str, coins: str, words: str | None) -> None:
    assert present.funding_flow(Decimal(rate), Decimal(coins)) == words


def test_unknown_funding_flows_nowhere() -> None:
    assert present.funding_flow(None, Decimal(-5)) is None
    assert present.funding_flow(Decimal("0.0001"), None) is None


@pytest.mark.parametrize(
    ("seconds", "words"), [("0.4", "just now"), ("4", "4 s ago"), ("840", "14 min ago"), ("8100", "2 h 15 min ago")]
)
def test_an_age_is_told(seconds: str, words: str) -> None:
    assert present.age(Decimal(seconds)) == words


def test_times_are_told_twice_where_they_differ() -> None:
    assert present.utc_time(EVENING) == "2026-11-22 23:30:05 UTC"
    assert present.utc_time(EVENING, EVENING) == "23:30:05 UTC"
    assert present.local_time(EVENING, BERLIN) == "2026-11-23 00:30:05 Europe/Berlin"
    assert present.local_time(EVENING, ZoneInfo("UTC")) is None
