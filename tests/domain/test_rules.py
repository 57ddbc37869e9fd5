"""Every rule just below, at and just above its thresholds, and blind."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from hedgewatch.domain.finding import Finding, OutcomeKind
from hedgewatch.domain.hedge import CycleFacts, Hedge, HedgeSnapshot, Past
from hedgewatch.domain.history import InstrumentPast
from hedgewatch.domain.market import MarketReading, SettledFunding, UnknownReason
from hedgewatch.domain.measure import measure_hedge
from hedgewatch.domain.rules import EXCHANGE_RULES, HEDGE_RULES
from hedgewatch.domain.thresholds import Severity
from tests.domain.samples import (
    CRITICAL,
    FUTURES,
    HEDGE_SETTINGS,
    INFO,
    NOW,
    SETTINGS,
    SPOT,
    WARNING,
    answer,
    facts,
    failure,
    good_facts,
    hedge,
    instrument,
    last_good,
    leg,
    past_quotes,
    reading,
    spot_reading,
    usual_basis,
)

BREACH, BAND, CLEAR = OutcomeKind.BREACH, OutcomeKind.BAND, OutcomeKind.CLEAR


def asked(rule: str, seen: CycleFacts, declared: Hedge | None = None) -> tuple[Finding, ...]:
    snapshot = measure_hedge(declared or hedge(), seen)
    return HEDGE_RULES[rule](snapshot, SETTINGS[rule], seen)


def drift_side(side: str, contracts: str, **changes: str) -> Finding:
    seen = good_facts()
    findings = asked("drift", seen, hedge(leg(contracts), **changes))
    return next(finding for finding in findings if finding.target.side == side)


@pytest.mark.parametrize(
    ("ratio", "warning", "critical"),
    [
        ("0.9499", BREACH, BREACH),
        ("0.95", BREACH, BAND),
        ("0.96", BREACH, BAND),
        ("0.9601", BREACH, CLEAR),
        ("0.9799", BREACH, CLEAR),
        ("0.98", BAND, CLEAR),
        ("0.985", BAND, CLEAR),
        ("0.9851", CLEAR, CLEAR),
        ("1", CLEAR, CLEAR),
        ("1.5", CLEAR, CLEAR),
    ],
)
def test_drift_judges_both_sides_alike(ratio: str, warning: OutcomeKind, critical: OutcomeKind) -> None:
    under = drift_side("under", str(-5 * Decimal(ratio)))
    over = drift_side("over", str(-5 * (2 - Decimal(ratio))))
    for finding in (under, over):
        assert finding.levels == {WARNING: warning, CRITICAL: critical}
    assert under.value == Decimal(ratio) - 1
    assert over.value == 1 - Decimal(ratio)


@pytest.mark.parametrize(
    ("contracts", "target", "kind", "value"),
    [
        ("-2.5", "0.5", CLEAR, "0"),
        ("-2.4", "0.5", BAND, "-0.02"),
        ("-2.399", "0.5", BREACH, "-0.0202"),
        ("-6", "1.2", CLEAR, "0"),
        ("0", "1", BREACH, "-1"),
    ],
)
def test_drift_is_the_distance_from_the_target_not_from_one(
    contracts: str, target: str, kind: OutcomeKind, value: str
) -> None:
    finding = drift_side("under", contracts, target=target)
    assert (finding.kind, finding.value) == (kind, Decimal(value))


@pytest.mark.parametrize(
    ("changes", "least"),
    [
        ({"lot_step": Decimal("0.1"), "min_contracts": None, "min_notional": None}, "0.03"),
        ({"lot_step": Decimal("0.001"), "min_contracts": Decimal("0.2"), "min_notional": None}, "0.04"),
        ({"lot_step": Decimal("0.001"), "min_contracts": None, "min_notional": Decimal(15005)}, "0.05"),
        ({"lot_step": Decimal(1), "min_contracts": Decimal(1), "min_notional": Decimal(5)}, "0.3"),
    ],
)
def test_drift_does_not_fire_on_less_than_the_exchange_takes(changes: dict[str, Decimal], least: str) -> None:
    known = instrument(FUTURES, **changes)
    for over_it, kind in ((Decimal(0), BAND), (Decimal("0.0002"), BREACH)):
        short = -5 * (1 - Decimal(least) - over_it)
        seen = facts(spot_reading(), reading(known=known))
        under = asked("drift", seen, hedge(leg(str(short))))[0]
        assert under.levels[WARNING] is kind
        assert under.thresholds[WARNING] == Decimal(least)


@pytest.mark.parametrize(
    ("readings", "reason"),
    [
        ((spot_reading(), failure()), UnknownReason.TIMEOUT),
        ((failure(SPOT, UnknownReason.BANNED), reading()), UnknownReason.BANNED),
        ((spot_reading(), replace(reading(), quote=None)), UnknownReason.MISSING),
        ((spot_reading(),), UnknownReason.MISSING),
        ((reading(),), UnknownReason.MISSING),
    ],
)
@pytest.mark.parametrize("rule", ["drift", "basis_adverse"])
def test_a_rule_that_lacks_a_price_does_not_know(
    rule: str, readings: tuple[MarketReading, ...], reason: UnknownReason
) -> None:
    findings = asked(rule, facts(*readings, past=usual_basis("0", 720)))
    assert findings
    for finding in findings:
        assert (finding.kind, finding.unknown, finding.alertable) == (OutcomeKind.UNKNOWN, reason, True)
        assert (finding.severity, finding.value, finding.orders) == (None, None, ())


def test_no_coins_is_not_available_and_never_a_breach() -> None:
    seen = good_facts()
    for finding in asked("drift", seen, hedge(leg("0"), coins="0")):
        assert finding.unknown is UnknownReason.NOT_AVAILABLE
        assert not finding.alertable


def with_basis(rate: str) -> CycleFacts:
    price = str(60000 * (1 + Decimal(rate)))
    return facts(spot_reading("60000", "60000"), reading(bid=price, ask=price))


@pytest.mark.parametrize(
    ("adverse", "warning", "critical"),
    [
        ("0.0151", BREACH, BREACH),
        ("0.015", BREACH, BAND),
        ("0.0075", BREACH, BAND),
        ("0.0074", BREACH, CLEAR),
        ("0.0051", BREACH, CLEAR),
        ("0.005", BAND, CLEAR),
        ("0.0025", BAND, CLEAR),
        ("0.0024", CLEAR, CLEAR),
        ("0", CLEAR, CLEAR),
        ("-0.02", CLEAR, CLEAR),
    ],
)
def test_a_rising_basis_is_adverse_and_a_falling_one_is_not(
    adverse: str, warning: OutcomeKind, critical: OutcomeKind
) -> None:
    seen = replace(with_basis(str(Decimal(adverse) + Decimal("0.001"))), past=usual_basis("0.001", 48))
    (finding,) = asked("basis_adverse", seen)
    assert finding.levels == {WARNING: warning, CRITICAL: critical}
    assert finding.value == Decimal(adverse)
    assert finding.target.leg == str(FUTURES)


def test_the_usual_basis_is_the_mean_of_48_hours_else_the_entry_else_unknown() -> None:
    entry = hedge(leg("-5", entry_basis=Decimal(120)))
    seen = with_basis("0.01")
    for past, declared, value in (
        (usual_basis("0.004", 48), entry, "0.006"),
        (usual_basis("0.004", 47), entry, "0.008"),
        (Past(), entry, "0.008"),
    ):
        (finding,) = asked("basis_adverse", replace(seen, past=past), declared)
        assert finding.value == Decimal(value)
    for past, count in ((usual_basis("0.004", 47), "47 of 48"), (Past(), "0 of 48")):
        (finding,) = asked("basis_adverse", replace(seen, past=past))
        assert (finding.unknown, finding.alertable) == (UnknownReason.NOT_AVAILABLE, False)
        assert count in finding.message


def test_an_adverse_basis_names_what_it_costs_as_the_reference_does() -> None:
    seen = replace(with_basis("0.011"), past=usual_basis("0.001", 720))
    (finding,) = asked("basis_adverse", seen)
    assert "3,000 USD against you" in finding.message


@pytest.mark.parametrize(
    ("rate", "info", "warning", "critical"),
    [
        ("-0.001001", BREACH, BREACH, BREACH),
        ("-0.001", BREACH, BREACH, BAND),
        ("-0.0005", BREACH, BREACH, BAND),
        ("-0.00049", BREACH, BREACH, CLEAR),
        ("-0.0003", BREACH, BAND, CLEAR),
        ("-0.00015", BREACH, BAND, CLEAR),
        ("-0.00014", BREACH, CLEAR, CLEAR),
        ("-0.0001", BAND, CLEAR, CLEAR),
        ("-0.00005", BAND, CLEAR, CLEAR),
        ("-0.000049", CLEAR, CLEAR, CLEAR),
        ("0.01", CLEAR, CLEAR, CLEAR),
    ],
)
def test_negative_funding_breaches_below_its_thresholds(
    rate: str, info: OutcomeKind, warning: OutcomeKind, critical: OutcomeKind
) -> None:
    (finding,) = asked("negative_funding", facts(spot_reading(), reading(rate=rate)))
    assert finding.levels == {INFO: info, WARNING: warning, CRITICAL: critical}
    assert "nothing settled is known yet" in finding.message


def settled(rate: str, hours_ago: float, interval: str | None = "8") -> SettledFunding:
    return SettledFunding(
        ref=FUTURES,
        settled_at=NOW - timedelta(hours=hours_ago),
        rate=Decimal(rate),
        interval_hours=None if interval is None else Decimal(interval),
    )


@pytest.mark.parametrize(
    ("records", "mean", "hours"),
    [
        ([settled("-0.0003", 2), settled("-0.0001", 10), settled("0.0001", 18)], "-0.0001", "24"),
        ([settled("-0.0003", 2), settled("-0.0001", 10)], "-0.0002", "16"),
        ([settled("-0.0003", 2), settled("-0.0001", 10), settled("0.9", 24)], "-0.0002", "16"),
        ([settled("0.0001", 3), settled("-0.0002", 2, "1"), settled("-0.0004", 1, "1")], "-0.0004", "10"),
        ([settled("-0.0001", 1, "1")], "-0.0008", "1"),
        ([settled("0", 10), settled("-0.0001", 2, None)], "-0.00005", "16"),
        ([settled("-0.0001", 12.5, "4"), settled("-0.0005", 0)], "-0.0004", "12"),
    ],
)
def test_funding_is_averaged_over_the_hours_known(records: list[SettledFunding], mean: str, hours: str) -> None:
    seen = good_facts(Past(settled={FUTURES: tuple(records)}))
    (finding,) = asked("negative_funding", seen)
    assert finding.value == Decimal(mean)
    assert f"mean of {hours} h" in finding.message


def test_a_lone_settlement_without_interval_leaves_the_coming_rate_to_stand_in() -> None:
    seen = good_facts(Past(settled={FUTURES: (settled("-0.5", 2, None),)}))
    (finding,) = asked("negative_funding", seen)
    assert finding.value == Decimal("0.0001")
    assert "the coming rate" in finding.message


@pytest.mark.parametrize(
    "read", [failure(), reading(rate=None), reading(interval=None)], ids=["failed", "no rate", "no interval"]
)
def test_funding_that_is_not_given_is_not_known(read: MarketReading) -> None:
    (finding,) = asked("negative_funding", facts(spot_reading(), read))
    assert finding.kind is OutcomeKind.UNKNOWN
    assert finding.alertable


@pytest.mark.parametrize(
    ("age", "warning", "critical"),
    [
        (71.9, BAND, CLEAR),  # a poll that failed is no proof of health, however short ago the last good one was
        (72, BAND, CLEAR),
        (90, BAND, CLEAR),
        (90.001, BREACH, CLEAR),
        (900, BREACH, BAND),
        (900.001, BREACH, BREACH),
    ],
)
def test_a_feed_is_stale_by_its_age(age: float, warning: OutcomeKind, critical: OutcomeKind) -> None:
    past = last_good(futures=age, spot=0)
    findings = asked("data_stale", facts(spot_reading(), failure(), past=past))
    by_leg = {finding.target.leg: finding for finding in findings}
    assert by_leg[str(FUTURES)].levels == {WARNING: warning, CRITICAL: critical}
    assert by_leg[str(SPOT)].kind is CLEAR


def test_a_feed_that_never_came_is_as_old_as_its_first_question() -> None:
    past = Past(instruments={FUTURES: InstrumentPast(first_asked_at=NOW - timedelta(seconds=100))})
    by_leg = {one.target.leg: one for one in asked("data_stale", facts(spot_reading(), failure(), past=past))}
    assert (by_leg[str(FUTURES)].value, by_leg[str(FUTURES)].severity) == (100, WARNING)


def exchange_down(seen: CycleFacts, *hedges: Hedge) -> Finding:
    snapshots: list[HedgeSnapshot] = [measure_hedge(one, seen) for one in hedges or (hedge(),)]
    (finding,) = EXCHANGE_RULES["exchange_down"]("binance", snapshots, SETTINGS["exchange_down"], seen)
    return finding


@pytest.mark.parametrize(
    ("silent", "severity"), [(89.9, None), (90, None), (90.001, WARNING), (900, WARNING), (900.001, CRITICAL)]
)
def test_an_exchange_is_down_by_its_silence(silent: float, severity: Severity | None) -> None:
    seen = facts(failure(SPOT), failure(), past=last_good(spot=silent, futures=silent))
    finding = exchange_down(seen, hedge(), hedge(name="second"))
    assert (finding.severity, finding.value) == (severity, Decimal(str(silent)))
    assert finding.hedges == ("btc-core", "second")
    assert (finding.target.exchange, finding.target.hedge) == ("binance", "")


def test_one_good_quote_is_a_useful_answer() -> None:
    finding = exchange_down(facts(spot_reading(), failure(), past=last_good(spot=30, futures=5000)))
    assert (finding.kind, finding.value) == (CLEAR, 0)


def test_an_exchange_without_one_quote_is_silent_however_much_it_says() -> None:
    mute = replace(reading(), quote=None)
    past = replace(last_good(spot=1000, futures=1000), last_answer_at={"binance": NOW - timedelta(seconds=30)})
    assert exchange_down(facts(failure(SPOT), mute, past=past)).severity is CRITICAL


@pytest.mark.parametrize("age", ["90.4", "900.4"])
def test_an_exchange_is_down_no_later_than_the_feeds_it_gave_are_stale(age: str) -> None:
    """A slow cycle is read some seconds after its quotes came; the alert that speaks for them must not come after."""
    came, read = NOW - timedelta(seconds=float(age)), NOW - timedelta(seconds=float(age) - 5)
    known = {ref: InstrumentPast(first_asked_at=came, last_good_at=came) for ref in (SPOT, FUTURES)}
    past = Past(instruments=known, last_answer_at={"binance": read}, first_asked_at={"binance": came})
    seen = facts(failure(SPOT), failure(), past=past)
    down = exchange_down(seen)
    for stale in asked("data_stale", seen):
        assert stale.severity is not None
        assert down.severity is stale.severity


def frozen_past(books: int, *, other: tuple[str, str], exchange_time: datetime | None = None) -> Past:
    book = past_quotes("60019.5", "60020.5", books, exchange_time=exchange_time)
    moving = past_quotes(*other, books)
    return Past(
        instruments={
            FUTURES: InstrumentPast(recent=book, last_good_at=NOW, first_asked_at=NOW),
            SPOT: InstrumentPast(recent=moving, last_good_at=NOW, first_asked_at=NOW),
        }
    )


@pytest.mark.parametrize(
    ("polls_before", "spot_then", "is_frozen"),
    [
        (1, "59000", False),
        (2, "59000", True),
        (2, "59881.0", False),
        (2, "59880.0", True),
        (2, "60121.0", True),
        (5, "60000", False),
    ],
)
def test_a_book_is_frozen_if_it_stands_for_three_polls_while_the_other_moved(
    polls_before: int, spot_then: str, *, is_frozen: bool
) -> None:
    past = frozen_past(polls_before, other=(spot_then, spot_then))
    findings = asked("data_stale", facts(spot_reading("60000", "60000"), reading(), past=past))
    by_leg = {one.target.leg: one for one in findings}
    assert (by_leg[str(FUTURES)].severity is WARNING) is is_frozen
    if is_frozen:
        assert "frozen" in by_leg[str(FUTURES)].message
        assert by_leg[str(FUTURES)].value == 30 * polls_before


@pytest.mark.parametrize(("polls_before", "is_frozen"), [(2, False), (3, True), (9, True)])
def test_a_feed_is_frozen_if_the_exchanges_own_time_stands_still(polls_before: int, *, is_frozen: bool) -> None:
    stood = NOW - timedelta(seconds=30 * polls_before)
    past = frozen_past(polls_before, other=("60000", "60000"), exchange_time=stood)
    moved = reading(bid="60030", ask="60031", exchange_time=stood)
    findings = asked("data_stale", facts(spot_reading("60000", "60000"), moved, past=past))
    by_leg = {one.target.leg: one for one in findings}
    assert (by_leg[str(FUTURES)].kind is BREACH) is is_frozen


def test_a_frozen_feed_is_seen_at_the_shortest_poll_too() -> None:
    """At one poll a second, ten remembered polls are ten seconds: the exchange's own time tells how long it stood."""
    stood = NOW - timedelta(seconds=31)
    book = tuple(
        replace(one, read_at=NOW - timedelta(seconds=10 - number))
        for number, one in enumerate(past_quotes("60000", "60001", 10, exchange_time=stood))
    )
    past = Past(instruments={FUTURES: InstrumentPast(recent=book, last_good_at=NOW, first_asked_at=NOW)})
    seen = facts(spot_reading(), reading(bid="60030", ask="60031", exchange_time=stood), past=past)
    by_leg = {one.target.leg: one for one in asked("data_stale", replace(seen, poll_seconds=Decimal(1)))}
    assert by_leg[str(FUTURES)].severity is WARNING


def test_a_book_that_still_stands_does_not_resolve_because_the_market_has_calmed_down() -> None:
    past = frozen_past(9, other=("60000", "60000"))
    findings = asked("data_stale", facts(spot_reading("60000", "60000"), reading(), past=past))
    by_leg = {one.target.leg: one for one in findings}
    assert by_leg[str(FUTURES)].kind is BAND
    assert by_leg[str(FUTURES)].severity is None


def test_a_feed_that_was_away_is_back_even_if_its_book_has_not_moved() -> None:
    away = frozen_past(9, other=("60000", "60000"))
    known = replace(away.instruments[FUTURES], last_good_at=NOW - timedelta(seconds=91))
    past = replace(away, instruments={**away.instruments, FUTURES: known})
    findings = asked("data_stale", facts(spot_reading("60000", "60000"), reading(), past=past))
    by_leg = {one.target.leg: one for one in findings}
    assert by_leg[str(FUTURES)].kind is CLEAR


def test_every_spot_source_is_judged_so_that_none_goes_out_of_the_books() -> None:
    second = reading(replace(SPOT, exchange="bybit"), "59999.5", "60000.5")
    declared = hedge(spot=(SPOT, second.ref))
    past = Past(instruments={SPOT: InstrumentPast(last_good_at=NOW - timedelta(seconds=100))})
    both = facts(failure(SPOT), second, reading(), past=past)
    legs = {one.target.leg: one.severity for one in asked("data_stale", both, declared)}
    assert legs == {str(FUTURES): None, str(SPOT): WARNING, str(second.ref): None}


def test_each_rule_asks_for_the_action_of_the_contract() -> None:
    wanted = {
        "drift": {WARNING: "rebalance", CRITICAL: "rebalance"},
        "basis_adverse": {WARNING: "watch", CRITICAL: "rebalance"},
        "negative_funding": {INFO: "watch", WARNING: "watch", CRITICAL: "close"},
        "data_stale": {WARNING: "check_data", CRITICAL: "check_data"},
        "orphaned": {CRITICAL: "close"},
        "position_missing": {CRITICAL: "rebalance"},
        "position_reduced": {CRITICAL: "rebalance"},
        "contract_changed": {CRITICAL: "check_data"},
        "delisting": {CRITICAL: "close"},
        "funding_interval_change": {INFO: "watch"},
        "liquidation_distance": {WARNING: "top_up", CRITICAL: "top_up"},
        "event_passed": {INFO: "watch", WARNING: "close"},
        "horizon_end": {WARNING: "close", CRITICAL: "close"},
        "roll_due": {WARNING: "roll", CRITICAL: "roll"},
        "leverage": {WARNING: "reduce", CRITICAL: "reduce"},
        "adl": {WARNING: "reduce", CRITICAL: "reduce"},
        "margin_mode": {WARNING: "watch"},
        "collateral_shared": {WARNING: "watch"},
        "liquidation_price_mismatch": {WARNING: "check_data"},
        "basis_label": {INFO: "watch"},
        "double_whammy": {WARNING: "watch", CRITICAL: "close"},
        "funding_paid": {WARNING: "watch", CRITICAL: "close"},
        "cost_outweighs": {WARNING: "close", CRITICAL: "close"},
        "profit_target": {WARNING: "close"},
        "proxy_beta_shift": {WARNING: "rebalance"},
        "proxy_effectiveness": {WARNING: "watch", CRITICAL: "watch"},
        "liquidity": {WARNING: "watch", CRITICAL: "watch"},
        "unhedged_holding": {INFO: "watch"},
        "depeg": {WARNING: "watch", CRITICAL: "watch"},
    }
    assert set(wanted) >= set(HEDGE_SETTINGS)
    seen = good_facts(usual_basis("0", 720))
    for rule in HEDGE_SETTINGS:
        actions = wanted[rule]
        for finding in asked(rule, seen):
            assert finding.unknown or {severity: finding.actions[severity] for severity in actions} == actions
    assert exchange_down(seen).actions[WARNING] == "check_data"
    assert answer("binance", reading()).error is None
