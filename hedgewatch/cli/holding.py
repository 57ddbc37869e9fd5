"""``hedgewatch holding``: tell a running worker how many coins a declared holding has now."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(
    no_args_is_help=True,
    help="Say how many coins you own after buying, selling or moving some.",
    epilog="Example: hedgewatch holding set cold --quantity 4.5",
)


@app.callback()
def group() -> None:
    """Keep the group a group while it has one command."""


@app.command("set")
def set_holding(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The holding's name in the configuration.")],
    *,
    quantity: Annotated[str, typer.Option("--quantity", help="Coins of its asset.")],
    cost_basis: Annotated[
        str | None, typer.Option("--cost-basis", help="Average price paid, USD per coin; else as before.")
    ] = None,
    note: Annotated[str, typer.Option("--note", help="Why; kept in the audit.")] = "",
    by: Annotated[str | None, typer.Option("--by", help="Who says so; left out: the user of this machine.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Say how many coins a declared holding has now. The worker sees it at its next cycle; no file is edited.

    It holds over the file until the file's entry of this holding changes. A holding that is read from an account is
    not set: it is read.

    Example: hedgewatch holding set cold --quantity 4.5 --cost-basis 42000 --note "sold half a coin"
    """
    from hedgewatch.cli.loading import ready_settings
    from hedgewatch.cli.saying import say_holding
    from hedgewatch.cli.tables import number, print_json
    from hedgewatch.cli.told import UNTIL_CHANGED, holding_json
    from hedgewatch.cli.words import author

    said, asset = say_holding(ready_settings(ctx), name, quantity, cost_basis, by=author(by), note=note)
    if as_json or ctx.obj.json:
        print_json(holding_json(said, asset))
    else:
        typer.echo(f"{name}: {number(said.quantity)} {asset}; {UNTIL_CHANGED}")
