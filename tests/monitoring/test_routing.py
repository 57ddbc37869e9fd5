from __future__ import annotations

from dataclasses import replace

import pytest

from hedgewatch.domain.alert import EventType
from hedgewatch.domain.thresholds import Severity
from hedgewatch.monitoring.ports import OutboxDraft
from hedgewatch.monitoring.routing import Routing, channels_for, outbox_drafts
from tests.monitoring.alerts import drift_event

ROUTING = Routing(channels={Severity.WARNING: ("ops", "me"), Severity.CRITICAL: ("ops", "phone")})


@pytest.mark.parametrize(
    ("kind", "severity", "notified", "expected"),
    [
        (EventType.FIRING, Severity.WARNING, None, ("ops", "me")),
        (EventType.FIRING, Severity.CRITICAL, None, ("ops", "phone")),
        (EventType.FIRING, Severity.INFO, None, ()),
        (EventType.ESCALATED, Severity.CRITICAL, None, ("ops", "phone")),
        (EventType.REMINDER, Severity.WARNING, None, ("ops", "me")),
        (EventType.RESOLVED, Severity.WARNING, Severity.WARNING, ("ops", "me")),
        (EventType.RESOLVED, Severity.CRITICAL, Severity.CRITICAL, ("ops", "me", "phone")),
        (EventType.RESOLVED, Severity.WARNING, Severity.CRITICAL, ("ops", "me", "phone")),
        (EventType.CLOSED, Severity.CRITICAL, None, ("ops", "me", "phone")),
    ],
)
def test_who_is_told(kind: EventType, severity: Severity, notified: Severity | None, expected: tuple[str, ...]) -> None:
    assert channels_for(drift_event(kind, severity=severity, notified=notified), ROUTING) == expected


def test_a_rules_own_channels_take_the_place_of_the_routing() -> None:
    assert channels_for(drift_event(), ROUTING, ("desk", "desk")) == ("desk",)
    assert channels_for(drift_event(), ROUTING, ()) == ()


def test_each_channel_gets_one_outbox_row() -> None:
    assert outbox_drafts(drift_event(), ROUTING) == (
        OutboxDraft(event_id="msg_firing1", channel="ops"),
        OutboxDraft(event_id="msg_firing1", channel="me"),
    )


def test_who_was_fallen_back_on_hears_the_end_if_it_was_told() -> None:
    routing = replace(ROUTING, fallback=("sms", "ops"))
    firing, end = drift_event(severity=Severity.CRITICAL), drift_event(EventType.RESOLVED, severity=Severity.CRITICAL)
    assert "sms" not in {draft.channel for draft in outbox_drafts(firing, routing)}
    *others, last = outbox_drafts(end, routing)
    assert last == OutboxDraft(event_id=end.event_id, channel="sms", only_if_told=True)
    assert not any(draft.only_if_told for draft in others)


def test_a_step_of_the_escalation_goes_to_its_channels_alone_and_they_hear_the_end() -> None:
    routing = replace(ROUTING, escalation=(("phone",), ("boss", "phone")))
    step = replace(drift_event(EventType.ESCALATED, severity=Severity.CRITICAL), escalation=2)
    assert channels_for(step, routing, ("desk",)) == ("boss", "phone"), "also where the rule has channels of its own"
    end = outbox_drafts(drift_event(EventType.RESOLVED, severity=Severity.CRITICAL), routing)
    assert {draft.channel for draft in end if draft.only_if_told} == {"boss"}


def test_what_a_silence_keeps_has_its_rows_with_the_silences_id() -> None:
    kept = replace(drift_event(), suppressed_by="s1")
    assert {draft.suppressed_by for draft in outbox_drafts(kept, ROUTING)} == {"s1"}
    assert len(outbox_drafts(kept, ROUTING)) == 2


def test_a_level_told_into_a_silence_only_is_not_resolved_anywhere() -> None:
    event = drift_event(EventType.RESOLVED, severity=Severity.CRITICAL, notified=Severity.WARNING)
    assert channels_for(event, ROUTING) == ("ops", "me")
