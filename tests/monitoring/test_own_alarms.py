"""A channel's trouble as an alert of its own, and the weekly windows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from hedgewatch.domain.finding import OutcomeKind, Target
from hedgewatch.domain.thresholds import Patience, RuleSettings, Severity
from hedgewatch.monitoring.health import ChannelTrouble
from hedgewatch.monitoring.maintenance import Window, is_within
from hedgewatch.monitoring.own_alarms import DEAD_LETTER, DELIVERY_FAILING, OWN_RULES, channels_of_own, own_findings
from tests.monitoring.alerts import TOLD_AT, drift_event

RULES = {
    rule: RuleSettings(rule=rule, enabled=True, levels={}, keep_firing_for=Patience(polls=3)) for rule in OWN_RULES
}
LATE = TOLD_AT - timedelta(seconds=30)


@pytest.mark.parametrize(
    ("trouble", "failing", "dead"),
    [
        (ChannelTrouble(), OutcomeKind.CLEAR, OutcomeKind.CLEAR),
        (ChannelTrouble(oldest_critical_at=TOLD_AT), OutcomeKind.CLEAR, OutcomeKind.CLEAR),
        (ChannelTrouble(oldest_critical_at=LATE), OutcomeKind.BREACH, OutcomeKind.CLEAR),
        (ChannelTrouble(attempts=2), OutcomeKind.BAND, OutcomeKind.CLEAR),
        (ChannelTrouble(attempts=3), OutcomeKind.BREACH, OutcomeKind.CLEAR),
        (ChannelTrouble(dead=2), OutcomeKind.CLEAR, OutcomeKind.BREACH),
    ],
)
def test_when_a_channel_is_in_trouble(trouble: ChannelTrouble, failing: OutcomeKind, dead: OutcomeKind) -> None:
    found = {finding.target.rule: finding for finding, _ in own_findings({"ops": trouble}, RULES, ["ops"], TOLD_AT)}
    assert (found[DELIVERY_FAILING].kind, found[DEAD_LETTER].kind) == (failing, dead)


def test_only_configured_channels_are_judged() -> None:
    assert own_findings({"gone": ChannelTrouble(dead=1)}, RULES, [], TOLD_AT) == []


def test_a_channels_trouble_is_told_through_every_other_one() -> None:
    event = drift_event(target=Target(rule=DELIVERY_FAILING, side="ops"), severity=Severity.CRITICAL)
    assert channels_of_own(event, RULES[DELIVERY_FAILING], ("ops", "me", "phone")) == ("me", "phone")
    assert channels_of_own(event, RULES[DELIVERY_FAILING], ("ops",)) == ("ops",)


@pytest.mark.parametrize(
    ("moment", "is_in"),
    [
        ("2026-03-29T00:59", False),  # 01:59 in winter's time; 02:00 is 03:00 that day
        ("2026-03-29T01:00", True),
        ("2026-03-29T01:59", True),
        ("2026-03-29T02:00", False),
        ("2026-10-24T23:59", False),
        ("2026-10-25T00:00", True),  # 02:00 for the first time
        ("2026-10-25T01:00", True),  # and for the second
        ("2026-10-25T02:59", True),
        ("2026-10-25T03:00", False),
    ],
)
def test_a_window_keeps_to_the_clock_on_the_wall_when_summer_time_begins_and_ends(moment: str, is_in: object) -> None:
    night = timedelta(days=6)
    window = Window(
        begins=night + timedelta(hours=2), ends=night + timedelta(hours=4), timezone=ZoneInfo("Europe/Zurich")
    )
    assert is_within([window], datetime.fromisoformat(moment).replace(tzinfo=UTC)) is is_in


@pytest.mark.parametrize(
    ("moment", "is_in"),
    [
        ("2026-11-28 01:59", False),
        ("2026-11-28 02:00", True),
        ("2026-11-28 03:59", True),
        ("2026-11-28 04:00", False),
        ("2026-11-29 23:00", True),
        ("2026-11-30 00:30", True),
        ("2026-11-30 01:00", False),
    ],
)
def test_a_window_holds_on_the_clock_of_its_zone_and_over_the_weeks_end(moment: str, is_in: object) -> None:
    zone = ZoneInfo("Europe/Zurich")
    saturday = Window(begins=timedelta(days=5, hours=2), ends=timedelta(days=5, hours=4), timezone=zone)
    night = Window(begins=timedelta(days=6, hours=23), ends=timedelta(hours=1), timezone=zone)
    now = datetime.fromisoformat(moment).replace(tzinfo=zone).astimezone(UTC)
    assert is_within((saturday, night), now) is is_in
