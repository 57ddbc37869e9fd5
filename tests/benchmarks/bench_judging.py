"""Hedges measured and judged per second with every rule, in Decimal, calm and all of them drifting.

Run: python tests/benchmarks/bench_judging.py. Nothing is read or stored: this is the pure part of a cycle.
"""

from __future__ import annotations

import gc
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from hedgewatch.domain.hedge import CycleFacts, Hedge, Past
from hedgewatch.domain.history import BasisPast, InstrumentPast, PastQuote
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.market import SettledFunding
from hedgewatch.domain.measure import measure_hedge
from hedgewatch.monitoring.garbage import collecting_later
from hedgewatch.monitoring.judge import Verdict, judge
from tests.domain.samples import NOW, SETTINGS, answer, hedge, leg, reading

HEDGES = 10_000
ROUNDS = 3


def instruments(number: int) -> tuple[InstrumentRef, InstrumentRef]:
    base = f"A{number:05d}"
    return (
        InstrumentRef(exchange="binance", symbol=f"{base}/USDT"),
        InstrumentRef(exchange="binance", symbol=f"{base}/USDT:USDT"),
    )


def remembered() -> InstrumentPast:
    """Ten polls, each with another book."""
    recent = tuple(
        PastQuote(
            read_at=NOW - timedelta(seconds=30 * (10 - poll)),
            bid=Decimal(60000 + poll),
            ask=Decimal(60001 + poll),
            exchange_time=NOW - timedelta(seconds=30 * (10 - poll)),
        )
        for poll in range(10)
    )
    return InstrumentPast(first_asked_at=datetime(2026, 1, 1, tzinfo=UTC), last_good_at=NOW, recent=recent)


def day_of_funding(ref: InstrumentRef) -> tuple[SettledFunding, ...]:
    return tuple(
        SettledFunding(
            ref=ref, settled_at=NOW - timedelta(hours=hours), rate=Decimal("0.0001"), interval_hours=Decimal(8)
        )
        for hours in (18, 10, 2)
    )


def world(contracts: str) -> tuple[list[Hedge], CycleFacts]:
    hedges, readings = [], []
    past: dict[str, dict[object, object]] = {"instruments": {}, "basis": {}, "settled": {}}
    for number in range(HEDGES):
        spot, futures = instruments(number)
        name = f"hedge-{number}"
        hedges.append(hedge(leg(contracts, futures), name=name, spot=(spot,)))
        readings += [reading(spot, "59999.5", "60000.5"), reading(futures)]
        past["instruments"] |= dict.fromkeys((spot, futures), remembered())
        past["basis"][name, str(futures)] = BasisPast(mean=Decimal("0.0003"), hours=720)
        past["settled"][futures] = day_of_funding(futures)
    facts = CycleFacts(
        read_at=NOW,
        poll_seconds=Decimal(30),
        answers={"binance": answer("binance", *readings)},
        readings={one.ref: one for one in readings},
        past=Past(**past, last_answer_at={"binance": NOW}),  # type: ignore[arg-type]  # filled key by key above
    )
    return hedges, facts


def judged(contracts: str, label: str) -> None:
    hedges, facts = world(contracts)
    best_measure = best_judge = float("inf")
    verdict: Verdict | None = None
    for cycle in range(ROUNDS):
        gc.collect()
        now = replace(facts, read_at=NOW + timedelta(seconds=30 * cycle))
        alerts = {state.target: state for state in verdict.states} if verdict else {}
        with collecting_later():  # as a cycle does
            started = time.process_time()
            snapshots = [measure_hedge(one, now) for one in hedges]
            measured = time.process_time()
            verdict = judge(
                snapshots,
                now,
                exchange_rules={"exchange_down": SETTINGS["exchange_down"]},
                alerts=alerts,
                dt_seconds=Decimal(30),
            )
            ended = time.process_time()
        best_measure, best_judge = min(best_measure, measured - started), min(best_judge, ended - measured)
    assert verdict is not None
    total = best_measure + best_judge
    print(
        f"{label:>9}: {HEDGES:,} hedges, {len(verdict.findings):,} findings: measured in {best_measure:.2f} s, "
        f"judged in {best_judge:.2f} s: {HEDGES / total:,.0f} hedges/s, {total / HEDGES * 1e6:.0f} µs each"
    )


def main() -> None:
    """Measure and print."""
    judged("-5", "calm")
    judged("-4.8", "drifting")


if __name__ == "__main__":
    main()
