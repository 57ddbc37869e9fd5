"""The source: one exchange read through ccxt, filling the port ExchangeSource."""

from __future__ import annotations

import asyncio
import difflib
import logging
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from hedgewatch.domain.errors import ConfigurationError
from hedgewatch.domain.instrument import Instrument, InstrumentKind, InstrumentRef, Payoff
from hedgewatch.domain.market import (
    ExchangeAnswer,
    ExchangeOutcome,
    MarketReading,
    ReadingFailure,
    SettledFunding,
    UnknownReason,
)
from hedgewatch.exchanges.asking import Asked, Desk, asked_by
from hedgewatch.exchanges.client import guarded_client
from hedgewatch.exchanges.door import Door, Restraint
from hedgewatch.exchanges.faults import Fault
from hedgewatch.exchanges.funding_terms import FundingTerms
from hedgewatch.exchanges.gathering import gathered
from hedgewatch.exchanges.history import FundingHistory, Settled
from hedgewatch.exchanges.jumps import JumpGuard
from hedgewatch.exchanges.library import client_class, known, knows
from hedgewatch.exchanges.markets import Markets
from hedgewatch.exchanges.outcome import Findings, faults_of, judge_outcome, one_line
from hedgewatch.exchanges.parse import UnreadableError
from hedgewatch.exchanges.quirks import QUIRKS
from hedgewatch.exchanges.quirks.generic import quirk_of
from hedgewatch.exchanges.quirks.shape import Call, Quirk
from hedgewatch.exchanges.reading import Known, Reader
from hedgewatch.exchanges.settled import parse_settled
from hedgewatch.exchanges.sizes import SizeWatch
from hedgewatch.exchanges.skew import Skew
from hedgewatch.monitoring.ports import Clock, MarketShelf, Wanted

SPARE = Decimal("0.9")  # of the deadline: what is left is for reading the answers

log = logging.getLogger(__name__)


def quirk_for(exchange: str) -> Quirk:
    """Return how to read an exchange. Raises ConfigurationError, with a suggestion, if ccxt does not know it."""
    if exchange in QUIRKS:
        return QUIRKS[exchange]
    if knows(exchange):
        return quirk_of(exchange, client_class(exchange)().has)
    near = difflib.get_close_matches(exchange, known(), n=1)
    hint = f'; did you mean "{near[0]}"?' if near else ""
    raise ConfigurationError(f'there is no exchange "{exchange}"{hint}')


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long an exchange may take: for one fetch as a whole, and for one question for its market list.

    A daemon lets a slow market list outlive the fetch; whoever looks once would only wait for it when closing.
    """

    answer_seconds: Decimal
    listing_seconds: Decimal


class CcxtSource:
    """One exchange, read only and without keys."""

    def __init__(  # noqa: PLR0913  all that a source is made of
        self,
        *,
        exchange: str,
        base_url: str | None,
        patience: Patience,
        shelf: MarketShelf,
        clock: Clock,
        quirk: Quirk | None = None,
        restraint: Restraint | None = None,
    ) -> None:
        """Prepare to read ``exchange``; nothing is asked yet.

        base_url: every request goes there, the real host as first path segment; None: to the exchange itself.
        quirk: how to read it; None: as the table says. restraint: that of another source of it, None if there is none.
        Raises ConfigurationError for an unknown exchange or a bad base_url.
        """
        self._exchange = exchange
        self._quirk = quirk or quirk_for(exchange)
        self._clock = clock
        self._timeout = patience.answer_seconds
        self.base_url = base_url
        self.door = Door(self._quirk, clock, base_url=base_url, restraint=restraint)
        self.client: Any = guarded_client(self._quirk, self.door, timeout_seconds=self._timeout)
        self.client.throttler = self.door.restraint.budget = self.door.restraint.budget or self.client.throttler
        self.desk = Desk(self.client, self.door, clock)
        self.markets = Markets(self.client, self.door, shelf, clock, timeout_seconds=patience.listing_seconds)
        self._terms = [FundingTerms(plan) for plan in (self._quirk.terms, self._quirk.inverse_terms) if plan]
        self._history = FundingHistory(self.desk, self._quirk.history_params)
        self.skew = Skew(self.desk, clock)
        self.sizes = SizeWatch(self.desk, clock)
        self._jumps = JumpGuard()
        self.results: Mapping[str, Any] = {}  # of the last fetch, by the names of its calls
        self._is_open = True
        self._fetching = asyncio.Lock()

    @property
    def exchange(self) -> str:
        """Ccxt's id of the exchange."""
        return self._exchange

    async def fetch(self, wanted: Wanted) -> ExchangeAnswer:
        """Read all that is wanted within the timeout. Every failure is a value in the answer.

        At most one fetch is in flight: a second one waits for nothing and fails at once.
        """
        if self._fetching.locked() or not self._is_open:
            words = "the last fetch is still running" if self._is_open else "it is closed"
            fault = Fault(reason=UnknownReason.TIMEOUT, text=f"{self._exchange}: {words}")
            return self._failed(wanted, fault, 0)
        async with self._fetching:
            calls = self.door.calls
            if self.door.retry_at is not None and self._clock.now() < self.door.retry_at:
                return self._failed(wanted, self.door.patience(), 0)
            deadline = asyncio.get_running_loop().time() + float(self._timeout * SPARE)
            late = await self._know_markets([ref.symbol for ref in wanted.instruments], deadline)
            return self._finished(await self._fetch_known(wanted, deadline, late), calls)

    async def unlisted(self, refs: Sequence[InstrumentRef]) -> Mapping[InstrumentRef, str]:
        """Return a line, with a suggestion, for each that the exchange does not list; none if it cannot be asked."""
        deadline = asyncio.get_running_loop().time() + float(self._timeout)
        await self._know_markets([ref.symbol for ref in refs], deadline)
        faults = {ref: self.markets.fault(ref.symbol) for ref in refs if self.markets.instrument(ref.symbol) is None}
        return {ref: fault.text for ref, fault in faults.items() if fault.reason is UnknownReason.UNKNOWN_SYMBOL}

    async def _know_markets(self, symbols: Sequence[str], deadline: float) -> Fault | None:
        try:
            async with asyncio.timeout_at(deadline):
                await self.markets.ready(symbols)
        except TimeoutError:
            return Fault(reason=UnknownReason.TIMEOUT, text=f"{self._exchange}: its market list is late")
        return self.markets.problem

    async def _fetch_known(self, wanted: Wanted, deadline: float, fault: Fault | None) -> Findings:
        found = Findings(faults=[fault] if fault else [])
        known = [i for ref in wanted.instruments if (i := self.markets.instrument(ref.symbol)) is not None]
        if known:
            results = self.results = await self._gathered(self._work(known, wanted), deadline)
            answers = {call: results[call.name] for call in self._quirk.calls if call.name in results}
            found.faults += faults_of(results.values())
            found.readings = self._read(known, answers)
            if await self._learn_intervals(found, deadline):
                found.readings = self._read(known, answers)
            found.readings = self._jumps.guard(found.readings)
            history = results.get("history")
            if isinstance(history, Settled):
                found.settled = self._settled(history, wanted, found)
        by_ref = {reading.ref: reading for reading in found.readings}
        found.readings = tuple(by_ref[ref] if ref in by_ref else self._unknown(ref) for ref in wanted.instruments)
        return found

    def _settled(self, history: Settled, wanted: Wanted, found: Findings) -> tuple[SettledFunding, ...]:
        present = {
            reading.ref: reading.funding.interval_hours
            for reading in found.readings
            if isinstance(reading, MarketReading) and reading.funding
        }
        now, rates = self._clock.now(), list[SettledFunding]()
        for ref, records in history.records.items():
            try:
                rates += parse_settled(ref, records, wanted.settled_since[ref], now, present.get(ref))
            except UnreadableError as error:
                text = f"{self._exchange} funding history {ref.symbol}: {error.detail}"
                found.faults.append(Fault(reason=error.reason, text=text))
        return tuple(rates)

    async def _learn_intervals(self, found: Findings, deadline: float) -> bool:
        """Ask the history for intervals that nothing else told; say whether it was asked."""
        silent = [
            reading.ref.symbol
            for reading in found.readings
            if isinstance(reading, MarketReading)
            and reading.funding
            and reading.funding.interval_hours is None
            and self._has_history(reading.instrument)
        ]
        if not silent or not self._quirk.interval_from_history:
            return False
        results = await self._gathered({"spacing": self._history.learn_spacing(silent, self._clock.now())}, deadline)
        found.faults += faults_of(results.values())
        return True

    def _work(self, known: Sequence[Instrument], wanted: Wanted) -> dict[str, Coroutine[Any, Any, Any]]:
        """List what to ask side by side, by name, and tell the door which rows to keep."""
        now, work = self._clock.now(), dict[str, Coroutine[Any, Any, Any]]()
        ids = [(instrument, self.markets.market_id(instrument.ref.symbol)) for instrument in known]
        self.door.wanted = {
            futures: frozenset(market_id for one, market_id in ids if (one.kind is not InstrumentKind.SPOT) is futures)
            for futures in (False, True)
        }
        for call in self._quirk.calls:
            if asked := asked_by(call, ids, perpetuals_only=call.each and call.rate is not None):
                work[call.name] = self.desk.ask(call, asked)
        for terms in self._terms:
            if asked := asked_by(terms.plan.call, ids, perpetuals_only=True):
                work[terms.plan.call.name] = terms.refresh(self.desk, asked, now)
        funded = {i.ref for i in known if i.kind is InstrumentKind.PERPETUAL and self._has_history(i)}
        since = {ref: at for ref, at in wanted.settled_since.items() if ref in funded}
        if since:
            work["history"] = self._history.ask(since)
        if contracts := self.sizes.due(known):
            work["day of trade"] = self.sizes.learn(contracts, {one.ref.symbol: market_id for one, market_id in ids})
        if self.skew.is_due():
            work["server time"] = self.skew.measure()
        return work

    async def _gathered(self, work: Mapping[str, Coroutine[Any, Any, Any]], deadline: float) -> dict[str, Any]:
        text = f"{self._exchange} did not answer within {self._timeout:f} s"
        return await gathered(work, deadline, Fault(reason=UnknownReason.TIMEOUT, text=text))

    def _has_history(self, instrument: Instrument) -> bool:
        return instrument.payoff is not Payoff.INVERSE or self._quirk.has_inverse_history

    def _interval(self, symbol: str, settles_at: datetime | None) -> Decimal | None:
        told = (terms.interval(symbol, settles_at, self._clock.now()) for terms in self._terms)
        return next((hours for hours in told if hours is not None), self._history.intervals.interval(symbol))

    def _read(
        self, instruments: Sequence[Instrument], answers: Mapping[Call, Asked | Fault]
    ) -> tuple[MarketReading | ReadingFailure, ...]:
        now = self._clock.now()
        known = Known(
            settles_at=lambda symbol: next(filter(None, (one.settles_at(symbol, now) for one in self._terms)), None),
            interval=self._interval,
            listing=self.markets.info,
        )
        return Reader(self._quirk, answers, known, now).read(instruments)

    def _unknown(self, ref: InstrumentRef) -> ReadingFailure:
        fault = self.markets.fault(ref.symbol)
        return ReadingFailure(ref=ref, reason=fault.reason, detail=fault.text)

    def _failed(self, wanted: Wanted, fault: Fault, calls: int) -> ExchangeAnswer:
        failures = tuple(ReadingFailure(ref=ref, reason=fault.reason, detail=fault.text) for ref in wanted.instruments)
        return ExchangeAnswer(
            exchange=self._exchange,
            outcome=ExchangeOutcome.BANNED if fault.reason is UnknownReason.BANNED else ExchangeOutcome.FAILED,
            calls=calls,
            error=fault.text,
            readings=failures,
            skew_seconds=self.skew.seconds,
            retry_at=self.door.retry_at,
        )

    def _finished(self, found: Findings, calls_before: int) -> ExchangeAnswer:
        now = self._clock.now()
        held = self.door.retry_at if self.door.retry_at is not None and self.door.retry_at > now else None
        return ExchangeAnswer(
            exchange=self._exchange,
            outcome=judge_outcome(found, held_for=self.door.held_for if held else None),
            calls=self.door.calls - calls_before,
            error=one_line(found),
            readings=found.readings,
            settled=found.settled,
            skew_seconds=self.skew.seconds,
            retry_at=held,
            sizes=self.sizes.known,
        )

    async def time_one_call(self) -> Decimal | Fault:
        """Ask for the exchange's time: return the seconds it took, or why it failed."""
        started = self._clock.monotonic()
        fault = await self.skew.measure()
        return fault or self._clock.monotonic() - started

    def interval_told(self, symbol: str) -> tuple[str, datetime | None]:
        """Return which call beside the rates tells a contract's funding interval, and when it last did."""
        for terms in self._terms:
            at = terms.told_at(symbol)
            if at is not None:
                return terms.plan.call.name, at
        return "the spacing of past settlements", self._history.intervals.told_at(symbol)

    async def close(self) -> None:
        """Let go of connections; nothing may be asked afterwards."""
        self._is_open = False
        await asyncio.gather(self.markets.close(), self.client.close())
