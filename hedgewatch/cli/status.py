"""``hedgewatch status``: what the running daemon knows, from its database."""

from __future__ import annotations

from typing import Annotated

import typer


def status(
    ctx: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
    alive: Annotated[
        bool, typer.Option("--alive", help="Only: is the last good cycle fresh? 0 if so, else 1.")
    ] = False,
) -> None:
    """Show the last cycle, every hedge, open alerts and undelivered messages.

    Exit code 3 if an alert is firing or the last good cycle is old.

    Example: hedgewatch status --json
    """
    import os
    from datetime import UTC, datetime

    from hedgewatch.bootstrap.places import waiting_bytes
    from hedgewatch.bootstrap.reading import reading
    from hedgewatch.cli.loading import loaded_settings
    from hedgewatch.cli.standing import print_standing, standing_of
    from hedgewatch.cli.tables import print_json
    from hedgewatch.settings import digest_of

    settings = loaded_settings(ctx)
    with reading(settings, os.environ) as history:
        standing = standing_of(
            history,
            settings.poll_seconds,
            datetime.now(UTC),
            written=digest_of(settings),
            spool_bytes=waiting_bytes(settings.storage.url.resolve(os.environ).get_secret_value(), os.environ),
        )
    if alive:
        raise typer.Exit(code=1 if standing.is_old else 0)
    if as_json or ctx.obj.json:
        print_json(standing.as_json())
    else:
        print_standing(standing)
    if standing.needs_attention:
        raise typer.Exit(code=3)
