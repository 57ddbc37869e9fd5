"""What the past tells one who only looks: the store of cycles, read only."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from hedgewatch.domain.errors import StoreUnavailableError
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.monitoring.ports import CycleRecord, Memory
from hedgewatch.storage.history import History


class PastReader:
    """Fills the port CycleStore for a look that leaves nothing behind; it cannot write, whatever it is asked."""

    def __init__(self, history: History) -> None:
        """Take the history to read from."""
        self._history = history

    async def recall(
        self, instruments: Sequence[InstrumentRef], legs: Sequence[tuple[str, str]], now: datetime
    ) -> Memory:
        """Tell what is remembered, read afresh each time. Raises StoreUnavailableError."""
        recollection = await asyncio.to_thread(self._history.recollection, now)
        interventions = await asyncio.to_thread(self._history.interventions, now)
        return replace(recollection.recall(instruments, legs, now), interventions=interventions)

    async def record(self, cycle: CycleRecord) -> None:
        """Refuse: raises StoreUnavailableError."""
        raise StoreUnavailableError(f"storage: the cycle of {cycle.read_at} cannot be stored: opened for reading only")

    async def show(self, cycle: CycleRecord) -> None:
        """Refuse: raises StoreUnavailableError."""
        await self.record(cycle)
