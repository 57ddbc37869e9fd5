"""Reading: the parts of one instrument, gathered from the answers of several calls. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from hedgewatch.domain.instrument import Instrument, InstrumentKind, InstrumentRef, Payoff
from hedgewatch.domain.market import Funding, Mark, MarketReading, Quote, ReadingFailure, Stamp, UnknownReason
from hedgewatch.domain.numbers import exactly
from hedgewatch.exchanges.asking import Asked
from hedgewatch.exchanges.faults import Fault
from hedgewatch.exchanges.parse import (
    Row,
    UnreadableError,
    check_against,
    coming,
    is_too_far,
    make_funding,
    moment_of,
    parse_interval,
    parse_mark,
    parse_quote,
    parse_rate,
)
from hedgewatch.exchanges.quirks.shape import Call, Quirk

T = TypeVar("T")

MINUTES = Call(name="market list", method="", futures=True, interval="interval", interval_minutes=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of a contract's funding beside its rate: settlement and interval told elsewhere."""

    settles_at: Callable[[str], datetime | None]
    interval: Callable[[str, datetime | None], Decimal | None]
    listing: Callable[[str], Row]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What one call told, with the stamps of its rows so far: equal ones are one."""

    call: Call
    answer: Asked | Fault
    stamps: dict[datetime | None, Stamp]


@dataclass(slots=True)
class _Parts:
    """The parts of one instrument while they are gathered."""

    quote: Quote | None = None
    mark: Mark | None = None
    funding: Funding | None = None
    problems: list[tuple[UnknownReason, str]] | None = None

    def note(self, part: str, reason: UnknownReason, detail: str) -> None:
        """Remember why a part is missing."""
        self.problems = [*(self.problems or ()), (reason, f"{part}: {reason}: {detail}")]


class Reader:
    """Reads the instruments of one exchange from one cycle's answers."""

    def __init__(self, quirk: Quirk, answers: Mapping[Call, Asked | Fault], known: Known, now: datetime) -> None:
        """Read from these answers, one by each call."""
        self._quirk = quirk
        self._known = known
        self._now = now
        told = [_Told(call=call, answer=answer, stamps={}) for call, answer in answers.items()]
        self._spot = [one for one in told if not one.call.futures and one.call.bid is not None]
        self._plans = {
            (payoff, part): [
                one
                for one in told
                if one.call.futures and getattr(one.call, key) is not None and one.call.is_for(payoff)
            ]
            for payoff in (None, *Payoff)
            for part, key in {"quote": "bid", "mark": "mark", "funding": "rate"}.items()
        }

    @exactly
    def read(self, instruments: Iterable[Instrument]) -> tuple[MarketReading | ReadingFailure, ...]:
        """Read every instrument: a reading, or a failure where not one part could be read."""
        found = [(instrument, self._parts(instrument)) for instrument in instruments]
        index = {
            (instrument.base, instrument.quote): parts.mark.index_price
            for instrument, parts in found
            if parts.mark is not None and parts.mark.index_price is not None
        }
        for instrument, parts in found:
            if instrument.kind is InstrumentKind.SPOT:
                _refuse_far_quote(parts, index.get((instrument.base, instrument.quote)))
        return tuple(self._reading(instrument, parts) for instrument, parts in found)

    def _reading(self, instrument: Instrument, parts: _Parts) -> MarketReading | ReadingFailure:
        problems = parts.problems or []
        if parts.quote is None and parts.mark is None and parts.funding is None:
            reason, detail = problems[0] if problems else (UnknownReason.MISSING, "nothing was answered")
            return ReadingFailure(ref=instrument.ref, reason=reason, detail=detail)
        return MarketReading(
            instrument=instrument,
            quote=parts.quote,
            mark=parts.mark,
            funding=parts.funding,
            problems=tuple(text for _, text in problems),
        )

    def _parts(self, instrument: Instrument) -> _Parts:
        parts, symbol = _Parts(), instrument.ref.symbol
        if instrument.kind is InstrumentKind.SPOT:
            parts.quote = self._part(parts, "quote", symbol, self._spot, _quote)
            return parts
        plans, payoff = self._plans, instrument.payoff
        parts.quote = self._part(parts, "quote", symbol, plans[payoff, "quote"], _quote)
        parts.mark = self._part(parts, "mark", symbol, plans[payoff, "mark"], _mark)
        if _refuse_disagreement(parts):
            parts.note("funding", UnknownReason.OUT_OF_RANGE, "it stands beside prices that are not believed")
        elif instrument.kind is InstrumentKind.PERPETUAL:
            funding = self._part(parts, "funding", symbol, plans[payoff, "funding"], self._funding)
            if funding is not None:
                parts.funding, problems = funding
                for problem in problems:
                    parts.note("funding", problem.reason, problem.detail)
        return parts

    def _part(
        self, parts: _Parts, name: str, symbol: str, told: Sequence[_Told], parse: Callable[[str, Row, Call, Stamp], T]
    ) -> T | None:
        for one in told:
            call, answer = one.call, one.answer
            if isinstance(answer, Fault):
                parts.note(name, answer.reason, answer.text)
                continue
            row = answer.rows.get(symbol)
            if row is None:
                fault = answer.faults.get(symbol)
                detail = fault.text if fault else f"{symbol} is not in {self._quirk.exchange} {call.name}"
                parts.note(name, fault.reason if fault else UnknownReason.MISSING, detail)
                continue
            try:
                return parse(symbol, row, call, self._stamp(row, one, answer))
            except UnreadableError as error:
                parts.note(name, error.reason, error.detail)
        if not told:
            parts.note(name, UnknownReason.MISSING, f"{self._quirk.exchange} has no call for it")
        return None

    def _stamp(self, row: Row, one: _Told, answer: Asked) -> Stamp:
        """Stamp a row with the exchange's time (the row's, else the answer's) and ours."""
        call = one.call
        told = row.get(call.time) if call.time else None
        if told is None and call.envelope_time:
            told = answer.envelope.get(call.envelope_time)
        at = moment_of(told)
        stamp = one.stamps.get(at)
        if stamp is None:
            source = f"{self._quirk.exchange} {call.name}"
            stamp = Stamp(exchange_time=at, received_at=answer.received_at, source=source)
            one.stamps[at] = stamp
        return stamp

    def _funding(self, symbol: str, row: Row, call: Call, stamp: Stamp) -> tuple[Funding, list[UnreadableError]]:
        problems: list[UnreadableError] = []
        rate = parse_rate(row, call, stamp.source)
        told = moment_of(row.get(call.settles_at)) if call.settles_at else None
        settles_at = coming(told, self._now) or self._known.settles_at(symbol)
        if settles_at is None:
            detail = "the settlement time is not known" if told is None else f"the settlement time {told} is past"
            problems.append(UnreadableError(UnknownReason.MISSING if told is None else UnknownReason.STALE, detail))
        interval = self._interval(row, call, symbol, settles_at, problems)
        if is_too_far(settles_at, interval, self._now):
            detail = f"the settlement time {settles_at} is more than an interval ahead"
            problems.append(UnreadableError(UnknownReason.OUT_OF_RANGE, detail))
            settles_at = None
        reason = UnknownReason.MISSING
        if interval is None and InstrumentRef(exchange=self._quirk.exchange, symbol=symbol).is_inverse:
            reason = self._quirk.no_inverse_interval
        if interval is None and reason is not UnknownReason.NOT_AVAILABLE:
            problems.append(UnreadableError(reason, "the funding interval is not known"))
        return make_funding(rate, interval, settles_at, stamp, no_interval=reason), problems

    def _interval(
        self, row: Row, call: Call, symbol: str, settles_at: datetime | None, problems: list[UnreadableError]
    ) -> Decimal | None:
        try:
            interval = parse_interval(row, call) if call.interval else None
            if interval is None and self._quirk.market_interval:
                listed = self._known.listing(symbol).get(self._quirk.market_interval)
                interval = parse_interval({"interval": listed}, MINUTES)
        except UnreadableError as error:
            problems.append(error)
            return None
        return self._known.interval(symbol, settles_at) if interval is None else interval


def _quote(_: str, row: Row, call: Call, stamp: Stamp) -> Quote:
    return parse_quote(row, call, stamp)


def _mark(_: str, row: Row, call: Call, stamp: Stamp) -> Mark:
    mark = parse_mark(row, call, stamp)
    if mark.mark_price is not None:
        check_against(mark.mark_price, mark.index_price, "index price")
    return mark


def _refuse_disagreement(parts: _Parts) -> bool:
    """Believe neither book nor mark price where one is twice the other, and say so: it is not known which is wrong."""
    if parts.quote is None or parts.mark is None:
        return False
    try:
        check_against(parts.quote.mid, parts.mark.mark_price, "mark price")
    except UnreadableError as error:
        parts.quote = parts.mark = None
        parts.note("quote", error.reason, error.detail)
        return True
    return False


def _refuse_far_quote(parts: _Parts, index: Decimal | None) -> None:
    if parts.quote is None:
        return
    try:
        check_against(parts.quote.mid, index, "index price")
    except UnreadableError as error:
        parts.quote = None
        parts.note("quote", error.reason, error.detail)
