"""What a scenario answers: a table that is read in ten seconds, or JSON."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.table import Table

from hedgewatch.cli.books import NamedBook, value_in_settle
from hedgewatch.cli.tables import number, percent
from hedgewatch.domain.exposure import hedge_ratio, position_value
from hedgewatch.domain.instrument import Payoff
from hedgewatch.domain.margin import effective_leverage
from hedgewatch.domain.numbers import ZERO, exactly
from hedgewatch.domain.scenario import Book
from hedgewatch.domain.stresses import Outcome
from hedgewatch.monitoring.report import json_value

WHOLE_FROM = 1000  # from here on, cents do not matter
SMALL = 1
DUST = 12  # decimals: what lies beyond them is what a division left of nothing
DIGITS = 8
NAME_WIDTH, PIPED_WIDTH = 18, 100


def money(value: Decimal, *, signed: bool = True) -> str:
    """Write an amount of quote currency as a person reads it; what rounding left of nothing is 0."""
    rounded = round(value, DUST)
    if not rounded:
        return "0"
    sign = "+" if signed else ""
    if abs(value) >= WHOLE_FROM:
        return f"{rounded:{sign},.0f}"
    return f"{rounded:{sign}.2f}" if abs(value) >= SMALL else f"{rounded:{sign}.4g}"


def amount(value: Decimal) -> str:
    """Write a quantity or a price with its thousands apart."""
    return f"{Decimal(number(value, DIGITS)):,f}"


@exactly
def print_outcomes(named: NamedBook, outcomes: Sequence[Outcome]) -> None:
    """Print the book in three lines and every outcome in one; a path of several moves with its margin below."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=PIPED_WIDTH)
    for line in _headlines(named):
        console.print(line, highlight=False, soft_wrap=True)
    console.print()
    console.print(_table(named, outcomes))
    if named.book.contracts and any(outcome.is_naked for outcome in outcomes):
        console.print("\nliquidated or lost: margin and hedge are gone, the coins are naked", highlight=False)
    for outcome in outcomes:
        if len(outcome.steps) > 1:
            console.print()
            console.print(_margin_path(named, outcome))


def outcomes_json(named: NamedBook, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return the answer of ``scenario --json``."""
    book = named.book
    ratio, leverage = _ratio_and_leverage(book)
    return {
        "hedge": named.hedge,
        "asset": named.asset,
        "book": {
            "holding": json_value(book.spot_coin),
            "price": json_value(book.spot0),
            "kind": book.payoff.value,
            "contracts": json_value(book.contracts),
            "contract_size": json_value(book.contract_size),
            "basis": json_value(book.basis0),
            "margin": json_value(book.margin),
            "maintenance_margin_rate": json_value(book.mmr),
            "fee_rate": json_value(book.fee_rate),
        },
        "hedge_ratio": json_value(ratio),
        "leverage": json_value(leverage),
        "liquidation_price": json_value(named.liquidation_price),
        "never_liquidated": named.liquidation_price is None,
        "notes": list(named.notes),
        "scenarios": [_outcome_json(outcome) for outcome in outcomes],
    }


def _outcome_json(outcome: Outcome) -> dict[str, Any]:
    result, stress = outcome.result, outcome.stress
    return {
        "name": stress.name,
        "path": [{"spot": json_value(move.spot), "basis_rate": json_value(move.basis)} for move in stress.moves],
        "funding_rate_8h": json_value(stress.r8),
        "days": json_value(stress.days),
        "exchange_lost": stress.is_lost,
        "depeg": json_value(stress.depeg),
        **{
            name: json_value(round(getattr(result, name), DUST))
            for name in ("spot_pnl", "collateral_pnl", "futures_pnl", "funding", "net_pnl")
        },
        "liquidated": result.liquidated,
        "liq_step": result.liq_step,
        "naked": outcome.is_naked,
        "left": json_value(round(outcome.left, DUST)),
        "steps": [
            {
                "spot_price": json_value(step.spot),
                "futures_price": json_value(step.futures_price),
                "equity": json_value(step.equity),
                "margin_usage": json_value(step.margin_usage),
                "liquidated": step.is_liquidated,
            }
            for step in outcome.steps
        ],
    }


@exactly
def _ratio_and_leverage(book: Book) -> tuple[Decimal | None, Decimal | None]:
    coins = position_value(book.payoff, book.contracts, book.contract_size, book.entry).coin_quantity
    collateral = book.margin if book.payoff is Payoff.INVERSE else ZERO
    return hedge_ratio(book.spot_coin + collateral, coins), effective_leverage(value_in_settle(book), book.margin)


def _headlines(named: NamedBook) -> tuple[str, ...]:
    book, price = named.book, named.liquidation_price
    ratio, leverage = _ratio_and_leverage(book)
    inverse = book.payoff is Payoff.INVERSE
    hedged = "nothing to hedge" if ratio is None else f"hedged {percent(ratio, 1)}"
    coins = f"{amount(book.spot_coin)} {named.asset} at {amount(book.spot0)}"
    first = f"[bold]{named.hedge or named.asset}[/bold]: {coins}, {hedged}, worth {amount(book.worth)} with its margin"
    if not book.contracts:
        return (first, "no contracts", *named.notes)
    side = "short" if book.contracts < 0 else "long"
    unit = f"{amount(book.contract_size)} {named.quote if inverse else named.asset}"
    position = f"{side} {amount(abs(book.contracts))} {book.payoff.value} contracts of {unit}"
    margin = f"margin {amount(book.margin)} {named.asset if inverse else named.quote}".rstrip()
    by = f" ({number(leverage, 3)}x)" if leverage is not None else ""
    where = "cannot be liquidated"
    if price is not None:
        where = f"liquidated at {amount(price)} ({(price / book.entry - 1) * 100:+.1f} %)"
    return (first, f"{position}, {margin}{by}, [bold]{where}[/bold]", *named.notes)


def _table(named: NamedBook, outcomes: Sequence[Outcome]) -> Table:
    """Lay out the outcomes. Linear margin moves in a depeg alone, and stands beside the futures then."""
    columns: dict[str, list[Decimal]] = {"spot": [one.result.spot_pnl for one in outcomes]}
    collateral, futures = (
        [getattr(one.result, f"{part}_pnl") for one in outcomes] for part in ("collateral", "futures")
    )
    if named.book.payoff is Payoff.INVERSE:
        columns |= {"collateral": collateral, "futures": futures}
    else:
        together = [one + other for one, other in zip(collateral, futures, strict=True)]
        columns["futures + margin" if any(collateral) else "futures"] = together
    if any(one.result.funding for one in outcomes):
        columns["funding"] = [one.result.funding for one in outcomes]
    table = Table(box=None, pad_edge=False, padding=(0, 1))
    table.add_column("what happens", min_width=NAME_WIDTH)
    for title in (*columns, "net", "left"):
        table.add_column(title, justify="right", no_wrap=" " not in title)
    table.add_column("hedge")
    for at, outcome in enumerate(outcomes):
        table.add_row(
            outcome.stress.name,
            *(money(column[at]) for column in columns.values()),
            _coloured(outcome.result.net_pnl),
            money(outcome.left, signed=False),
            _fate(named.book, outcome),
        )
    return table


def _coloured(net: Decimal) -> str:
    colour = "bold red" if net < 0 else "bold green" if net > 0 else "bold"
    return f"[{colour}]{money(net)}[/{colour}]"


def _fate(book: Book, outcome: Outcome) -> str:
    if not book.contracts:
        return "none"
    if outcome.stress.is_lost:
        return "[bold red]lost[/bold red]"
    if outcome.result.liq_step is None:
        return "stands"
    step = f", move {outcome.result.liq_step + 1}" if len(outcome.steps) > 1 else ""
    return f"[bold red]liquidated{step}[/bold red]"


def _margin_path(named: NamedBook, outcome: Outcome) -> Table:
    settle = named.asset if named.book.payoff is Payoff.INVERSE else named.quote
    table = Table("move", box=None, pad_edge=False, title=f"margin along {outcome.stress.name}", title_justify="left")
    for title in ("spot", "futures price", f"equity {settle}".rstrip(), "margin used"):
        table.add_column(title, justify="right")
    table.add_column("hedge")
    for at, step in enumerate(outcome.steps):
        table.add_row(
            str(at + 1),
            amount(step.spot),
            amount(step.futures_price),
            amount(step.equity),
            "" if step.margin_usage is None else percent(step.margin_usage, 1),
            "[bold red]liquidated[/bold red]" if step.is_liquidated else "stands",
        )
    return table
