"""Collect: ask every exchange side by side, each with its deadline, and wait for none that hangs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from hedgewatch.domain.hedge import Hedge, Past
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.market import ExchangeAnswer, ExchangeOutcome, MarketReading, ReadingFailure, UnknownReason
from hedgewatch.monitoring.ports import Clock, ExchangeSource, Wanted

SETTLED_WINDOW = timedelta(hours=24)
SETTLED_LOOKBACK = timedelta(hours=33)  # one more interval than the window, so that each record's own interval is known
SETTLED_EVERY = timedelta(minutes=15)
SETTLED_RETRY = timedelta(seconds=60)
SETTLEMENT_GRACE = timedelta(seconds=60)  # exchanges publish a settlement some seconds late


def instruments_by_exchange(hedges: Iterable[Hedge]) -> Mapping[str, tuple[InstrumentRef, ...]]:
    """List each exchange's instruments once, in a stable order."""
    return by_exchange(ref for hedge in hedges for ref in hedge.instruments)


def by_exchange(refs: Iterable[InstrumentRef]) -> Mapping[str, tuple[InstrumentRef, ...]]:
    """Sort instruments by exchange, each once, in a stable order."""
    wanted: dict[str, dict[InstrumentRef, None]] = {}
    for ref in refs:
        wanted.setdefault(ref.exchange, {})[ref] = None
    return {exchange: tuple(refs) for exchange, refs in wanted.items()}


class SettlementDiary:
    """Remembers when settled funding was last asked for, so that it is asked again only when there may be more."""

    def __init__(self, futures: Iterable[InstrumentRef]) -> None:
        """Watch these futures instruments."""
        self._futures = tuple(dict.fromkeys(futures))
        self._asked_at: dict[InstrumentRef, datetime] = {}
        self._retry_at: dict[InstrumentRef, datetime] = {}
        self._settles_at: dict[InstrumentRef, datetime] = {}

    def due(self, past: Past, now: datetime) -> Mapping[InstrumentRef, datetime]:
        """Return the instruments to ask for and from when (exclusive)."""
        due: dict[InstrumentRef, datetime] = {}
        for ref in self._futures:
            if self._is_due(ref, now):
                known = past.settled.get(ref, ())
                due[ref] = known[-1].settled_at if known else now - SETTLED_LOOKBACK
        return due

    def note_asked(self, due: Iterable[InstrumentRef], answers: Mapping[str, ExchangeAnswer], now: datetime) -> None:
        """Remember what was asked; a failed exchange is asked anew, one that lacked a part a bit later."""
        for ref in due:
            answer = answers.get(ref.exchange)
            if answer is None or answer.outcome in {ExchangeOutcome.FAILED, ExchangeOutcome.BANNED}:
                continue
            if answer.outcome is ExchangeOutcome.OK:
                self._asked_at[ref] = now
            else:
                self._retry_at[ref] = now + SETTLED_RETRY

    def _is_due(self, ref: InstrumentRef, now: datetime) -> bool:
        if now < self._retry_at.get(ref, now):
            return False
        asked = self._asked_at.get(ref)
        if asked is None or now - asked >= SETTLED_EVERY:
            return True
        settles = self._settles_at.get(ref)
        return settles is not None and asked < settles + SETTLEMENT_GRACE <= now

    def note(self, readings: Iterable[MarketReading | ReadingFailure]) -> None:
        """Remember each instrument's coming settlement."""
        for reading in readings:
            if isinstance(reading, MarketReading) and reading.funding and reading.funding.settles_at:
                previous = self._settles_at.get(reading.ref)
                asked = self._asked_at.get(reading.ref)
                if previous is None or (asked is not None and asked >= previous + SETTLEMENT_GRACE):
                    self._settles_at[reading.ref] = reading.funding.settles_at


def failed_answer(exchange: str, refs: Sequence[InstrumentRef], reason: UnknownReason, detail: str) -> ExchangeAnswer:
    """Make the answer of an exchange that gave none: every instrument a failure with the same reason."""
    return ExchangeAnswer(
        exchange=exchange,
        outcome=ExchangeOutcome.FAILED,
        calls=0,
        error=detail,
        readings=tuple(ReadingFailure(ref=ref, reason=reason, detail=detail) for ref in refs),
    )


class Collector:
    """Asks all sources side by side. At most one question per exchange is open at any time.

    A question that outlives the deadline is left to end by itself (a cancelled call would still burn the exchange's
    budget); its answer serves the next cycle if that one's own question is late as well.
    """

    def __init__(self, sources: Iterable[ExchangeSource], *, deadline_seconds: Decimal, clock: Clock) -> None:
        """Take the sources and how long one cycle waits for them."""
        self._sources = {source.exchange: source for source in sources}
        self._deadline = float(deadline_seconds)
        self._clock = clock
        self._open: dict[str, asyncio.Task[ExchangeAnswer]] = {}
        self._asked_at: dict[str, datetime] = {}

    async def collect(self, wanted: Mapping[str, Wanted]) -> Mapping[str, ExchangeAnswer]:
        """Return one answer per exchange; an exchange that did not answer in time gives a failed one."""
        late = {name: task for name, task in self._open.items() if task.done()}
        fresh: dict[str, asyncio.Task[ExchangeAnswer]] = {}
        for exchange, what in wanted.items():
            if exchange not in self._open or exchange in late:
                fresh[exchange] = asyncio.create_task(self._sources[exchange].fetch(what), name=f"fetch {exchange}")
                self._asked_at[exchange] = self._clock.now()
        self._open.update(fresh)
        if fresh:
            await asyncio.wait(fresh.values(), timeout=self._deadline)
        return {exchange: self._answer(exchange, what, late.get(exchange)) for exchange, what in wanted.items()}

    def _answer(self, exchange: str, what: Wanted, late: asyncio.Task[ExchangeAnswer] | None) -> ExchangeAnswer:
        for task in (self._open[exchange], late):
            if task is None or not task.done():
                continue
            if task is self._open[exchange]:
                del self._open[exchange]
            failure = task.exception()
            if failure is None:
                return task.result()
            detail = f"{exchange} could not be read: {type(failure).__name__}"
            return failed_answer(exchange, what.instruments, UnknownReason.FETCH_ERROR, detail)
        waited = (self._clock.now() - self._asked_at[exchange]).total_seconds()
        detail = f"{exchange} has not answered for {waited:.0f} s"
        return failed_answer(exchange, what.instruments, UnknownReason.TIMEOUT, detail)

    async def close(self) -> None:
        """End open questions and close every source."""
        for task in self._open.values():
            task.cancel()
        await asyncio.gather(*self._open.values(), return_exceptions=True)
        await asyncio.gather(*(source.close() for source in self._sources.values()))
