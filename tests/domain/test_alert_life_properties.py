"""The alert life against a reference model, and what holds in every life."""

from __future__ import annotations

import json
import random
from dataclasses import fields
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from hedgewatch.domain.alert import AlertPhase, AlertState, EventType, Held
from hedgewatch.domain.finding import Finding, OutcomeKind, Target
from hedgewatch.domain.rules.judging import outcome_above
from hedgewatch.domain.thresholds import Patience, RuleSettings, Severity
from tests.domain.lives import LETTERS, Life, lived, model, ruled, told

PATIENCES = st.one_of(
    st.builds(Patience, polls=st.integers(0, 4)),
    st.builds(Patience, seconds=st.sampled_from([Decimal(n) for n in (0, 15, 30, 45, 60, 90)])),
)
RULES = st.builds(ruled, warning=PATIENCES, critical=PATIENCES, keep=PATIENCES)
ANY_LETTERS = st.text(alphabet=[*LETTERS, "?"], min_size=1, max_size=50)


def random_patience(chance: random.Random) -> Patience:
    if chance.random() < 0.5:
        return Patience(polls=chance.randint(0, 4))
    return Patience(seconds=Decimal(chance.choice([0, 15, 30, 60, 90])))


def test_a_thousand_random_lives_are_told_as_the_reference_model_tells_them() -> None:
    chance = random.Random(20261122)  # noqa: S311  the same lives every time
    for _ in range(1_000):
        rule = ruled(**{name: random_patience(chance) for name in ("warning", "critical", "keep")})
        history = [(chance.choice("ccbwwmC?"), Decimal(chance.choice([0, 29, 30, 31, 60]))) for _ in range(50)]
        life = Life(rule)
        said = [event for letter, dt in history for event in life.live(letter, dt=dt)]
        assert told(said) == model(history, rule), (rule, history)


@settings(max_examples=300, deadline=None)
@given(rule=RULES, letters=ANY_LETTERS)
def test_what_holds_in_every_life(rule: RuleSettings, letters: str) -> None:
    life, open_episode, level = Life(rule), None, -1
    ids: list[str] = []
    for letter in letters:
        for event in life.live(letter):
            ids.append(event.event_id)
            if event.type is EventType.FIRING:
                assert open_episode is None, "a second episode beside an open one"
                open_episode = event.episode
            assert event.episode == open_episode
            assert event.severity.rank >= level, "the level told went down within an episode"
            level = event.severity.rank
            if event.type is EventType.RESOLVED:
                assert letter in "ce", "resolved by something else than a clear reading"
                open_episode, level = None, -1
        phase = life.state.phase if life.state else AlertPhase.OK
        assert (open_episode is not None) == (phase in {AlertPhase.FIRING, AlertPhase.RECOVERING})
        if letter == "?":
            assert phase is not AlertPhase.RECOVERING
            assert life.state is not None, "blindness left nothing behind"
            assert life.state.unknown_since is not None
    assert len(set(ids)) == len(ids)


@settings(max_examples=200, deadline=None)
@given(rule=RULES, letters=ANY_LETTERS, cut=st.integers(0, 50))
def test_a_restart_changes_nothing(rule: RuleSettings, letters: str, cut: int) -> None:
    steady, restarted = Life(rule), Life(rule)
    for number, letter in enumerate(letters):
        if number == cut and restarted.state is not None:
            restarted.state = thawed(json.loads(json.dumps(frozen(restarted.state))))
        assert steady.live(letter) == restarted.live(letter)
    assert steady.state == restarted.state


@settings(max_examples=200, deadline=None)
@given(values=st.lists(st.decimals("0.0150", "0.0200", places=4), max_size=100))
def test_a_value_that_stays_between_clear_and_fire_tells_once(values: list[Decimal]) -> None:
    life = Life(ruled(keep=Patience(polls=3)))
    events = list(life.live("w"))
    for value in values:
        assert outcome_above(value, life.settings.levels[Severity.WARNING]) is OutcomeKind.BAND
        events += life.live("b")
    assert told(events) == ["firing warning"]


def test_twenty_thousand_samples_hovering_on_the_threshold_are_one_notification() -> None:
    chance = random.Random(4)  # noqa: S311  the same samples every time
    rule = ruled(warning=Patience(polls=3), keep=Patience(polls=3))
    level = rule.levels[Severity.WARNING]
    letters = {OutcomeKind.BREACH: "w", OutcomeKind.BAND: "b", OutcomeKind.CLEAR: "c"}
    samples = [Decimal(repr(round(0.02 + chance.gauss(0, 0.0005), 6))) for _ in range(20_000)]
    outcomes = [outcome_above(value, level) for value in samples]
    naive = sum(a is not b for a, b in pairwise(outcomes))
    assert naive > 5_000
    assert told(lived("".join(letters[outcome] for outcome in outcomes), rule)) == ["firing warning"]


def frozen(state: AlertState) -> dict[str, Any]:
    target = {one.name: getattr(state.target, one.name) for one in fields(Target)}
    plain = {one.name: getattr(state, one.name) for one in fields(AlertState)}
    plain["target"] = target
    plain["pending"] = {level.value: [str(held.seconds), held.polls] for level, held in state.pending.items()}
    plain["opened"] = [at.isoformat() for at in state.opened]
    plain["clear"] = [str(state.clear.seconds), state.clear.polls]
    return {
        name: value.isoformat() if isinstance(value, datetime) else str(value) if isinstance(value, Decimal) else value
        for name, value in plain.items()
    }


def thawed(row: dict[str, Any]) -> AlertState:
    def held(pair: list[Any]) -> Held:
        return Held(seconds=Decimal(pair[0]), polls=pair[1])

    times = {name: value and datetime.fromisoformat(value) for name, value in row.items() if name.endswith("_at")}
    numbers = {name: row[name] and Decimal(row[name]) for name in ("peak", "threshold", "unheeded_seconds")}
    levels = {name: row[name] and Severity(row[name]) for name in ("severity", "notified", "muted", "settled")}
    return AlertState(
        **{
            **row,
            **times,
            **numbers,
            **levels,
            "target": Target(**row["target"]),
            "phase": AlertPhase(row["phase"]),
            "pending": {Severity(level): held(pair) for level, pair in row["pending"].items()},
            "clear": held(row["clear"]),
            **{name: row[name] and datetime.fromisoformat(row[name]) for name in ("unknown_since", "flapping_since")},
            "opened": tuple(datetime.fromisoformat(at) for at in row["opened"]),
        }
    )


def test_a_finding_speaks_for_its_worst_level() -> None:
    finding: Finding = Life(ruled()).live("C")[0].finding
    assert (finding.kind, finding.severity) == (OutcomeKind.BREACH, Severity.CRITICAL)
