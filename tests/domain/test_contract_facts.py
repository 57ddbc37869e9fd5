"""Contract facts: told once, and again only when they change."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hedgewatch.domain.contract_facts import ContractFact, FactName, changed_facts
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.market import MarketReading, ReadingFailure, UnknownReason
from tests.domain.cases import NOW
from tests.domain.samples import FUTURES
from tests.domain.samples import reading as sample

LATER = NOW + timedelta(seconds=30)
Known = dict[InstrumentRef, dict[FactName, ContractFact]]


def learn(known: Known, *facts: ContractFact) -> Known:
    for fact in facts:
        known.setdefault(fact.ref, {})[fact.name] = fact
    return known


def reading(**changed: object) -> MarketReading:
    read = sample()
    return replace(read, instrument=replace(read.instrument, **changed))  # type: ignore[arg-type]  # an instrument's fields


def known() -> Known:
    return learn({}, *changed_facts({}, [reading()], NOW))


def changes(read: MarketReading | ReadingFailure, before: Known | None = None) -> list[tuple[str, str, str | None]]:
    facts = changed_facts(known() if before is None else before, [read], LATER)
    return [(fact.name.value, fact.value, fact.before) for fact in facts]


def test_the_first_reading_tells_all_that_is_known() -> None:
    told = {name: fact.value for name, fact in known()[FUTURES].items()}
    instrument = reading().instrument
    assert told[FactName.CONTRACT_SIZE] == "1"
    assert told[FactName.LISTING] == "listed"
    assert told[FactName.FUNDING_INTERVAL_HOURS] == "8"
    assert (FactName.EXPIRY in told) is (instrument.expiry is not None)
    assert FactName.TIERS not in told


def test_the_same_again_is_no_change() -> None:
    assert changes(reading()) == []
    assert changes(reading(contract_size=Decimal("1.000"))) == [], "written otherwise"


def test_a_change_names_what_was_before() -> None:
    assert changes(reading(contract_size=Decimal("0.001"))) == [("contract_size", "0.001", "1")]
    assert changes(reading(active=False)) == [("listing", "unlisted", "listed")]
    expiry = datetime(2026, 12, 25, 8, tzinfo=UTC)
    assert changes(reading(expiry=expiry)) == [("expiry", "2026-12-25T08:00:00+00:00", None)]


def test_an_interval_that_changes_has_the_source_that_told() -> None:
    read = sample()
    assert read.funding is not None
    shorter = replace(read, funding=replace(read.funding, interval_hours=Decimal(4)))
    (fact,) = changed_facts(known(), [shorter], LATER)
    assert (fact.name, fact.value, fact.before, fact.seen_at) == (FactName.FUNDING_INTERVAL_HOURS, "4", "8", LATER)
    assert fact.source == read.funding.stamp.source


def test_what_is_not_told_stays_as_it_is_known() -> None:
    read = sample()
    assert read.funding is not None
    assert changes(replace(read, funding=replace(read.funding, interval_hours=None))) == []
    assert changes(replace(read, funding=None)) == []
    assert changes(reading(active=None, tick=None)) == []


def test_a_symbol_that_vanished_is_unlisted() -> None:
    gone = ReadingFailure(ref=FUTURES, reason=UnknownReason.UNKNOWN_SYMBOL, detail="no such symbol")
    assert changes(gone) == [("listing", "unlisted", "listed")]
    assert changes(gone, {}) == [], "it was never listed"
    assert changes(replace(gone, reason=UnknownReason.TIMEOUT)) == []
