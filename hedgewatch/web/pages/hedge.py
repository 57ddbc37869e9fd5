"""The page of one hedge: what is wrong, what mends it, and every number behind it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from starlette.responses import Response

from hedgewatch.domain.finding import OutcomeKind
from hedgewatch.monitoring.query import quoted
from hedgewatch.web import present
from hedgewatch.web.pages.chart import HEIGHT, WIDTH, Line, draw
from hedgewatch.web.pages.overview import MOST_ALERTS
from hedgewatch.web.pages.rendering import Renderer
from hedgewatch.web.ports import HistoryReader, PageOptions, Row, Rows
from hedgewatch.web.state import FIRING, concerning, standing_of, worst_first, worst_sides

POINTS = 20
PAST_ALERTS = 50
Written = Callable[[Row], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCard:
    """An order that mends something, as it stands in the webhook, and whether its time is over."""

    rule: str
    order: dict[str, Any]
    base: str
    valid_until: datetime
    is_over: bool
    condition: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BasisChart:
    """The latest basis values of one leg, oldest first, and the line through them (None: too few are known)."""

    leg: str
    rows: Rows
    line: Line | None


def hedge_page(
    history: HistoryReader, options: PageOptions, renderer: Renderer, name: str, *, now: datetime
) -> Response:
    """Write a hedge's page; 404 with the names there are if it is not watched. Raises StoreUnavailableError."""
    hedges = {str(row["hedge"]): row for row in history.hedges_now()}
    if name not in hedges:
        text = f"No hedge named “{name}” is being watched."
        return renderer.message(404, "No such hedge", text, now=now, hedges=tuple(hedges))
    row, legs = hedges[name], history.legs_now(name)
    exchanges = {leg["exchange"] for leg in legs}
    outcomes = concerning(history.outcomes_now(), name, exchanges)
    alerts = worst_first(concerning(history.alerts(open_only=True, limit=MOST_ALERTS), name, exchanges))
    standing = standing_of(row, outcomes, alerts, now=now, poll_seconds=options.poll_seconds)
    facts = {
        "row": row,
        "standing": standing,
        "mark": standing.state,
        "firing": FIRING,
        "alerts": alerts,
        "past": [alert for alert in history.alerts(hedge=name, limit=PAST_ALERTS) if alert["state"] != "firing"],
        "orders": order_cards(outcomes, now=now),
        "groups": [(title, [(label, column, write(row)) for label, column, write in rows]) for title, rows in GROUPS],
        "legs": legs,
        "outcomes": worst_sides(outcomes),
        "charts": [basis_chart(history, leg, options.poll_seconds) for leg in legs],
        "chart_size": (WIDTH, HEIGHT),
        "queries": queries(name),
    }
    return renderer.page("hedge.html", facts, now=now)


def order_cards(outcomes: Rows, *, now: datetime) -> list[OrderCard]:
    """Return the orders that breached rules propose."""
    cards = []
    for outcome in outcomes:
        for order in outcome["orders"] if outcome["outcome"] == OutcomeKind.BREACH else ():
            until = datetime.fromisoformat(order["valid_until"])
            cards.append(
                OrderCard(
                    rule=outcome["rule"],
                    order=order,
                    base=str(order["symbol"]).partition("/")[0],
                    valid_until=until,
                    is_over=until < now,
                    condition=outcome["condition"],
                )
            )
    return cards


def basis_chart(history: HistoryReader, leg: Row, poll_seconds: Decimal) -> BasisChart:
    """Read and draw the latest basis values of a leg."""
    since = leg["read_at_ms"] - int(POINTS * poll_seconds * 1000)
    rows = history.basis_series(leg["hedge"], leg["leg"], since, POINTS)[-POINTS:]
    return BasisChart(leg=leg["leg"], rows=rows, line=draw([row["basis_rate"] for row in rows]))


def queries(name: str) -> list[str]:
    """Return the SQL that shows a hedge's past, valid on SQLite and PostgreSQL."""
    which = f"WHERE hedge = {quoted(name)}"
    newest = "ORDER BY read_at_ms DESC LIMIT 20;"
    return [
        f"SELECT read_at, hedge_ratio, basis_rate, funding_rate_8h, quality\nFROM hedge_history {which}\n{newest}",
        f"SELECT read_at, leg, spot_price, futures_price, basis_rate, label\nFROM basis_history {which}\n{newest}",
    ]


def _coins(column: str) -> Written:
    return lambda row: present.coins(row[column], row["asset"])


def _price(column: str) -> Written:
    return lambda row: present.price(row[column])


def _money(column: str) -> Written:
    return lambda row: present.money(row[column])


def _percent(column: str, digits: int = 2, *, signed: bool = False) -> Written:
    return lambda row: present.percent(row[column], digits, signed=signed)


def _yet(write: Written, column: str) -> Written:
    """Say of what is not known that it is not known yet: it comes with an account that can be read."""
    return lambda row: f"{present.UNKNOWN} yet" if row[column] is None else write(row)


GROUPS: list[tuple[str, list[tuple[str, str, Written]]]] = [
    (
        "Coins",
        [
            ("Holding", "holding", _coins("holding")),
            ("Exposure", "exposure", _coins("exposure")),
            ("Futures", "futures_coins", _coins("futures_coins")),
            ("Net exposure", "net_exposure", _coins("net_exposure")),
            ("Hedge ratio", "hedge_ratio", _percent("hedge_ratio")),
            ("Drift", "drift", _percent("drift", signed=True)),
        ],
    ),
    (
        "Market",
        [
            ("Spot price", "spot_price", _price("spot_price")),
            ("Futures price", "futures_price", _price("futures_price")),
            ("Basis", "basis_rate", _percent("basis_rate", 3, signed=True)),
            ("Coming funding per 8 h", "funding_rate_8h", _percent("funding_rate_8h", 4, signed=True)),
            ("Funding a year", "funding_apr", _percent("funding_apr", signed=True)),
            ("Notional", "notional_usd", _money("notional_usd")),
        ],
    ),
    (
        "Margin",
        [
            (
                "Distance to liquidation",
                "liquidation_distance",
                _yet(_percent("liquidation_distance"), "liquidation_distance"),
            ),
            ("Liquidation price", "liquidation_price", _yet(_price("liquidation_price"), "liquidation_price")),
            ("Margin usage", "margin_usage", _yet(_percent("margin_usage"), "margin_usage")),
            ("Leverage", "leverage", _yet(_price("leverage"), "leverage")),
            ("Unrealised result of the futures", "unrealised_pnl_usd", _money("unrealised_pnl_usd")),
        ],
    ),
    (
        "Insurance",
        [
            ("Expected cost", "carry_cost_usd", _yet(_money("carry_cost_usd"), "carry_cost_usd")),
            ("Protection", "protection_usd", _yet(_money("protection_usd"), "protection_usd")),
            ("Cost over protection", "cost_ratio", _yet(_percent("cost_ratio"), "cost_ratio")),
        ],
    ),
]
