"""``hedgewatch backfill``: candles and funding rates from the exchanges into the store."""

from __future__ import annotations

from typing import Annotated

import typer

STEPS = {"1h": 60, "1m": 1}


def backfill(
    ctx: typer.Context,
    days: Annotated[int, typer.Option("--days", min=1, max=3650, help="How far back.")] = 30,
    step: Annotated[list[str] | None, typer.Option("--step", help="1h or 1m; may be given twice. Default: 1h.")] = None,
    hedge: Annotated[str | None, typer.Option("--hedge", help="Only the instruments of this hedge.")] = None,
    exchange: Annotated[str | None, typer.Option("--exchange", help="Only this exchange.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Ask the exchanges for the past: settled funding, candles of spot and futures, candles of the mark price.

    It goes on where the last run stopped, also after a kill. Exit code 3 if an exchange did not tell something.

    Example: hedgewatch backfill --days 90 --step 1h
    """
    import asyncio
    import os
    from datetime import timedelta

    from hedgewatch.bootstrap.backfilling import Past, fill_past
    from hedgewatch.cli.backfilled import Progress, print_reports, reports_json
    from hedgewatch.cli.loading import loaded_settings
    from hedgewatch.cli.tables import print_json
    from hedgewatch.domain.errors import ConfigurationError
    from hedgewatch.worker import SystemClock

    for wanted in step or ():
        if wanted not in STEPS:
            raise ConfigurationError(f"--step: expected {' or '.join(STEPS)}, found {wanted!r}")
    steps = [timedelta(minutes=STEPS[wanted]) for wanted in dict.fromkeys(step or ("1h",))]
    past = Past(hedge=hedge, exchange=exchange, days=days, steps=steps)
    settings = loaded_settings(ctx)
    with Progress() as progress:
        reports = asyncio.run(fill_past(settings, os.environ, SystemClock(), past=past, tell=progress.tell))
    progress.conclude(reports)
    if as_json or ctx.obj.json:
        print_json(reports_json(reports))
    else:
        print_reports(reports)
    if any(report.failure for report in reports):
        raise typer.Exit(code=3)
