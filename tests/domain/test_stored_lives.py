"""Lives that are cut by restarts: the state goes through the store's own rows, and nothing changes."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from hedgewatch.domain.alert import AlertState, episode_id
from hedgewatch.domain.alert_life import step
from hedgewatch.domain.finding import Target
from hedgewatch.domain.thresholds import Patience, Severity
from hedgewatch.storage.alert_rows import alert_row, alert_state
from hedgewatch.storage.tables import alert
from hedgewatch.storage.types import ExactNumber, from_ms, to_ms
from tests.domain.lives import TARGET, Life, finding, ruled, told
from tests.domain.samples import NOW


def stored(state: AlertState | None) -> AlertState | None:
    """Return a state as it comes back from the database's row."""
    if state is None:
        return None
    values = dict(zip((column.name for column in alert.columns), alert_row(state), strict=True))
    exact = {column.name for column in alert.columns if isinstance(column.type, ExactNumber)}
    return alert_state(
        {name: Decimal(value) if name in exact and value is not None else value for name, value in values.items()}
    )


@settings(max_examples=200, deadline=None, derandomize=True)
@given(microseconds=st.integers(0, 999_999))
def test_an_episode_has_one_name_before_and_after_a_restart(microseconds: int) -> None:
    started = NOW.replace(microsecond=microseconds)
    assert episode_id(TARGET, started) == episode_id(TARGET, from_ms(to_ms(started)))


def test_a_thousand_lives_go_on_after_restarts_as_if_there_had_been_none() -> None:
    """The restarted life reads its state from rows before every tenth poll or so, with no time counted for it."""
    chance = random.Random(22)  # noqa: S311  the same lives every time
    for _ in range(1_000):
        rule = ruled(
            warning=Patience(polls=chance.randint(0, 3)),
            critical=Patience(polls=chance.randint(0, 3)),
            keep=Patience(polls=chance.randint(0, 3)),
        )
        steady, restarted = Life(rule), Life(rule)
        for _ in range(50):
            letter = chance.choice("ccbwwmC?")
            starts = chance.random() < 0.1
            if starts:
                restarted.state = stored(restarted.state)
            dt = Decimal(0) if starts else Decimal(30)
            assert told(steady.live(letter)) == told(restarted.live(letter, dt=dt))


def test_downtime_counts_for_nothing_in_a_duration() -> None:
    rule = ruled(warning=Patience(seconds=Decimal(60)), keep=Patience(seconds=Decimal(60)))
    life = Life(rule)
    for letter, dt, said in (
        ("w", 30, []),
        ("w", 30, []),
        ("w", 0, []),
        ("w", 30, ["firing warning"]),
        ("c", 30, []),
        ("c", 0, []),
        ("c", 30, []),
        ("c", 30, ["resolved warning"]),
    ):
        life.state = stored(life.state)
        assert told(life.live(letter, dt=Decimal(dt))) == said


def test_a_crash_before_the_commit_makes_the_same_events_again() -> None:
    life = Life(ruled(warning=Patience(polls=2)))
    life.live("w")
    before, now = stored(life.state), NOW + timedelta(seconds=30)
    first = step(before, finding("w"), life.settings, dt_seconds=Decimal(30), now=now)[1]
    again = step(before, finding("w"), life.settings, dt_seconds=Decimal(0), now=now + timedelta(seconds=40))[1]
    assert [event.event_id for event in first] == [event.event_id for event in again] != []


def test_what_was_told_too_late_is_followed_by_a_reminder() -> None:
    life = Life(ruled())
    life.live("w")
    assert life.state is not None
    life.state = replace(life.state, last_told_at=None)
    assert [event.type.value for event in life.live("w")] == ["reminder"]
    assert life.live("w") == ()


def test_sides_and_legs_have_lives_of_their_own() -> None:
    states = {
        target: AlertState(target=target, severity=Severity.INFO)
        for target in (TARGET, replace(TARGET, side="over"), Target(rule="drift", hedge="btc-core", leg="a"))
    }
    assert [stored(state) for state in states.values()] == list(states.values())
