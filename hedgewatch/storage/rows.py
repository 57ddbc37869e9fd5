"""Rows: how a cycle's values lie in the raw series and the tables beside them; pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime

from hedgewatch.domain.finding import Finding
from hedgewatch.domain.hedge import HedgeSnapshot, LegSnapshot, Quality
from hedgewatch.domain.instrument import InstrumentKind
from hedgewatch.domain.market import ExchangeAnswer, MarketReading, ReadingFailure
from hedgewatch.monitoring.payload import order_json
from hedgewatch.storage.bulk import Row
from hedgewatch.storage.identities import Key, hedge_key, instrument_key
from hedgewatch.storage.recollection import answered, hour_of, leg_identity
from hedgewatch.storage.types import maybe_ms, to_float, to_ms


def quality_of(reading: MarketReading | ReadingFailure) -> Quality:
    """Tell how much of an instrument could be read."""
    if isinstance(reading, ReadingFailure):
        return Quality.UNKNOWN
    complete = reading.quote is not None
    if reading.instrument.kind is not InstrumentKind.SPOT:
        complete = complete and reading.mark is not None
    if reading.instrument.kind is InstrumentKind.PERPETUAL:
        complete = complete and reading.funding is not None
    if complete and not reading.problems:
        return Quality.OK
    return Quality.PARTIAL if reading.quote or reading.mark or reading.funding else Quality.UNKNOWN


def market_rows(answers: Iterable[ExchangeAnswer], read_at: datetime, ids: Mapping[Key, int]) -> list[Row]:
    """Return one row per instrument; one that could not be read has only unknowns."""
    read_at_ms = to_ms(read_at)
    return [
        _market_row(reading, read_at_ms, ids[instrument_key(reading.ref)])
        for answer in answers
        for reading in answer.readings
    ]


def _market_row(reading: MarketReading | ReadingFailure, read_at_ms: int, number: int) -> Row:
    if isinstance(reading, ReadingFailure):
        return (read_at_ms, number, *(None,) * 9, Quality.UNKNOWN.value, None)
    quote, mark, funding = reading.quote, reading.mark, reading.funding
    return (
        read_at_ms,
        number,
        float(quote.bid) if quote else None,
        float(quote.ask) if quote else None,
        float(quote.mid) if quote else None,
        to_float(mark.mark_price) if mark else None,
        to_float(mark.index_price) if mark else None,
        float(funding.rate) if funding else None,
        to_float(funding.interval_hours) if funding else None,
        maybe_ms(funding.settles_at) if funding else None,
        maybe_ms(quote.stamp.exchange_time) if quote else None,
        quality_of(reading).value,
        to_ms(quote.stamp.received_at) if quote else None,
    )


def hedge_rows(snapshots: Iterable[HedgeSnapshot], read_at: datetime, ids: Mapping[Key, int]) -> list[Row]:
    """Return one row per hedge."""
    read_at_ms = to_ms(read_at)
    return [
        (
            read_at_ms,
            ids[hedge_key(snapshot.hedge)],
            to_float(snapshot.holding),
            to_float(snapshot.exposure),
            to_float(snapshot.futures_coins),
            to_float(snapshot.net_exposure),
            to_float(snapshot.hedge_ratio),
            to_float(snapshot.drift),
            to_float(snapshot.notional_usd),
            to_float(snapshot.spot_price),
            to_float(snapshot.futures_price),
            to_float(snapshot.basis_rate),
            to_float(snapshot.funding_rate_8h),
            to_float(snapshot.funding_apr),
            to_float(snapshot.liquidation_price),
            to_float(snapshot.liquidation_distance),
            to_float(snapshot.margin_usage),
            to_float(snapshot.leverage),
            to_float(snapshot.carry_cost_usd),
            to_float(snapshot.protection_usd),
            to_float(snapshot.cost_ratio),
            to_float(snapshot.unrealised_pnl_usd),
            to_float(snapshot.data_age_seconds),
            snapshot.quality.value,
        )
        for snapshot in snapshots
    ]


def leg_rows(snapshots: Iterable[HedgeSnapshot], read_at: datetime, ids: Mapping[Key, int]) -> list[Row]:
    """Return one row per leg of each hedge."""
    read_at_ms = to_ms(read_at)
    return [
        _leg_row(snapshot, leg, read_at_ms, ids[leg_identity(snapshot.hedge.name, leg.leg)])
        for snapshot in snapshots
        for leg in snapshot.legs
    ]


def _leg_row(snapshot: HedgeSnapshot, leg: LegSnapshot, read_at_ms: int, number: int) -> Row:
    return (
        read_at_ms,
        number,
        to_float(leg.contracts),
        to_float(leg.coins),
        to_float(snapshot.spot_price),
        to_float(leg.futures_price),
        to_float(leg.mark_price),
        to_float(leg.basis),
        to_float(leg.basis_rate),
        to_float(leg.mark_basis_rate),
        to_float(leg.funding_rate_8h),
        to_float(leg.liquidation_price),
        to_float(leg.liquidation_distance),
        to_float(leg.margin_usage),
        to_float(leg.leverage),
        to_float(leg.unrealised_pnl_usd),
        to_float(leg.data_age_seconds),
        leg.basis_label.upper() if leg.basis_label else None,
        leg.quality.value,
    )


def hour_rows(snapshots: Iterable[HedgeSnapshot], read_at: datetime, ids: Mapping[Key, int]) -> list[Row]:
    """Return the present hour's latest basis rate of every leg that has one."""
    hour_ms = to_ms(hour_of(read_at))
    return [
        (hour_ms, ids[leg_identity(snapshot.hedge.name, leg.leg)], float(leg.basis_rate))
        for snapshot in snapshots
        for leg in snapshot.legs
        if leg.basis_rate is not None
    ]


def funding_rows(answers: Iterable[ExchangeAnswer], ids: Mapping[Key, int]) -> list[Row]:
    """Return the funding rates that were settled."""
    return [
        (ids[instrument_key(record.ref)], to_ms(record.settled_at), float(record.rate), to_float(record.interval_hours))
        for answer in answers
        for record in answer.settled
    ]


def instrument_latest_rows(
    answers: Iterable[ExchangeAnswer], started_at: datetime, ids: Mapping[Key, int]
) -> list[Row]:
    """Return when each instrument was asked for, and its quote if it was good."""
    rows: list[Row] = []
    started_at_ms = to_ms(started_at)
    for answer in answers:
        for reading in answer.readings:
            quote = reading.quote if isinstance(reading, MarketReading) else None
            seen = (to_ms(quote.stamp.received_at), float(quote.bid), float(quote.ask)) if quote else (None, None, None)
            rows.append((ids[instrument_key(reading.ref)], started_at_ms, *seen))
    return rows


def exchange_latest_rows(answers: Iterable[ExchangeAnswer], started_at: datetime, read_at: datetime) -> list[Row]:
    """Return when each exchange was asked, and when it answered usefully."""
    return [(answer.exchange, to_ms(started_at), to_ms(read_at) if answered(answer) else None) for answer in answers]


def cycle_exchange_rows(answers: Iterable[ExchangeAnswer], started_at: datetime) -> list[Row]:
    """Return how each exchange answered."""
    return [
        (
            to_ms(started_at),
            answer.exchange,
            answer.outcome.value,
            answer.calls,
            answer.error,
            to_float(answer.skew_seconds),
        )
        for answer in answers
    ]


def outcome_rows(findings: Iterable[Finding], read_at: datetime) -> list[Row]:
    """Return every rule's latest answer; of two on one target the last stays."""
    rows = {finding.target: _outcome_row(finding, to_ms(read_at)) for finding in findings}
    return list(rows.values())


def _outcome_row(finding: Finding, read_at_ms: int) -> Row:
    target, severity = finding.target, finding.severity
    level = severity or min(finding.thresholds, key=lambda known: known.rank, default=None)
    action = finding.actions.get(severity) if severity else None
    return (
        target.rule,
        target.hedge,
        target.leg,
        target.account,
        target.exchange,
        target.side,
        read_at_ms,
        finding.kind.value,
        severity.value if severity else None,
        to_float(finding.value),
        to_float(finding.thresholds.get(level)) if level else None,
        finding.unknown.value if finding.unknown else None,
        action.value if action else None,
        finding.condition,
        finding.alertable,
        finding.message,
        json.dumps([order_json(order) for order in finding.orders]),
    )
