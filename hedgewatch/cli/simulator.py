"""``hedgewatch simulator``: the simulated exchanges, for trying things out."""

from __future__ import annotations

from typing import Annotated

import typer


def simulator(
    listen: Annotated[str, typer.Option("--listen", help="HOST:PORT to serve on.")] = "127.0.0.1:8700",
    scenario: Annotated[
        str, typer.Option("--scenario", help="calm, contango, squeeze, crash, illiquid, dated.")
    ] = "calm",
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same prices.")] = 1,
) -> None:
    """Serve the five simulated exchanges until Ctrl-C or SIGTERM; point `base_url` of an exchange at it.

    Example: hedgewatch simulator --listen 127.0.0.1:8700 --scenario squeeze
    """
    import asyncio

    from hedgewatch.cli.serving import serve_simulator

    asyncio.run(serve_simulator(listen, scenario=scenario, seed=seed))
