"""The webhook body of an event, frozen when the event is made; mail is worded from the same bytes. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from hedgewatch.domain.alert import AlertEvent, EventType
from hedgewatch.domain.hedge import HedgeSnapshot
from hedgewatch.domain.numbers import plain
from hedgewatch.domain.order import Order, TopUp
from hedgewatch.monitoring.query import history_query

LARGEST_BYTES = 20_000
LONGEST_MESSAGE = 2_000  # only where a body is too large
SHORTENED = " (shortened: too long for one message)"
MINUTE, HOUR, DAY = 60, 3_600, 86_400


def event_payload(event: AlertEvent, snapshot: HedgeSnapshot | None, dashboard_url: str) -> bytes:
    """Return the body of a webhook: compact UTF-8 JSON of less than 20 kB, every key present, null for unknown.

    snapshot: of the event's hedge, None if it has none. dashboard_url: without a trailing slash.
    """
    target, finding = event.state.target, event.finding
    action = finding.actions.get(event.severity) or event.state.action
    return frozen(
        f"hedge.alert.{event.type.value}",
        event.at,
        {
            "event_id": event.event_id,
            "episode": event.episode,
            "sequence": event.sequence,
            "rule": target.rule,
            "severity": event.severity.value,
            "action": str(action) if action else None,
            "hedge": target.hedge or None,
            "leg": target.leg or None,
            "account": target.account or None,
            "exchange": target.exchange or None,
            "hedges": list(finding.hedges or ((target.hedge,) if target.hedge else ())),
            "asset": snapshot.hedge.asset if snapshot else None,
            "value": number_text(finding.value),
            "threshold": number_text(finding.thresholds.get(event.severity, event.state.threshold)),
            "since": time_text(_since(event)),
            "data_age_seconds": number_text(_data_age(event, snapshot)),
            "snapshot": _snapshot_json(snapshot) if snapshot else None,
            "orders": [] if _is_over(event) else [order_json(order) for order in finding.orders],
            "top_up": None if _is_over(event) or finding.top_up is None else top_up_json(finding.top_up),
            "condition": None if _is_over(event) else finding.condition,
            "message": _message(event),
            "links": {"dashboard": _dashboard_link(dashboard_url, target.hedge)},
            "sql": history_query(target, snapshot),
        },
    )


def trial_payload(event_id: str, channel: str, at: datetime) -> bytes:
    """Return the body of a test message: type ``hedgewatch.test``, the keys of an alert, nearly all of them null."""
    message = f"This is a test of the channel {channel}: alerts sent there arrive. Nothing is wrong with any hedge."
    empty = dict.fromkeys(("rule", "severity", "action", "hedge", "leg", "account", "exchange"))
    facts = dict.fromkeys(("asset", "value", "threshold", "since", "data_age_seconds", "snapshot"))
    return frozen(
        "hedgewatch.test",
        at,
        {
            "event_id": event_id,
            "episode": None,
            "sequence": 1,
            **empty,
            "hedges": [],
            **facts,
            "orders": [],
            "top_up": None,
            "condition": None,
            "message": message,
            "links": {"dashboard": None},
            "sql": None,
        },
    )


def order_json(order: Order) -> dict[str, Any]:
    """Return an order in the shape of the webhook's ``orders``."""
    return {
        "exchange": order.ref.exchange,
        "account": order.account,
        "symbol": order.ref.symbol,
        "side": order.side.value,
        "position_side": order.position_side,
        "coins": plain(order.coins),
        "contracts": plain(order.contracts),
        "order_quantity": plain(order.order_quantity),
        "order_unit": order.order_unit.value,
        "limit_price": plain(order.limit_price),
        "time_in_force": order.time_in_force.value,
        "reduce_only": order.reduce_only,
        "valid_until": time_text(order.valid_until),
        "estimated_fee_usd": number_text(order.estimated_fee_usd),
        "hedge_ratio_after": number_text(order.hedge_ratio_after),
        "estimated_slippage_usd": number_text(order.estimated_slippage_usd),
    }


def top_up_json(top_up: TopUp) -> dict[str, Any]:
    """Return margin to add in the shape of the webhook's ``top_up``."""
    return {
        "account": top_up.account,
        "asset": top_up.asset,
        "amount": plain(top_up.amount),
        "liquidation_price_after": number_text(top_up.liquidation_price_after),
    }


def time_text(moment: datetime) -> str:
    """Write an aware time as RFC 3339 in UTC with milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def number_text(value: Decimal | None) -> str | None:
    """Write a number in plain decimal text; None stays None (not known)."""
    return None if value is None else plain(value)


def duration_text(seconds: Decimal) -> str:
    """Write a duration in words with its two largest units: ``45 s``, ``12 min``, ``2 h 15 min``, ``3 d 4 h``."""
    whole = max(0, int(seconds))
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return f"{whole // MINUTE} min"
    large, small, (unit, part) = (
        (whole // HOUR, whole % HOUR // MINUTE, ("h", "min"))
        if whole < DAY
        else (whole // DAY, whole % DAY // HOUR, ("d", "h"))
    )
    return f"{large} {unit} {small} {part}" if small else f"{large} {unit}"


def _since(event: AlertEvent) -> datetime:
    """Return when the breach began: its first poll, where that is known."""
    return event.state.started_at or event.state.fired_at or event.at


def _is_over(event: AlertEvent) -> bool:
    return event.type in {EventType.RESOLVED, EventType.CLOSED}


def _data_age(event: AlertEvent, snapshot: HedgeSnapshot | None) -> Decimal | None:
    """Return the age of what was judged: the leg's where the alert names one."""
    if snapshot is None:
        return None
    for leg in snapshot.legs:
        if leg.leg.name == event.state.target.leg:
            return leg.data_age_seconds
    return snapshot.data_age_seconds


def _snapshot_json(snapshot: HedgeSnapshot) -> dict[str, str | None]:
    return {
        "spot_price": number_text(snapshot.spot_price),
        "futures_price": number_text(snapshot.futures_price),
        "basis_rate": number_text(snapshot.basis_rate),
        "hedge_ratio": number_text(snapshot.hedge_ratio),
        "funding_rate_8h": number_text(snapshot.funding_rate_8h),
    }


def _message(event: AlertEvent) -> str:
    """Word what happened: the finding's sentence, and before it what became of the alert."""
    rule = event.state.target.rule.replace("_", " ")
    lasted = duration_text(Decimal(repr((event.at - _since(event)).total_seconds())))
    why = f" ({event.reason})" if event.reason and event.reason not in event.finding.message else ""
    leads = {
        EventType.FIRING: "",
        EventType.ESCALATED: f"now {event.severity.value}: ",
        EventType.REMINDER: f"reminder, {rule} stands for {lasted}: ",
        EventType.RESOLVED: f"{rule} is over after {lasted}: ",
        EventType.FLAPPING: f"{rule} comes and goes, more than 5 times an hour; it now ends after 4 clear polls: ",
        EventType.CLOSED: f"{rule} was closed, not resolved{why}: ",
    }
    if event.escalation:
        unheeded = duration_text(event.state.unheeded_seconds)
        return f"nobody has acknowledged this for {unheeded}: {event.finding.message}"
    return leads[event.type] + event.finding.message


def _dashboard_link(dashboard_url: str, hedge: str) -> str:
    return f"{dashboard_url}/hedges/{quote(hedge, safe='')}" if hedge else f"{dashboard_url}/"


def frozen(kind: str, at: datetime, facts: Mapping[str, Any], *, largest: int = LARGEST_BYTES) -> bytes:
    """Write a body of less than ``largest`` bytes.

    One that is too large loses the end of its message, then the ends of its lists, and says so.
    """
    body = _json_bytes(kind, at, facts)
    kept = dict(facts)
    while len(body) >= largest:
        if not str(kept["message"]).endswith(SHORTENED):
            kept["message"] = str(kept["message"])[:LONGEST_MESSAGE] + SHORTENED
        else:
            lists = [name for name, value in kept.items() if isinstance(value, list)]
            longest = max(lists, key=lambda name: len(json.dumps(kept[name])))
            if not kept[longest]:
                break
            kept[longest] = kept[longest][: len(kept[longest]) // 2]
        body = _json_bytes(kind, at, kept)
    return body


def _json_bytes(kind: str, at: datetime, facts: Mapping[str, Any]) -> bytes:
    whole = {"type": kind, "timestamp": time_text(at), "data": facts}
    # An exchange's error text may hold half a surrogate pair, which UTF-8 has no form for.
    return json.dumps(whole, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")
