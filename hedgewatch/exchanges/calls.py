"""Calls: which call of an exchange tells what of the wanted instruments, and whether it answered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hedgewatch.domain.instrument import Instrument, InstrumentKind, Payoff
from hedgewatch.exchanges.asking import Asked
from hedgewatch.exchanges.faults import Fault
from hedgewatch.exchanges.history import Settled
from hedgewatch.exchanges.quirks.shape import Call, Quirk

PARTS = {
    "bid and ask": "bid",
    "mark": "mark",
    "index": "index",
    "coming funding": "rate",
    "settlement": "settles_at",
    "interval": "interval",
}

WANTED_PARTS = {
    InstrumentKind.SPOT: ("bid and ask",),
    InstrumentKind.FUTURE: ("bid and ask", "mark"),
    InstrumentKind.PERPETUAL: ("bid and ask", "mark", "coming funding", "settlement", "interval", "settled funding"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CallReport:
    """One call as it is used here. tells: the parts. side: spot, linear, inverse or futures. in_batch: one for all.

    fault: why it did not answer, None if it did. was_asked False: nothing of it is wanted.
    """

    name: str
    tells: tuple[str, ...]
    side: str
    in_batch: bool
    was_asked: bool
    fault: Fault | None


def report_calls(quirk: Quirk, wanted: Iterable[Instrument], results: Mapping[str, Any]) -> tuple[CallReport, ...]:
    """Return a report on every call that could tell of the wanted instruments; ``results`` by the names of calls."""
    listed = tuple(wanted)
    return tuple(
        CallReport(
            name=call.name,
            tells=tells,
            side=_side(call),
            in_batch=not call.each,
            was_asked=name in results,
            fault=_fault(results.get(name)),
        )
        for name, call, tells in _plans(quirk)
        if any(_is_about(call, one) for one in listed)
    )


def untold(quirk: Quirk, instrument: Instrument) -> tuple[str, ...]:
    """Return the parts of an instrument that no call of its exchange tells."""
    told = {part for _, call, parts in _plans(quirk) if _is_about(call, instrument) for part in parts}
    if quirk.market_interval:
        told.add("interval")
    return tuple(part for part in WANTED_PARTS[instrument.kind] if part not in told)


def _plans(quirk: Quirk) -> Iterator[tuple[str, Call, tuple[str, ...]]]:
    for call in quirk.calls:
        yield call.name, call, tuple(part for part, key in PARTS.items() if getattr(call, key) is not None)
    for terms in filter(None, (quirk.terms, quirk.inverse_terms)):
        keys = (part for part in ("interval", "settlement") if getattr(terms.call, PARTS[part]) is not None)
        yield terms.call.name, terms.call, tuple(keys)
    payoff = None if quirk.has_inverse_history else Payoff.LINEAR
    history = Call(name="funding history", method="", futures=True, payoff=payoff, each=True)
    extra = ("interval",) if quirk.interval_from_history else ()
    yield "history", history, ("settled funding", *extra)


def _side(call: Call) -> str:
    if not call.futures:
        return "spot"
    return call.payoff.value if call.payoff else "futures"


def _is_about(call: Call, instrument: Instrument) -> bool:
    is_spot = instrument.kind is InstrumentKind.SPOT
    return not call.futures if is_spot else call.futures and call.is_for(instrument.payoff)


def _fault(result: Any) -> Fault | None:  # noqa: ANN401  whatever a call left
    if isinstance(result, Fault):
        return result
    if isinstance(result, Asked):
        return next(iter(result.faults.values()), None)
    return next(iter(result.faults), None) if isinstance(result, Settled) else None
