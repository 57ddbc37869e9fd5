"""``hedgewatch demo``: the whole daemon against simulated exchanges."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def demo(
    ctx: typer.Context,
    seconds: Annotated[float | None, typer.Option("--seconds", min=1, help="End after that long.")] = None,
    scenario: Annotated[
        str, typer.Option("--scenario", help="calm, contango, squeeze, crash, illiquid, dated.")
    ] = "squeeze",
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same prices.")] = 1,
    database: Annotated[
        Path | None, typer.Option("--database", help="Keep the SQLite file here; else it goes with the demo.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary in JSON.")] = False,
) -> None:
    """Watch five simulated hedges, with pages, a mailbox and a webhook receiver, all on loopback.

    Example: hedgewatch demo --seconds 30
    """
    import asyncio

    from hedgewatch.cli.showcase import Showcase, print_summary
    from hedgewatch.cli.tables import print_json

    show = Showcase(seconds=seconds, scenario=scenario, seed=seed, database=database)
    summary = asyncio.run(show.run())
    if as_json or ctx.obj.json:
        print_json(summary)
    else:
        print_summary(summary)
