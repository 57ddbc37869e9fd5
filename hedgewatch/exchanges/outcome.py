"""Outcome: what one fetch has found, how the exchange did, and one line about it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from hedgewatch.domain.market import ExchangeOutcome, MarketReading, ReadingFailure, SettledFunding, UnknownReason
from hedgewatch.exchanges.asking import Asked
from hedgewatch.exchanges.faults import Fault
from hedgewatch.exchanges.history import Settled

FAULTS_NAMED = 3


@dataclass(slots=True)
class Findings:
    """What one fetch has found so far."""

    readings: tuple[MarketReading | ReadingFailure, ...] = ()
    settled: tuple[SettledFunding, ...] = ()
    faults: list[Fault] = field(default_factory=list)


def faults_of(results: Iterable[Any]) -> list[Fault]:
    """Collect every fault among the results, those inside them as well."""
    faults: list[Fault] = []
    for result in results:
        if isinstance(result, Fault):
            faults.append(result)
        elif isinstance(result, Asked):
            faults.extend(result.faults.values())
        elif isinstance(result, Settled):
            faults.extend(result.faults)
    return faults


def judge_outcome(found: Findings, *, held_for: UnknownReason | None) -> ExchangeOutcome:
    """Judge how the exchange answered: a symbol it does not list is no fault of the exchange."""
    asked = [
        reading
        for reading in found.readings
        if not (isinstance(reading, ReadingFailure) and reading.reason is UnknownReason.UNKNOWN_SYMBOL)
    ]
    if held_for is UnknownReason.BANNED:
        return ExchangeOutcome.BANNED
    if asked and not any(isinstance(reading, MarketReading) for reading in asked):
        return ExchangeOutcome.FAILED
    is_whole = all(isinstance(reading, MarketReading) and not reading.problems for reading in asked)
    return ExchangeOutcome.OK if is_whole and not found.faults else ExchangeOutcome.DEGRADED


def one_line(found: Findings) -> str | None:
    """Say what went wrong: calls first, then instruments; None if nothing did."""
    failures = [reading.detail for reading in found.readings if isinstance(reading, ReadingFailure)]
    problems = [
        f"{reading.ref.symbol} {problem}"
        for reading in found.readings
        if isinstance(reading, MarketReading)
        for problem in reading.problems
    ]
    texts = list(dict.fromkeys([*(fault.text for fault in found.faults), *failures, *problems]))
    if not texts:
        return None
    more = f" (and {len(texts) - FAULTS_NAMED} more)" if len(texts) > FAULTS_NAMED else ""
    return "; ".join(texts[:FAULTS_NAMED]) + more
