"""The alert life: ``step()``, a pure function of stored state, finding and elapsed time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from hedgewatch.domain.finding import Finding, Target
from hedgewatch.domain.thresholds import Severity


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
    unknown_since: since when the rule is blind. last_told_at: when the last event was made.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertEvent:
    """One thing to tell about an episode. event_id is deterministic: a crash can only make the same one again."""

    event_id: str
    episode: str
    sequence: int
    type: EventType
    severity: Severity
    state: AlertState
    finding: Finding
    at: datetime
    reason: str | None = None
