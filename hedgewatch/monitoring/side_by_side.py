"""Side by side: sources asked at once, each at most once at any time, and none that hangs waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from typing import Generic, Protocol, TypeVar

from hedgewatch.domain.market import UnknownReason
from hedgewatch.monitoring.ports import Clock

Question = TypeVar("Question")
Answer = TypeVar("Answer")
Asked_contra = TypeVar("Asked_contra", contravariant=True)
Told_co = TypeVar("Told_co", covariant=True)


class Source(Protocol[Asked_contra, Told_co]):
    """Whatever can be asked and closed."""

    async def fetch(self, wanted: Asked_contra) -> Told_co:
        """Answer; a fault is a value."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


class SideBySide(Generic[Question, Answer]):
    """Asks all sources side by side. At most one question per source is open at any time.

    A question that outlives the deadline is left to end by itself (a cancelled call would still burn the exchange's
    budget); its answer serves the next cycle if that one's own question is late as well.
    """

    def __init__(
        self,
        sources: Mapping[str, Source[Question, Answer]],
        failed: Callable[[str, Question, UnknownReason, str], Answer],
        *,
        deadline_seconds: Decimal,
        clock: Clock,
    ) -> None:
        """Take the sources by name, how a failure is said, and how long one cycle waits for them."""
        self.sources = sources
        self._failed = failed
        self._deadline = float(deadline_seconds)
        self._clock = clock
        self._open: dict[str, asyncio.Task[Answer]] = {}
        self._asked_at = dict.fromkeys(sources, clock.now())

    async def ask(self, wanted: Mapping[str, Question]) -> Mapping[str, Answer]:
        """Return one answer per question; a source that did not answer in time gives a failed one."""
        late = {name: task for name, task in self._open.items() if task.done()}
        fresh: dict[str, asyncio.Task[Answer]] = {}
        for name, what in wanted.items():
            if name not in self._open or name in late:
                fresh[name] = asyncio.ensure_future(self.sources[name].fetch(what))
                self._asked_at[name] = self._clock.now()
        self._open.update(fresh)
        if fresh:
            await asyncio.wait(fresh.values(), timeout=self._deadline)
        return {name: self._answer(name, what, late.get(name)) for name, what in wanted.items()}

    def _answer(self, name: str, what: Question, late: asyncio.Task[Answer] | None) -> Answer:
        for task in (self._open[name], late):
            if task is None or not task.done():
                continue
            if task is self._open[name]:
                del self._open[name]
            failure = task.exception()
            if failure is None:
                return task.result()
            detail = f"{name} could not be read: {type(failure).__name__}"
            return self._failed(name, what, UnknownReason.FETCH_ERROR, detail)
        waited = (self._clock.now() - self._asked_at[name]).total_seconds()
        return self._failed(name, what, UnknownReason.TIMEOUT, f"{name} has not answered for {waited:.0f} s")

    def take_over(self, before: SideBySide[Question, Answer]) -> None:
        """Go on with the questions that are open at sources which both ask: none may be put twice."""
        for name in list(before._open):
            if self.sources.get(name) is before.sources[name]:
                self._open[name] = before._open.pop(name)
                self._asked_at[name] = before._asked_at[name]

    async def close(self, kept: Collection[Source[Question, Answer]] = ()) -> None:
        """End open questions and close every source, but for those ``kept`` by whoever took over."""
        for task in self._open.values():
            task.cancel()
        await asyncio.gather(*self._open.values(), return_exceptions=True)
        going = [source for source in self.sources.values() if not any(source is one for one in kept)]
        await asyncio.gather(*(source.close() for source in going))
