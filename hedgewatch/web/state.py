"""The one state of a hedge that a reader sees first, and why; pure. Unknown is never shown as OK."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum

from hedgewatch.domain.finding import OutcomeKind
from hedgewatch.domain.hedge import Quality
from hedgewatch.domain.thresholds import Severity
from hedgewatch.web.ports import Row, Rows
from hedgewatch.web.present import rule_name, seconds_between

Judged = tuple[str, str | None, str | None]  # rule, leg, exchange
FRESH_SECONDS = Decimal(30)
FRESH_POLLS = 3


class State(StrEnum):
    """How a hedge stands, worst first.

    UNKNOWN: stale or faulty data. WATCH: beyond or near a threshold and not firing, or an alert of severity info.
    PARTIAL: nothing is wrong as far as known, but a rule has not what it needs.
    """

    CRITICAL = "critical"
    WARNING = "warning"
    UNKNOWN = "unknown"
    WATCH = "watch"
    PARTIAL = "partial"
    OK = "ok"

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return tuple(State).index(self)


WORDS = {
    State.CRITICAL: "Critical",
    State.WARNING: "Warning",
    State.UNKNOWN: "Unknown",
    State.WATCH: "Watch",
    State.PARTIAL: "Partly known",
    State.OK: "OK",
}
FIRING = {Severity.CRITICAL: State.CRITICAL, Severity.WARNING: State.WARNING, Severity.INFO: State.WATCH}


@dataclass(frozen=True, slots=True, kw_only=True)
class HedgeStanding:
    """How one hedge stands. stale: ``no fresh data since …``, None if the data is fresh."""

    state: State
    reasons: tuple[str, ...]
    stale: str | None


# Who declares a position has chosen that nobody looks whether it is there: shown by rule, but no gap in the hedge.
ONLY_OF_ACCOUNTS = frozenset({"position_missing", "position_reduced"})


def fresh_seconds(poll_seconds: Decimal) -> Decimal:
    """Return the age from which data is old: three polls, at least 30 s."""
    return max(FRESH_POLLS * poll_seconds, FRESH_SECONDS)


def standing_of(hedge: Row, outcomes: Rows, alerts: Rows, *, now: datetime, poll_seconds: Decimal) -> HedgeStanding:
    """Judge how a hedge stands from its row, its rules' outcomes and its open alerts.

    The worst state counts, with every reason for it.
    """
    stale = stale_words(hedge["read_at"], now, poll_seconds)
    found = [(FIRING[Severity(alert["severity"])], str(alert["message"])) for alert in alerts]
    found += _of_data(hedge, outcomes, stale)
    found += _of_outcomes(outcomes, {_judged(alert) for alert in alerts})
    state = min((state for state, _ in found), key=lambda state: state.rank, default=State.OK)
    reasons = tuple(dict.fromkeys(reason for reached, reason in found if reached is state))
    return HedgeStanding(state=state, reasons=reasons or ("every rule is clear",), stale=stale)


def stale_words(read_at: datetime, now: datetime, poll_seconds: Decimal) -> str | None:
    """Say since when there is no fresh data; None if there is."""
    if seconds_between(read_at, now) <= fresh_seconds(poll_seconds):
        return None
    return f"no fresh data since {read_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def concerning(rows: Iterable[Row], hedge: str, exchanges: Iterable[str]) -> list[Row]:
    """Return the rows about a hedge: its own, and those about a whole exchange that one of its legs is on."""
    held = set(exchanges)
    return [row for row in rows if row["hedge"] == hedge or (row["hedge"] is None and row["exchange"] in held)]


def worst_first(alerts: Iterable[Row]) -> list[Row]:
    """Sort alerts by severity, the newest first within one."""
    newest = sorted(alerts, key=lambda alert: alert["fired_at"] or alert["started_at"], reverse=True)
    return sorted(newest, key=lambda alert: FIRING[Severity(alert["severity"])].rank)


def worst_sides(outcomes: Iterable[Row]) -> list[Row]:
    """Keep one outcome per rule, leg and exchange: of a rule with two sides the worse."""
    kept: dict[Judged, Row] = {}
    for outcome in outcomes:
        key = _judged(outcome)
        if key not in kept or _badness(outcome) < _badness(kept[key]):
            kept[key] = outcome
    return sorted(kept.values(), key=_badness)


def state_of_outcome(outcome: Row) -> State:
    """Return the state that colours one outcome: its severity where it breaches."""
    kind = OutcomeKind(outcome["outcome"])
    if kind is OutcomeKind.BREACH and outcome["severity"]:
        return FIRING[Severity(outcome["severity"])]
    if kind is OutcomeKind.UNKNOWN:
        return State.UNKNOWN if outcome["alertable"] else State.PARTIAL
    return State.OK if kind is OutcomeKind.CLEAR else State.WATCH


def _judged(row: Row) -> Judged:
    return (row["rule"], row["leg"], row["exchange"])


def _badness(outcome: Row) -> int:
    return state_of_outcome(outcome).rank


def _of_data(hedge: Row, outcomes: Rows, stale: str | None) -> list[tuple[State, str]]:
    if stale:
        return [(State.UNKNOWN, stale)]
    reasons = [str(row["message"]) for row in outcomes if row["outcome"] == OutcomeKind.UNKNOWN and row["alertable"]]
    if not outcomes:
        reasons.append("no rule has judged it yet")
    if hedge["quality"] != Quality.OK:
        reasons.append(f"its data is {hedge['quality']}")
    return [(State.UNKNOWN, reason) for reason in reasons]


def _of_outcomes(outcomes: Rows, told: Container[Judged]) -> list[tuple[State, str]]:
    """Name what is beyond or near a threshold without an alert, and what cannot be judged."""
    breached = [row for row in outcomes if row["outcome"] == OutcomeKind.BREACH and _judged(row) not in told]
    found = [(State.WATCH, f"not firing yet: {row['message']}") for row in breached]
    near = sorted({rule_name(row["rule"]) for row in outcomes if row["outcome"] == OutcomeKind.BAND})
    if near:
        found.append((State.WATCH, f"near a threshold: {', '.join(near)}"))
    if missing := _not_available(outcomes):
        found.append((State.PARTIAL, missing))
    return found


def _not_available(outcomes: Rows) -> str | None:
    rows = [row for row in outcomes if row["outcome"] == OutcomeKind.UNKNOWN and not row["alertable"]]
    names = sorted({rule_name(row["rule"]) for row in rows} - {rule_name(rule) for rule in ONLY_OF_ACCOUNTS})
    return f"cannot be judged yet: {', '.join(names)}; every other rule is clear" if names else None
