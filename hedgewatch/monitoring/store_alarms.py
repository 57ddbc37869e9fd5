"""Alarms of the store: a database that cannot be written, a disk that fills up; pure."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from hedgewatch.domain.finding import Finding, OutcomeKind, Target, unknown_finding
from hedgewatch.domain.market import UnknownReason
from hedgewatch.domain.rules import OWN_RULES
from hedgewatch.domain.thresholds import Action, RuleSettings, Severity
from hedgewatch.monitoring.health import DiskRoom, StoreOutage

DISK_LOW, DATABASE_DOWN = OWN_RULES[-2:]
MEGABYTE = 1_000_000
# Fires below so many free bytes, or below that share of a disk that is small altogether; clear 20 % above.
LOW = {Severity.WARNING: (512 * MEGABYTE, Decimal("0.4")), Severity.CRITICAL: (64 * MEGABYTE, Decimal("0.2"))}
CLEAR_ABOVE = Decimal("1.2")


def store_findings(
    outage: StoreOutage | None, room: DiskRoom | None, rules: Mapping[str, RuleSettings]
) -> list[tuple[Finding, RuleSettings]]:
    """Judge the database and its disk. room: None if it cannot be told."""
    judged = {DATABASE_DOWN: _down(outage), DISK_LOW: _low(room)}
    return [(finding, rules[name]) for name, finding in judged.items() if name in rules and rules[name].enabled]


def _down(outage: StoreOutage | None) -> Finding:
    if outage is None:
        words = "the database takes what is written"
    else:
        words = (
            f"the database cannot be written since {outage.since:%Y-%m-%d %H:%M:%S} UTC ({outage.reason}); alerts are "
            f"told from memory, and all is kept in {outage.folder} until it is back"
        )
    return _finding(DATABASE_DOWN, {Severity.CRITICAL: _outcome(outage is not None)}, value=None, words=words)


def _low(room: DiskRoom | None) -> Finding:
    if room is None:
        target = Target(rule=DISK_LOW)
        return unknown_finding(target, UnknownReason.NOT_AVAILABLE, "the room on the disk cannot be told")
    levels = {level: _room_outcome(room, level) for level in LOW}
    if room.ballast_given_up:
        levels = dict.fromkeys(LOW, OutcomeKind.BREACH)
    reserve = ", and the reserve beside the database is used up" if room.ballast_given_up else ""
    free, total = _megabytes(room.free_bytes), _megabytes(room.total_bytes)
    words = f"{free} of {total} are free on the disk of {room.folder}{reserve}"
    return _finding(DISK_LOW, levels, value=Decimal(room.free_bytes), words=words)


def _room_outcome(room: DiskRoom, level: Severity) -> OutcomeKind:
    most, share = LOW[level]
    fire = min(Decimal(most), room.total_bytes * share)
    if room.free_bytes < fire:
        return OutcomeKind.BREACH
    return OutcomeKind.BAND if room.free_bytes < fire * CLEAR_ABOVE else OutcomeKind.CLEAR


def _outcome(is_breach: bool) -> OutcomeKind:  # noqa: FBT001  its only argument
    return OutcomeKind.BREACH if is_breach else OutcomeKind.CLEAR


def _megabytes(count: int) -> str:
    return f"{Decimal(count) / MEGABYTE:.1f} MB"


def _finding(rule: str, levels: Mapping[Severity, OutcomeKind], *, value: Decimal | None, words: str) -> Finding:
    return Finding(
        target=Target(rule=rule),
        levels=levels,
        value=value,
        thresholds={},
        words=words,
        actions=dict.fromkeys(levels, Action.CHECK_DATA),
    )
