"""The SQL an alert carries: the recent past of what it watches, valid on SQLite and PostgreSQL; pure."""

from __future__ import annotations

from collections.abc import Callable

from hedgewatch.domain.finding import Target
from hedgewatch.domain.hedge import HedgeSnapshot
from hedgewatch.domain.instrument import InstrumentRef

ROWS = 20


def history_query(target: Target, snapshot: HedgeSnapshot | None) -> str:
    """Return a query over the views that shows what the alert's rule watched, newest first."""
    write = QUERIES.get(target.rule, _episodes)
    return write(target, _instrument(target, snapshot))


def quoted(text: str) -> str:
    """Write text as an SQL string, quotes doubled; a zero byte, which PostgreSQL has no form for, is left out."""
    return "'" + text.replace("\x00", "").replace("'", "''") + "'"


def _instrument(target: Target, snapshot: HedgeSnapshot | None) -> InstrumentRef | None:
    """Find what the target's leg trades; the leg may also be a spot source, named ``exchange:symbol``."""
    if snapshot is None or not target.leg:
        return None
    named = {leg.name: leg.futures for leg in snapshot.hedge.legs}
    named |= {str(ref): ref for ref in snapshot.hedge.spot if str(ref) not in named}
    return named.get(target.leg)


def _select(columns: str, view: str, where: dict[str, str], newest_by: str) -> str:
    conditions = " AND ".join(f"{column} = {quoted(value)}" for column, value in where.items())
    return f"SELECT {columns} FROM {view} WHERE {conditions} ORDER BY {newest_by} DESC LIMIT {ROWS}"  # noqa: S608  all values are quoted, and somebody else runs it


def _ratio(target: Target, _ref: InstrumentRef | None) -> str:
    return _select("read_at, hedge_ratio", "hedge_history", {"hedge": target.hedge}, "read_at_ms")


def _basis(target: Target, _ref: InstrumentRef | None) -> str:
    where = {"hedge": target.hedge} | ({"leg": target.leg} if target.leg else {})
    return _select("read_at, spot_price, futures_price, basis_rate", "basis_history", where, "read_at_ms")


def _funding(target: Target, ref: InstrumentRef | None) -> str:
    if ref is None:
        return _select("read_at, funding_rate_8h", "hedge_history", {"hedge": target.hedge}, "read_at_ms")
    return _select("settled_at, rate, rate_8h", "funding_rates", _of(ref), "settled_at_ms")


def _quotes(target: Target, ref: InstrumentRef | None) -> str:
    if ref is None:
        return _select("read_at, quality", "hedge_history", {"hedge": target.hedge}, "read_at_ms")
    return _select("read_at, bid, ask, quality", "market_history", _of(ref), "read_at_ms")


def _margin(column: str) -> Callable[[Target, InstrumentRef | None], str]:
    def write(target: Target, _ref: InstrumentRef | None) -> str:
        where = {"hedge": target.hedge, "leg": target.leg} if target.hedge else {"account": target.account}
        columns = f"read_at, {'' if target.hedge else 'hedge, leg, '}{column}"
        return _select(columns, "leg_history", where, "read_at_ms")

    return write


def _answers(target: Target, _ref: InstrumentRef | None) -> str:
    columns = "started_at, outcome, error"
    return _select(columns, "cycle_history", {"exchange": target.exchange}, "started_at_ms")


def _episodes(target: Target, _ref: InstrumentRef | None) -> str:
    where = {"rule": target.rule} | ({"hedge": target.hedge} if target.hedge else {})
    return _select("started_at, fired_at, resolved_at, peak_value", "alert_history", where, "started_at_ms")


def _of(ref: InstrumentRef) -> dict[str, str]:
    return {"exchange": ref.exchange, "symbol": ref.symbol}


QUERIES: dict[str, Callable[[Target, InstrumentRef | None], str]] = {
    "drift": _ratio,
    "basis_adverse": _basis,
    "negative_funding": _funding,
    "data_stale": _quotes,
    "exchange_down": _answers,
    "liquidation_distance": _margin("mark_price, liquidation_price, liquidation_distance"),
    "liquidation_price_mismatch": _margin("mark_price, liquidation_price, liquidation_distance"),
    "leverage": _margin("leverage, liquidation_distance"),
    "margin_usage": _margin("margin_usage"),
}
