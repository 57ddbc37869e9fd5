"""An exchange that says what a test has written."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from hedgewatch.bootstrap.rehearsal.script import Script
from hedgewatch.domain.instrument import Instrument, InstrumentKind, InstrumentRef, OrderUnit, Payoff
from hedgewatch.domain.market import (
    ExchangeAnswer,
    ExchangeOutcome,
    Funding,
    Mark,
    MarketReading,
    Quote,
    ReadingFailure,
    SettledFunding,
    Stamp,
    UnknownReason,
)
from hedgewatch.monitoring.ports import Wanted
from hedgewatch.settings.series_text import Gap, Series

SOURCE = "series"
HALF_SPREAD = Decimal("0.000001")  # of the price; twice that at every other poll, for a live book never stands still
MIDNIGHT = timedelta(days=1)


class RehearsedExchange:
    """Fills the port ExchangeSource with written series."""

    def __init__(self, exchange: str, script: Script, settled: Series | None) -> None:
        """Take the script; settled: funding rates settled before the first poll, the last one latest."""
        self.exchange = exchange
        self._script, self._settled = script, settled

    async def fetch(self, wanted: Wanted) -> ExchangeAnswer:
        """Say what stands in the series at this poll."""
        readings = tuple(self._reading(ref) for ref in wanted.instruments)
        failed = [one for one in readings if isinstance(one, ReadingFailure)]
        is_down = len(failed) == len(readings)
        outcome = ExchangeOutcome.FAILED if is_down else ExchangeOutcome.DEGRADED if failed else ExchangeOutcome.OK
        settled = [] if is_down else [one for ref, at in wanted.settled_since.items() for one in self._rates(ref, at)]
        return ExchangeAnswer(
            exchange=self.exchange,
            outcome=outcome,
            calls=1,
            error=failed[0].detail if failed else None,
            readings=readings,
            settled=tuple(settled),
            skew_seconds=self._script.number("skew", self.exchange),
        )

    async def close(self) -> None:
        """There is nothing to close."""

    def _reading(self, ref: InstrumentRef) -> MarketReading | ReadingFailure:
        said = self._script.price_input(ref)
        point, price = self._script.point(said, str(ref)), self._script.number(said, str(ref))
        if price is None:
            reason = UnknownReason.NOT_A_NUMBER if point is Gap.GARBAGE else UnknownReason.TIMEOUT
            detail = f"{ref} says what is no number" if point is Gap.GARBAGE else f"{ref} did not answer"
            return ReadingFailure(ref=ref, reason=reason, detail=detail)
        stamp, odd = self._stamp(said, ref, point)
        half = abs(price) * HALF_SPREAD * (1 + odd)
        is_spot = ref.kind is InstrumentKind.SPOT
        return MarketReading(
            instrument=self._listed(ref),
            quote=Quote(bid=price - half, ask=price + half, stamp=stamp),
            mark=None if is_spot else self._mark(ref, price, stamp),
            funding=None if is_spot or ref.is_dated else self._funding(ref, stamp),
        )

    def _stamp(self, said: str, ref: InstrumentRef, point: object) -> tuple[Stamp, int]:
        """Return when it was said, and whether that was at an odd poll."""
        clock = self._script.clock
        if point is Gap.STALE:
            poll = self._script.said_at(said, str(ref))
            return Stamp(exchange_time=clock.time_of(poll), received_at=clock.time_of(poll), source=SOURCE), poll % 2
        if point is Gap.FROZEN:
            poll = clock.poll
            while poll > 0 and self._script.point(said, str(ref), poll) is Gap.FROZEN:
                poll -= 1
            return Stamp(exchange_time=clock.time_of(poll), received_at=clock.now(), source=SOURCE), poll % 2
        return Stamp(exchange_time=clock.now(), received_at=clock.now(), source=SOURCE), clock.poll % 2

    def _mark(self, ref: InstrumentRef, price: Decimal, stamp: Stamp) -> Mark:
        place = str(ref)
        mark = self._script.number("mark", place) if self._script.is_written("mark", place) else price
        index = self._script.number("index" if self._script.is_written("index", place) else "spot", place)
        return Mark(mark_price=mark, index_price=index, stamp=stamp)

    def _funding(self, ref: InstrumentRef, stamp: Stamp) -> Funding | None:
        rate, hours = self._script.number("funding", str(ref)), self._script.number("interval", str(ref))
        if rate is None:
            return None
        settles = None if hours is None else next(_settlements(self._script.clock.now(), hours))
        return Funding(rate=rate, interval_hours=hours, settles_at=settles, stamp=stamp)

    def _rates(self, ref: InstrumentRef, since: datetime) -> Iterator[SettledFunding]:
        """Yield what was settled after ``since``: before the first poll as the past says, then what the series said."""
        clock, hours = self._script.clock, self._script.number("interval", str(ref))
        if hours is None or ref.is_dated:
            return
        start, known = clock.time_of(0), self._settled.points if self._settled else ()
        for at in _settlements(since, hours):
            if at > clock.now():
                return
            if at <= start:
                before = int((start - at) / timedelta(hours=float(hours)))
                rate = known[-1 - before] if before < len(known) else None
            else:
                rate = self._script.number("funding", str(ref), clock.poll_of(at))
            if isinstance(rate, Decimal):
                yield SettledFunding(ref=ref, settled_at=at, rate=rate, interval_hours=hours)

    def _listed(self, ref: InstrumentRef) -> Instrument:
        is_spot, place = ref.kind is InstrumentKind.SPOT, str(ref)
        size = Decimal(1) if is_spot else self._script.number("size", place)
        return Instrument(
            ref=ref,
            kind=ref.kind,
            payoff=None if is_spot else Payoff.INVERSE if ref.is_inverse else Payoff.LINEAR,
            base=ref.base,
            quote=ref.quote,
            settle=ref.settle or None,
            contract_size=size or Decimal(1),
            order_unit=OrderUnit.BASE,
            tick=Decimal("0.0001"),
            lot_step=Decimal("0.001"),
            min_contracts=Decimal("0.001"),
            min_notional=Decimal(5),
            maker_fee=Decimal("0.0002"),
            taker_fee=Decimal("0.0005"),
            expiry=ref.expires_at,
            active=self._script.number("listed", place) != 0,
        )


def _settlements(after: datetime, hours: Decimal) -> Iterator[datetime]:
    """Yield the settlements after a moment: whole intervals since midnight UTC."""
    midnight, step = after.replace(hour=0, minute=0, second=0, microsecond=0), timedelta(hours=float(hours))
    at = midnight
    while True:
        if at > after:
            yield at
        at += step
