"""Escalation in time: a critical alert that nobody acknowledges goes from step to step, once each."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from hedgewatch.domain.alert import AlertEvent, EventType
from hedgewatch.domain.intervention import NOTHING_SAID, Acknowledgement, Hush, Said
from hedgewatch.domain.thresholds import Severity
from tests.domain.cases import NOW
from tests.domain.lives import Life, ruled

STEPS = (Decimal(300), Decimal(900))
LIVES = 10_000 if os.environ.get("HEDGEWATCH_FAULT") == "long" else 300
RULED = replace(ruled(), escalate_after=STEPS)
SEEN = Said(acknowledgement=Acknowledgement(episode="any", by="ann", note="", at=NOW))
SILENT, MAINTAINED = Said(hush=Hush(by="s1")), Said(hush=Hush(by="maintenance", spares_critical=True))


def steps(events: Sequence[AlertEvent]) -> list[int]:
    return [event.escalation for event in events if event.escalation]


def taken(life: Life, letter: str, polls: int, said: Said = NOTHING_SAID) -> list[tuple[int, int]]:
    """Live so many polls; return (poll, step) of each step taken."""
    return [(poll, step) for poll in range(polls) for step in steps(life.live(letter, said=said))]


def test_each_step_is_taken_once_after_its_time() -> None:
    life = Life(RULED)
    assert taken(life, "C", 200) == [(10, 1), (30, 2)]


def test_without_steps_there_is_none() -> None:
    assert taken(Life(ruled()), "C", 200) == []


def test_a_warning_has_none_and_the_time_counts_from_when_it_was_told_as_critical() -> None:
    life = Life(RULED)
    assert taken(life, "w", 100) == []
    assert taken(life, "C", 20) == [(10, 1)]


def test_an_acknowledgement_stops_it_and_its_end_lets_it_go_on() -> None:
    life = Life(RULED)
    taken(life, "C", 6)
    assert taken(life, "C", 100, SEEN) == []
    assert taken(life, "C", 10) == [(4, 1)]


def test_a_silence_stops_it_and_maintenance_does_not() -> None:
    life = Life(RULED)
    taken(life, "C", 6)
    assert taken(life, "C", 100, SILENT) == []
    assert taken(life, "C", 10, MAINTAINED) == [(4, 1)]


def test_what_recovers_waits_and_a_blind_rule_does_not() -> None:
    life = Life(replace(RULED, keep_firing_for=replace(RULED.keep_firing_for, polls=50)))
    taken(life, "C", 6)
    assert taken(life, "c", 40) == []
    assert taken(life, "?", 10) == [(4, 1)]


def test_downtime_counts_for_nothing() -> None:
    life = Life(RULED)
    taken(life, "C", 10)
    assert life.live("C", dt=Decimal(0)) == ()
    assert taken(life, "C", 1) == [(0, 1)]


def test_a_new_episode_begins_anew() -> None:
    life = Life(RULED)
    assert taken(life, "C", 20) == [(10, 1)]
    life.live("c")
    assert taken(life, "C", 20) == [(10, 1)]


def test_a_step_has_its_own_id_and_leaves_the_reminders_alone() -> None:
    life, events = Life(RULED), list[AlertEvent]()
    for _ in range(61):
        events += life.live("C")
    kinds = [(event.type, event.sequence, event.escalation) for event in events]
    assert kinds == [
        (EventType.FIRING, 1, 0),
        (EventType.ESCALATED, 2, 1),
        (EventType.REMINDER, 3, 0),
        (EventType.ESCALATED, 4, 2),
        (EventType.REMINDER, 5, 0),
    ]
    assert len({event.event_id for event in events}) == len(events)
    assert events[2].at - events[0].at == timedelta(minutes=15)
    assert {event.severity for event in events} == {Severity.CRITICAL}


@settings(max_examples=LIVES, deadline=None)
@given(st.text("cbwmC?", max_size=80), st.lists(st.booleans(), min_size=80, max_size=80))
def test_steps_only_grow_within_an_episode_and_the_levels_told_too(letters: str, acknowledged: list[bool]) -> None:
    life = Life(RULED)
    events = [
        event
        for letter, is_seen in zip(letters, acknowledged, strict=False)
        for event in life.live(letter, said=SEEN if is_seen else NOTHING_SAID)
    ]
    for episode in {event.episode for event in events}:
        mine = [event for event in events if event.episode == episode]
        assert steps(mine) == list(range(1, len(steps(mine)) + 1))
        ranks = [event.severity.rank for event in mine]
        assert ranks == sorted(ranks)
        assert [event.sequence for event in mine] == list(range(1, len(mine) + 1))
