"""Alerts: their stored state, their events, and the ids that a crash can only make again."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from hedgewatch.domain.finding import Finding, Target
from hedgewatch.domain.thresholds import Severity

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


class AlertPhase(StrEnum):
    """Where an alert's life stands."""

    OK = "ok"
    PENDING = "pending"
    FIRING = "firing"
    RECOVERING = "recovering"


class EventType(StrEnum):
    """One thing to tell."""

    FIRING = "firing"
    ESCALATED = "escalated"
    REMINDER = "reminder"
    RESOLVED = "resolved"
    CLOSED = "closed"
    FLAPPING = "flapping"


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """How long something has been held: seconds and polls, the first poll counted."""

    seconds: Decimal = Decimal(0)
    polls: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertState:
    """The stored life of one alert (one rule on one target).

    pending: how long each level has been breached. clear: how long all levels have been clear. severity: the level
    reached in this episode. notified: the highest level told in it, None if nothing was told. sequence: events so far.
    reminders: reminders told since the last level was told. peak: the value farthest from zero beyond the threshold.
    unknown_since: since when the rule is blind. last_told_at: when the last event was made, None if
    that reached its reader too late. muted: the highest level told into a silence that nobody has heard since. settled:
    the level up to which somebody has ended a latched alert; those levels wait for a CLEAR. opened: when the target's
    episodes of the last hour fired. flapping_since: when it was told that they are too many. unheeded_seconds: how long
    the episode has been critical, told, and acknowledged by nobody. escalations: how many steps that has taken.
    """

    target: Target
    phase: AlertPhase = AlertPhase.OK
    pending: Mapping[Severity, Held] = field(default_factory=dict)
    clear: Held = field(default_factory=Held)
    episode: str | None = None
    severity: Severity | None = None
    notified: Severity | None = None
    sequence: int = 0
    reminders: int = 0
    started_at: datetime | None = None
    fired_at: datetime | None = None
    resolved_at: datetime | None = None
    last_told_at: datetime | None = None
    unknown_since: datetime | None = None
    peak: Decimal | None = None
    threshold: Decimal | None = None
    action: str | None = None
    message: str | None = None
    muted: Severity | None = None
    settled: Severity | None = None
    opened: tuple[datetime, ...] = ()
    flapping_since: datetime | None = None
    unheeded_seconds: Decimal = Decimal(0)
    escalations: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertEvent:
    """One thing to tell about an episode. event_id is deterministic: a crash can only make the same one again.

    suppressed_by: the silence that keeps it from being told, None if it is told. escalation: the step of the escalation
    in time that it is, from 1; 0 if it is none.
    """

    event_id: str
    episode: str
    sequence: int
    type: EventType
    severity: Severity
    state: AlertState
    finding: Finding
    at: datetime
    reason: str | None = None
    suppressed_by: str | None = None
    escalation: int = 0


def fingerprint(target: Target) -> str:
    """Return the SHA-256 (hex) of the canonical JSON of the six identity labels.

    Severity, value, threshold and words are no part of it: changing them keeps the episode.
    """
    labels = {name: getattr(target, name) for name in ("account", "exchange", "hedge", "leg", "rule", "side")}
    canonical = json.dumps(labels, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def episode_id(target: Target, started_at: datetime) -> str:
    """Return the id of the episode that began at ``started_at``: the same again after a crash.

    The millisecond is the one that has begun, as the store keeps it: a start read back from there makes the same id.
    """
    return f"{fingerprint(target)[:16]}-{(started_at - EPOCH) // MILLISECOND}"


def event_id(target: Target, episode: str, kind: EventType, sequence: int) -> str:
    """Return the id of one event, which is also its webhook-id: the same again after a crash."""
    identity = "|".join((fingerprint(target), episode, kind.value, str(sequence)))
    digest = base64.b32encode(hashlib.sha256(identity.encode()).digest()).decode()
    return f"msg_{digest[:26].lower()}"
