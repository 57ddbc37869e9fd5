"""A tally: what became of the cells of a matrix."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Tally:
    """What became of the cells. bad: a line for each that must not be."""

    counts: Counter[str] = field(default_factory=Counter)
    bad: list[str] = field(default_factory=list)

    def note(self, cell: str, verdict: str, *, is_bad: bool = False) -> None:
        self.counts[verdict] += 1
        if is_bad:
            self.bad.append(f"{verdict}: {cell}")

    def add(self, other: Tally) -> None:
        self.counts += other.counts
        self.bad += other.bad

    def line(self, name: str) -> str:
        told = ", ".join(f"{verdict} {count}" for verdict, count in sorted(self.counts.items()))
        return f"{name}: {sum(self.counts.values())} cells: {told}"
