"""``hedgewatch config``: check it, show it, describe it to an editor."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from hedgewatch.cli.context import Invocation

app = typer.Typer(
    no_args_is_help=True,
    help="Check, show and describe the configuration.",
    epilog="Example: hedgewatch --config hedgewatch.toml config check",
)

AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


@app.command()
def check(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Say everything that is wrong with the configuration, or what it means. Asks no exchange and reads no secret.

    Example: hedgewatch --config hedgewatch.toml config check
    """
    import json
    from datetime import UTC, datetime

    from hedgewatch.domain.errors import ConfigurationError
    from hedgewatch.settings import load_settings
    from hedgewatch.settings.overdue import refuse_overdue
    from hedgewatch.settings.summary import Summary, summarise

    invocation = ctx.ensure_object(Invocation)
    wants_json = as_json or invocation.json
    try:
        settings = load_settings(invocation.config_path, os.environ)
        refuse_overdue(settings, datetime.now(UTC))  # here alone: a daemon must start, and tell what is past
        summary = summarise(settings)
    except ConfigurationError as error:
        if not wants_json:
            raise
        wrong = Summary(file=None, problems=error.problems)
        typer.echo(json.dumps(wrong.as_json(), indent=2))
        raise typer.Exit(code=2) from None
    typer.echo(json.dumps(summary.as_json(), indent=2) if wants_json else "\n".join(summary.lines()))


@app.command()
def show(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Print the effective configuration as TOML: defaults filled in, secrets masked, every rule for every hedge.

    Example: hedgewatch config show
    """
    import json

    from hedgewatch.settings import load_settings
    from hedgewatch.settings.effective import effective, plain_values
    from hedgewatch.settings.toml import toml_text

    invocation = ctx.ensure_object(Invocation)
    document = effective(load_settings(invocation.config_path, os.environ))
    wants_json = as_json or invocation.json
    typer.echo(json.dumps(plain_values(document), indent=2) if wants_json else toml_text(document), nl=wants_json)


@app.command()
def schema() -> None:
    """Print the JSON Schema of the configuration, for editors that complete and check TOML.

    Example: hedgewatch config schema > hedgewatch.schema.json
    """
    import json

    from hedgewatch.settings.schema import json_schema

    typer.echo(json.dumps(json_schema(), indent=2))
