from __future__ import annotations

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
