"""``hedgewatch db``: the database's schema."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Look after the database.", epilog="Example: hedgewatch db upgrade")

AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


@app.command()
def upgrade(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Bring the database's schema to this version's, all of it or nothing; safe to run at any time.

    Example: hedgewatch db upgrade
    """
    from hedgewatch.storage.migrate import upgrade

    state = upgrade(_url(ctx))
    _answer(ctx, state.revision, state.head, state.status.value, as_json=as_json)


@app.command()
def check(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Tell whether the database can be reached and has this version's schema; change nothing.

    Exit code 3 if it has not.

    Example: hedgewatch db check --json
    """
    from hedgewatch.storage.migrate import check
    from hedgewatch.storage.schema import SchemaStatus

    state = check(_url(ctx))
    _answer(ctx, state.revision, state.head, state.status.value, as_json=as_json)
    if state.status is not SchemaStatus.CURRENT:
        raise typer.Exit(code=3)


def _url(ctx: typer.Context) -> str:
    import os

    from hedgewatch.cli.loading import loaded_settings

    return loaded_settings(ctx).storage.url.resolve(os.environ).get_secret_value()


def _answer(ctx: typer.Context, revision: str | None, head: str, status: str, *, as_json: bool) -> None:
    if as_json or ctx.obj.json:
        from hedgewatch.cli.tables import print_json

        print_json({"schema": revision, "wanted": head, "status": status})
    elif status == "current":
        typer.echo(f"the database's schema is current ({revision})")
    else:
        typer.echo(f"the database's schema is {status} ({revision or 'none'}); this version wants {head}")
