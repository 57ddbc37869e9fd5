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
    import os
    from datetime import UTC, datetime

    from hedgewatch.bootstrap.speaking import speaking
    from hedgewatch.cli.loading import ready_settings
    from hedgewatch.cli.tables import print_json
    from hedgewatch.cli.told import (
        UNTIL_CHANGED,
        Figures,
        place_of,
        places,
        position_json,
        position_said,
        quantity_words,
    )
    from hedgewatch.cli.words import author
    from hedgewatch.domain.told import ToldPosition
    from hedgewatch.settings import file_entries

    settings, now = ready_settings(ctx), datetime.now(UTC)
    entries = file_entries(settings)
    place = place_of(places(settings, entries), hedge, leg)
    figures = Figures(contracts=contracts, coins=coins, entry_price=entry_price, margin=margin)
    with speaking(settings, os.environ) as (history, desk):
        told = history.interventions(now).still_held(entries).told
        position = position_said(place, told, figures)
        said = ToldPosition(
            hedge=place.hedge.name,
            leg=place.leg.name,
            entry=place.entry,
            position=position,
            by=author(by),
            note=note,
            at=now,
        )
        desk.set_position(said)
    if as_json or ctx.obj.json:
        print_json(position_json(place, position, said))
    else:
        typer.echo(f"{place.hedge.name} {place.leg.name}: {quantity_words(position)}; {UNTIL_CHANGED}")


@app.command("show")
def show_positions(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Show every position as it stands, and where that comes from: told, the file, or an account.

    Example: hedgewatch position show
    """
    import os
    from datetime import UTC, datetime

    from hedgewatch.bootstrap.speaking import speaking
    from hedgewatch.cli.loading import ready_settings
    from hedgewatch.cli.tables import print_json
    from hedgewatch.cli.told import places, position_json, positions_now, print_positions
    from hedgewatch.settings import file_entries

    settings = ready_settings(ctx)
    entries = file_entries(settings)
    with speaking(settings, os.environ) as (history, _):
        told = history.interventions(datetime.now(UTC)).still_held(entries).told
    rows = list(positions_now(places(settings, entries), told))
    if as_json or ctx.obj.json:
        print_json({"positions": [position_json(*row) for row in rows]})
    else:
        print_positions(rows)
