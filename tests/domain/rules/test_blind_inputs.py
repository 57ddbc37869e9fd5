"""What is old, frozen or failed is never taken for a price, and proves nothing well."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from hedgewatch.domain.finding import Finding, OutcomeKind
from hedgewatch.domain.hedge import Past, Quality
from hedgewatch.domain.history import InstrumentPast
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.market import UnknownReason
from hedgewatch.domain.rules import EXCHANGE_RULES
from hedgewatch.domain.thresholds import RuleSettings, Severity
from tests.domain.cases import (
    FUTURES,
    FUTURES_READING,
    NOW,
    OTHER_SPOT,
    POLL,
    SPOT,
    SPOT_READING,
    Reading,
    facts,
    failed,
    hedge,
    judged,
    measured,
    read,
    remembered,
    settings,
)

Quotes = dict[InstrumentRef, list[tuple[str, str]]]

STALE = settings("data_stale", warning=("90", "72"), critical=("900", "720"))
DOWN = settings("exchange_down", warning=("90", "72"), critical=("900", "720"))
DRIFT = settings("drift", warning=("0.02", "0.015"), critical=("0.05", "0.04"))
BASIS = settings("basis_adverse", warning=("0.005", "0.0025"))
FUNDING = settings("negative_funding", warning=("-0.0003", "-0.00015"))

SAME = [("60020", "60020.5")] * 2
MOVED = [("59799.5", "59800.5")] * 2  # 0.33 % below the present spot
FROZEN = remembered({FUTURES: SAME, SPOT: MOVED})
STOPPED = read(FUTURES, "60020", "60020.5", exchange_time=NOW - POLL * 9)
CLOCK = remembered(
    {FUTURES: [("60000", "60001"), ("60010", "60011"), ("60005", "60006")], SPOT: MOVED}, still_clock=True
)


def stale_of(*readings: Reading, past: Past | None = None) -> Finding:
    found = judged("data_stale", STALE, None, facts(*readings, past=past))
    return next(finding for finding in found if finding.target.leg == "perp")


def test_a_fresh_feed_is_clear() -> None:
    assert stale_of(SPOT_READING, FUTURES_READING).kind is OutcomeKind.CLEAR


def test_a_book_unchanged_for_three_polls_while_the_other_leg_moved_is_frozen() -> None:
    found = stale_of(SPOT_READING, FUTURES_READING, past=FROZEN)
    assert found.severity is Severity.WARNING
    assert "frozen" in found.message


@pytest.mark.parametrize(
    "quotes", [{FUTURES: SAME[:1], SPOT: MOVED[:1]}, {FUTURES: SAME, SPOT: [("59999.5", "60000.5")] * 2}]
)
def test_two_polls_or_a_calm_market_are_not_frozen(quotes: Quotes) -> None:
    assert stale_of(SPOT_READING, FUTURES_READING, past=remembered(quotes)).kind is not OutcomeKind.BREACH


def test_an_exchange_whose_own_time_stands_still_is_frozen_although_its_prices_move() -> None:
    assert stale_of(SPOT_READING, STOPPED, past=CLOCK).kind is OutcomeKind.BREACH


@pytest.mark.parametrize("rule", [DRIFT, BASIS, FUNDING], ids=lambda rule: rule.rule)
@pytest.mark.parametrize(
    ("readings", "past"),
    [((SPOT_READING, FUTURES_READING), FROZEN), ((SPOT_READING, STOPPED), CLOCK)],
    ids=["book", "clock"],
)
def test_a_frozen_leg_blinds_the_rules_that_look_at_it(
    rule: RuleSettings, readings: tuple[Reading, Reading], past: Past
) -> None:
    watched = hedge(entry_basis=Decimal(6))
    found = judged(rule.rule, rule, watched, facts(*readings, past=past))
    assert {finding.unknown for finding in found} == {UnknownReason.FROZEN}


def test_a_frozen_leg_is_a_stale_one_and_its_book_is_no_price() -> None:
    seen = measured(hedge(), facts(SPOT_READING, FUTURES_READING, past=FROZEN))
    assert (seen.quality, seen.legs[0].quality, seen.legs[0].unknown) == (
        Quality.STALE,
        Quality.STALE,
        UnknownReason.FROZEN,
    )
    assert seen.legs[0].futures_price is None
    assert seen.legs[0].coins == -5


def test_a_late_answer_is_stale_and_gives_no_basis() -> None:
    late = read(FUTURES, "60020", "60020.5", received_at=NOW - timedelta(seconds=16))
    seen = measured(hedge(), facts(SPOT_READING, late))
    assert (seen.legs[0].unknown, seen.basis_rate, seen.quality) == (UnknownReason.STALE, None, Quality.STALE)


def test_prices_more_than_five_seconds_apart_give_no_basis() -> None:
    apart = read(FUTURES, "60020", "60020.5", received_at=NOW - timedelta(seconds=6))
    seen = facts(SPOT_READING, apart)
    assert measured(hedge(), seen).basis_rate is None
    (found,) = judged("basis_adverse", BASIS, hedge(entry_basis=Decimal(6)), seen)
    assert found.unknown is UnknownReason.STALE


def test_a_failed_poll_proves_no_feed_well() -> None:
    past = Past(instruments={FUTURES: InstrumentPast(first_asked_at=NOW - POLL * 50, last_good_at=NOW - POLL)})
    assert stale_of(SPOT_READING, failed(FUTURES), past=past).kind is OutcomeKind.BAND


def test_a_book_still_unchanged_after_the_market_calmed_proves_nothing_well() -> None:
    calm = remembered({FUTURES: SAME * 2, SPOT: [("59999.5", "60000.5")] * 4})
    assert stale_of(SPOT_READING, FUTURES_READING, past=calm).kind is OutcomeKind.BAND


@pytest.mark.parametrize(
    ("seconds", "severity"),
    [("89", None), ("90", None), ("91", Severity.WARNING), ("900", Severity.WARNING), ("901", Severity.CRITICAL)],
)
def test_age_since_receipt_breaches_strictly_beyond_fire(seconds: str, severity: Severity | None) -> None:
    past = Past(instruments={FUTURES: InstrumentPast(last_good_at=NOW - timedelta(seconds=int(seconds)))})
    assert stale_of(SPOT_READING, failed(FUTURES), past=past).severity is severity


def test_a_feed_that_never_gave_a_price_is_as_old_as_its_first_question() -> None:
    past = Past(instruments={FUTURES: InstrumentPast(first_asked_at=NOW - timedelta(seconds=100))})
    assert stale_of(SPOT_READING, failed(FUTURES), past=past).value == 100
    assert stale_of(SPOT_READING, failed(FUTURES)).value == 0


def test_every_spot_source_has_its_own_target_whichever_is_in_use() -> None:
    two = hedge(spot=(SPOT, OTHER_SPOT))
    other = replace(SPOT_READING, instrument=replace(SPOT_READING.instrument, ref=OTHER_SPOT))
    readings = [(SPOT_READING, other), (failed(SPOT), other), (failed(SPOT), failed(OTHER_SPOT))]
    targets = [
        {finding.target for finding in judged("data_stale", STALE, two, facts(*spots, FUTURES_READING))}
        for spots in readings
    ]
    assert len(targets[0]) == 3
    assert targets[0] == targets[1] == targets[2]


def test_an_exchange_that_fails_its_first_poll_is_not_said_to_answer() -> None:
    seen = facts(failed(SPOT), failed(FUTURES))
    (found,) = EXCHANGE_RULES["exchange_down"]("binance", [measured(hedge(), seen)], DOWN, seen)
    assert found.kind is OutcomeKind.BAND
    assert "answers" not in found.message
    assert "did not answer" in found.message


def test_an_exchange_that_is_down_names_only_the_hedges_it_blinds() -> None:
    two = hedge(spot=(OTHER_SPOT, SPOT))
    other = replace(SPOT_READING, instrument=replace(SPOT_READING.instrument, ref=OTHER_SPOT))
    elsewhere = replace(two, name="elsewhere", legs=())
    seen = facts(
        other, failed(SPOT), failed(FUTURES), past=Past(last_answer_at={"binance": NOW - timedelta(seconds=91)})
    )
    snapshots = [measured(two, seen), measured(elsewhere, seen)]
    (found,) = EXCHANGE_RULES["exchange_down"]("binance", snapshots, DOWN, seen)
    assert (found.severity, found.hedges, found.target.exchange) == (Severity.WARNING, ("btc-core",), "binance")


def test_one_good_quote_is_a_useful_answer() -> None:
    seen = facts(SPOT_READING, failed(FUTURES), past=Past(last_answer_at={"binance": NOW - POLL * 99}))
    (found,) = EXCHANGE_RULES["exchange_down"]("binance", [measured(hedge(), seen)], DOWN, seen)
    assert found.kind is OutcomeKind.CLEAR
