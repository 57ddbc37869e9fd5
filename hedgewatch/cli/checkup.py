"""What ``doctor`` found, with one line of mend for each fault."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from rich.console import Console

from hedgewatch.domain.errors import StoreUnavailableError
from hedgewatch.domain.instrument import Instrument
from hedgewatch.domain.market import ReadingFailure
from hedgewatch.exchanges.inspection import Inspection
from hedgewatch.monitoring.report import json_value
from hedgewatch.settings import Settings
from hedgewatch.storage.migrate import check

SKEW_TOLERATED_SECONDS = Decimal(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkup:
    """Everything that was looked at. problems: a line with its mend each."""

    exchanges: Sequence[Mapping[str, Any]]
    store: str
    problems: Sequence[str]

    @property
    def needs_attention(self) -> bool:
        """True if there is any problem."""
        return bool(self.problems)

    def as_json(self) -> dict[str, Any]:
        """Return the answer of ``doctor --json``."""
        return {"exchanges": list(self.exchanges), "store": self.store, "problems": list(self.problems)}


def inspect_store(settings: Settings, environ: Mapping[str, str]) -> str:
    """Say in one word or line how the database stands."""
    try:
        return check(settings.storage.url.resolve(environ).get_secret_value()).status.value
    except StoreUnavailableError as error:
        return str(error)


def checkup_of(settings: Settings, inspections: Sequence[Inspection], store: str, unbuilt: Sequence[str]) -> Checkup:
    """Put together what was found and what to do about it."""
    problems = list(unbuilt)
    if store not in {"current", "missing"}:
        problems.append(f"{store}; mend storage.url (now {settings.storage.url}) or run `hedgewatch db upgrade`")
    for inspection in inspections:
        problems.extend(_problems(inspection))
    return Checkup(exchanges=[_exchange(inspection) for inspection in inspections], store=store, problems=problems)


def print_checkup(checkup: Checkup) -> None:
    """Print what was found, then what to mend."""
    console = Console(highlight=False)
    for exchange in checkup.exchanges:
        colour = "green" if exchange["reachable"] else "bold red"
        word = "reachable" if exchange["reachable"] else "not reachable"
        latency, skew = exchange["latency_seconds"] or "unknown", exchange["skew_seconds"] or "unknown"
        console.print(
            f"[bold]{exchange['exchange']}[/bold] [{colour}]{word}[/{colour}]  latency {latency} s, skew {skew} s"
        )
        for call in exchange["calls"]:
            console.print(f"  {call}")
        for instrument in exchange["instruments"]:
            facts = ", ".join(f"{name} {value}" for name, value in instrument.items() if name != "symbol")
            console.print(f"  {instrument['symbol']}: {facts}")
    console.print(f"[bold]database[/bold] {checkup.store}")
    for problem in checkup.problems:
        console.print(f"[bold red]mend[/bold red] {problem}", soft_wrap=True)
    if not checkup.problems:
        console.print("[green]nothing to mend[/green]")


def _problems(inspection: Inspection) -> list[str]:
    name = inspection.exchange
    if inspection.problem:
        return [f"{inspection.problem}; check the network, base_url and the exchange's own status page"]
    found = [*inspection.unlisted]
    if inspection.skew_seconds is not None and abs(inspection.skew_seconds) > SKEW_TOLERATED_SECONDS:
        found.append(f"{name}: this machine's clock is off by {inspection.skew_seconds:.1f} s; let NTP set it")
    unlisted = " ".join(found)
    failures = [reading for reading in inspection.answer.readings if isinstance(reading, ReadingFailure)]
    found.extend(f"{failure.ref}: {failure.detail}" for failure in failures if failure.detail not in unlisted)
    if inspection.answer.error and not found:
        found.append(f"{name}: {inspection.answer.error}; prices are there, what is missing stays unknown")
    return found


def _exchange(inspection: Inspection) -> dict[str, Any]:
    return {
        "exchange": inspection.exchange,
        "reachable": inspection.problem is None,
        "outcome": inspection.answer.outcome.value,
        "latency_seconds": json_value(_rounded(inspection.latency_seconds)),
        "skew_seconds": json_value(_rounded(inspection.skew_seconds)),
        "calls": list(inspection.calls),
        "instruments": [_instrument(instrument) for instrument in inspection.instruments],
    }


def _instrument(instrument: Instrument) -> dict[str, str | None]:
    return {
        "symbol": instrument.ref.symbol,
        "kind": instrument.kind.value,
        "contract_size": json_value(instrument.contract_size),
        "tick": json_value(instrument.tick),
        "lot_step": json_value(instrument.lot_step),
        "min_contracts": json_value(instrument.min_contracts),
        "order_unit": instrument.order_unit.value,
    }


def _rounded(seconds: Decimal | None) -> Decimal | None:
    return None if seconds is None else round(seconds, 3)
