"""``hedgewatch scenario``: what moves of price, basis and funding, or a lost exchange, do to a book."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Hedge = Annotated[str | None, typer.Argument(help="A hedge of the configuration; left out: plain numbers.")]
Asset = Annotated[str | None, typer.Option(help="The coin's name.")]
Holding = Annotated[str | None, typer.Option(help="Coins held.")]
Price = Annotated[str | None, typer.Option(help="Spot price, in quote.")]
Kind = Annotated[str | None, typer.Option(help="linear (the default) or inverse.")]
Contracts = Annotated[str | None, typer.Option(help="Contracts; short is negative.")]
Size = Annotated[str | None, typer.Option(help="Coins (linear) or dollars (inverse) per contract; 1 if left out.")]
Margin = Annotated[str | None, typer.Option(help="The position's equity now, in its settle asset.")]
Leverage = Annotated[str | None, typer.Option(help="Instead of --margin: notional over margin.")]
Rate = Annotated[str | None, typer.Option(help="A fraction, or percent with its sign; 0.5% if left out.")]
Fee = Annotated[str | None, typer.Option(help="The fee that counts in the liquidation trigger.")]
Basis = Annotated[str | None, typer.Option(help="Futures minus spot price, in quote.")]
Shocks = Annotated[list[str] | None, typer.Option(help="A move of the spot price, as -30%; may be repeated.")]
Moves = Annotated[str | None, typer.Option(help='Moves in order, each against the price at the start, as "+12%,-30%".')]
Funding = Annotated[str | None, typer.Option(help="Funding rate per 8 h, as -0.1%; below zero a short pays it.")]
Days = Annotated[str | None, typer.Option(help="For how many days that funding is paid; 7 if left out.")]
Floor = Annotated[
    str | None, typer.Option(help="The contract's lowest funding rate per interval, for the standard stresses.")
]
Lost = Annotated[bool, typer.Option("--lose-exchange", help="The exchange is gone before the price moves.")]
Plot = Annotated[Path | None, typer.Option(help="Draw the book with and without its hedge into FILE.svg or FILE.png.")]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


def scenario(
    ctx: typer.Context,
    hedge: Hedge = None,
    *,
    asset: Asset = None,
    holding: Holding = None,
    price: Price = None,
    kind: Kind = None,
    contracts: Contracts = None,
    contract_size: Size = None,
    margin: Margin = None,
    leverage: Leverage = None,
    maintenance_margin_rate: Rate = None,
    fee_rate: Fee = None,
    basis: Basis = None,
    shock: Shocks = None,
    path: Moves = None,
    funding: Funding = None,
    days: Days = None,
    funding_floor: Floor = None,
    lose_exchange: Lost = False,
    plot: Plot = None,
    as_json: AsJson = False,
) -> None:
    """Put a book through shocks, paths, a funding squeeze or a lost exchange: results, liquidation, what is left.

    From plain numbers, or from a hedge of the configuration with the last price in the store. Without a shock, a path,
    funding or a lost exchange: the standard stresses.

    Example: hedgewatch scenario --asset ETH --holding 25 --price 4000 --contracts -25 --margin 100000 --shock -30%
    """
    options = locals()  # so many that they are handed on by name
    from hedgewatch.cli.answering import answer

    answer(ctx, options)
