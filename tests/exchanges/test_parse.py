"""Parsing in tables: what is read, what is refused, what stays unknown."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgewatch.domain.instrument import OrderUnit, Payoff
from hedgewatch.domain.market import Stamp, UnknownReason
from hedgewatch.exchanges.parse import (
    UnreadableError,
    check_against,
    moment_of,
    parse_instrument,
    parse_interval,
    parse_mark,
    parse_quote,
    parse_rate,
)
from hedgewatch.exchanges.quirks import QUIRKS
from hedgewatch.exchanges.quirks.generic import quirk_of
from hedgewatch.exchanges.quirks.shape import Call

NOW = datetime(2026, 11, 24, 3, 30, tzinfo=UTC)
STAMP = Stamp(exchange_time=None, received_at=NOW, source="test")
CALL = Call(
    name="t", method="t", futures=True, bid="b", ask="a", mark="m", index="i", rate="r", settles_at="s", interval="h"
)
MINUTES = Call(name="t", method="t", futures=True, interval="h", interval_minutes=True)


@pytest.mark.parametrize(
    ("bid", "ask", "reason"),
    [
        ("NaN", "1", UnknownReason.NOT_A_NUMBER),
        ("1", "Infinity", UnknownReason.NOT_A_NUMBER),
        ("", "1", UnknownReason.MISSING),
        (None, "1", UnknownReason.MISSING),
        ("0", "1", UnknownReason.OUT_OF_RANGE),
        ("-1", "1", UnknownReason.OUT_OF_RANGE),
        ("101", "100", UnknownReason.OUT_OF_RANGE),
        ("1", "10", UnknownReason.OUT_OF_RANGE),
        ("1e400", "1e400", UnknownReason.OUT_OF_RANGE),
        (1.5, "2", UnknownReason.NOT_A_NUMBER),
        (True, "2", UnknownReason.NOT_A_NUMBER),
        ([], "2", UnknownReason.NOT_A_NUMBER),
        ({}, {}, UnknownReason.NOT_A_NUMBER),
    ],
)
def test_an_implausible_book_is_refused(bid: Any, ask: Any, reason: UnknownReason) -> None:
    with pytest.raises(UnreadableError) as refused:
        parse_quote({"b": bid, "a": ask}, CALL, STAMP)
    assert refused.value.reason is reason


def test_a_book_crossed_by_a_hair_is_put_in_order() -> None:
    quote = parse_quote({"b": "100.01", "a": "100"}, CALL, STAMP)
    assert (quote.bid, quote.ask) == (Decimal(100), Decimal("100.01"))


@given(st.one_of(st.text(), st.integers(), st.floats(), st.none(), st.booleans(), st.lists(st.none())))
def test_no_value_whatever_escapes_as_an_uncaught_error(value: Any) -> None:
    row = dict.fromkeys(("b", "a", "m", "i", "r", "s", "h"), value)
    for parse in (
        lambda: parse_quote(row, CALL, STAMP),
        lambda: parse_mark(row, CALL, STAMP),
        lambda: parse_rate(row, CALL, "test"),
        lambda: parse_interval(row, CALL),
    ):
        with suppress(UnreadableError):
            parse()
    moment_of(value)


@pytest.mark.parametrize(
    ("told", "call", "hours"),
    [(8, CALL, 8), ("4h", CALL, 4), ("480", MINUTES, 8), (60, MINUTES, 1), (None, CALL, None), ("", CALL, None)],
)
def test_an_interval_is_hours_whatever_it_was(told: Any, call: Call, hours: int | None) -> None:
    assert parse_interval({"h": told}, call) == hours


@pytest.mark.parametrize("told", [0, 0.5, "25", "480", "-8", "x"])
def test_an_interval_outside_a_day_is_refused(told: Any) -> None:
    with pytest.raises(UnreadableError):
        parse_interval({"h": told}, CALL)


def test_a_rate_beyond_any_cap_is_refused_and_a_negative_one_is_not() -> None:
    assert parse_rate({"r": "-0.0375"}, CALL, "test") == Decimal("-0.0375")
    for rate in ("0.11", "-0.5", "NaN", None):
        with pytest.raises(UnreadableError):
            parse_rate({"r": rate}, CALL, "test")


@pytest.mark.parametrize(("mid", "fits"), [("99", True), ("51", True), ("199", True), ("1000", False), ("49", False)])
def test_a_book_far_from_its_mark_price_is_refused(mid: str, *, fits: bool) -> None:
    check_against(Decimal(mid), None, "mark price")
    if fits:
        check_against(Decimal(mid), Decimal(100), "mark price")
    else:
        with pytest.raises(UnreadableError):
            check_against(Decimal(mid), Decimal(100), "mark price")


@pytest.mark.parametrize("value", [None, "", "x", 0, -1, 17, "1e99", True, 10**20, [], float("nan")])
def test_a_stamp_that_is_none_is_unknown(value: Any) -> None:
    assert moment_of(value) is None


def test_a_stamp_is_exact_to_the_millisecond() -> None:
    assert moment_of("1795491060123") == datetime(2026, 11, 24, 3, 31, 0, 123_000, tzinfo=UTC)


def market(**changes: Any) -> dict[str, Any]:
    return {
        "symbol": "BTC/USDT:USDT",
        "type": "swap",
        "linear": True,
        "base": "BTC",
        "quote": "USDT",
        "settle": "USDT",
        "contractSize": "0.0001",
        "precision": {"price": "0.5", "amount": "1"},
        "limits": {"amount": {"min": "1"}, "cost": {"min": None}},
        "maker": "0.0002",
        "taker": "0.0006",
        "expiry": None,
        "active": True,
    } | changes


@pytest.mark.parametrize(
    ("exchange", "changes", "size", "unit", "payoff"),
    [
        ("mexc", {}, "0.0001", OrderUnit.CONTRACTS, Payoff.LINEAR),
        ("weex", {"contractSize": "100"}, "1", OrderUnit.BASE, Payoff.LINEAR),
        ("binance", {"contractSize": "1"}, "1", OrderUnit.BASE, Payoff.LINEAR),
        ("binance", {"type": "spot", "linear": None, "contractSize": None}, "1", OrderUnit.BASE, None),
        ("okx", {"contractSize": "0.01"}, "0.01", OrderUnit.CONTRACTS, Payoff.LINEAR),
        ("okx", {"linear": False, "inverse": True, "contractSize": "100"}, "100", OrderUnit.CONTRACTS, Payoff.INVERSE),
    ],
)
def test_a_contract_is_what_the_exchange_means_by_it(
    exchange: str, changes: dict[str, Any], size: str, unit: OrderUnit, payoff: Payoff | None
) -> None:
    instrument = parse_instrument(market(**changes), QUIRKS.get(exchange) or quirk_of(exchange, {}))
    assert (instrument.contract_size, instrument.order_unit, instrument.payoff) == (Decimal(size), unit, payoff)
    assert (instrument.tick, instrument.min_notional) == (Decimal("0.5"), None)


def test_a_quanto_contract_is_refused_because_it_hedges_no_coin() -> None:
    with pytest.raises(UnreadableError, match="hedges no coin") as refused:
        parse_instrument(market(linear=False, inverse=False, settle="XBT", contractSize="1"), QUIRKS["mexc"])
    assert refused.value.reason is UnknownReason.UNKNOWN_SYMBOL


@pytest.mark.parametrize("changes", [{"type": "option"}, {"contractSize": None}, {"contractSize": "0"}])
def test_a_contract_without_kind_or_size_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(UnreadableError):
        parse_instrument(market(**changes), QUIRKS["mexc"])
