"""``hedgewatch channels``: try out where alerts go."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Try out where alerts go.", epilog="Example: hedgewatch channels test me")


@app.command("test")
def send_test(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="The channel's name in the configuration.")],
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Send a test message through one channel, at once and past the outbox.

    Example: hedgewatch channels test me
    """
    import asyncio
    import os

    from hedgewatch.bootstrap.telling import send_trial
    from hedgewatch.cli.loading import loaded_settings
    from hedgewatch.cli.tables import print_json
    from hedgewatch.worker import SystemClock

    settings = loaded_settings(ctx)
    event_id = asyncio.run(send_trial(settings, name, os.environ, SystemClock()))
    if as_json or ctx.obj.json:
        print_json({"channel": name, "delivered": True, "event": event_id})
    else:
        typer.echo(f"{name} took the test message {event_id}")
