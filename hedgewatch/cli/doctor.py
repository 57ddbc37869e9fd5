"""``hedgewatch doctor``: what each exchange and account gives on this machine, and what is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def doctor(
    ctx: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
    record: Annotated[
        Path | None,
        typer.Option("--record", metavar="DIR", help="Keep every raw answer, without identities, in a new folder."),
    ] = None,
) -> None:
    """Ask every exchange and account of the configuration, and the database; a line and a mend for each fault.

    Exit code 3 if anything needs attention.

    Example: hedgewatch doctor --record answers
    """
    import asyncio
    import os

    from hedgewatch.bootstrap.inspecting import inspect_everything, make_recorder
    from hedgewatch.cli.checkup import checkup_of, inspect_store
    from hedgewatch.cli.checkup_table import print_checkup
    from hedgewatch.cli.loading import loaded_settings
    from hedgewatch.cli.tables import print_json
    from hedgewatch.settings import not_built
    from hedgewatch.worker import SystemClock

    settings, clock = loaded_settings(ctx), SystemClock()
    recorder = make_recorder(record, clock) if record is not None else None
    found = asyncio.run(inspect_everything(settings, os.environ, clock, recorder=recorder))
    checkup = checkup_of(settings, found, inspect_store(settings, os.environ), not_built(settings))
    if as_json or ctx.obj.json:
        print_json(checkup.as_json())
    else:
        print_checkup(checkup)
    if recorder is not None:
        typer.echo(f"{recorder.written} answers kept in {record}: look through them before you send them", err=True)
    if checkup.needs_attention:
        raise typer.Exit(code=3)
