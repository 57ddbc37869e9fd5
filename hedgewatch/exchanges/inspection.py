"""Inspection: what `doctor` asks of one exchange."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from hedgewatch.domain.instrument import Instrument, InstrumentRef
from hedgewatch.domain.market import ExchangeAnswer
from hedgewatch.exchanges.source import CcxtSource
from hedgewatch.monitoring.ports import Wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What was found. latency_seconds: of one small call. skew_seconds: our clock minus the exchange's, None: unknown.

    instruments: those that are listed. unlisted: a line each, with a suggestion. calls: part read, by which call.
    problem: why it is not reachable, None if it is.
    """

    exchange: str
    problem: str | None
    latency_seconds: Decimal | None
    skew_seconds: Decimal | None
    instruments: tuple[Instrument, ...]
    unlisted: tuple[str, ...]
    calls: tuple[str, ...]
    answer: ExchangeAnswer


async def inspect(source: CcxtSource, refs: Sequence[InstrumentRef]) -> Inspection:
    """Ask for the time, then for one cycle of the wanted instruments, and say what came of it."""
    latency, problem = await source.time_one_call()
    answer = await source.fetch(Wanted(instruments=refs, settled_since={}))
    found = {ref: source.markets.instrument(ref.symbol) for ref in refs}
    return Inspection(
        exchange=source.exchange,
        problem=problem if problem and answer.outcome not in {"ok", "degraded"} else None,
        latency_seconds=latency,
        skew_seconds=source.skew.seconds,
        instruments=tuple(instrument for instrument in found.values() if instrument is not None),
        unlisted=tuple(source.markets.fault(ref.symbol).text for ref in refs if found[ref] is None),
        calls=source.describe_calls(),
        answer=answer,
    )
