"""``hedgewatch run``, ``worker`` and ``web``: the daemon, whole or in its two parts."""

from __future__ import annotations

from typing import Annotated

import typer

LogFormat = Annotated[str, typer.Option("--log-format", help="json, console, or auto (console on a terminal).")]
Listen = Annotated[str | None, typer.Option("--listen", help="HOST:PORT of the pages, instead of web.listen.")]
Inside = Annotated[
    bool,
    typer.Option("--insecure-inside-container", help="Let --listen be any address: only behind a container's wall."),
]


def run(
    ctx: typer.Context, log_format: LogFormat = "auto", listen: Listen = None, insecure_inside_container: Inside = False
) -> None:
    """Run the worker and the dashboard in one process until Ctrl-C or SIGTERM.

    Example: hedgewatch --config hedgewatch.toml run
    """
    from hedgewatch.cli.address import Address
    from hedgewatch.cli.daemon import start

    start(ctx, log_format=log_format, worker=True, web=True, listen=Address(listen, insecure_inside_container))


def worker(ctx: typer.Context, log_format: LogFormat = "auto") -> None:
    """Run the worker alone: it polls, judges and tells.

    Example: hedgewatch --config hedgewatch.toml worker --log-format json
    """
    from hedgewatch.cli.daemon import start

    start(ctx, log_format=log_format, worker=True, web=False)


def web(
    ctx: typer.Context, log_format: LogFormat = "auto", listen: Listen = None, insecure_inside_container: Inside = False
) -> None:
    """Run the dashboard alone, reading the database that a worker fills.

    Example: hedgewatch --config hedgewatch.toml web --listen 127.0.0.1:8710
    """
    from hedgewatch.cli.address import Address
    from hedgewatch.cli.daemon import start

    start(ctx, log_format=log_format, worker=False, web=True, listen=Address(listen, insecure_inside_container))
