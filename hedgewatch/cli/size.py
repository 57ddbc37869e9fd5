"""``hedgewatch size``: how many contracts to sell, at which price, with which margin, liquidation and funding."""

from __future__ import annotations

from typing import Annotated

import typer

Asset = Annotated[str | None, typer.Option(help="The coin's name.")]
Notional = Annotated[str | None, typer.Option(help="What the coins to hedge are worth, in quote.")]
Coins = Annotated[str | None, typer.Option(help="Instead of --notional: the coins to hedge.")]
Futures = Annotated[str | None, typer.Option(help="The contract, as binance:BTC/USDT:USDT; left out: plain numbers.")]
Leverage = Annotated[str, typer.Option(help="Notional over margin; it changes the margin, never the contracts.")]
Rate = Annotated[str | None, typer.Option(help="A fraction, or percent with its sign; 0.5% if left out.")]
Price = Annotated[str | None, typer.Option(help="Plain numbers: the price, in quote.")]
Size = Annotated[str | None, typer.Option(help="Plain numbers: coins (linear) or dollars (inverse) per contract.")]
Kind = Annotated[str | None, typer.Option(help="Plain numbers: linear or inverse.")]
Tick = Annotated[str | None, typer.Option(help="Plain numbers: the price step.")]
Lot = Annotated[str | None, typer.Option(help="Plain numbers: the step of contracts; 1 if left out.")]
Fewest = Annotated[str | None, typer.Option(help="Plain numbers: the fewest contracts of an order.")]
Least = Annotated[str | None, typer.Option(help="Plain numbers: the least an order is worth, in quote.")]
Funding = Annotated[str | None, typer.Option(help="Plain numbers: funding rate per interval; below zero a short pays.")]
Interval = Annotated[str | None, typer.Option(help="Plain numbers: hours between settlements; 8 if left out.")]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


def size(
    ctx: typer.Context,
    *,
    asset: Asset = None,
    notional: Notional = None,
    coins: Coins = None,
    futures: Futures = None,
    leverage: Leverage = "1",
    maintenance_margin_rate: Rate = None,
    price: Price = None,
    contract_size: Size = None,
    kind: Kind = None,
    tick: Tick = None,
    lot_step: Lot = None,
    min_contracts: Fewest = None,
    min_notional: Least = None,
    funding_rate: Funding = None,
    funding_interval: Interval = None,
    as_json: AsJson = False,
) -> None:
    """Size a short that hedges coins: contracts, limit price, margin, liquidation price, funding a day, and warnings.

    The contract's terms and prices are read from its exchange, or from the store where that cannot be reached; or
    everything is said in plain numbers. Nothing is ordered.

    Example: hedgewatch size --asset BTC --notional 300000 --futures binance:BTC/USDT:USDT --leverage 3
    """
    options = locals()  # so many that they are handed on by name
    from hedgewatch.cli.sizing import answer

    answer(ctx, options)
