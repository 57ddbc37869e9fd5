"""What people say to an alert: acknowledged, silenced, let go; and a target that comes and goes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from hedgewatch.domain.alert import AlertEvent, EventType
from hedgewatch.domain.errors import InvalidValueError
from hedgewatch.domain.finding import Target
from hedgewatch.domain.intervention import (
    Acknowledgement,
    Closing,
    Hush,
    Interventions,
    Said,
    Silence,
    check_acknowledgement,
    check_silence,
)
from hedgewatch.domain.thresholds import Patience
from hedgewatch.domain.told import Entries
from tests.domain.cases import NOW
from tests.domain.lives import TARGET, Life, lived, ruled, told

SILENCE = Silence(
    id="s1",
    matchers={"hedge": "btc-core"},
    by="ann",
    comment="moving coins",
    starts_at=NOW,
    ends_at=NOW + timedelta(hours=2),
)
SEEN = Acknowledgement(episode="any", by="ann", note="on it", at=NOW)
SILENT, MAINTAINED = Said(hush=Hush(by="s1")), Said(hush=Hush(by="maintenance", spares_critical=True))
HOUR_OF_POLLS = 120


def kept(events: tuple[AlertEvent, ...]) -> list[tuple[str, str | None]]:
    return [(event.type.value, event.suppressed_by) for event in events]


def test_an_acknowledged_episode_is_not_reminded_of_but_escalates_and_resolves() -> None:
    life, seen = Life(ruled()), Said(acknowledgement=SEEN)
    life.live("w")
    assert told(life.live("C", said=seen)) == ["escalated critical"]
    assert not [event for _ in range(HOUR_OF_POLLS) for event in life.live("C", said=seen)]
    assert told(life.live("c", said=seen)) == ["resolved critical"]
    assert told(life.live("w")) == ["firing warning"], "a new episode is new"


def test_reminders_go_on_when_an_acknowledgement_has_ended() -> None:
    life = Life(ruled())
    life.live("C")
    for _ in range(HOUR_OF_POLLS):
        life.live("C", said=Said(acknowledgement=SEEN))
    assert kept(life.live("C")) == [("reminder", None)]


def test_what_fires_in_a_silence_is_kept_once_and_told_when_the_silence_ends() -> None:
    life = Life(ruled())
    assert kept(life.live("w", said=SILENT)) == [("firing", "s1")]
    assert life.live("w", said=SILENT) == ()
    assert kept(life.live("C", said=SILENT)) == [("escalated", "s1")]
    events = life.live("C")
    assert kept(events) == [("firing", None)]
    assert events[0].sequence == 3


def test_the_end_of_an_episode_told_before_the_silence_is_told_in_it() -> None:
    life = Life(ruled())
    life.live("w")
    assert kept(life.live("C", said=SILENT)) == [("escalated", "s1")]
    (event,) = life.live("c", said=SILENT)
    assert (event.type, event.suppressed_by, event.state.notified) == (EventType.RESOLVED, None, "warning")


def test_an_episode_that_began_and_ended_in_a_silence_was_told_to_nobody() -> None:
    life = Life(ruled())
    life.live("w", said=SILENT)
    assert kept(life.live("c", said=SILENT)) == [("resolved", "s1")]
    life.live("w", said=SILENT)
    assert life.live("c") == (), "the silence ended with the episode: nobody ever heard of it"


def test_an_escalation_kept_by_a_silence_is_told_afterwards() -> None:
    life = Life(ruled())
    life.live("w")
    life.live("C", said=SILENT)
    assert kept(life.live("C")) == [("escalated", None)]


def test_reminders_rest_in_a_silence() -> None:
    life = Life(ruled())
    life.live("C")
    assert not [event for _ in range(HOUR_OF_POLLS) for event in life.live("C", said=SILENT)]
    assert kept(life.live("C")) == [("reminder", None)]


def test_maintenance_spares_what_is_critical() -> None:
    life = Life(ruled())
    assert kept(life.live("w", said=MAINTAINED)) == [("firing", "maintenance")]
    assert kept(life.live("C", said=MAINTAINED)) == [("firing", None)]


def test_a_latched_alert_ends_by_no_clear_reading_and_by_an_acknowledgement_with_a_note() -> None:
    life = Life(replace(ruled(), is_latched=True))
    life.live("w")
    assert [event for _ in range(20) for event in life.live("c")] == []
    assert life.live("w", said=Said(acknowledgement=replace(SEEN, note=" "))) == (), "without a word why"
    (event,) = life.live("?", said=Said(acknowledgement=SEEN))
    assert (event.type, event.reason) == (EventType.CLOSED, "acknowledged by ann: on it")


def test_what_was_let_go_is_not_told_again_until_it_was_clear_or_went_up() -> None:
    life = Life(replace(ruled(), is_latched=True))
    life.live("w")
    life.live("w", said=Said(acknowledgement=SEEN))
    assert [event for letter in "wwb?w" for event in life.live(letter)] == []
    assert told(life.live("C")) == ["firing critical"]
    life.live("C", said=Said(acknowledgement=SEEN))
    assert told(life.live("C")) == []
    life.live("c")
    assert told(life.live("w")) == ["firing warning"]


def test_a_sixth_episode_in_an_hour_is_called_flapping_once_and_ends_more_slowly() -> None:
    life = Life(ruled())
    before = [event for letter in "wcwcwcwcwc" for event in life.live(letter)]
    assert "flapping" not in {event.type.value for event in before}
    assert told(life.live("w")) == ["firing warning", "flapping warning"]
    assert told(tuple(event for letter in "cccwccc" for event in life.live(letter))) == []
    assert told(life.live("c")) == ["resolved warning"]
    assert told(life.live("w")) == ["firing warning"], "told once"


def test_a_longer_keep_than_four_polls_stays_as_it_is() -> None:
    settings = ruled(keep=Patience(polls=6))
    assert told(lived("wcccccc" * 6 + "wccccc", settings))[-1] == "firing warning"
    assert told(lived("wcccccc" * 6 + "wcccccc", settings))[-1] == "resolved warning"


def test_an_hour_without_an_episode_ends_the_flapping_and_forgets_it() -> None:
    life = Life(ruled())
    for letter in "wcwcwcwcwcwcccc":
        life.live(letter)
    assert life.state is not None
    assert life.state.flapping_since is not None
    for _ in range(HOUR_OF_POLLS):
        life.live("c")
    assert life.state is None


@pytest.mark.parametrize(
    ("target", "minutes", "is_covered"),
    [
        (TARGET, 0, True),
        (TARGET, 119, True),
        (TARGET, 120, False),
        (TARGET, -1, False),
        (replace(TARGET, hedge="eth"), 0, False),
        (Target(rule="self.dead_letter", hedge="btc-core"), 0, False),
    ],
)
def test_what_a_silence_covers(target: Target, minutes: int, is_covered: object) -> None:
    assert SILENCE.covers(target, NOW + timedelta(minutes=minutes)) is is_covered


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"matchers": {}}, "matchers"),
        ({"matchers": {"severity": "warning"}}, "matchers"),
        ({"matchers": {"hedge": ""}}, "matchers"),
        ({"matchers": {"rule": "self.delivery_failing"}}, "matchers"),
        ({"comment": " "}, "comment"),
        ({"ends_at": NOW}, "for"),
        ({"ends_at": NOW + timedelta(days=7, seconds=1)}, "for"),
    ],
)
def test_a_silence_is_bounded_told_why_and_hides_no_own_alarm(change: dict[str, object], field: str) -> None:
    assert check_silence(SILENCE) is SILENCE
    with pytest.raises(InvalidValueError) as refused:
        check_silence(replace(SILENCE, **change))  # type: ignore[arg-type]  # a field of it
    assert refused.value.field == field


def test_an_acknowledgement_ends_after_it_begins() -> None:
    assert check_acknowledgement(SEEN) is SEEN
    with pytest.raises(InvalidValueError, match="for"):
        check_acknowledgement(replace(SEEN, until=NOW))


def test_what_bears_on_an_alert_is_found_by_episode_and_by_labels() -> None:
    limited = replace(SEEN, episode="ep-1", until=NOW + timedelta(minutes=1))
    said = Interventions(acknowledgements={"ep-1": limited}, silences=(SILENCE,), in_maintenance=True)
    assert said.on(TARGET, "ep-1", NOW) == Said(acknowledgement=limited, hush=Hush(by="s1"))
    assert said.on(TARGET, "ep-1", NOW + timedelta(hours=3)) == MAINTAINED
    assert said.on(Target(rule="self.dead_letter"), "ep-2", NOW) == Said()


def test_a_closing_holds_until_the_file_says_something_else_of_the_hedge() -> None:
    closing = Closing(hedge="btc-core", entry="a", by="ann", note="sold", at=NOW)
    said = Interventions(closings={"btc-core": closing})
    assert said.still_held(Entries(hedges={"btc-core": "a"})).closings == {"btc-core": closing}
    assert said.still_held(Entries(hedges={"btc-core": "b"})).closings == {}
    assert said.still_held(Entries()).closings == {}


def test_downtime_counts_for_no_flapping_polls() -> None:
    life = Life(ruled())
    for letter in "wcwcwcwcwcwccc":
        life.live(letter)
    assert told(life.live("c", dt=Decimal(0))) == ["resolved warning"], "polls are counted, not seconds"
