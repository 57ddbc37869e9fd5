"""``hedgewatch position``: tell a running worker what a declared position is now, and show them all."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(
    no_args_is_help=True,
    help="Say what a position is after a trade; nothing is traded.",
    epilog="Example: hedgewatch position set btc-core --contracts -4.8",
)

AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


@app.command("set")
def set_position(
    ctx: typer.Context,
    hedge: Annotated[str, typer.Argument(metavar="HEDGE", help="The hedge's name in the configuration.")],
    *,
    leg: Annotated[str | None, typer.Option("--leg", help="Which of its legs, if it has several.")] = None,
    contracts: Annotated[str | None, typer.Option("--contracts", help="Contracts; short is negative.")] = None,
    coins: Annotated[str | None, typer.Option("--coins", help="Coins instead; short is negative.")] = None,
    entry_price: Annotated[str | None, typer.Option("--entry-price", help="Average entry; else as before.")] = None,
    margin: Annotated[str | None, typer.Option("--margin", help="Margin, settle asset; else as before.")] = None,
    note: Annotated[str, typer.Option("--note", help="Why; kept in the audit.")] = "",
    by: Annotated[str | None, typer.Option("--by", help="Who says so; left out: the user of this machine.")] = None,
    as_json: AsJson = False,
) -> None:
    """Say what a declared position is now. The worker sees it at its next cycle; no file is edited.

    What is left out stays as it was. It holds over the file until the file's entry of this leg changes. A position
    that is read from an account is not set: it is read.

    Example: hedgewatch position set btc-core --contracts -4.8 --entry-price 60250 --note "sold 0.2"
    """
    from hedgewatch.cli.loading import ready_settings
    from hedgewatch.cli.saying import say_position
    from hedgewatch.cli.tables import print_json
    from hedgewatch.cli.told import UNTIL_CHANGED, Figures, position_json, quantity_words
    from hedgewatch.cli.words import author

    figures = Figures(contracts=contracts, coins=coins, entry_price=entry_price, margin=margin)
    place, said = say_position(ready_settings(ctx), hedge, leg, figures, by=author(by), note=note)
    if as_json or ctx.obj.json:
        print_json(position_json(place, said.position, said))
    else:
        typer.echo(f"{said.hedge} {said.leg}: {quantity_words(said.position)}; {UNTIL_CHANGED}")


@app.command("show")
def show_positions(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Show every position as it stands, and where that comes from: told, the file, or an account.

    Example: hedgewatch position show
    """
    from hedgewatch.cli.loading import ready_settings
    from hedgewatch.cli.saying import positions_told
    from hedgewatch.cli.tables import print_json
    from hedgewatch.cli.told import position_json, print_positions

    rows = positions_told(ready_settings(ctx))
    if as_json or ctx.obj.json:
        print_json({"positions": [position_json(*row) for row in rows]})
    else:
        print_positions(rows)
