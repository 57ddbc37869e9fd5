"""An honest in-memory history, and hedges in each state, for the tests of the pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hedgewatch.domain.errors import StoreUnavailableError
from hedgewatch.domain.numbers import exact
from hedgewatch.web.ports import Row

NOW = datetime(2026, 11, 22, 18, 0, 4, 123000, tzinfo=UTC)
POLL = timedelta(seconds=30)
READ_AT = NOW - timedelta(seconds=4)
LEG = "binance:BTC/USDT:USDT"


def ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def numbers(given: dict[str, str | None]) -> dict[str, Decimal | None]:
    return {name: None if text is None else exact(text, name) for name, text in given.items()}


@dataclass
class MemoryHistory:
    """Rows as the views give them, kept in lists; ``broken`` makes every read fail."""

    hedges: list[Row] = field(default_factory=list)
    legs: list[Row] = field(default_factory=list)
    outcomes: list[Row] = field(default_factory=list)
    episodes: list[Row] = field(default_factory=list)
    sent: list[Row] = field(default_factory=list)
    cycles: list[Row] = field(default_factory=list)
    basis: list[Row] = field(default_factory=list)
    broken: Exception | None = None

    def _read(self, rows: Sequence[Row]) -> list[Row]:
        if self.broken is not None:
            raise self.broken
        return list(rows)

    def hedges_now(self, within_seconds: int | None = None) -> list[Row]:
        del within_seconds
        return self._read(self.hedges)

    def legs_now(self, hedge: str | None = None) -> list[Row]:
        return [row for row in self._read(self.legs) if hedge in {None, row["hedge"]}]

    def outcomes_now(self, hedge: str | None = None) -> list[Row]:
        return [row for row in self._read(self.outcomes) if hedge in {None, row["hedge"]}]

    def alerts(self, *, open_only: bool = False, hedge: str | None = None, limit: int = 100) -> list[Row]:
        rows = [row for row in self._read(self.episodes) if row["state"] == "firing" or not open_only]
        return [row for row in rows if hedge in {None, row["hedge"]}][:limit]

    def deliveries(self, limit: int = 100) -> list[Row]:
        return self._read(self.sent)[:limit]

    def cycles_now(self) -> list[Row]:
        return self._read(self.cycles)

    def basis_series(self, hedge: str, leg: str, since_ms: int, points: int) -> list[Row]:
        rows = [row for row in self._read(self.basis) if (row["hedge"], row["leg"]) == (hedge, leg)]
        return [row for row in rows if row["read_at_ms"] >= since_ms][-points:]


def unreadable() -> StoreUnavailableError:
    return StoreUnavailableError("storage: postgresql://canary-host/hedges cannot be read")


def hedge_row(name: str = "btc-core", *, read_at: datetime = READ_AT, **given: Any) -> Row:
    known = {
        "holding": "5",
        "exposure": "5",
        "futures_coins": "-5",
        "net_exposure": "0",
        "hedge_ratio": "1",
        "drift": "0",
        "notional_usd": "300100",
        "spot_price": "60000",
        "futures_price": "60020",
        "basis_rate": "0.000333",
        "funding_rate_8h": "0.0001",
        "funding_apr": "0.1095",
        "unrealised_pnl_usd": "-1234.5",
    }
    unknown = dict.fromkeys(
        ("liquidation_price", "liquidation_distance", "margin_usage", "leverage", "carry_cost_usd", "protection_usd",
         "cost_ratio")
    )  # fmt: skip
    facts = {"asset": "BTC", "quality": "ok", "read_at": read_at, "read_at_ms": ms(read_at)}
    return {"hedge": name, **facts, **numbers({**known, **unknown}), **given}


def leg_row(hedge: str = "btc-core", exchange: str = "binance", symbol: str = "BTC/USDT:USDT", **given: Any) -> Row:
    facts = {"leg": f"{exchange}:{symbol}", "exchange": exchange, "account": None, "symbol": symbol, "quality": "ok"}
    known = {"contracts": "-5", "coins": "-5", "mark_price": "60018.4", "basis_rate": "0.000333"}
    known |= {"funding_rate_8h": "0.0001", "unrealised_pnl_usd": "-1234.5"}
    unknown = dict.fromkeys(("liquidation_price", "liquidation_distance", "margin_usage", "leverage"))
    when = {"read_at": READ_AT, "read_at_ms": ms(READ_AT)}
    return {"hedge": hedge, **when, **facts, **numbers({**known, **unknown}), **given}


def outcome_row(rule: str = "drift", outcome: str = "CLEAR", *, hedge: str | None = "btc-core", **given: Any) -> Row:
    return {
        "rule": rule,
        "hedge": hedge,
        "leg": None,
        "account": None,
        "exchange": None,
        "side": None,
        "read_at": READ_AT,
        "outcome": outcome,
        "severity": None,
        "value": Decimal("0.001"),
        "threshold": Decimal("0.02"),
        "reason": None,
        "action": None,
        "condition": None,
        "alertable": False,
        "message": f"{rule} is clear",
        "orders": [],
        **given,
    }


def alert_row(rule: str = "drift", severity: str = "warning", *, hedge: str | None = "btc-core", **given: Any) -> Row:
    return {
        "episode": f"ep-{rule}-{hedge}",
        "rule": rule,
        "hedge": hedge,
        "leg": None,
        "account": None,
        "exchange": None,
        "action": "rebalance",
        "severity": severity,
        "state": "firing",
        "started_at": NOW - timedelta(minutes=13),
        "fired_at": NOW - timedelta(minutes=12),
        "resolved_at": None,
        "peak_value": Decimal("-0.041"),
        "threshold": Decimal("0.02"),
        "acknowledged_by": None,
        "message": "btc-core is hedged 96 %: sell 0.2 BTC of BTC/USDT:USDT on binance at 60020.5 or better",
        **given,
    }


def cycle_row(exchange: str = "binance", outcome: str = "ok", error: str | None = None, **given: Any) -> Row:
    started = READ_AT - timedelta(milliseconds=240)
    when = {"started_at": started, "committed_at": READ_AT, "duration_ms": 240}
    return {**when, "exchange": exchange, "outcome": outcome, "calls": 3, "error": error, **given}


def delivery_row(channel: str = "ops", *, delivered: bool = True, error: str | None = None) -> Row:
    at = NOW - timedelta(minutes=12)
    return {
        "event": f"msg_{channel}",
        "episode": "ep",
        "event_type": "firing",
        "channel": channel,
        "state": "delivered" if delivered else "pending",
        "attempts": 1,
        "first_attempt_at": at,
        "delivered_at": at if delivered else None,
        "last_error": error,
    }


def basis_rows(hedge: str, leg: str, rates: Sequence[str | None], *, last: datetime = READ_AT) -> list[Row]:
    times = [last - (len(rates) - 1 - number) * POLL for number in range(len(rates))]
    return [
        {
            "read_at": at,
            "read_at_ms": ms(at),
            "hedge": hedge,
            "leg": leg,
            "spot_price": Decimal(60000),
            "futures_price": None if rate is None else Decimal(60000) * (1 + Decimal(rate)),
            "basis_rate": None if rate is None else Decimal(rate),
        }
        for at, rate in zip(times, rates, strict=True)
    ]


def order(**given: Any) -> dict[str, Any]:
    return {
        "exchange": "binance",
        "account": None,
        "symbol": "BTC/USDT:USDT",
        "side": "sell",
        "position_side": None,
        "coins": "0.2",
        "contracts": "0.2",
        "order_quantity": "0.2",
        "order_unit": "base",
        "limit_price": "60020.5",
        "time_in_force": "post_only",
        "reduce_only": False,
        "valid_until": "2026-11-22T18:01:00.000Z",
        "estimated_fee_usd": "2.4",
        "hedge_ratio_after": "1",
        **given,
    }


RULES = ("drift", "basis_adverse", "negative_funding", "data_stale")


def calm(name: str = "btc-core", exchange: str = "binance", **given: Any) -> MemoryHistory:
    """Return one hedge about which all is known and clear."""
    leg = f"{exchange}:{given.get('asset', 'BTC')}/USDT:USDT"
    values = {"basis_adverse": "0.0002", "negative_funding": "0.0001", "data_stale": "0"}
    limits = {"basis_adverse": "0.005", "negative_funding": "-0.0001", "data_stale": "90"}
    return MemoryHistory(
        hedges=[hedge_row(name, **given)],
        legs=[leg_row(name, exchange, leg.partition(":")[2])],
        outcomes=[
            outcome_row(
                rule,
                hedge=name,
                leg=None if rule == "drift" else leg,
                value=Decimal(values.get(rule, "0.001")),
                threshold=Decimal(limits.get(rule, "0.02")),
                message=f"{name}: {rule.replace('_', ' ')} is clear",
            )
            for rule in RULES
        ],
        cycles=[cycle_row(exchange)],
        sent=[delivery_row()],
        basis=basis_rows(name, leg, [f"{0.0003 + (number % 5) * 0.00004:.5f}" for number in range(20)]),
    )
