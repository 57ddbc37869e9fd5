"""Liquidity: closing a leg whole against the book of now, strictly beyond; what is not seen is not called clear."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from hedgewatch.domain.finding import Finding, OutcomeKind
from hedgewatch.domain.hedge import Past
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.market import OrderBook, Stamp, UnknownReason
from hedgewatch.domain.thresholds import Severity
from tests.domain.cases import FUTURES, FUTURES_READING, NOW, SPOT_READING, facts, hedge, judged, settings

D = Decimal
BREACH, BAND, CLEAR, UNKNOWN = OutcomeKind.BREACH, OutcomeKind.BAND, OutcomeKind.CLEAR, OutcomeKind.UNKNOWN
RULE = settings("liquidity", warning=("0.003", "0.0024"), critical=("0.01", "0.008"))


def book(*asks: tuple[str, str], bids: tuple[tuple[str, str], ...] = (("60000", "9"),), age: int = 0) -> OrderBook:
    stamp = Stamp(exchange_time=None, received_at=NOW - timedelta(seconds=age), source="test")
    return OrderBook(
        bids=tuple((D(price), D(size)) for price, size in bids),
        asks=tuple((D(price), D(size)) for price, size in asks),
        stamp=stamp,
    )


def found_of(found: OrderBook | None, contracts: str = "-5") -> Finding:
    past = Past(books={} if found is None else {FUTURES: found})
    (one,) = judged("liquidity", RULE, hedge("5", contracts=contracts), facts(SPOT_READING, FUTURES_READING, past=past))
    return one


def asks_at(slippage: str) -> OrderBook:
    """Return a book whose second level makes 5 coins cost ``slippage``: 1 at 60,000, the rest above."""
    average = D(60000) * (1 + D(slippage))
    return book(("60000", "1"), (str((average * 5 - 60000) / 4), "100"))


@pytest.mark.parametrize(
    ("slippage", "kind", "severity"),
    [
        ("0.0023", CLEAR, None),
        ("0.0024", BAND, None),
        ("0.003", BAND, None),
        ("0.0031", BREACH, Severity.WARNING),
        ("0.01", BREACH, Severity.WARNING),
        ("0.0101", BREACH, Severity.CRITICAL),
    ],
)
def test_the_levels(slippage: str, kind: OutcomeKind, severity: Severity | None) -> None:
    found = found_of(asks_at(slippage))
    assert (found.kind, found.severity, found.value) == (kind, severity, D(slippage))


def test_a_long_leg_is_sold_into_the_bids() -> None:
    deep = book(("60000", "100"), bids=(("60000", "1"), ("59000", "100")))
    assert found_of(deep, contracts="5").value == pytest.approx(D(4000) / 5 / 60000)
    assert found_of(deep).value == 0


def test_the_words_say_what_it_costs_and_in_which_parts_it_does_not() -> None:
    words = found_of(asks_at("0.0101")).message
    assert "closing 5 BTC at once would cost 1.01 % (3,030)" in words
    assert "in parts of 1.0" in words


def test_a_book_that_shows_too_little_is_a_breach_only_if_that_costs_too_much_already() -> None:
    cheap = found_of(book(("60000", "2")))
    assert (cheap.kind, cheap.unknown) == (UNKNOWN, UnknownReason.NOT_AVAILABLE)
    assert "carries 2 of 5 coins" in cheap.message
    dear = found_of(book(("60000", "1"), ("62000", "1")))
    assert dear.severity is Severity.CRITICAL
    assert "and more for the rest" in dear.message


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (None, "was not read yet"),
        (book(("60000", "100"), age=901), "older than 15 minutes"),
        (book(("600", "100"), bids=(("599", "1"),)), "not believed"),
    ],
)
def test_without_a_book_of_now_nothing_is_clear(given: OrderBook | None, words: str) -> None:
    found = found_of(given)
    assert (found.kind, found.unknown) == (UNKNOWN, UnknownReason.NOT_AVAILABLE)
    assert words in found.message


def test_a_flat_leg_needs_no_book() -> None:
    assert found_of(None, contracts="0").kind is CLEAR


def test_anothers_book_is_not_its_own() -> None:
    other = InstrumentRef(exchange="bybit", symbol="BTC/USDT:USDT")
    past = Past(books={other: book(("60000", "100"))})
    (found,) = judged("liquidity", RULE, hedge("5"), facts(SPOT_READING, FUTURES_READING, past=past))
    assert found.kind is UNKNOWN
