"""The digest as frozen JSON: what a webhook gets, and what mail is worded from. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from hedgewatch.monitoring.payload import frozen, number_text, time_text
from hedgewatch.monitoring.report import HEDGE_COLUMNS

DIGEST_TYPE = "hedge.digest.daily"
MOST_ALERTS, MOST_AHEAD = 50, 20
LARGEST_BYTES = 500_000  # it gathers: an alert is one thing and stays small, a digest has a place for each hedge
FIRING = "firing"
FIGURES = tuple(name for name in HEDGE_COLUMNS if name != "quality")
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class HedgeDay:
    """One hedge over a day.

    now and before: rows of hedge_history, the latest and the one at the day's beginning; None: there is none.
    received, paid: funding of the day, USD, both zero or above; None: no payment is known. samples, unknown_samples: of
    its hourly rows.
    """

    hedge: str
    now: Row | None
    before: Row | None
    received: Decimal | None
    paid: Decimal | None
    samples: int
    unknown_samples: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What happened from ``since`` until ``until``.

    alerts: rows of alert_history that were open in it. said: rows of the audit. unhedged: what is said of coins that no
    hedge covers. expiries: of dated futures, by ``exchange:symbol``.
    """

    since: datetime
    until: datetime
    hedges: Sequence[HedgeDay]
    alerts: Sequence[Row] = ()
    said: Sequence[Row] = ()
    unhedged: Sequence[str] = ()
    expiries: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """Something ahead of a hedge."""

    at: datetime
    hedge: str
    what: str


def digest_payload(event_id: str, day: Day, *, coming: Sequence[Coming], dashboard_url: str) -> bytes:
    """Return the body of a digest: compact UTF-8 JSON, every key present, null for unknown."""
    open_now = [alert for alert in day.alerts if alert["state"] == FIRING]
    hedges = [_hedge_json(one, open_now) for one in day.hedges]
    return frozen(
        DIGEST_TYPE,
        day.until,
        {
            "event_id": event_id,
            "severity": "info",
            "since": time_text(day.since),
            "until": time_text(day.until),
            "hedges": hedges,
            "alerts": [_alert_json(alert) for alert in day.alerts[:MOST_ALERTS]],
            "said": [
                {"at": time_text(row["at"]), "by": row["actor"], "action": row["action"], "what": row["object"]}
                for row in day.said
            ],
            "unhedged": list(day.unhedged),
            "coming": [{"at": time_text(one.at), "hedge": one.hedge, "what": one.what} for one in coming[:MOST_AHEAD]],
            "message": headline(hedges, open_now),
            "links": {"dashboard": f"{dashboard_url}/"},
            "sql": "SELECT * FROM hedge_hourly ORDER BY hour_at_ms DESC, hedge LIMIT 48",
        },
        largest=LARGEST_BYTES,
    )


def headline(hedges: Sequence[Row], open_now: Sequence[Row]) -> str:
    """Say the whole day in one line that stands alone."""
    troubled = [hedge for hedge in hedges if hedge["state"] != "ok"]
    others = [alert for alert in open_now if alert["hedge"] is None]
    if not hedges:
        return "no hedge is configured"
    calm = len(hedges) - len(troubled)
    words = [f"{hedge['hedge']} {hedge['words']}" for hedge in troubled]
    words += [f"{alert['rule']} fires ({alert['severity']})" for alert in others]
    if not words:
        return "the hedge is as it should be" if len(hedges) == 1 else f"all {calm} hedges are as they should be"
    return "; ".join([*words, *([f"{calm} as it should be"] if calm else [])])


def _hedge_json(one: HedgeDay, open_now: Sequence[Row]) -> dict[str, Any]:
    mine = [alert for alert in open_now if alert["hedge"] == one.hedge]
    now, before = one.now or {}, one.before or {}
    state, words = _state_of(now, mine)
    return {
        "hedge": one.hedge,
        "asset": now.get("asset"),
        "state": state,
        "words": words,
        "quality": now.get("quality", "unknown"),
        "read_at": time_text(now["read_at"]) if now else None,
        **{name: number_text(now.get(name)) for name in FIGURES},
        "hedge_ratio_before": number_text(before.get("hedge_ratio")),
        "futures_coins_before": number_text(before.get("futures_coins")),
        "exposure_before": number_text(before.get("exposure")),
        "funding_received_usd": number_text(one.received),
        "funding_paid_usd": number_text(one.paid),
        "samples": one.samples,
        "unknown_samples": one.unknown_samples,
    }


def _state_of(now: Row, mine: Sequence[Row]) -> tuple[str, str]:
    """Return how a hedge stands, in a word for machines and in some for people; unknown is never ok."""
    if mine:
        rules = ", ".join(f"{alert['rule']} ({alert['severity']})" for alert in mine)
        return FIRING, f"has {len(mine)} open alert{'s' if len(mine) > 1 else ''}: {rules}"
    quality = now.get("quality", "unknown")
    if quality in {"unknown", "stale"}:
        return "unknown", "could not be read" if quality == "unknown" else "was read too long ago"
    return "ok", "is as it should be"


def _alert_json(alert: Row) -> dict[str, Any]:
    names = ("rule", "hedge", "leg", "account", "exchange", "action", "severity", "state", "message")
    times = {name: alert[name] and time_text(alert[name]) for name in ("started_at", "fired_at", "resolved_at")}
    return {"episode": alert["episode"], **{name: alert[name] for name in names}, **times}
