"""``doctor`` in a terminal: a matrix per exchange and account, then what to mend; fits in 100 columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from hedgewatch.cli.checkup import Checkup
from hedgewatch.cli.tables import percent

SPARED = "beyond 60 % quick polls repeat account answers, up to 45 s old"
COLOURS = {"ok": "green", "failed": "bold red", "not asked": "dim", "fine": "green", "warn": "yellow", "refuse": "red"}


def print_checkup(checkup: Checkup) -> None:
    """Print what was found, then what to mend."""
    console = Console(highlight=False)
    for exchange in checkup.exchanges:
        _print_exchange(console, exchange)
    for account in checkup.accounts:
        _print_account(console, account)
    console.print(f"[bold]database[/bold] {escape(checkup.store)}")
    for note in checkup.notes:
        console.print(f"[yellow]note[/yellow] {escape(note)}", soft_wrap=True)
    for problem in checkup.problems:
        console.print(f"[bold red]mend[/bold red] {escape(problem)}", soft_wrap=True)
    if not checkup.problems:
        console.print("[green]nothing to mend[/green]")


def _print_exchange(console: Console, facts: Mapping[str, Any]) -> None:
    is_there = facts["reachable"]
    word = "[green]reachable[/green]" if is_there else "[bold red]not reachable[/bold red]"
    latency, skew = _seconds(facts["latency_seconds"]), _seconds(facts["skew_seconds"])
    corrected = f" (corrected {facts['skew_corrected']})" if facts["skew_corrected"] else ""
    console.print(f"[bold]{facts['exchange']}[/bold] {word}  latency {latency}, clock {skew}{corrected}")
    if facts["budget_spent"] is not None:
        spent = percent(Decimal(facts["budget_spent"]), 1)
        console.print(f"  budget {spent} spent in {facts['budget_window_seconds']} s; {SPARED}", soft_wrap=True)
    if facts["calls"]:
        _print_calls(console, facts["calls"])
    if facts["instruments"]:
        _print_instruments(console, facts["instruments"])
    for symbol, parts in facts["untold"].items():
        console.print(f"  [yellow]no call tells[/yellow] {', '.join(parts)} of {symbol}: it stays unknown")
    console.print()


def _print_calls(console: Console, calls: Iterable[Mapping[str, Any]]) -> None:
    table = Table("call", "side", "tells", "asked", "answer", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for call in calls:
        outcome = call["outcome"] if call["reason"] is None else call["reason"].replace("_", " ")
        colour = COLOURS[call["outcome"]]
        tells = ", ".join(call["tells"])
        row = (escape(call["call"]), call["side"], tells, call["asked"], f"[{colour}]{outcome}[/{colour}]")
        table.add_row(*row)
    console.print(table)


def _print_instruments(console: Console, instruments: Iterable[Mapping[str, Any]]) -> None:
    heads = ("instrument", "listing", "size", "second route", "tick", "lot", "interval", "told by")
    table = Table(*heads, box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for one in instruments:
        interval = one["funding_interval_hours"]
        table.add_row(
            one["symbol"],
            one["listing"] or "unknown",
            one["contract_size"],
            _second_route(one["size_check"]) if one["payoff"] else "",
            one["tick"] or "unknown",
            one["lot_step"] or "unknown",
            f"{interval} h" if interval else "unknown" if one["kind"] == "perpetual" else "",
            one["funding_interval_from"] or "",
        )
    console.print(table)


def _second_route(check: Mapping[str, Any] | None) -> str:
    if check is None:
        return "none"
    if check["agrees"] is None:
        return "no answer"
    return "[green]agrees[/green]" if check["agrees"] else "[bold red]differs[/bold red]"


def _print_account(console: Console, facts: Mapping[str, Any]) -> None:
    word = "[green]read[/green]" if facts["read"] else "[bold red]not read[/bold red]"
    console.print(f"[bold]account {facts['account']}[/bold] at {facts['exchange']} {word}")
    if facts["key"]:
        colour = COLOURS[facts["key"]["verdict"]]
        console.print(f"  key [{colour}]{escape(facts['key']['words'])}[/{colour}]", soft_wrap=True)
    earn = {"read": "read", None: "not read"}.get(facts["earn"], "no call, see the notes")
    console.print(f"  position mode: {facts['position_mode'] or 'unknown, no position tells'}; earn: {earn}")
    for name, part in facts["parts"].items():
        told = f"[green]{part['count']}[/green]" if part["reason"] is None else f"[red]{part['reason']}[/red]"
        console.print(f"  {name} {told}", end="")
    console.print()
    if facts["calls"]:
        _print_calls(console, facts["calls"])
    console.print()


def _seconds(value: str | None) -> str:
    return "unknown" if value is None else f"{value} s"
