"""Small exchanges for tests of the cycle: they fill the port and do one thing each."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hedgewatch.domain.instrument import Instrument, InstrumentKind, InstrumentRef, OrderUnit, Payoff
from hedgewatch.domain.market import (
    ExchangeAnswer,
    ExchangeOutcome,
    Funding,
    Mark,
    MarketReading,
    Quote,
    ReadingFailure,
    Stamp,
    UnknownReason,
)
from hedgewatch.monitoring.ports import Wanted

START = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)


@dataclass
class SteppedClock:
    """A clock that stands still until it is moved; wall and monotonic time move together."""

    at: datetime = START
    ticks: Decimal = Decimal(1000)

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> Decimal:
        return self.ticks

    def move(self, seconds: int) -> None:
        self.at += timedelta(seconds=seconds)
        self.ticks += seconds


def instrument(ref: InstrumentRef) -> Instrument:
    kind = InstrumentKind.PERPETUAL if ":" in ref.symbol else InstrumentKind.SPOT
    return Instrument(
        ref=ref,
        kind=kind,
        payoff=Payoff.LINEAR if kind is InstrumentKind.PERPETUAL else None,
        base=ref.symbol.split("/")[0],
        quote="USDT",
        settle="USDT" if kind is InstrumentKind.PERPETUAL else None,
        contract_size=Decimal(1),
        order_unit=OrderUnit.BASE,
        tick=Decimal("0.5"),
        lot_step=Decimal("0.001"),
        min_contracts=Decimal("0.001"),
        min_notional=Decimal(5),
        maker_fee=Decimal("0.0002"),
        taker_fee=Decimal("0.0005"),
        expiry=None,
        active=True,
    )


@dataclass
class QuotedExchange:
    """Answers at once with the books it is given: symbol to (bid, ask)."""

    exchange: str
    clock: SteppedClock
    books: dict[str, tuple[str, str]]
    funding_rate: str = "0.0001"
    interval_hours: Decimal = Decimal(8)
    asked: list[Wanted] = field(default_factory=list)
    closed: bool = False

    async def fetch(self, wanted: Wanted) -> ExchangeAnswer:
        self.asked.append(wanted)
        stamp = Stamp(exchange_time=self.clock.now(), received_at=self.clock.now(), source="test")
        readings: list[MarketReading | ReadingFailure] = []
        for ref in wanted.instruments:
            bid, ask = self.books[ref.symbol]
            known = instrument(ref)
            is_future = known.kind is InstrumentKind.PERPETUAL
            readings.append(
                MarketReading(
                    instrument=known,
                    quote=Quote(bid=Decimal(bid), ask=Decimal(ask), stamp=stamp),
                    mark=Mark(mark_price=Decimal(ask), index_price=Decimal(bid), stamp=stamp) if is_future else None,
                    funding=Funding(
                        rate=Decimal(self.funding_rate),
                        interval_hours=self.interval_hours,
                        settles_at=START + timedelta(hours=6),
                        stamp=stamp,
                    )
                    if is_future
                    else None,
                )
            )
        return ExchangeAnswer(
            exchange=self.exchange, outcome=ExchangeOutcome.OK, calls=3, error=None, readings=tuple(readings)
        )

    async def close(self) -> None:
        self.closed = True


@dataclass
class GatedExchange:
    """Answers only while its gate is open, as the exchange behind it would."""

    behind: QuotedExchange
    gate: asyncio.Event

    @property
    def exchange(self) -> str:
        return self.behind.exchange

    async def fetch(self, wanted: Wanted) -> ExchangeAnswer:
        asked_at = self.behind.clock.now()
        await self.gate.wait()
        return replace(await self.behind.fetch(wanted), error=f"asked at {asked_at:%H:%M:%S}")

    async def close(self) -> None:
        await self.behind.close()


@dataclass
class FaultyExchange:
    """Answers as the exchange behind it, but for the symbols that are out; with all of them out it has failed."""

    behind: QuotedExchange
    out: set[str] = field(default_factory=set)

    @property
    def exchange(self) -> str:
        return self.behind.exchange

    async def fetch(self, wanted: Wanted) -> ExchangeAnswer:
        answer = await self.behind.fetch(wanted)
        readings = tuple(
            ReadingFailure(ref=one.ref, reason=UnknownReason.FETCH_ERROR, detail="HTTP 503")
            if one.ref.symbol in self.out
            else one
            for one in answer.readings
        )
        if all(isinstance(one, ReadingFailure) for one in readings):
            return replace(answer, readings=readings, outcome=ExchangeOutcome.FAILED, error="HTTP 503")
        return replace(answer, readings=readings)

    async def close(self) -> None:
        await self.behind.close()
