"""Answers as a person reads them in a terminal."""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from hedgewatch.domain.finding import Finding, OutcomeKind
from hedgewatch.domain.hedge import HedgeSnapshot
from hedgewatch.domain.margin_advice import top_up_words
from hedgewatch.domain.market import ExchangeOutcome
from hedgewatch.domain.numbers import plain
from hedgewatch.domain.order import Order
from hedgewatch.domain.rules import HOLDING_RULES
from hedgewatch.monitoring.cycle import CycleResult

COLOURS = {
    OutcomeKind.BREACH: "bold red",
    OutcomeKind.UNKNOWN: "magenta",
    OutcomeKind.BAND: "yellow",
    OutcomeKind.CLEAR: "green",
}


def print_json(answer: Any) -> None:  # noqa: ANN401  whatever a command answers
    """Write an answer as indented JSON on standard output."""
    sys.stdout.write(json.dumps(answer, indent=2, ensure_ascii=False) + "\n")


def percent(value: Decimal | None, digits: int = 2) -> str:
    """Write a fraction as percent, ``unknown`` for None."""
    return "unknown" if value is None else f"{value * 100:.{digits}f} %"


def number(value: Decimal | None, digits: int = 8) -> str:
    """Write a number with at most ``digits`` significant digits, ``unknown`` for None."""
    return "unknown" if value is None else plain(value, digits)


def money(value: Decimal | None) -> str:
    """Write dollars whole, ``unknown`` for None."""
    return "unknown" if value is None else f"{value:,.0f} USD"


def print_cycle(result: CycleResult) -> None:
    """Print one cycle: hedges, what each rule says, orders, exchanges."""
    console = Console()
    for snapshot in result.snapshots:
        _print_hedge(console, snapshot, [f for f in result.verdict.findings if _concerns(f, snapshot.hedge.name)])
    bare = [one for one in result.verdict.findings if one.target.rule in HOLDING_RULES and one.severity is not None]
    if bare:
        console.rule("[bold]holdings[/bold]", align="left")
        console.print(_outcomes("", bare))
    exchanges = Table("exchange", "outcome", "calls", "trouble", title=None, box=None, pad_edge=False)
    for answer in result.answers.values():
        colour = "green" if answer.outcome is ExchangeOutcome.OK else "yellow"
        outcome = f"[{colour}]{answer.outcome.value}[/{colour}]"
        exchanges.add_row(answer.exchange, outcome, str(answer.calls), answer.error or "")
    console.print(exchanges)


def _concerns(finding: Finding, hedge: str) -> bool:
    return finding.target.hedge == hedge or hedge in finding.hedges


def _print_hedge(console: Console, snapshot: HedgeSnapshot, findings: list[Finding]) -> None:
    console.rule(
        f"[bold]{snapshot.hedge.name}[/bold]  {snapshot.hedge.asset}, data {snapshot.quality.value}", align="left"
    )
    facts = Table.grid(padding=(0, 3))
    facts.add_row("holding", number(snapshot.holding), "futures", number(snapshot.futures_coins))
    facts.add_row("hedge ratio", percent(snapshot.hedge_ratio), "drift", percent(snapshot.drift))
    facts.add_row("spot", number(snapshot.spot_price), "futures price", number(snapshot.futures_price))
    facts.add_row("basis", percent(snapshot.basis_rate, 4), "funding per 8 h", percent(snapshot.funding_rate_8h, 4))
    is_never = all(leg.is_never for leg in snapshot.legs)
    distance = "never" if is_never else percent(snapshot.liquidation_distance)
    facts.add_row("liquidation", number(snapshot.liquidation_price), "away", distance)
    facts.add_row("margin used", percent(snapshot.margin_usage), "leverage", number(snapshot.leverage))
    insurance = snapshot.insurance
    cost = "unknown" if insurance.cost is None else f"{money(insurance.cost)} in {number(insurance.days, 3)} d"
    facts.add_row("costs", cost, "protects", money(insurance.protection))
    facts.add_row("cost of that", percent(insurance.ratio), "", "")
    console.print(facts)
    console.print(_outcomes(f"{snapshot.hedge.name}: ", findings))
    for finding in findings:
        _print_mend(console, finding)
    console.print()


def _outcomes(known: str, findings: list[Finding]) -> Table:
    """Return what rules say, without the name that stands above them already."""
    outcomes = Table.grid(padding=(0, 2))
    for finding in findings:
        colour = COLOURS[finding.kind]
        severity = f" ({finding.severity.value})" if finding.severity else ""
        target = finding.target.leg or finding.target.exchange or finding.target.side
        message = finding.message.removeprefix(known)  # which may quote an exchange's words
        outcomes.add_row(
            f"[{colour}]{finding.kind.value}[/{colour}]{severity}",
            f"[bold]{finding.target.rule}[/bold] {escape(target)}\n{escape(message)}",
        )
    return outcomes


def _print_mend(console: Console, finding: Finding) -> None:
    """Print what would mend one finding; what another rule asks is another way, not a second step."""
    rule, top_up = finding.target.rule, finding.top_up
    if top_up is not None:
        console.print(f"  [bold]{rule}[/bold]: {escape(top_up_words(top_up))}")
    condition = f", {finding.condition}" if finding.condition else ""
    for order in finding.orders:
        console.print(f"  [bold]{rule}[/bold]: order {escape(order_words(order) + condition)}")


def order_words(order: Order) -> str:
    """Write an order in one line."""
    flags = "".join((", reduce-only" if order.reduce_only else "", f", {order.time_in_force.value.replace('_', '-')}"))
    return (
        f"{order.side.value} {plain(order.coins)} coins ({plain(order.order_quantity)} {order.order_unit.value}) of "
        f"{order.ref.symbol} on {order.ref.exchange} at {plain(order.limit_price)}{flags}"
    )
