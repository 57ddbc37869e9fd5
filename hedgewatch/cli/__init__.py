"""The commands, one file each; what a command needs is imported only when it is called."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from hedgewatch import __version__
from hedgewatch.cli import (
    alerts,
    backfill,
    calc,
    channels,
    config,
    db,
    demo,
    doctor,
    hedge,
    holding,
    init,
    inventory,
    once,
    outbox,
    position,
    rules,
    run,
    scenario,
    simulator,
    size,
    status,
    unbuilt,
)
from hedgewatch.cli.context import Invocation
from hedgewatch.domain.errors import ConfigurationError, HedgewatchError

DONE, FAILED, WRONG, ATTENTION = 0, 1, 2, 3

app = typer.Typer(
    name="hedgewatch",
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # its tracebacks show local variables, and those hold keys
    add_completion=True,
    help="Watches coins held and futures shorted to protect them, and says what to do. It never trades.",
    epilog="Example: hedgewatch --config hedgewatch.toml once --json",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"hedgewatch {__version__}")
        raise typer.Exit


@app.callback()
def root(
    ctx: typer.Context,
    config_path: Annotated[
        Path | None,
        typer.Option("--config", help="Configuration file.", envvar="HEDGEWATCH_CONFIG", show_envvar=True),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
    version: Annotated[  # noqa: ARG001  the option's callback does the work
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and leave.")
    ] = False,
) -> None:
    """Take the options that all commands share."""
    ctx.obj = Invocation(config_path=config_path, json=as_json)


app.command("init")(init.init)
app.add_typer(config.app, name="config")
app.command("doctor")(doctor.doctor)
app.command("once")(once.once)
app.command("run")(run.run)
app.command("worker")(run.worker)
app.command("web")(run.web)
app.command("status")(status.status)
app.command("calc")(calc.calc)
app.command("inventory")(inventory.inventory)
app.command("size")(size.size)
app.command("scenario")(scenario.scenario)
app.command("backfill")(backfill.backfill)
app.add_typer(hedge.app, name="hedge")
app.add_typer(position.app, name="position")
app.add_typer(holding.app, name="holding")
app.add_typer(alerts.app, name="alerts")
app.add_typer(rules.app, name="rules")
app.add_typer(outbox.app, name="outbox")
app.add_typer(channels.app, name="channels")
app.add_typer(db.app, name="db")
app.command("demo")(demo.demo)
app.command("simulator")(simulator.simulator)
unbuilt.add_to(app)
unbuilt.add_to(db.app, unbuilt.COMMANDS_OF_DB)


def run_command(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code: 0 done, 1 failed, 2 wrong request, 3 something needs attention."""
    try:
        code = app(args=list(arguments), standalone_mode=False)
    except HedgewatchError as error:
        _complain(*str(error).splitlines())
        return WRONG if isinstance(error, ConfigurationError) else FAILED
    except KeyboardInterrupt:
        return DONE
    except BrokenPipeError:  # the reader of our answer went away, as `| head` does
        sys.stderr.close()
        return DONE
    except Exception as error:  # noqa: BLE001  the last line of the program: say what broke, show no locals
        return _unexpected(error)
    return code if isinstance(code, int) else DONE


def _complain(*lines: str) -> None:
    for line in lines:
        typer.echo(f"hedgewatch: {line}", err=True)


def _unexpected(error: Exception) -> int:
    show = getattr(error, "show", None)  # a usage error of the command line shows itself
    code = getattr(error, "exit_code", None)
    if callable(show) and isinstance(code, int):
        show()
        return code
    _complain(f"this should not have happened: {type(error).__name__}; HEDGEWATCH_TRACE=1 shows where")
    if os.environ.get("HEDGEWATCH_TRACE"):
        # through the logs: their form shows no local variables, and they know the secrets
        logging.getLogger(__name__).error("where it broke", exc_info=error)
    return FAILED
