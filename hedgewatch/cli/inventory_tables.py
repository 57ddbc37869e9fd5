"""What is owned, in a table and in JSON: each holding, its worth and result, and what hedges how much of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from hedgewatch.cli.tables import money, number, percent
from hedgewatch.domain.intervention import Interventions
from hedgewatch.domain.inventory import Holding, HoldingSnapshot, value_holding
from hedgewatch.domain.numbers import ONE, ZERO, exactly
from hedgewatch.domain.told import holdings_as_told
from hedgewatch.monitoring.payload import time_text
from hedgewatch.monitoring.report import json_value
from hedgewatch.settings import Settings, declared_hedges, declared_holdings

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """A hedge over a holding. share: of the holding, 0 to 1. hedge_ratio: of that share, None: not known."""

    hedge: str
    share: Decimal
    hedge_ratio: Decimal | None
    is_closed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnedNow:
    """A holding as it stands. bare: the share (0 to 1) that no open hedge covers. read_at: None: never."""

    holding: Holding
    worth: HoldingSnapshot
    covers: tuple[Cover, ...]
    bare: Decimal
    read_at: datetime | None


@exactly
def owned_now(
    settings: Settings, stored: Sequence[Row], hedges: Sequence[Row], interventions: Interventions
) -> list[OwnedNow]:
    """Put every holding of the file beside what the worker last stored of it; what was told since is as told."""
    by_name, ratios = {row["holding"]: row for row in stored}, {row["hedge"]: row["hedge_ratio"] for row in hedges}
    declared = declared_hedges(settings)
    found = []
    for holding in holdings_as_told(declared_holdings(settings), interventions.told).values():
        row = by_name.get(holding.name)
        covers = tuple(
            Cover(
                hedge=hedge.name,
                share=share.share,
                hedge_ratio=ratios.get(hedge.name),
                is_closed=hedge.name in interventions.closings,
            )
            for hedge in declared
            for share in hedge.held
            if share.holding.name == holding.name
        )
        found.append(
            OwnedNow(
                holding=holding,
                worth=_worth(holding, row),
                covers=covers,
                bare=ONE - sum((cover.share for cover in covers if not cover.is_closed), ZERO),
                read_at=row["read_at"] if row else None,
            )
        )
    return found


def _worth(holding: Holding, row: Row | None) -> HoldingSnapshot:
    """Value a holding at the price that was last stored: coins as told or declared, else as they were read."""
    stored = row if row is not None and row["asset"] == holding.asset else {}
    quantity = holding.quantity if holding.quantity is not None else stored.get("quantity")
    price = stored.get("price_usd")
    counted = None if price is None else price / holding.counts_as_per_unit
    return value_holding(holding, quantity, counted)


def inventory_json(rows: Sequence[OwnedNow]) -> dict[str, Any]:
    """Return the answer of ``inventory --json``."""
    return {"holdings": [_row_json(row) for row in rows]}


def _row_json(row: OwnedNow) -> dict[str, Any]:
    holding, worth = row.holding, row.worth
    return {
        "holding": holding.name,
        "asset": holding.asset,
        "quantity": json_value(worth.quantity),
        "counts_as": {"asset": holding.counts_as_asset, "per_unit": json_value(holding.counts_as_per_unit)},
        "where": holding.where,
        "account": holding.account,
        "locked_until": holding.locked_until.isoformat() if holding.locked_until else None,
        "collateral": holding.is_collateral,
        "price_usd": json_value(worth.price_usd),
        "value_usd": json_value(worth.value_usd),
        "cost_basis": json_value(holding.cost_basis),
        "cost_basis_usd": json_value(worth.cost_basis_usd),
        "unrealised_pnl_usd": json_value(worth.unrealised_pnl_usd),
        "hedged_by": [
            {
                "hedge": cover.hedge,
                "share": json_value(cover.share),
                "hedge_ratio": json_value(cover.hedge_ratio),
                "closed": cover.is_closed,
            }
            for cover in row.covers
        ],
        "unhedged_share": json_value(row.bare),
        "read_at": time_text(row.read_at) if row.read_at else None,
    }


def print_inventory(rows: Sequence[OwnedNow], now: datetime) -> None:
    """Print every holding in a line, and when its price was read."""
    console = Console()
    table = Table("holding", "quantity", "where", "value", "cost", "result", "hedged by", box=None, pad_edge=False)
    for row in rows:
        worth = row.worth
        table.add_row(
            escape(row.holding.name),
            escape(_quantity(row)),
            escape(_where(row.holding)),
            money(worth.value_usd),
            money(worth.cost_basis_usd),
            money(worth.unrealised_pnl_usd),
            escape(_hedged(row)),
        )
    console.print(table)
    read = [row.read_at for row in rows if row.read_at is not None]
    if read:
        console.print(f"priced {(now - max(read)).total_seconds():.0f} s ago, {time_text(max(read))}")
    else:
        console.print("nothing was priced yet: is the worker running? `hedgewatch once` looks without it")


def _quantity(row: OwnedNow) -> str:
    holding = row.holding
    coins = f"{number(row.worth.quantity)} {holding.asset}"
    if holding.counts_as_asset == holding.asset:
        return coins
    return f"{coins} (each as {number(holding.counts_as_per_unit)} {holding.counts_as_asset})"


def _where(holding: Holding) -> str:
    parts = [
        f"account {holding.account}" if holding.account else "",
        holding.where or "",
        f"locked until {holding.locked_until}" if holding.locked_until else "",
        "posted as margin" if holding.is_collateral else "",
    ]
    return ", ".join(part for part in parts if part)


def _hedged(row: OwnedNow) -> str:
    words = [f"{percent(cover.share, 0)} in {cover.hedge}, {_ratio(cover)}" for cover in row.covers]
    if row.bare > 0:
        words.append(f"{percent(row.bare, 0)} by none" if words else "none")
    return "; ".join(words)


def _ratio(cover: Cover) -> str:
    if cover.is_closed:
        return "which is closed"
    return "whose ratio is unknown" if cover.hedge_ratio is None else f"hedged {percent(cover.hedge_ratio, 1)}"
