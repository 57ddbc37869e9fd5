"""The alert life: the matrix of states and outcomes, and what is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from hedgewatch.domain.alert import AlertPhase, AlertState, EventType, episode_id, fingerprint
from hedgewatch.domain.alert_life import step
from hedgewatch.domain.alert_telling import close
from hedgewatch.domain.thresholds import Patience, Severity
from tests.domain.cases import NOW
from tests.domain.lives import TARGET, Life, finding, lived, ruled, told

TWO, THREE = Patience(polls=2), Patience(polls=3)
SLOW = ruled(warning=TWO, critical=TWO, keep=THREE)

# letters before, letter now -> phase after, what is told now
MATRIX = {
    "ok, breach, no for": (ruled(), "", "w", "firing", ["firing warning"]),
    "ok, breach": (SLOW, "", "w", "pending", []),
    "ok, band": (SLOW, "", "b", None, []),
    "ok, clear": (SLOW, "", "c", None, []),
    "ok, unknown": (SLOW, "", "?", "ok", []),
    "pending, breach": (SLOW, "w", "w", "firing", ["firing warning"]),
    "pending, band": (SLOW, "w", "b", "pending", []),
    "pending, clear": (SLOW, "w", "c", None, []),
    "pending, unknown": (SLOW, "w", "?", "pending", []),
    "firing, breach": (SLOW, "ww", "w", "firing", []),
    "firing, band": (SLOW, "ww", "b", "firing", []),
    "firing, clear": (SLOW, "ww", "c", "recovering", []),
    "firing, clear, no keep": (ruled(), "w", "c", "ok", ["resolved warning"]),
    "firing, unknown": (SLOW, "ww", "?", "firing", []),
    "firing, higher": (ruled(), "w", "C", "firing", ["escalated critical"]),
    "firing, higher has its own for": (SLOW, "ww", "C", "firing", []),
    "firing, higher for long enough": (SLOW, "wwC", "C", "firing", ["escalated critical"]),
    "firing, lower": (ruled(), "C", "w", "firing", []),
    "recovering, breach": (SLOW, "wwc", "w", "firing", []),
    "recovering, band": (SLOW, "wwc", "b", "firing", []),
    "recovering, clear": (SLOW, "wwc", "c", "recovering", []),
    "recovering, clear for long enough": (SLOW, "wwcc", "c", "ok", ["resolved warning"]),
    "recovering, unknown": (SLOW, "wwcc", "?", "firing", []),
    "recovery starts anew after blindness": (SLOW, "wwcc?c", "c", "recovering", []),
    "recovering, higher": (ruled(keep=THREE), "wc", "C", "firing", ["escalated critical"]),
}


@pytest.mark.parametrize("story", MATRIX)
def test_every_outcome_moves_every_state_as_the_table_says(story: str) -> None:
    settings, before, letter, phase, said = MATRIX[story]
    life = Life(settings)
    for earlier in before:
        life.live(earlier)
    assert told(life.live(letter)) == said
    assert (life.state.phase.value if life.state else None) == phase


def test_band_and_blindness_hold_the_wait_and_clear_starts_it_anew() -> None:
    assert told(lived("wb?w", SLOW)) == ["firing warning"]
    assert told(lived("wcw", SLOW)) == []


def test_a_duration_counts_from_the_first_poll_and_needs_the_whole_time() -> None:
    settings = ruled(warning=Patience(seconds=Decimal(60)))
    assert told(lived("ww", settings)) == []
    assert told(lived("www", settings)) == ["firing warning"]


def test_downtime_neither_fires_early_nor_starts_the_wait_again() -> None:
    life = Life(ruled(warning=Patience(seconds=Decimal(60))))
    life.live("w")
    life.live("w")
    assert life.live("w", dt=Decimal(0)) == ()  # the first poll after a restart
    assert told(life.live("w")) == ["firing warning"]


def test_a_shorter_wait_of_the_higher_level_fires_it_first() -> None:
    settings = ruled(warning=Patience(seconds=Decimal(3600)), critical=Patience(seconds=Decimal(60)))
    assert told(lived("CCC", settings)) == ["firing critical"]


def test_coming_down_is_not_told_and_going_up_again_is_not_news() -> None:
    assert told(lived("CwwCbC", ruled())) == ["firing critical"]


def test_blindness_never_resolves_and_says_since_when() -> None:
    life = Life(ruled())
    life.live("w")
    for _ in range(50):
        assert told(life.live("?")) == []
    assert life.state is not None
    assert (life.state.phase, life.state.unknown_since) == (AlertPhase.FIRING, NOW + timedelta(seconds=30))
    life.live("w")
    assert life.state.unknown_since is None


def test_reminders_come_at_a_quarter_twice_and_then_by_the_hour() -> None:
    life = Life(ruled())
    minutes = [poll / 2 for poll in range(2 * 60 * 3) for event in life.live("C") if event.type is EventType.REMINDER]
    assert minutes == [15, 30, 90, 150]


def test_a_warning_is_repeated_daily_and_escalation_starts_the_reminders_anew() -> None:
    life = Life(ruled())
    day = 2 * 60 * 24
    reminded = [poll for poll in range(day + 1) for event in life.live("w") if event.type is EventType.REMINDER]
    assert reminded == [day]
    assert told(life.live("C")) == ["escalated critical"]
    assert life.state is not None
    assert life.state.reminders == 0


def test_what_is_held_back_lives_on_in_silence_and_is_told_when_let_go() -> None:
    life = Life(ruled())
    assert life.live("w", held_back=True) == ()
    assert life.live("C", held_back=True) == ()
    assert told(life.live("C")) == ["firing critical"]


def test_only_what_was_told_is_told_to_be_over() -> None:
    life = Life(ruled())
    life.live("w", held_back=True)
    assert life.live("c") == ()
    life.live("w")
    assert told(life.live("c", held_back=True)) == ["resolved warning"]


def test_a_removed_rule_closes_what_was_told_and_nothing_else() -> None:
    life = Life(ruled())
    life.live("w")
    assert life.state is not None
    event = close(life.state, "hedge removed", NOW)
    assert event is not None
    assert (event.type, event.reason, event.episode) == (EventType.CLOSED, "hedge removed", life.state.episode)
    pending = AlertState(target=TARGET, phase=AlertPhase.PENDING)
    assert close(pending, "hedge removed", NOW) is None
    assert close(replace(life.state, notified=None), "hedge removed", NOW) is None


def test_an_episode_is_named_by_its_first_breach_and_keeps_its_name() -> None:
    events = lived("wwCCccc", SLOW)
    assert told(events) == ["firing warning", "escalated critical", "resolved critical"]
    assert {event.episode for event in events} == {episode_id(TARGET, NOW)}
    assert [event.sequence for event in events] == [1, 2, 3]
    assert events[0].state.started_at == NOW
    assert episode_id(TARGET, NOW) == f"{fingerprint(TARGET)[:16]}-{int(NOW.timestamp() * 1000)}"


def test_the_identity_is_of_the_six_labels_only() -> None:
    assert fingerprint(TARGET) == fingerprint(replace(TARGET))
    others = [replace(TARGET, **{name: "x"}) for name in ("rule", "hedge", "leg", "account", "exchange", "side")]
    assert len({fingerprint(target) for target in (TARGET, *others)}) == 7


def test_a_crash_makes_the_same_event_again() -> None:
    once = step(None, finding("w"), ruled(), dt_seconds=Decimal(0), now=NOW)
    again = step(None, finding("w"), ruled(), dt_seconds=Decimal(0), now=NOW)
    assert once == again
    (event,) = once[1]
    assert event.event_id.startswith("msg_")
    assert len(event.event_id) == 30
    assert event.severity is Severity.WARNING


def test_a_horizon_fires_once_though_the_clock_is_set_about_it() -> None:
    life, now, events = Life(replace(ruled(), is_latched=True)), NOW, []
    for jump in (0, 0, 3_600, -7_200, 0, 86_400, -86_400, -86_400, 300_000):
        for _ in range(20):
            now += timedelta(seconds=30)
            events += life.live("w" if now >= NOW + timedelta(minutes=30) else "c", now=now)
        now += timedelta(seconds=jump)
    assert [event.type for event in events if event.type is not EventType.REMINDER] == [EventType.FIRING]


@pytest.mark.parametrize(("back", "reminded_after"), [(1, 15), (60, 0), (24 * 60, 0)])
def test_a_clock_set_back_owes_no_reminder_for_longer_than_one_interval(back: int, reminded_after: int) -> None:
    life, minutes = Life(ruled()), 0
    life.live("C")
    now = NOW - timedelta(minutes=back)
    while not (events := life.live("C", now=now)):
        now += timedelta(minutes=1)
        minutes += 1
    assert [event.type for event in events] == [EventType.REMINDER]
    assert minutes - (back if back < 15 else 0) == reminded_after
