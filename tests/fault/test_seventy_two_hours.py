"""72 simulated hours in which one answer and one message in a hundred fails: nothing grows, waits long or is lost."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import linear_regression, quantiles

from hedgewatch.simulator.receiver import WebhookReceiver
from tests.end_to_end.stage import rows
from tests.fault.called_for import Reckoning, reckon
from tests.fault.killing import SECRET, SEED
from tests.fault.long_life import LongScript, live_long
from tests.fault.scripted import start

IS_LONG = os.environ.get("HEDGEWATCH_FAULT") == "long"
POLL = 5  # seconds: 51,840 cycles in 72 hours
CYCLES = 72 * 3600 // POLL if IS_LONG else 300
MOST_GROWTH = 1 if IS_LONG else 1000  # megabytes a simulated day: in minutes caches still fill
LONGEST_SECONDS = 3600 if IS_LONG else 120
MUTANT_CYCLES = 100
SETTLED = 0.1  # of the samples: until then caches fill
REFUSED = 0.01
LAGS = "SELECT (delivered_at_ms - made_at_ms) / 1000.0 FROM outbox WHERE delivered_at_ms IS NOT NULL"


@dataclass(frozen=True, slots=True, kw_only=True)
class LongLife:
    """What a long life left. growth: megabytes a simulated day. lags: seconds from commit to receipt, by message."""

    reckoning: Reckoning
    cycles: int
    faults: int
    refused: int
    growth: float
    resident: tuple[float, float]
    descriptors: tuple[int, int]
    lags: Sequence[float]

    @property
    def late(self) -> float:
        return quantiles(self.lags, n=100)[98]

    def __str__(self) -> str:
        return (
            f"{self.cycles * POLL / 3600:.1f} hours: {self.cycles} cycles, {self.faults} answers with faults, "
            f"{self.refused} messages refused; "
            f"{self.reckoning}; memory {self.resident[0]:.1f} to {self.resident[1]:.1f} MB, "
            f"{self.growth:+.2f} a day; "
            f"descriptors {self.descriptors[0]} to {self.descriptors[1]}; "
            f"lag p99 {self.late:.2f} s, longest {max(self.lags):.2f} s; seed {SEED}"
        )


async def lived(folder: Path, cycles: int, *, leaks: bool = False) -> LongLife:
    url, samples = f"sqlite:///{folder / 'long.db'}", folder / "samples"
    async with WebhookReceiver(SECRET, refuse_rate=REFUSED, seed=SEED) as receiver:
        script = LongScript(
            url=url,
            hook=receiver.url,
            seed=SEED,
            hedges=3,
            poll=str(POLL),
            cycles=cycles,
            samples=str(samples),
            sampled_every=max(5, cycles // 1000),
            leaks=leaks,
        )
        process = start(script, live_long)
        await asyncio.to_thread(process.join, LONGEST_SECONDS)
        process.kill()
        assert process.exitcode == 0, "the worker broke, or took too long"
        assert receiver.statistics.unverified == 0
        refused, reckoning = receiver.statistics.refused, reckon(url, receiver.received)
    seen = [json.loads(line) for line in samples.read_text().splitlines()]
    settled = seen[int(len(seen) * SETTLED) :]
    sizes = [one["resident_mb"] for one in settled]
    opened = [one["descriptors"] for one in settled]
    return LongLife(
        reckoning=reckoning,
        cycles=rows(url, "SELECT count(*) FROM cycle")[0][0],
        faults=seen[-1]["faults"],
        refused=refused,
        growth=linear_regression([one["day"] for one in settled], sizes).slope,
        resident=(min(sizes), max(sizes)),
        descriptors=(min(opened), max(opened)),
        lags=[lag for (lag,) in rows(url, LAGS)],
    )


async def test_three_days_leave_nothing_behind(tmp_path: Path) -> None:
    life = await lived(tmp_path, CYCLES)
    print(life)  # noqa: T201
    assert life.reckoning.is_sound
    assert life.reckoning.repeated == 0
    assert life.cycles == CYCLES
    assert life.faults > 0
    assert life.descriptors[1] - life.descriptors[0] <= 1
    assert life.growth < MOST_GROWTH
    assert life.late < 2


async def test_a_worker_that_keeps_what_it_saw_is_found_out(tmp_path: Path) -> None:
    life = await lived(tmp_path, MUTANT_CYCLES, leaks=True)
    assert life.growth > MOST_GROWTH
    assert life.descriptors[1] - life.descriptors[0] > 1
