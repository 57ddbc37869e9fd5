"""The database and its disk as alarms of their own."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from hedgewatch.domain.finding import OutcomeKind
from hedgewatch.domain.rules import OWN_RULES
from hedgewatch.domain.thresholds import Patience, RuleSettings, Severity
from hedgewatch.monitoring.health import DiskRoom, StoreOutage
from hedgewatch.monitoring.store_alarms import DATABASE_DOWN, DISK_LOW, MEGABYTE, store_findings
from tests.monitoring.alerts import TOLD_AT

RULES = {rule: RuleSettings(rule=rule, enabled=True, levels={}, keep_firing_for=Patience()) for rule in OWN_RULES}
AWAY = StoreOutage(since=TOLD_AT, reason="storage: sqlite:///h.db: locked by another program", folder="h.db.spool")
CLEAR, BAND, BREACH = OutcomeKind.CLEAR, OutcomeKind.BAND, OutcomeKind.BREACH


@pytest.mark.parametrize(
    ("total_mb", "free_mb", "warning", "critical"),
    [
        ("250000", "100000", CLEAR, CLEAR),
        ("250000", "600", BAND, CLEAR),
        ("250000", "511", BREACH, CLEAR),
        ("250000", "70", BREACH, BAND),
        ("250000", "63", BREACH, BREACH),
        ("3", "2.0", CLEAR, CLEAR),
        ("3", "1.1", BREACH, CLEAR),
        ("3", "0.5", BREACH, BREACH),
    ],
)
def test_a_disk_is_low_in_two_steps(total_mb: str, free_mb: str, warning: OutcomeKind, critical: OutcomeKind) -> None:
    room = DiskRoom(
        folder="/data",
        free_bytes=int(Decimal(free_mb) * MEGABYTE),
        total_bytes=int(Decimal(total_mb) * MEGABYTE),
    )
    found = {finding.target.rule: finding for finding, _ in store_findings(None, room, RULES)}
    assert found[DISK_LOW].levels == {Severity.WARNING: warning, Severity.CRITICAL: critical}
    assert found[DATABASE_DOWN].kind is CLEAR


def test_a_reserve_that_is_used_up_is_critical_whatever_is_free_now() -> None:
    room = DiskRoom(folder="/data", free_bytes=10**12, total_bytes=10**12, ballast_given_up=True)
    (found,) = (finding for finding, _ in store_findings(None, room, RULES) if finding.target.rule == DISK_LOW)
    assert found.severity is Severity.CRITICAL
    assert found.message == (
        "1000000.0 MB of 1000000.0 MB are free on the disk of /data, and the reserve beside the database is used up"
    )


def test_a_database_that_is_away_is_critical_and_says_why_and_where_all_is_kept() -> None:
    found = {finding.target.rule: finding for finding, _ in store_findings(AWAY, None, RULES)}
    assert found[DATABASE_DOWN].severity is Severity.CRITICAL
    assert found[DATABASE_DOWN].message == (
        "the database cannot be written since 2026-11-22 18:00:00 UTC (storage: sqlite:///h.db: locked by another "
        "program); alerts are told from memory, and all is kept in h.db.spool until it is back"
    )
    assert found[DISK_LOW].kind is OutcomeKind.UNKNOWN
    assert not found[DISK_LOW].alertable


def test_a_rule_that_is_off_is_not_judged() -> None:
    rules = {name: replace(settings, enabled=False) for name, settings in RULES.items()}
    assert store_findings(AWAY, None, rules) == []
