"""Inspection: what `doctor` asks of one exchange."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from hedgewatch.domain.instrument import Instrument, InstrumentKind, InstrumentRef
from hedgewatch.domain.market import ExchangeAnswer, MarketReading
from hedgewatch.domain.size_check import SizeCheck
from hedgewatch.exchanges.asking import Asked
from hedgewatch.exchanges.calls import CallReport, report_calls, untold
from hedgewatch.exchanges.faults import Fault
from hedgewatch.exchanges.sizes import check_sizes
from hedgewatch.exchanges.source import CcxtSource
from hedgewatch.monitoring.ports import Wanted

SETTLED_LOOKBACK = timedelta(days=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class IntervalSource:
    """Who told a funding interval, and when; None: it is not known when."""

    call: str
    told_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What was found. latency_seconds: of one small call. skew_seconds: our clock minus the exchange's, None: unknown.

    instruments: those that are listed. unlisted: a fault each, with a suggestion. problem: why it is not reachable,
    None if it is. untold: parts that no call tells. sizes: the second route to a contract's size, or why there is none;
    left out where there is no call. budget_spent: its share of all that
    may be asked within budget_window.
    """

    exchange: str
    problem: Fault | None
    latency_seconds: Decimal | None
    skew_seconds: Decimal | None
    instruments: tuple[Instrument, ...]
    unlisted: Mapping[InstrumentRef, Fault]
    calls: tuple[CallReport, ...]
    answer: ExchangeAnswer
    untold: Mapping[InstrumentRef, tuple[str, ...]] = field(default_factory=dict)
    sizes: Mapping[InstrumentRef, SizeCheck | Fault] = field(default_factory=dict)
    intervals: Mapping[InstrumentRef, IntervalSource] = field(default_factory=dict)
    budget_spent: Decimal | None = None
    budget_window: timedelta = timedelta()


async def inspect(source: CcxtSource, refs: Sequence[InstrumentRef], now: datetime) -> Inspection:
    """Ask for the time, then for one cycle of the wanted instruments, and say what came of it."""
    latency = await source.time_one_call()
    since = dict.fromkeys((ref for ref in refs if ref.settle), now - SETTLED_LOOKBACK)
    answer = await source.fetch(Wanted(instruments=refs, settled_since=since))
    found = {ref: source.markets.instrument(ref.symbol) for ref in refs}
    listed = tuple(instrument for instrument in found.values() if instrument is not None)
    ids = {one.ref.symbol: source.markets.market_id(one.ref.symbol) for one in listed}
    is_there = answer.outcome in {"ok", "degraded"}
    return Inspection(
        exchange=source.exchange,
        problem=latency if isinstance(latency, Fault) and not is_there else None,
        latency_seconds=None if isinstance(latency, Fault) else latency,
        skew_seconds=source.skew.seconds,
        instruments=listed,
        unlisted={ref: source.markets.fault(ref.symbol) for ref in refs if found[ref] is None},
        calls=report_calls(source.door.quirk, listed, source.results),
        answer=answer,
        untold={one.ref: parts for one in listed if (parts := untold(source.door.quirk, one))},
        sizes=await check_sizes(source.desk, listed, ids) if is_there else {},
        intervals=_intervals(source, answer),
        budget_spent=source.door.restraint.spent(),
        budget_window=source.door.restraint.window,
    )


def _intervals(source: CcxtSource, answer: ExchangeAnswer) -> dict[InstrumentRef, IntervalSource]:
    """Say who told the interval of each perpetual whose interval is known."""
    found = {}
    for reading in answer.readings:
        if not isinstance(reading, MarketReading) or reading.instrument.kind is not InstrumentKind.PERPETUAL:
            continue
        if reading.funding is None or reading.funding.interval_hours is None:
            continue
        found[reading.ref] = _interval_source(source, reading)
    return found


def _interval_source(source: CcxtSource, reading: MarketReading) -> IntervalSource:
    quirk, symbol = source.door.quirk, reading.ref.symbol
    for call in quirk.calls:
        asked = source.results.get(call.name)
        if call.interval and isinstance(asked, Asked) and (asked.rows.get(symbol) or {}).get(call.interval):
            return IntervalSource(call=call.name, told_at=asked.received_at)
    if quirk.market_interval and source.markets.info(symbol).get(quirk.market_interval):
        return IntervalSource(call="the market list", told_at=None)
    name, told_at = source.interval_told(symbol)
    return IntervalSource(call=name, told_at=told_at)
