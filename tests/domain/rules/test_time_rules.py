"""Events, horizons and rolls: each at its edge, latched, ended by deeds alone; and what is no fault meanwhile."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from hedgewatch.domain.finding import Finding, OutcomeKind
from hedgewatch.domain.hedge import CycleFacts, Hedge
from hedgewatch.domain.instrument import InstrumentKind, InstrumentRef
from hedgewatch.domain.market import UnknownReason
from hedgewatch.domain.measure import measure_hedge
from hedgewatch.domain.proof import Believed, Fall
from hedgewatch.domain.rules import EXCHANGE_RULES, HEDGE_RULES
from hedgewatch.domain.terms import HedgeTerms
from tests.domain.accounts import position
from tests.domain.books import account_facts, read_hedge, read_leg, said
from tests.domain.samples import (
    CRITICAL,
    INFO,
    INVERSE,
    NOW,
    SETTINGS,
    SPOT,
    WARNING,
    facts,
    failure,
    hedge,
    instrument,
    leg,
    reading,
    spot_reading,
)

D = Decimal
BREACH, BAND, CLEAR, UNKNOWN = OutcomeKind.BREACH, OutcomeKind.BAND, OutcomeKind.CLEAR, OutcomeKind.UNKNOWN
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
NEAR = InstrumentRef(exchange="binance", symbol="BTC/USDT:USDT-261225")
FAR = InstrumentRef(exchange="binance", symbol="BTC/USDT:USDT-270326")
EXPIRY = datetime(2026, 12, 25, 8, tzinfo=UTC)


def dated(ref: InstrumentRef, bid: str, ask: str, at: datetime = NOW) -> Any:
    known = instrument(ref, kind=InstrumentKind.FUTURE, settle="USDT", expiry=ref.expires_at)
    return reading(ref, bid, ask, mark=bid, rate=None, at=at, known=known)


def at(moment: datetime, *readings: Any) -> CycleFacts:
    return facts(*readings, at=moment)


def prices(moment: datetime) -> tuple[Any, ...]:
    return spot_reading(at=moment), reading(at=moment)


def judged(rule: str, declared: Hedge, seen: CycleFacts) -> list[Finding]:
    return list(HEDGE_RULES[rule](measure_hedge(declared, seen), SETTINGS[rule], seen))


EVENT = HedgeTerms(purpose="the ruling", event_at=NOW, event_settle=DAY)


@pytest.mark.parametrize(
    ("left", "over", "day", "hour"),
    [
        (DAY + SECOND, CLEAR, CLEAR, CLEAR),
        (DAY, CLEAR, BREACH, CLEAR),
        (HOUR + SECOND, CLEAR, BREACH, CLEAR),
        (HOUR, CLEAR, BAND, BREACH),
        (SECOND, CLEAR, BAND, BREACH),
        (timedelta(0), CLEAR, CLEAR, CLEAR),
        (-DAY + SECOND, CLEAR, CLEAR, CLEAR),
        (-DAY, BREACH, CLEAR, CLEAR),
        (-100 * DAY, BREACH, CLEAR, CLEAR),
    ],
)
def test_an_event_is_told_before_it_and_once_it_has_settled(
    left: timedelta, over: OutcomeKind, day: OutcomeKind, hour: OutcomeKind
) -> None:
    findings = judged("event_passed", hedge(terms=EVENT), at(NOW - left, *prices(NOW - left)))
    assert [(one.target.side, one.kind) for one in findings] == [("", over), ("24h", day), ("1h", hour)]


def test_before_the_event_nothing_is_advised_and_after_it_the_hedge_is_closed() -> None:
    before = judged("event_passed", hedge(terms=EVENT), at(NOW - HOUR, *prices(NOW - HOUR)))[2]
    assert (before.severity, before.actions[INFO], before.orders) == (INFO, "watch", ())
    assert "its event (the ruling) comes in 1 h" in before.message
    assert "keep the hedge on" in before.message
    after = judged("event_passed", hedge(terms=EVENT), at(NOW + DAY, *prices(NOW + DAY)))[0]
    assert (after.severity, after.actions[WARNING]) == (WARNING, "close")
    assert [(one.side.value, one.coins, one.reduce_only) for one in after.orders] == [("buy", 5, True)]
    assert "leaves the coins exposed" in after.message


@pytest.mark.parametrize(
    ("left", "ends"), [(-DAY, False), (-HOUR, False), (DAY - SECOND, False), (2 * DAY, True), (30 * DAY, True)]
)
def test_only_a_deadline_that_was_moved_far_ends_what_is_latched(left: timedelta, ends: bool) -> None:  # noqa: FBT001
    now = NOW - left  # the event has not settled: with its day, at most a day more is left than that
    main = judged("event_passed", hedge(terms=EVENT), at(now, *prices(now)))[0]
    assert main.ends_latch is ends


def test_a_hedge_whose_legs_have_shares_is_closed_whole() -> None:
    shared = [replace(leg("-4", NEAR), share=D("0.8")), replace(leg("-1", FAR), share=D("0.2"))]
    now = NOW + DAY
    finding = judged("event_passed", hedge(*shared, terms=EVENT), at(now, *near(now)))[0]
    assert [(one.ref, one.coins) for one in finding.orders] == [(NEAR, 4), (FAR, 1)]


def test_without_an_event_or_an_end_there_is_nothing_to_judge() -> None:
    for rule in ("event_passed", "horizon_end"):
        [finding] = judged(rule, hedge(), facts(*prices(NOW)))
        assert finding.unknown is UnknownReason.NOT_AVAILABLE


@pytest.mark.parametrize(
    ("left", "warning", "critical"),
    [
        (30 * HOUR, CLEAR, CLEAR),
        (28.8 * HOUR, BAND, CLEAR),
        (DAY + SECOND, BAND, CLEAR),
        (DAY, BREACH, CLEAR),
        (SECOND, BREACH, CLEAR),
        (timedelta(0), BREACH, BREACH),
        (-DAY, BREACH, BREACH),
    ],
)
def test_a_horizon_is_told_a_day_before_and_when_it_has_passed(
    left: timedelta, warning: OutcomeKind, critical: OutcomeKind
) -> None:
    declared = hedge(terms=HedgeTerms(until=NOW + left))
    [finding] = judged("horizon_end", declared, facts(*prices(NOW)))
    assert finding.levels == {WARNING: warning, CRITICAL: critical}
    assert finding.value == D(left // SECOND)
    assert bool(finding.orders) is (critical is BREACH)


def dated_hedge(*others: Any, **changes: Any) -> Hedge:
    return hedge(leg("-5", NEAR), *others, **changes)


def near(moment: datetime) -> tuple[Any, ...]:
    return spot_reading(at=moment), dated(NEAR, "60300", "60305", moment), dated(FAR, "61490", "61500", moment)


@pytest.mark.parametrize(
    ("left", "warning", "critical"),
    [
        (8.4 * DAY + SECOND, CLEAR, CLEAR),
        (8.4 * DAY, BAND, CLEAR),
        (7 * DAY + SECOND, BAND, CLEAR),
        (7 * DAY, BREACH, CLEAR),
        (1.2 * DAY, BREACH, BAND),
        (DAY, BREACH, BREACH),
        (-SECOND, BREACH, BREACH),
    ],
)
def test_a_roll_is_due_a_week_and_a_day_before_expiry(
    left: timedelta, warning: OutcomeKind, critical: OutcomeKind
) -> None:
    now = EXPIRY - left
    [finding] = judged("roll_due", dated_hedge(), at(now, *near(now)))
    assert finding.levels == {WARNING: warning, CRITICAL: critical}
    assert finding.value == D(left // SECOND)
    assert not finding.ends_latch


def test_a_roll_carries_both_legs_and_its_credit() -> None:
    now = EXPIRY - 5 * DAY
    [finding] = judged("roll_due", dated_hedge(), at(now, *near(now)))
    assert [(one.ref, one.side.value, one.coins, one.limit_price, one.reduce_only) for one in finding.orders] == [
        (FAR, "sell", 5, D(61500), False),
        (NEAR, "buy", 5, D(60300), True),
    ]
    assert [one.hedge_ratio_after for one in finding.orders] == [2, 1]
    assert "expires in 5 d, at 2026-12-25 08:00 UTC" in finding.message
    assert "that earns 1185 a coin now (7.88 % a year)" in finding.message


def test_a_share_of_the_later_leg_does_not_cut_the_roll_short() -> None:
    now = EXPIRY - 5 * DAY
    shared = [replace(leg("-5", NEAR), share=D("0.8")), replace(leg("0", FAR), share=D("0.2"))]
    finding = judged("roll_due", hedge(*shared), at(now, *near(now)))[0]
    assert [(one.ref, one.coins) for one in finding.orders] == [(FAR, 5), (NEAR, 5)]


@pytest.mark.parametrize(
    ("far", "why"),
    [
        (dated(FAR, "59000", "59005", EXPIRY - 5 * DAY), "would lock in"),
        (failure(FAR), "no later contract of BTC is read at binance"),
    ],
)
def test_where_the_later_contract_cannot_be_sold_the_near_one_is_kept(far: Any, why: str) -> None:
    now = EXPIRY - 5 * DAY
    [finding] = judged("roll_due", dated_hedge(), at(now, *near(now)[:2], far))
    assert (finding.severity, finding.orders) == (WARNING, ())
    assert why in finding.message


def test_the_perpetual_is_what_is_left_to_roll_to() -> None:
    now = EXPIRY - 5 * DAY
    [finding] = judged("roll_due", dated_hedge(), at(now, *near(now)[:2], reading(at=now)))
    assert [one.ref.symbol for one in finding.orders] == ["BTC/USDT:USDT", NEAR.symbol]


def test_in_the_last_half_hour_nothing_is_rolled_into_the_averaging() -> None:
    now = EXPIRY - timedelta(minutes=29)
    [finding] = judged("roll_due", dated_hedge(), at(now, *near(now)))
    assert "let it be delivered and hedge anew" in finding.message


def test_a_roll_that_was_seen_ends_it() -> None:
    now = EXPIRY - DAY
    rolled = hedge(leg("0", NEAR), leg("-5", FAR))
    finding = judged("roll_due", rolled, at(now, *near(now)))[0]
    assert (finding.kind, finding.ends_latch) == (CLEAR, True)


@pytest.mark.parametrize(("ref", "why"), [(INVERSE, "does not expire"), (NEAR, "expires in")])
def test_a_perpetual_is_never_due(ref: InstrumentRef, why: str) -> None:
    readings = spot_reading(), reading(INVERSE, "59999.5", "60000.5", mark="60000"), dated(NEAR, "60300", "60305")
    [finding] = judged("roll_due", hedge(leg("-1", ref)), facts(*readings))
    assert why in finding.message
    assert (finding.unknown is UnknownReason.NOT_AVAILABLE) is (ref is INVERSE)


def delivered(*others: Any, after: timedelta = SECOND) -> tuple[Hedge, CycleFacts]:
    now = EXPIRY + after
    return dated_hedge(*others), at(
        now, spot_reading(at=now), failure(NEAR, UnknownReason.UNKNOWN_SYMBOL), near(now)[2]
    )


SILENT_AFTER_DELIVERY = [
    "drift",
    "delisting",
    "position_missing",
    "data_stale",
    "basis_adverse",
    "liquidation_distance",
]


@pytest.mark.parametrize("rule", SILENT_AFTER_DELIVERY)
def test_a_delivered_future_is_one_event(rule: str) -> None:
    declared, seen = delivered(leg("0", FAR))
    assert judged("roll_due", declared, seen)[0].severity is CRITICAL
    for finding in judged(rule, declared, seen):
        assert finding.kind is not BREACH
        assert not finding.alertable, finding.message


def test_the_one_event_carries_the_order_that_hedges_anew() -> None:
    finding = judged("roll_due", *delivered(leg("0", FAR)))[0]
    assert [(one.ref, one.side.value, one.coins) for one in finding.orders] == [(FAR, "sell", 5)]
    assert "was delivered, the coins are naked" in finding.message


def test_what_is_still_naked_a_day_after_delivery_is_drift() -> None:
    under = judged("drift", *delivered(leg("0", FAR), after=DAY + SECOND))[0]
    assert (under.severity, under.value) == (CRITICAL, -1)


def test_a_delivery_that_others_had_taken_over_from_is_over() -> None:
    declared, seen = delivered(leg("-5", FAR))
    assert judged("roll_due", declared, seen)[0].ends_latch
    assert judged("drift", declared, seen)[0].kind is CLEAR


def test_an_exchange_whose_only_contract_has_expired_is_not_down() -> None:
    now = EXPIRY + 10 * DAY
    seen = at(now, failure(NEAR, UnknownReason.UNKNOWN_SYMBOL), reading(replace(SPOT, exchange="bybit"), at=now))
    snapshots = [measure_hedge(dated_hedge(spot=(replace(SPOT, exchange="bybit"),)), seen)]
    [finding] = EXCHANGE_RULES["exchange_down"]("binance", snapshots, SETTINGS["exchange_down"], seen)
    assert finding.kind is CLEAR


@pytest.mark.parametrize(
    ("left", "contracts", "kind"),
    [
        (5 * DAY, "-5", BAND),  # both open
        (5 * DAY, "-5.5", BREACH),  # the later one alone is too much
        (20 * DAY, "-5", BREACH),  # nothing is due
    ],
)
def test_both_contracts_of_a_roll_are_no_over_hedge(left: timedelta, contracts: str, kind: OutcomeKind) -> None:
    now = EXPIRY - left
    over = judged("drift", dated_hedge(leg(contracts, FAR)), at(now, *near(now)))[1]
    assert over.levels[WARNING] is kind
    if kind is BAND:
        assert "a roll is in progress" in over.message
        assert over.orders == ()


@pytest.mark.parametrize(("ago", "kind"), [(timedelta(minutes=15), BAND), (timedelta(minutes=16), BREACH)])
@pytest.mark.parametrize("rule", ["position_missing", "drift"])
def test_a_near_leg_bought_back_first_has_a_quarter_of_an_hour(rule: str, ago: timedelta, kind: OutcomeKind) -> None:
    now = EXPIRY - 2 * DAY
    answer = replace(said(position("-5", NEAR, now)), received_at=now)
    seen = replace(account_facts(answer, *near(now)[1:]), read_at=now)
    beliefs = {
        subject: Believed(value=D(0), fall=Fall(before=D(-5), at=now - ago)) if subject.side else belief
        for subject, belief in seen.beliefs.items()
    }
    readings = {one.ref: one for one in near(now)}
    seen = replace(seen, beliefs=beliefs, readings=readings, answers=at(now, *near(now)).answers)
    finding = judged(rule, read_hedge(read_leg(NEAR)), seen)[0]
    assert finding.kind is kind, finding.message


@pytest.mark.parametrize(
    ("left", "contracts", "under", "over"),
    [(SECOND, "-2", BAND, CLEAR), (timedelta(0), "-2", BREACH, CLEAR), (SECOND, "-6", CLEAR, BREACH)],
)
def test_a_hedge_still_being_opened_is_not_under_hedged_but_may_be_over(
    left: timedelta, contracts: str, under: OutcomeKind, over: OutcomeKind
) -> None:
    declared = hedge(leg(contracts), terms=HedgeTerms(opening_until=NOW + left))
    findings = judged("drift", declared, facts(*prices(NOW)))
    assert [one.kind for one in findings] == [under, over]
    if under is BAND:
        assert "is still being opened, until 2026-11-22 18:00 UTC" in findings[0].message


@pytest.mark.parametrize(
    ("symbol", "expiry"),
    [
        ("BTC/USDT:USDT-261225", EXPIRY),
        ("BTC/USD:BTC-261225", EXPIRY),
        ("BTC/USDT:USDT", None),
        ("BTC/USDT", None),
        ("BTC/USDT:USDT-26XX25", None),
        ("BTC/USDT:USDT-261399", None),
    ],
)
def test_a_contract_says_by_its_name_when_it_expires(symbol: str, expiry: datetime | None) -> None:
    assert InstrumentRef(exchange="binance", symbol=symbol).expires_at == expiry
