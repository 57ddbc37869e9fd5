"""Sizes: each exchange's own day of trade in contracts and in money, the second route to a contract's size.

The units are the documented ones; no exchange was asked live. What is missing here has no second route without a
position: BingX' inverse contracts, whose ticker does not say what its volume is counted in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from hedgewatch.domain.instrument import Instrument, InstrumentRef, Payoff
from hedgewatch.domain.size_check import SizeCheck, size_by_turnover
from hedgewatch.exchanges.asking import Asked, Desk
from hedgewatch.exchanges.faults import Fault
from hedgewatch.exchanges.parse import Row, UnreadableError, number_in
from hedgewatch.exchanges.quirks.shape import Call
from hedgewatch.monitoring.ports import Clock


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DayOfTrade:
    """One call that tells a contract's day, asked one contract at a time, and where its numbers are.

    volume: key of the contracts traded. turnover: key of their worth, in quote (linear) or base coins (inverse).
    """

    call: Call
    volume: str
    turnover: str
    low: str = "lowPrice"
    high: str = "highPrice"


def _day(method: str, payoff: Payoff, *, rows: tuple[str, ...] = (), category: str | None = None) -> Call:
    return Call(
        name="day of trade",
        method=method,
        futures=True,
        payoff=payoff,
        params={"category": category} if category else {},
        rows=rows,
        each=True,
    )


def _bybit(payoff: Payoff) -> DayOfTrade:
    call = _day("publicGetV5MarketTickers", payoff, rows=("result", "list"), category=payoff.value)
    return DayOfTrade(call=call, volume="volume24h", turnover="turnover24h", low="lowPrice24h", high="highPrice24h")


DAYS_OF_TRADE: Mapping[tuple[str, Payoff], DayOfTrade] = {
    ("binance", Payoff.LINEAR): DayOfTrade(
        call=_day("fapiPublicGetTicker24hr", Payoff.LINEAR), volume="volume", turnover="quoteVolume"
    ),
    ("binance", Payoff.INVERSE): DayOfTrade(
        call=_day("dapiPublicGetTicker24hr", Payoff.INVERSE), volume="volume", turnover="baseVolume"
    ),
    ("bybit", Payoff.LINEAR): _bybit(Payoff.LINEAR),
    ("bybit", Payoff.INVERSE): _bybit(Payoff.INVERSE),
    ("bingx", Payoff.LINEAR): DayOfTrade(
        call=_day("swapV2PublicGetQuoteTicker", Payoff.LINEAR, rows=("data",)), volume="volume", turnover="quoteVolume"
    ),
    ("weex", Payoff.LINEAR): DayOfTrade(
        call=_day("contractGetCapiV3MarketTicker24hr", Payoff.LINEAR), volume="volume", turnover="quoteVolume"
    ),
    ("mexc", Payoff.LINEAR): DayOfTrade(
        call=_day("contractPublicGetTicker", Payoff.LINEAR, rows=("data",)),
        volume="volume24",
        turnover="amount24",
        low="lower24Price",
        high="high24Price",
    ),
    ("mexc", Payoff.INVERSE): DayOfTrade(
        call=_day("contractPublicGetTicker", Payoff.INVERSE, rows=("data",)),
        volume="volume24",
        turnover="amount24",
        low="lower24Price",
        high="high24Price",
    ),
}
ASKED_EVERY = timedelta(hours=1)
ASKED_AT_ONCE = 4  # contracts a fetch: the day of trade must not delay the prices


class SizeWatch:
    """What the day of trade says of each contract's listed size: asked hourly, and when the listed size changes."""

    def __init__(self, desk: Desk, clock: Clock) -> None:
        """Ask at this desk."""
        self._desk = desk
        self._clock = clock
        self._asked_at: dict[InstrumentRef, tuple[datetime, Decimal]] = {}
        self.known: Mapping[InstrumentRef, SizeCheck] = {}

    def due(self, instruments: Sequence[Instrument]) -> list[Instrument]:
        """Return the contracts to ask about now."""
        now = self._clock.now()
        due = []
        for one in instruments:
            if one.payoff is None or (self._desk.exchange, one.payoff) not in DAYS_OF_TRADE:
                continue
            at, listed = self._asked_at.get(one.ref, (None, None))
            if at is None or listed != one.contract_size or now - at >= ASKED_EVERY:
                due.append(one)
        return due[:ASKED_AT_ONCE]

    async def learn(self, instruments: Sequence[Instrument], ids: Mapping[str, str]) -> None:
        """Ask about these contracts; one that does not answer keeps what was known of it, and is asked in an hour."""
        now = self._clock.now()
        self._asked_at |= {one.ref: (now, one.contract_size) for one in instruments}
        checks = await check_sizes(self._desk, instruments, ids)
        self.known = {**self.known, **{ref: one for ref, one in checks.items() if isinstance(one, SizeCheck)}}


async def check_sizes(
    desk: Desk, instruments: Sequence[Instrument], ids: Mapping[str, str]
) -> dict[InstrumentRef, SizeCheck | Fault]:
    """Ask for the day of each contract and hold its listed size against it; what has no second route is left out.

    ids: the exchange's own id of each symbol.
    """
    found: dict[InstrumentRef, SizeCheck | Fault] = {}
    for (exchange, payoff), day in DAYS_OF_TRADE.items():
        contracts = [one for one in instruments if exchange == desk.exchange and one.payoff is payoff]
        if not contracts:
            continue
        asked = await desk.ask(day.call, {one.ref.symbol: ids[one.ref.symbol] for one in contracts})
        for one in contracts:
            check = asked if isinstance(asked, Fault) else _checked(one, day, asked)
            if check is not None:
                found[one.ref] = check
    return found


def _checked(instrument: Instrument, day: DayOfTrade, asked: Asked) -> SizeCheck | Fault | None:
    row = asked.rows.get(instrument.ref.symbol)
    if row is None:
        return asked.faults.get(instrument.ref.symbol)
    try:
        return _by_row(instrument, day, row)
    except UnreadableError as error:
        return Fault(reason=error.reason, text=f"{instrument.ref} day of trade: {error.detail}")


def _by_row(instrument: Instrument, day: DayOfTrade, row: Row) -> SizeCheck | None:
    numbers = [number_in(row, key, key) for key in (day.volume, day.turnover, day.low, day.high)]
    volume, turnover, low, high = numbers
    if volume is None or turnover is None or low is None or high is None:
        return None
    source = f"{instrument.ref.exchange} {day.call.name} ({day.volume}, {day.turnover})"
    return size_by_turnover(instrument, volume=volume, turnover=turnover, prices=(low, high), source=source)
