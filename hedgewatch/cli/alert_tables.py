"""Alerts, silences and deliveries as a person reads them, and as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from rich.console import Console
from rich.table import Table

from hedgewatch.cli.tables import number
from hedgewatch.domain.errors import ConfigurationError
from hedgewatch.domain.intervention import Acknowledgement, Interventions, Silence
from hedgewatch.monitoring.payload import time_text
from hedgewatch.monitoring.report import json_value

Row = Mapping[str, Any]
LATEST = 1_000
COLOURS = {"critical": "bold red", "warning": "yellow", "info": "cyan"}


class Listing(Protocol):
    """What is read of the history."""

    def alerts(self, *, open_only: bool = False, hedge: str | None = None, limit: int = 100) -> list[dict[str, Any]]:
        """Return episodes, newest first."""
        ...


def episode_named(history: Listing, beginning: str) -> Row:
    """Return the one episode that begins so: an open one before one that has ended. Raises ConfigurationError."""
    known = history.alerts(limit=LATEST)
    named = [row for row in known if beginning and row["episode"].startswith(beginning)]
    open_ones = [row for row in named if row["state"] == "firing"]
    found = open_ones or named
    if not found:
        raise ConfigurationError(f'there is no episode "{beginning}"; `hedgewatch alerts list --all` shows them')
    if len(found) > 1 and beginning != found[0]["episode"]:
        names = ", ".join(row["episode"] for row in found[:5])
        raise ConfigurationError(f'"{beginning}" begins {len(found)} episodes: {names}; write more of it')
    return found[0]


def plain_row(row: Row) -> dict[str, Any]:
    """Return a row as JSON: numbers as text, times RFC 3339, counts as they are."""
    return {name: value if isinstance(value, int) else json_value(value) for name, value in row.items()}


def silence_json(silence: Silence) -> dict[str, Any]:
    """Return one silence as JSON."""
    return {
        "silence": silence.id,
        "matchers": dict(silence.matchers),
        "by": silence.by,
        "comment": silence.comment,
        "starts_at": time_text(silence.starts_at),
        "ends_at": time_text(silence.ends_at),
    }


def acknowledgement_json(said: Acknowledgement) -> dict[str, Any]:
    """Return one acknowledgement as JSON."""
    return {
        "episode": said.episode,
        "by": said.by,
        "note": said.note or None,
        "at": time_text(said.at),
        "until": time_text(said.until) if said.until else None,
    }


def alerts_json(alerts: Sequence[Row], interventions: Interventions) -> dict[str, Any]:
    """Return the answer of ``alerts list --json``."""
    return {
        "alerts": [plain_row(row) for row in alerts],
        "silences": [silence_json(silence) for silence in interventions.silences],
    }


def alert_json(alert: Row, seen: Acknowledgement | None, deliveries: Sequence[Row]) -> dict[str, Any]:
    """Return the answer of ``alerts show --json``."""
    return {
        **plain_row(alert),
        "acknowledgement": acknowledgement_json(seen) if seen else None,
        "deliveries": [plain_row(row) for row in deliveries],
    }


def print_alerts(alerts: Sequence[Row], interventions: Interventions) -> None:
    """Print alerts, newest first, then the silences."""
    console = Console()
    if not alerts:
        console.print("no alert is firing")
    for row in alerts:
        colour = COLOURS.get(row["severity"], "white") if row["state"] == "firing" else "dim"
        seen = f", acknowledged by {row['acknowledged_by']}" if row["acknowledged_by"] else ""
        head = f"{row['severity']} {row['rule']} {row['state']} since {_when(row['fired_at'])}{seen}"
        console.print(f"[{colour}]{head}[/{colour}]  {row['episode']}", highlight=False)
        console.print(f"  {row['message']}", highlight=False, markup=False)
    if interventions.silences:
        table = Table("silence", "of", "until", "by", "why", box=None, pad_edge=False)
        for one in interventions.silences:
            words = " ".join(f"{label}={wanted}" for label, wanted in one.matchers.items())
            table.add_row(one.id, words, _when(one.ends_at), one.by, one.comment)
        console.print(table)
    for closing in interventions.closings.values():
        console.print(f"hedge {closing.hedge} was {closing.words}", markup=False)


def print_alert(alert: Row, seen: Acknowledgement | None, deliveries: Sequence[Row]) -> None:
    """Print one alert with its deliveries."""
    console = Console()
    facts = Table.grid(padding=(0, 3))
    for name in ("episode", "rule", "hedge", "leg", "account", "exchange", "action", "severity", "state", "message"):
        if alert[name] is not None:
            facts.add_row(name, alert[name])
    for name in ("started_at", "fired_at", "resolved_at"):
        facts.add_row(name.removesuffix("_at"), _when(alert[name]))
    facts.add_row("peak", number(alert["peak_value"]))
    facts.add_row("threshold", number(alert["threshold"]))
    if seen is not None:
        until = f", until {_when(seen.until)}" if seen.until else ""
        facts.add_row("acknowledged", f"by {seen.by} at {_when(seen.at)}{until}: {seen.note or 'no note'}")
    console.print(facts)
    print_deliveries(deliveries)


def print_deliveries(deliveries: Sequence[Row]) -> None:
    """Print deliveries in the order they are given."""
    table = Table("event", "type", "channel", "state", "attempts", "last error", box=None, pad_edge=False)
    for row in deliveries:
        table.add_row(
            row["event"], row["event_type"], row["channel"], row["state"], str(row["attempts"]), row["last_error"] or ""
        )
    Console().print(table)


def _when(moment: Any) -> str:  # noqa: ANN401  a cell of a row: a time or None
    return "-" if moment is None else f"{moment:%Y-%m-%d %H:%M:%S} UTC"
