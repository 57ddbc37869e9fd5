"""Collect: ask every exchange side by side, each with its deadline, and wait for none that hangs."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from hedgewatch.domain.hedge import Hedge, Past
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.market import ExchangeAnswer, ExchangeOutcome, MarketReading, ReadingFailure, UnknownReason
from hedgewatch.monitoring.accounts import Said, failed_account
from hedgewatch.monitoring.ports import AccountSource, AccountWanted, Clock, ExchangeSource, Wanted
from hedgewatch.monitoring.side_by_side import SideBySide

SETTLED_WINDOW = timedelta(hours=24)
SETTLED_LOOKBACK = timedelta(hours=33)  # one more interval than the window, so that each record's own interval is known
SETTLED_EVERY = timedelta(minutes=15)
SETTLED_RETRY = timedelta(seconds=60)
SETTLEMENT_GRACE = timedelta(seconds=60)  # exchanges publish a settlement some seconds late


def instruments_by_exchange(hedges: Iterable[Hedge]) -> Mapping[str, tuple[InstrumentRef, ...]]:
    """List each exchange's instruments once, in a stable order: of a dated leg also what it can be rolled to."""
    hedges = tuple(hedges)
    rolls = (leg.futures.perpetual for hedge in hedges for leg in hedge.legs if leg.futures.is_dated)
    return by_exchange((*(ref for hedge in hedges for ref in hedge.instruments), *rolls))


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

    def take_over(self, before: SettlementDiary) -> None:
        """Go on where another diary ends, for the instruments that both watch."""
        for mine, theirs in (
            (self._asked_at, before._asked_at),
            (self._retry_at, before._retry_at),
            (self._settles_at, before._settles_at),
        ):
            mine.update({ref: at for ref, at in theirs.items() if ref in self._futures})

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
        if timedelta(0) < self._retry_at.get(ref, now) - now <= SETTLED_RETRY:
            return False
        asked = self._asked_at.get(ref)
        if (
            asked is None or not timedelta(0) <= now - asked < SETTLED_EVERY
        ):  # before now: unless the clock was set back
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
    """Asks exchanges and accounts, all side by side."""

    def __init__(
        self,
        sources: Iterable[ExchangeSource],
        accounts: Iterable[AccountSource] = (),
        *,
        deadline_seconds: Decimal,
        clock: Clock,
    ) -> None:
        """Take the sources and how long one cycle waits for them."""

        def failed(exchange: str, wanted: Wanted, reason: UnknownReason, detail: str) -> ExchangeAnswer:
            return failed_answer(exchange, wanted.instruments, reason, detail)

        def silent(account: str, _: AccountWanted, reason: UnknownReason, detail: str) -> Said:
            return failed_account(by_name[account].exchange, account, reason, detail)

        by_name = {source.account: source for source in accounts}
        self._exchanges = SideBySide(
            {source.exchange: source for source in sources}, failed, deadline_seconds=deadline_seconds, clock=clock
        )
        self._accounts = SideBySide(by_name, silent, deadline_seconds=deadline_seconds, clock=clock)

    async def collect(self, wanted: Mapping[str, Wanted]) -> Mapping[str, ExchangeAnswer]:
        """Return one answer per exchange; an exchange that did not answer in time gives a failed one."""
        return await self._exchanges.ask(wanted)

    async def collect_all(
        self, wanted: Mapping[str, Wanted], accounts: Mapping[str, AccountWanted]
    ) -> tuple[Mapping[str, ExchangeAnswer], Mapping[str, Said]]:
        """Return one answer per exchange and per account; what did not answer in time gives a failed one."""
        return await asyncio.gather(self._exchanges.ask(wanted), self._accounts.ask(accounts))

    def take_over(self, before: Collector) -> None:
        """Go on with the questions that are open at sources which both ask."""
        self._accounts.take_over(before._accounts)
        self._exchanges.take_over(before._exchanges)

    async def close(self, kept: Collection[ExchangeSource] = (), kept_accounts: Collection[AccountSource] = ()) -> None:
        """End open questions and close every source, accounts first: they ask through their exchange.

        kept, kept_accounts: sources that somebody else goes on asking.
        """
        await self._accounts.close(kept_accounts)
        await self._exchanges.close(kept)
