"""How many hedges a second are measured and judged by the rules that are judged per hedge and per exchange."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from hedgewatch.domain.hedge import BasisPast, Past
from hedgewatch.domain.measure import measure_hedge
from hedgewatch.domain.rules import EXCHANGE_RULES, HEDGE_RULES
from tests.domain.cases import FUTURES, SPOT, facts, hedge, remembered, settings

HEDGES = 500
ROUNDS = 5
RULES = {
    "drift": settings("drift", warning=("0.02", "0.015"), critical=("0.05", "0.04")),
    "basis_adverse": settings("basis_adverse", warning=("0.005", "0.0025"), critical=("0.015", "0.0075")),
    "negative_funding": settings("negative_funding", warning=("-0.0003", "-0.00015"), critical=("-0.001", "-0.0005")),
    "data_stale": settings("data_stale", warning=("90", "72"), critical=("900", "720")),
    "exchange_down": settings("exchange_down", warning=("90", "72"), critical=("900", "720")),
}


def main() -> None:
    """Print the best of some rounds: a drifted hedge, so that its order is made too."""
    names = [f"hedge-{number}" for number in range(HEDGES)]
    watched = [replace(hedge(contracts="-4.8"), name=name) for name in names]
    ten = [("60019", "60019.5"), ("60020", "60020.5")] * 5
    past = remembered({FUTURES: ten, SPOT: ten})
    basis = {(name, "perp"): BasisPast(mean=Decimal("0.0003"), hours=720) for name in names}
    seen = facts(past=Past(instruments=past.instruments, basis=basis))
    measuring, judging = [], []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        snapshots = [measure_hedge(one, seen) for one in watched]
        measured = time.perf_counter()
        for name, rule in HEDGE_RULES.items():
            for snapshot in snapshots:
                rule(snapshot, RULES[name], seen)
        for name, exchange_rule in EXCHANGE_RULES.items():
            exchange_rule("binance", snapshots, RULES[name], seen)
        measuring.append(measured - started)
        judging.append(time.perf_counter() - measured)
    print(f"measured {HEDGES / min(measuring):,.0f} hedges/s")
    print(f"judged   {HEDGES / min(judging):,.0f} hedges/s by {len(RULES)} rules, every hedge with an order")


if __name__ == "__main__":
    main()
