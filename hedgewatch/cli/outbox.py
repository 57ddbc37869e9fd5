"""``hedgewatch outbox``: messages that did not arrive."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="See to undelivered messages.", epilog="Example: hedgewatch outbox list")

AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


@app.command("list")
def list_deliveries(
    ctx: typer.Context,
    everything: Annotated[
        bool, typer.Option("--all", help="Also delivered and suppressed ones, the last 100.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List the messages that are not delivered yet, and those that were given up.

    Exit code 3 if any was given up.

    Example: hedgewatch outbox list --json
    """
    import os

    from hedgewatch.bootstrap.reading import reading
    from hedgewatch.cli.alert_tables import plain_row, print_deliveries
    from hedgewatch.cli.loading import loaded_settings
    from hedgewatch.cli.tables import print_json

    with reading(loaded_settings(ctx), os.environ) as history:
        found = history.deliveries() if everything else history.undelivered()
    if as_json or ctx.obj.json:
        print_json([plain_row(row) for row in found])
    elif found:
        print_deliveries(found)
    else:
        typer.echo("everything is delivered")
    if any(row["state"] == "dead" for row in found):
        raise typer.Exit(code=3)


@app.command()
def replay(
    ctx: typer.Context,
    event: Annotated[str, typer.Argument(help="The event, as `outbox list` shows it.")],
    by: Annotated[str | None, typer.Option("--by", help="Who says so; left out: the user of this machine.")] = None,
    as_json: AsJson = False,
) -> None:
    """Send again what was given up: the same bytes under the same id, tried for another 72 hours.

    Example: hedgewatch outbox replay msg_bsrtbi3xemney7cmn3bb265jpn
    """
    import os
    from datetime import UTC, datetime

    from hedgewatch.bootstrap.speaking import speaking
    from hedgewatch.cli.loading import loaded_settings
    from hedgewatch.cli.tables import print_json
    from hedgewatch.cli.words import author

    with speaking(loaded_settings(ctx), os.environ) as (_, desk):
        count = desk.replay(event, author(by), datetime.now(UTC))
    if as_json or ctx.obj.json:
        print_json({"event": event, "due": count})
    else:
        typer.echo(f"{event} is due again on {count} channel{'s' if count > 1 else ''}")
