"""``hedgewatch hedge``: tell a running worker that a hedge was closed, or stands again."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(
    no_args_is_help=True,
    help="Say what was done with a hedge; nothing is traded.",
    epilog='Example: hedgewatch hedge close btc-core --note "event over"',
)

Name = Annotated[str, typer.Argument(help="The hedge's name in the configuration.")]
By = Annotated[str | None, typer.Option("--by", help="Who says so; left out: the user of this machine.")]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


@app.command("close")
def close_hedge(
    ctx: typer.Context,
    name: Name,
    *,
    note: Annotated[str | None, typer.Option("--note", help="What was done; told with the alerts this ends.")] = None,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Say that you have closed a hedge: its alerts are closed, and none is made until its entry in the file changes.

    Example: hedgewatch hedge close btc-core --note "event over, sold both"
    """
    import os
    from datetime import UTC, datetime

    from hedgewatch.bootstrap.speaking import speaking
    from hedgewatch.cli.loading import loaded_settings
    from hedgewatch.cli.tables import print_json
    from hedgewatch.cli.words import author, declared_entry
    from hedgewatch.domain.errors import ConfigurationError
    from hedgewatch.domain.intervention import Closing

    settings = loaded_settings(ctx)
    entry = declared_entry(settings, name)
    if note is not None and not note.strip():
        raise ConfigurationError("--note: say what was done, or leave it out")
    said = Closing(hedge=name, entry=entry, by=author(by), note=note or "", at=datetime.now(UTC))
    with speaking(settings, os.environ) as (_, desk):
        desk.close_hedge(said)
    if as_json or ctx.obj.json:
        print_json({"hedge": name, "closed": True, "by": said.by, "note": note})
    else:
        typer.echo(f"{name} is closed; the worker takes it in at its next cycle")


@app.command("open")
def open_hedge(
    ctx: typer.Context,
    name: Name,
    *,
    note: Annotated[str, typer.Option("--note", help="Why; kept in the audit.")] = "",
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Say that a closed hedge stands again: it is judged from the next cycle on.

    Example: hedgewatch hedge open btc-core
    """
    import os
    from datetime import UTC, datetime

    from hedgewatch.bootstrap.speaking import speaking
    from hedgewatch.cli.loading import loaded_settings
    from hedgewatch.cli.tables import print_json
    from hedgewatch.cli.words import author

    with speaking(loaded_settings(ctx), os.environ) as (_, desk):
        desk.open_hedge(name, author(by), datetime.now(UTC), note=note)
    if as_json or ctx.obj.json:
        print_json({"hedge": name, "closed": False})
    else:
        typer.echo(f"{name} is open again")
