"""``hedgewatch once``: one cycle, printed; nothing is written or sent."""

from __future__ import annotations

from typing import Annotated

import typer


def once(
    ctx: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Run one cycle and print every hedge with its numbers, outcomes and orders.

    Exit code 3 if any outcome is a breach or unknown through a fault of the data, 2 if a hedge names a symbol that its
    exchange does not list.

    Example: hedgewatch --config hedgewatch.toml once --json
    """
    import asyncio
    import os

    from hedgewatch.bootstrap.keys import refuse_powerful_keys
    from hedgewatch.bootstrap.watching import look_once
    from hedgewatch.cli.loading import ready_settings
    from hedgewatch.cli.tables import print_cycle, print_json
    from hedgewatch.cli.verifying import refuse_unlisted
    from hedgewatch.exchanges.door import Restraints
    from hedgewatch.monitoring.cycle import CycleResult
    from hedgewatch.monitoring.report import cycle_json, needs_attention
    from hedgewatch.worker import SystemClock

    settings = ready_settings(ctx)

    async def look() -> CycleResult:
        restraints, clock = Restraints(), SystemClock()
        await refuse_powerful_keys(settings, os.environ, clock, restraints=restraints)
        return await look_once(settings, os.environ, clock, restraints=restraints)

    result = asyncio.run(look())
    if as_json or ctx.obj.json:
        print_json(cycle_json(result))
    else:
        print_cycle(result)
    refuse_unlisted(result)
    if needs_attention(result):
        raise typer.Exit(code=3)
