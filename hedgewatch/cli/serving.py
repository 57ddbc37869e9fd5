"""Serving the simulated exchanges from the command line."""

from __future__ import annotations

import typer

from hedgewatch.cli.address import split_address
from hedgewatch.cli.daemon import stop_on_signals
from hedgewatch.domain.errors import ConfigurationError
from hedgewatch.simulator.market import World
from hedgewatch.simulator.scenario import Scenario
from hedgewatch.simulator.server import SimulatedExchanges, wall_clock


def simulated_world(scenario: str, seed: int) -> World:
    """Make the market of a scenario, beginning now; raises ConfigurationError if there is no such scenario."""
    if scenario not in set(Scenario):
        raise ConfigurationError(f"--scenario: {scenario!r} is none of {', '.join(Scenario)}")
    return World(seed, scenario, wall_clock())


async def serve_simulator(listen: str, *, scenario: str, seed: int) -> None:
    """Serve until SIGTERM or SIGINT."""
    host, port = split_address(listen)
    world = simulated_world(scenario, seed)
    stopping = stop_on_signals()
    server = SimulatedExchanges(world)
    try:
        url = await server.start(port, host=host)
    except OSError as error:
        raise ConfigurationError(f"--listen: {listen} cannot be served: {error.strerror or error}") from error
    typer.echo(f"simulated exchanges at {url} (scenario {scenario}, seed {seed}); Ctrl-C ends them", err=True)
    try:
        await stopping.wait()
    finally:
        await server.stop()
