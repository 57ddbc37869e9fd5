"""Judging a cycle: broken rules, alerts held back, alerts closed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal

import pytest

from hedgewatch.domain.alert import AlertPhase, AlertState, EventType
from hedgewatch.domain.finding import BREAKS, Finding, OutcomeKind, Target
from hedgewatch.domain.hedge import CycleFacts, Hedge, Past
from hedgewatch.domain.history import InstrumentPast
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.market import MarketReading, ReadingFailure, SettledFunding, UnknownReason
from hedgewatch.domain.measure import measure_hedge
from hedgewatch.domain.thresholds import RuleSettings
from hedgewatch.monitoring.judge import Verdict, _broken, judge, with_settled
from hedgewatch.storage.recollection import is_forgotten
from tests.domain.samples import (
    AT_ONCE,
    CRITICAL,
    FUTURES,
    HEDGE_SETTINGS,
    NOW,
    SETTINGS,
    SPOT,
    answer,
    facts,
    failure,
    good_facts,
    hedge,
    instrument,
    leg,
    level,
    reading,
    spot_reading,
    usual_basis,
)

EXCHANGE_RULES = {"exchange_down": SETTINGS["exchange_down"]}
PATIENT = {
    name: replace(
        settings,
        levels={severity: replace(level, patience=AT_ONCE) for severity, level in settings.levels.items()},
        keep_firing_for=AT_ONCE,
    )
    for name, settings in HEDGE_SETTINGS.items()
}


@dataclass
class Desk:
    """Judges cycle after cycle and remembers the alerts in between, as the store does."""

    alerts: dict[Target, AlertState] = field(default_factory=dict)
    told: list[tuple[str, str]] = field(default_factory=list)
    verdict: Verdict | None = None

    def judge(
        self, seen: CycleFacts, *hedges: Hedge, exchange_rules: Mapping[str, RuleSettings] = EXCHANGE_RULES
    ) -> list[tuple[str, str]]:
        """Return what was told: type and the rule it was about."""
        self.verdict = judge(
            [measure_hedge(one, seen) for one in hedges],
            seen,
            exchange_rules=exchange_rules,
            alerts=self.alerts,
            dt_seconds=Decimal(30),
        )
        for state in self.verdict.states:
            self.alerts.pop(state.target, None)
            if not is_forgotten(state):
                self.alerts[state.target] = state
        now = [(event.type.value, event.state.target.rule) for event in self.verdict.events]
        self.told += now
        return now

    def findings(self, rule: str) -> list[Finding]:
        assert self.verdict is not None
        return [finding for finding in self.verdict.findings if finding.target.rule == rule]


def at(seconds: int, seen: CycleFacts) -> CycleFacts:
    """Return the same facts, read so many seconds later."""
    later = timedelta(seconds=seconds)
    readings = {ref: _restamped(read, later) for ref, read in seen.readings.items()}
    answers = {
        name: replace(answer, readings=tuple(readings[read.ref] for read in answer.readings))
        for name, answer in seen.answers.items()
    }
    return replace(seen, read_at=NOW + later, readings=readings, answers=answers)


def _restamped(read: MarketReading | ReadingFailure, later: timedelta) -> MarketReading | ReadingFailure:
    if isinstance(read, ReadingFailure) or read.quote is None:
        return read
    stamp = replace(read.quote.stamp, received_at=read.quote.stamp.received_at + later)
    return replace(read, quote=replace(read.quote, stamp=stamp))


ONCE = hedge(leg("-4.8"), rules=PATIENT)
URGENT = hedge(
    leg("-4.8"), rules={**PATIENT, "drift": replace(PATIENT["drift"], levels={CRITICAL: level("0.03", "0.02")})}
)
BROKEN_GRID = reading(known=instrument(FUTURES, tick=Decimal(0)))  # an order has no price on such a grid


def test_a_broken_rule_is_blind_on_its_targets_and_resolves_nothing() -> None:
    desk = Desk()
    assert desk.judge(good_facts(), ONCE) == [("firing", "drift")]
    broken = facts(spot_reading(), BROKEN_GRID, past=usual_basis("-0.02", 720))
    assert desk.judge(at(30, broken), ONCE) == [("firing", "basis_adverse")], "the other rules go on"
    (blind,) = desk.findings("drift")
    assert (blind.unknown, blind.alertable) == (UnknownReason.RULE_ERROR, True)
    assert blind.target.side == "under"
    state = desk.alerts[blind.target]
    assert (state.phase, state.unknown_since) == (AlertPhase.FIRING, NOW + timedelta(seconds=30))
    mended = replace(ONCE, legs=(leg("-5"),))
    assert ("resolved", "drift") in desk.judge(at(60, good_facts()), mended)


def test_a_rule_that_breaks_before_it_ever_fired_leaves_no_trace() -> None:
    desk = Desk()
    broken = facts(spot_reading(), BROKEN_GRID)
    assert desk.judge(broken, ONCE) == []
    assert [finding.unknown for finding in desk.findings("drift")] == [UnknownReason.RULE_ERROR]
    balanced = replace(ONCE, legs=(leg("-5"),))
    assert desk.judge(at(30, good_facts()), balanced) == []
    assert not [target for target in desk.alerts if target.rule == "drift"]


@pytest.mark.parametrize(
    "error",
    [ZeroDivisionError, KeyError, IndexError, TypeError, ValueError, AttributeError, AssertionError, RuntimeError],
)
def test_whatever_breaks_in_a_rule_is_an_unknown(error: type[Exception]) -> None:
    assert issubclass(error, BREAKS)
    known = Target(rule="drift", hedge="btc-core", side="over")
    others = [replace(known, hedge="other"), replace(known, rule="data_stale")]
    alerts = {target: AlertState(target=target) for target in (known, *others)}
    found = _broken(Target(rule="drift", hedge="btc-core"), alerts, error())
    assert [(one.target, one.kind, one.unknown) for one in found] == [
        (known, OutcomeKind.UNKNOWN, UnknownReason.RULE_ERROR)
    ]


def test_a_broken_exchange_rule_is_blind_on_that_exchange_alone() -> None:
    targets = [Target(rule="exchange_down", exchange=name) for name in ("binance", "bybit")]
    found = _broken(targets[0], {target: AlertState(target=target) for target in targets}, ValueError())
    assert [one.target for one in found] == [targets[0]]


def silent_for(seconds: float, *good: MarketReading) -> CycleFacts:
    """Nothing was read but ``good``, for so many seconds."""
    came = NOW - timedelta(seconds=seconds)
    known = {ref: InstrumentPast(first_asked_at=came, last_good_at=came) for ref in (SPOT, FUTURES)}
    past = Past(instruments=known, last_answer_at={"binance": came}, first_asked_at={"binance": came})
    read = {one.ref for one in good}
    return facts(*good, *(failure(ref) for ref in (SPOT, FUTURES) if ref not in read), past=past)


def test_an_exchange_that_is_down_speaks_for_its_stale_feeds() -> None:
    desk, watched = Desk(), hedge(rules=PATIENT)
    assert desk.judge(silent_for(60), watched) == []
    assert desk.judge(silent_for(91), watched) == [("firing", "exchange_down")]
    held = [state for target, state in desk.alerts.items() if target.rule == "data_stale"]
    assert [(state.phase, state.notified) for state in held] == [(AlertPhase.FIRING, None)] * 2
    assert desk.judge(silent_for(901), watched) == [("escalated", "exchange_down")]
    assert desk.judge(good_facts(), watched) == [("resolved", "exchange_down")], "what was not told is not taken back"


def test_a_feed_that_stays_away_is_told_when_its_exchange_is_back() -> None:
    desk, watched = Desk(), hedge(rules=PATIENT)
    desk.judge(silent_for(91), watched)
    assert desk.judge(silent_for(121, spot_reading()), watched) == [
        ("resolved", "exchange_down"),
        ("firing", "data_stale"),
    ]
    assert desk.judge(good_facts(), watched) == [("resolved", "data_stale")]


def test_without_exchange_down_every_feed_speaks_for_itself() -> None:
    desk, watched = Desk(), hedge(rules=PATIENT)
    assert desk.judge(silent_for(91), watched, exchange_rules={}) == [("firing", "data_stale")] * 2


def test_a_milder_exchange_down_does_not_hide_a_graver_stale_feed() -> None:
    desk, watched = Desk(), hedge(rules=PATIENT)
    mild = replace(
        SETTINGS["exchange_down"],
        levels={name: level for name, level in SETTINGS["exchange_down"].levels.items() if name == "warning"},
    )
    rules = {"exchange_down": mild}
    assert desk.judge(silent_for(91), watched, exchange_rules=rules) == [("firing", "exchange_down")]
    assert desk.judge(silent_for(901), watched, exchange_rules=rules) == [("firing", "data_stale")] * 2


def test_another_exchanges_fall_holds_nothing_back_here() -> None:
    bybit = InstrumentRef(exchange="bybit", symbol="BTC/USDT")
    came = NOW - timedelta(seconds=91)
    known = {ref: InstrumentPast(first_asked_at=came, last_good_at=came) for ref in (bybit, FUTURES)}
    watched = hedge(spot=(bybit,), rules=PATIENT)
    past = Past(instruments=known, last_answer_at={"bybit": came})
    desk = Desk()
    others = reading(replace(FUTURES, symbol="ETH/USDT:USDT"))
    assert desk.judge(facts(failure(bybit), failure(FUTURES), others, past=past), watched) == [
        ("firing", "exchange_down"),
        ("firing", "data_stale"),
    ]
    assert desk.verdict is not None
    assert desk.verdict.events[1].state.target.leg == str(FUTURES)


def test_a_hedge_that_was_taken_out_closes_its_alert_once_and_never_resolves_it() -> None:
    desk = Desk()
    second = replace(ONCE, name="second")
    assert desk.judge(good_facts(), ONCE, second) == [("firing", "drift")] * 2
    assert desk.judge(at(30, good_facts()), second) == [("closed", "drift")]
    assert desk.verdict is not None
    (event,) = desk.verdict.events
    assert (event.state.target.hedge, event.sequence, event.reason) == (
        "btc-core",
        2,
        "taken out of the configuration",
    )
    assert desk.judge(at(60, good_facts()), second) == []
    assert {target.hedge for target in desk.alerts if target.rule == "drift"} == {"second"}


def test_a_rule_that_is_switched_off_closes_its_alert() -> None:
    desk = Desk()
    desk.judge(good_facts(), ONCE)
    off = replace(ONCE, rules={**PATIENT, "drift": replace(PATIENT["drift"], enabled=False)})
    assert desk.judge(at(30, good_facts()), off) == [("closed", "drift")]
    assert desk.findings("drift") == []
    assert desk.judge(at(60, good_facts()), off) == []


def test_an_alert_that_nobody_heard_of_goes_in_silence() -> None:
    desk = Desk()
    waiting = replace(ONCE, rules=HEDGE_SETTINGS)
    assert desk.judge(good_facts(), waiting) == []
    assert [state.phase for target, state in desk.alerts.items() if target.rule == "drift"] == [AlertPhase.PENDING]
    assert desk.judge(at(30, good_facts())) == []
    assert desk.alerts == {}


def test_a_stand_in_for_the_spot_price_closes_no_alert_of_the_first_source() -> None:
    bybit = replace(SPOT, exchange="bybit")
    watched = hedge(spot=(SPOT, bybit), rules=PATIENT)
    came = NOW - timedelta(seconds=91)
    past = Past(instruments={ref: InstrumentPast(first_asked_at=came, last_good_at=came) for ref in (SPOT, bybit)})
    desk = Desk()
    both_gone = facts(failure(SPOT), failure(bybit), reading(), past=past)
    desk.judge(both_gone, watched, exchange_rules={})
    desk.told.clear()
    stand_in = facts(failure(SPOT), reading(bybit, "59999.5", "60000.5"), reading(), past=past)
    assert desk.judge(at(30, stand_in), watched, exchange_rules={}) == [("resolved", "data_stale")]
    assert [event.state.target.leg for event in desk.verdict.events] == [str(bybit)] if desk.verdict else False
    assert EventType.CLOSED not in {kind for kind, _ in desk.told}


def test_settled_funding_of_this_cycle_joins_what_was_known_and_the_first_word_stays() -> None:
    def record(hours_ago: int, rate: str) -> SettledFunding:
        return SettledFunding(
            ref=FUTURES,
            settled_at=NOW - timedelta(hours=hours_ago),
            rate=Decimal(rate),
            interval_hours=Decimal(8),
        )

    known = Past(settled={FUTURES: (record(18, "0.1"), record(10, "0.2"))})
    fresh = answer("binance", reading(), settled=(record(2, "0.3"), record(10, "0.9")))
    merged = with_settled(replace(good_facts(known), answers={"binance": fresh}))
    assert [one.rate for one in merged.past.settled[FUTURES]] == [Decimal("0.1"), Decimal("0.2"), Decimal("0.3")]


def test_an_alert_that_reached_its_reader_late_is_told_again_once() -> None:
    desk = Desk()
    assert desk.judge(good_facts(), ONCE) == [("firing", "drift")]
    seen = at(30, good_facts())
    verdict = judge(
        [measure_hedge(ONCE, seen)],
        seen,
        exchange_rules={},
        alerts=desk.alerts,
        dt_seconds=Decimal(30),
        late=set(desk.alerts),
    )
    assert [event.type for event in verdict.events] == [EventType.REMINDER]
    desk.alerts = {state.target: state for state in verdict.states}
    assert desk.judge(at(60, good_facts()), ONCE) == []


def test_a_reminder_counts_from_when_the_last_word_was_taken() -> None:
    desk = Desk()
    desk.judge(good_facts(), URGENT)

    def reminded(taken_at: dict[int, object]) -> list[int]:
        alerts, found = dict(desk.alerts), []
        for minute in range(1, 46):
            seen = at(60 * minute, good_facts())
            taken = {target: taken_at[minute] for target in alerts if minute in taken_at}
            verdict = judge(
                [measure_hedge(URGENT, seen)],
                seen,
                exchange_rules={},
                alerts=alerts,
                dt_seconds=Decimal(60),
                taken_at=taken,  # type: ignore[arg-type]  # times or None
            )
            alerts = {state.target: state for state in verdict.states}
            found += [minute for event in verdict.events if event.type is EventType.REMINDER]
        return found

    assert reminded({}) == [15, 30]
    assert reminded(dict.fromkeys(range(1, 21))) == [35], "nobody had taken it for twenty minutes"
    late = NOW + timedelta(minutes=25)
    assert reminded(dict.fromkeys(range(25, 46), late))[:2] == [15, 40], "the reminder was taken late"
