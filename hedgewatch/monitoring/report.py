"""One cycle as an answer: the JSON that ``once --json`` promises; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from hedgewatch.domain.finding import Finding, OutcomeKind
from hedgewatch.domain.hedge import HedgeSnapshot, LegSnapshot
from hedgewatch.domain.market import ExchangeAnswer
from hedgewatch.domain.numbers import plain
from hedgewatch.domain.thresholds import Severity
from hedgewatch.monitoring.cycle import CycleResult
from hedgewatch.monitoring.payload import order_json, time_text, top_up_json

HEDGE_COLUMNS = (
    "holding",
    "exposure",
    "futures_coins",
    "net_exposure",
    "hedge_ratio",
    "drift",
    "notional_usd",
    "spot_price",
    "futures_price",
    "basis_rate",
    "funding_rate_8h",
    "funding_apr",
    "liquidation_price",
    "liquidation_distance",
    "margin_usage",
    "leverage",
    "carry_cost_usd",
    "protection_usd",
    "cost_ratio",
    "unrealised_pnl_usd",
    "quality",
)
LEG_COLUMNS = (
    "contracts",
    "coins",
    "mark_price",
    "basis_rate",
    "funding_rate_8h",
    "liquidation_price",
    "liquidation_distance",
    "margin_usage",
    "leverage",
    "unrealised_pnl_usd",
    "quality",
)
WORST_FIRST = (OutcomeKind.BREACH, OutcomeKind.UNKNOWN, OutcomeKind.BAND, OutcomeKind.CLEAR)


def cycle_json(result: CycleResult) -> dict[str, Any]:
    """Return the whole cycle in the shape of contracts' ``once --json``."""
    return {
        "read_at": time_text(result.read_at),
        "hedges": [hedge_json(snapshot, result.verdict.findings) for snapshot in result.snapshots],
        "exchanges": [exchange_json(answer) for answer in result.answers.values()],
    }


def hedge_json(snapshot: HedgeSnapshot, findings: Iterable[Finding]) -> dict[str, Any]:
    """Return one hedge: its columns, legs, outcomes (one per rule and leg, the worst side) and orders.

    Each rule answers by itself, so orders of two rules are two ways out, never one after the other: they bear its name.
    """
    hedge = snapshot.hedge
    own = [finding for finding in findings if hedge.name in {finding.target.hedge, *finding.hedges}]
    shown = _worst_per_rule_and_leg(own)
    return {
        "read_at": time_text(snapshot.read_at),
        "hedge": hedge.name,
        "asset": hedge.asset,
        **{name: json_value(getattr(snapshot, name)) for name in HEDGE_COLUMNS},
        "legs": [leg_json(leg, snapshot) for leg in snapshot.legs],
        "outcomes": [outcome_json(finding) for finding in shown],
        "orders": [
            {**order_json(order), "rule": finding.target.rule, "condition": finding.condition}
            for finding in shown
            for order in finding.orders
        ],
    }


def leg_json(leg: LegSnapshot, snapshot: HedgeSnapshot) -> dict[str, Any]:
    """Return one leg: the columns of leg_history."""
    return {
        "read_at": time_text(snapshot.read_at),
        "hedge": snapshot.hedge.name,
        "leg": leg.leg.name,
        "exchange": leg.leg.futures.exchange,
        "account": leg.leg.account,
        "symbol": leg.leg.futures.symbol,
        **{name: json_value(getattr(leg, name)) for name in LEG_COLUMNS},
    }


def outcome_json(finding: Finding) -> dict[str, Any]:
    """Return one outcome; ``threshold`` is that of the level breached, else of the lowest level."""
    severity = finding.severity
    return {
        "rule": finding.target.rule,
        "leg": finding.target.leg or None,
        "outcome": finding.kind.value,
        "severity": severity.value if severity else None,
        "value": json_value(finding.value),
        "threshold": json_value(_threshold(finding.thresholds, severity)),
        "reason": finding.unknown.value if finding.unknown else finding.message,
        "top_up": top_up_json(finding.top_up) if finding.top_up else None,
        "condition": finding.condition,
    }


def exchange_json(answer: ExchangeAnswer) -> dict[str, Any]:
    """Return how one exchange answered."""
    return {
        "exchange": answer.exchange,
        "outcome": answer.outcome.value,
        "calls": answer.calls,
        "error": answer.error,
    }


def needs_attention(result: CycleResult) -> bool:
    """Tell whether any outcome is a breach or an unknown through a fault of the data."""
    return any(finding.kind is OutcomeKind.BREACH or finding.alertable for finding in result.verdict.findings)


def json_value(value: Decimal | datetime | Enum | str | None) -> str | None:
    """Write one value as JSON wants it: plain decimal text, RFC 3339 time, null for unknown."""
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, datetime):
        return time_text(value)
    return str(value) if value is not None else None


def _threshold(thresholds: Mapping[Severity, Decimal], severity: Severity | None) -> Decimal | None:
    if severity is not None:
        return thresholds.get(severity)
    return min(thresholds.items(), key=lambda item: item[0].rank, default=(None, None))[1]


def _worst_per_rule_and_leg(findings: Iterable[Finding]) -> list[Finding]:
    """Keep one finding per rule, leg and exchange: a two-sided rule shows the side that is worse."""
    kept: dict[tuple[str, str, str], Finding] = {}
    for finding in findings:
        key = (finding.target.rule, finding.target.leg, finding.target.exchange)
        before = kept.get(key)
        if before is None or WORST_FIRST.index(finding.kind) < WORST_FIRST.index(before.kind):
            kept[key] = finding
    return list(kept.values())
