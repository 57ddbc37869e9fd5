"""A tally: what became of the cells of a matrix."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Tally:
    """What became of the cells. bad: a line for each that must not be.

    judged: alerts that fired before a cell and were judged on it; resolved: those of them that it ended.
    """

    counts: Counter[str] = field(default_factory=Counter)
    bad: list[str] = field(default_factory=list)
    judged: int = 0
    resolved: int = 0

    def note(self, cell: str, verdict: str, *, is_bad: bool = False) -> None:
        self.counts[verdict] += 1
        if is_bad:
            self.bad.append(f"{verdict}: {cell}")

    def judge(self, cell: str, resolved: list[str], *, of: int) -> None:
        """Count the alerts that a cell was judged for, and those that it ended, which it must not."""
        self.judged += of
        self.resolved += len(resolved)
        self.bad += [f"resolved {alert}: {cell}" for alert in resolved]

    def add(self, other: Tally) -> None:
        self.counts += other.counts
        self.bad += other.bad
        self.judged += other.judged
        self.resolved += other.resolved

    def line(self, name: str) -> str:
        told = ", ".join(f"{verdict} {count}" for verdict, count in sorted(self.counts.items()))
        alerts = f"; {self.judged:,} alerts judged, {self.resolved:,} resolved" if self.judged else ""
        return f"{name}: {sum(self.counts.values()):,} cells: {told}{alerts}"
