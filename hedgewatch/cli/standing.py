"""How things stand, as ``status`` tells it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from rich.console import Console
from rich.table import Table

from hedgewatch.cli.tables import number, percent
from hedgewatch.domain.finding import OutcomeKind
from hedgewatch.monitoring.payload import time_text
from hedgewatch.monitoring.report import json_value

Row = Mapping[str, Any]
OLD_AFTER_SECONDS = Decimal(30)
OLD_AFTER_POLLS = 3
SILENT_AFTER_SECONDS = Decimal(20)  # a lease, and the time between two renewals


class Readable(Protocol):
    """What is read of the history."""

    def hedges_now(self) -> list[dict[str, Any]]:
        """Return the latest row of each hedge."""
        ...

    def outcomes_now(self, hedge: str | None = None) -> list[dict[str, Any]]:
        """Return each rule's latest outcome."""
        ...

    def alerts(self, *, open_only: bool = False, hedge: str | None = None, limit: int = 100) -> list[dict[str, Any]]:
        """Return episodes, newest first."""
        ...

    def cycles_now(self) -> list[dict[str, Any]]:
        """Return each exchange's latest cycle."""
        ...

    def channels_pending(self) -> dict[str, int]:
        """Return undelivered messages by channel."""
        ...

    def channels_dead(self) -> dict[str, int]:
        """Return messages that were given up, by channel."""
        ...

    def configuration_now(self) -> str | None:
        """Return the digest of the configuration that runs."""
        ...

    def workers(self) -> list[dict[str, Any]]:
        """Return the workers on the database, the active one first."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How things stand.

    age_seconds: of the last committed cycle with a usable answer, None if there was none. running, written: digests of
    the configuration that the newest cycle ran under (None: not known) and of the one that lies there now. spool_bytes:
    what waits beside the database to be brought back to it.
    """

    last_cycle_at: datetime | None
    age_seconds: Decimal | None
    is_old: bool
    hedges: Sequence[Row]
    outcomes: Sequence[Row]
    alerts: Sequence[Row]
    exchanges: Sequence[Row]
    pending: Mapping[str, int]
    workers: Sequence[Row] = ()
    dead: Mapping[str, int] = field(default_factory=dict)
    running: str | None = None
    written: str = ""
    spool_bytes: int = 0

    @property
    def is_taken_over(self) -> bool:
        """False if what was written is not what runs: nobody has reloaded, or it was refused."""
        return self.running is None or self.running == self.written

    @property
    def needs_attention(self) -> bool:
        """True if an alert is firing or the last good cycle is old."""
        return self.is_old or bool(self.alerts)

    def as_json(self) -> dict[str, Any]:
        """Return the answer of ``status --json``."""
        return {
            "last_cycle_at": time_text(self.last_cycle_at) if self.last_cycle_at else None,
            "last_cycle_age_seconds": json_value(self.age_seconds),
            "fresh": not self.is_old,
            "hedges": [_plain_row(row) for row in self.hedges],
            "outcomes": [_plain_row(row) for row in self.outcomes],
            "alerts": [_plain_row(row) for row in self.alerts],
            "exchanges": [_plain_row(row) for row in self.exchanges],
            "outbox": dict(self.pending),
            "dead_letters": dict(self.dead),
            "configuration": {
                "running": self.running,
                "written": self.written,
                "taken_over": self.is_taken_over if self.running else None,
            },
            "spool_bytes": self.spool_bytes,
            "workers": [_plain_row({**row, "state": worker_state(row)}) for row in self.workers],
        }


def standing_of(
    history: Readable, poll_seconds: Decimal, now: datetime, *, written: str = "", spool_bytes: int = 0
) -> Standing:
    """Read how things stand at ``now``."""
    cycles = history.cycles_now()
    good = [row["committed_at"] for row in cycles if row["outcome"] in {"ok", "degraded"}]
    last = max(good, default=None)
    age = Decimal(repr((now - last).total_seconds())) if last else None
    limit = max(OLD_AFTER_SECONDS, OLD_AFTER_POLLS * poll_seconds)
    return Standing(
        last_cycle_at=last,
        age_seconds=age,
        is_old=age is None or age > limit,
        hedges=history.hedges_now(),
        outcomes=history.outcomes_now(),
        alerts=history.alerts(open_only=True),
        exchanges=cycles,
        pending=history.channels_pending(),
        workers=history.workers(),
        dead=history.channels_dead(),
        running=history.configuration_now(),
        written=written,
        spool_bytes=spool_bytes,
    )


def worker_state(worker: Row) -> str:
    """Say what a worker does: active, standby, or silent if it did not show for longer than a lease."""
    if worker["seen_seconds"] > SILENT_AFTER_SECONDS:
        return "silent"
    return "active" if worker["active"] else "standby"


def print_standing(standing: Standing) -> None:
    """Print how things stand, worst first."""
    console = Console()
    if standing.last_cycle_at is None:
        console.print("[bold red]no cycle with a usable answer was ever recorded[/bold red]: is the worker running?")
    else:
        colour = "bold red" if standing.is_old else "green"
        age = f"{standing.age_seconds:.0f} s ago"
        console.print(f"last good cycle [{colour}]{age}[/{colour}] ({time_text(standing.last_cycle_at)})")
    for row in standing.workers:
        seen = f"seen {row['seen_seconds']:.0f} s ago"
        console.print(f"worker {row['worker']}: {worker_state(row)}, {seen}", highlight=False)
    if not standing.is_taken_over:
        words = f"configuration {standing.running} runs, {standing.written} is written: reload (SIGHUP) or mend it"
        console.print(f"[yellow]{words}[/yellow]", highlight=False)
    if standing.spool_bytes:
        console.print(f"[yellow]{standing.spool_bytes} bytes wait in the spool for the database[/yellow]")
    for alert in standing.alerts:
        console.print(f"[bold red]{alert['severity']}[/bold red] {alert['rule']}: {alert['message']}", highlight=False)
    console.print(_hedges(standing))
    exchanges = Table("exchange", "outcome", "trouble", box=None, pad_edge=False)
    for row in standing.exchanges:
        exchanges.add_row(row["exchange"], row["outcome"], row["error"] or "")
    console.print(exchanges)
    for channel, count in standing.pending.items():
        console.print(f"{channel}: {count} not delivered yet")
    for channel, count in standing.dead.items():
        console.print(f"[bold red]{channel}: {count} given up[/bold red]; `hedgewatch outbox list` shows them")


def _hedges(standing: Standing) -> Table:
    table = Table("hedge", "rules", "ratio", "spot", "basis", "funding per 8 h", "data", box=None, pad_edge=False)
    for row in standing.hedges:
        outcomes = [outcome["outcome"] for outcome in standing.outcomes if outcome["hedge"] == row["hedge"]]
        counts = [f"{outcomes.count(kind.value)} {kind.value}" for kind in OutcomeKind if kind.value in outcomes]
        table.add_row(
            row["hedge"],
            ", ".join(counts),
            percent(row["hedge_ratio"]),
            number(row["spot_price"]),
            percent(row["basis_rate"], 4),
            percent(row["funding_rate_8h"], 4),
            row["quality"],
        )
    return table


def _plain_row(row: Row) -> dict[str, Any]:
    return {name: value if isinstance(value, int | list) else json_value(value) for name, value in row.items()}
