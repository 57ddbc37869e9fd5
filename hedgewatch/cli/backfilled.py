"""What a back-fill has come to: a bar while it runs, then each series with its gaps."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from rich import progress
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from hedgewatch.domain.candle import Series, Span
from hedgewatch.monitoring.backfill import SeriesReport, Step
from hedgewatch.monitoring.payload import time_text

GAPS_SHOWN = 3


class Progress:
    """A bar a series on a terminal; elsewhere one line when all is done. Standard error alone."""

    def __init__(self) -> None:
        """Begin with nothing done."""
        self._console = Console(stderr=True)
        self._bars = progress.Progress(
            progress.TextColumn("{task.description}"),
            progress.BarColumn(),
            progress.MofNCompleteColumn(),
            progress.TimeRemainingColumn(),
            console=self._console,
            disable=not self._console.is_terminal,
            transient=True,
        )
        self._tasks: dict[Series, progress.TaskID] = {}

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def tell(self, step: Step) -> None:
        """Move the bar of a series."""
        if step.series not in self._tasks:
            self._tasks[step.series] = self._bars.add_task(escape(str(step.series)), total=step.pages)
        self._bars.update(self._tasks[step.series], completed=step.page)

    def conclude(self, reports: Sequence[SeriesReport]) -> None:
        """Say in one line what came of it."""
        rows, failed = sum(report.rows for report in reports), sum(report.failure is not None for report in reports)
        gaps = sum(len(report.gaps) for report in reports)
        self._console.print(
            f"{len(reports)} series: {rows} rows told, {gaps} gaps, {failed} not told", highlight=False, soft_wrap=True
        )


def reports_json(reports: Sequence[SeriesReport]) -> dict[str, Any]:
    """Return the answer of ``backfill --json``."""
    return {"series": [_json(report) for report in reports]}


def _json(report: SeriesReport) -> dict[str, Any]:
    series = report.series
    return {
        "exchange": series.ref.exchange,
        "symbol": series.ref.symbol,
        "kind": series.kind.value,
        "step_seconds": int(series.step.total_seconds()) if series.step else None,
        "from": time_text(report.span.start),
        "to": time_text(report.span.end),
        "rows": report.rows,
        "stored": report.stored,
        "gaps": [{"from": time_text(gap.start), "to": time_text(gap.end)} for gap in report.gaps],
        "failure": report.failure,
    }


def print_reports(reports: Sequence[SeriesReport]) -> None:
    """Print a line a series, then what is missing and why."""
    console = Console(highlight=False)
    table = Table("series", "told", "stored", "gaps", "from", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for report in reports:
        colour = "red" if report.failure else "yellow" if report.gaps else "green"
        gaps = f"[{colour}]{len(report.gaps)}[/{colour}]"
        day = f"{report.span.start:%Y-%m-%d}"
        table.add_row(escape(str(report.series)), str(report.rows), str(report.stored), gaps, day)
    console.print(table)
    for report in reports:
        if report.gaps:
            shown = "; ".join(_words(gap) for gap in report.gaps[:GAPS_SHOWN])
            more = f"; and {len(report.gaps) - GAPS_SHOWN} more" if len(report.gaps) > GAPS_SHOWN else ""
            console.print(f"[yellow]gap[/yellow] {escape(str(report.series))}: {shown}{more}", soft_wrap=True)
        if report.failure:
            line = f"{report.series}: {report.failure}"
            console.print(f"[bold red]not told[/bold red] {escape(line)}", soft_wrap=True)


def _words(gap: Span) -> str:
    return f"{gap.start:%Y-%m-%d %H:%M} to {gap.end:%Y-%m-%d %H:%M}"
