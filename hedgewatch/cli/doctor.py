"""``hedgewatch doctor``: whether everything can be reached, and is there."""

from __future__ import annotations

from typing import Annotated

import typer


def doctor(
    ctx: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
    record: Annotated[str | None, typer.Option("--record", hidden=True)] = None,
) -> None:
    """Ask every exchange of the configuration, and the database; a line and a mend for each fault.

    Exit code 3 if anything needs attention.

    Example: hedgewatch doctor --json
    """
    import asyncio
    import os

    from hedgewatch.bootstrap.watching import inspect_exchanges
    from hedgewatch.cli.checkup import checkup_of, inspect_store, print_checkup
    from hedgewatch.cli.loading import loaded_settings
    from hedgewatch.cli.tables import print_json
    from hedgewatch.cli.unbuilt import refusal
    from hedgewatch.settings import not_built
    from hedgewatch.worker import SystemClock

    if record is not None:
        raise refusal("doctor --record")
    settings = loaded_settings(ctx)
    inspections = asyncio.run(inspect_exchanges(settings, SystemClock()))
    checkup = checkup_of(settings, inspections, inspect_store(settings, os.environ), not_built(settings))
    if as_json or ctx.obj.json:
        print_json(checkup.as_json())
    else:
        print_checkup(checkup)
    if checkup.needs_attention:
        raise typer.Exit(code=3)
