"""The garbage matrix: every spoilt body on every question, by our sources.

``python -m tests.benchmarks.garbage_matrix`` prints all of it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any

from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.market import ExchangeAnswer, ExchangeOutcome, MarketReading, SettledFunding
from hedgewatch.exchanges.source import CcxtSource, Patience
from hedgewatch.monitoring.ports import Wanted
from hedgewatch.simulator.market import World
from hedgewatch.simulator.server import SimulatedExchanges
from tests.exchanges.conftest import EXCHANGES, NOW, MemoryShelf, SetClock
from tests.exchanges.firing import Firing
from tests.exchanges.relay import Relay, relayed
from tests.exchanges.spoiling import SPOILS, Spoil
from tests.exchanges.stock import KEYS
from tests.exchanges.tally import Tally

SYMBOLS = ("BTC/USDT", "ETH/USDT", "BTC/USDT:USDT", "ETH/USDT:USDT")
LISTS = ("exchangeInfo", "instruments-info", "/contracts", "common/symbols", "contract/detail")
# its listing names a coin nowhere but in the symbol: rows with each other's names are whole in themselves
UNTELLABLE = (
    ("bingx", "spot/v1/common/symbols", "wrong symbol"),
    ("bingx", "swap/v2/quote/contracts", "wrong symbol"),
)
FACTS = ("contract_size", "tick", "lot_step", "min_contracts", "min_notional", "kind", "payoff", "base", "quote")


def numbers_of(reading: MarketReading) -> dict[str, Any]:
    """Return every number of a reading by its name, None where it is not known."""
    quote, mark, funding = reading.quote, reading.mark, reading.funding
    return {
        "bid": quote and quote.bid,
        "ask": quote and quote.ask,
        "mark": mark and mark.mark_price,
        "index": mark and mark.index_price,
        "rate": funding and funding.rate,
        "interval": funding and funding.interval_hours,
        "settles at": funding and funding.settles_at,
        **{fact: getattr(reading.instrument, fact) for fact in FACTS},
    }


def settled_of(answer: ExchangeAnswer) -> dict[tuple[str, Any], SettledFunding]:
    return {(one.ref.symbol, one.settled_at): one for one in answer.settled}


def verdict_of(found: ExchangeAnswer, right: ExchangeAnswer) -> tuple[str, bool]:
    """Say what an answer is beside the right one: right, unknown and told, or (bad) invented or silently unknown."""
    is_whole = True
    for reading, good in zip(found.readings, right.readings, strict=True):
        assert isinstance(good, MarketReading)
        if not isinstance(reading, MarketReading):
            is_whole = False
            continue
        told, expected = numbers_of(reading), numbers_of(good)
        invented = {name: value for name, value in told.items() if value is not None and value != expected[name]}
        if invented:
            return f"invented {', '.join(invented)} of {reading.ref.symbol}", True
        is_whole &= all(told[name] == value for name, value in expected.items() if name not in FACTS)
    settled, expected_settled = settled_of(found), settled_of(right)
    if any(one.rate != expected_settled[key].rate for key, one in settled.items() if key in expected_settled):
        return "invented settled rate", True
    if settled.keys() - expected_settled.keys():
        return "invented settlement", True
    is_whole &= settled.keys() == expected_settled.keys()
    if is_whole:
        return "right", False
    return ("silent", True) if found.outcome is ExchangeOutcome.OK else ("unknown and told", False)


class Asker:
    """Asks one exchange through the relay, each time with a source of its own."""

    def __init__(self, exchange: str, relay: Relay) -> None:
        self.exchange = exchange
        self.relay = relay
        self.shelf = MemoryShelf()
        refs = tuple(InstrumentRef(exchange=exchange, symbol=symbol) for symbol in SYMBOLS)
        since = {ref: NOW - timedelta(hours=33) for ref in refs if ":" in ref.symbol}
        self.wanted = Wanted(instruments=refs, settled_since=since)

    def source(self, shelf: MemoryShelf) -> CcxtSource:
        made = CcxtSource(
            exchange=self.exchange,
            base_url=self.relay.base_url,
            patience=Patience(answer_seconds=Decimal(5), listing_seconds=Decimal(5)),
            shelf=shelf,
            clock=SetClock(),
        )
        made.client.timeout_on_exit = 1
        made.client.enableRateLimit = False  # its budget is a real one, of seconds to a minute
        return made

    async def good(self) -> tuple[ExchangeAnswer, set[str], set[str]]:
        """Return the right answer, what was asked for it each time, and what only at first."""
        source = self.source(self.shelf)
        await source.fetch(self.wanted)
        first = set(self.relay.asked)
        self.relay.asked.clear()
        right = await source.fetch(self.wanted)
        await source.close()
        assert right.outcome is ExchangeOutcome.OK, right.error
        each_time = set(self.relay.asked)
        return right, each_time, first - each_time

    async def ask(self, question: str, spoil: Spoil, *, is_warm: bool) -> ExchangeAnswer:
        """Ask with one question spoilt; warm: after an answer that was whole."""
        source = self.source(MemoryShelf() if any(piece in question for piece in LISTS) else self.shelf)
        try:
            if is_warm:
                self.relay.spoilt = None
                await source.fetch(self.wanted)
            self.relay.spoilt = (question, spoil)
            return await source.fetch(self.wanted)
        finally:
            self.relay.spoilt = None
            await source.close()


def cells_of(questions: set[str], every: int) -> Iterator[tuple[str, str, Spoil]]:
    cells = [(question, name, spoil) for question in sorted(questions) for name, spoil in SPOILS.items()]
    yield from cells[::every]


async def run_exchange(exchange: str, upstream: str, every: int) -> Tally:
    """Run the cells of one exchange."""
    tally = Tally()
    async with relayed(upstream) as relay:
        asker = Asker(exchange, relay)
        right, each_time, at_first = await asker.good()
        firing = Firing(exchange, right)
        for question, name, spoil in cells_of(each_time | at_first, every):
            cell = f"{exchange} {question.split('/', 2)[2]} {name}"
            try:
                found = await asker.ask(question, spoil, is_warm=question in each_time)
            except Exception as error:  # noqa: BLE001  what is counted here
                tally.note(cell, f"raised {type(error).__name__}", is_bad=True)
                continue
            if any(told[0] == exchange and told[1] in question and told[2] == name for told in UNTELLABLE):
                tally.note(cell, "cannot be told")
                continue
            verdict, is_bad = verdict_of(found, right)
            tally.note(cell, verdict, is_bad=is_bad)
            tally.judge(cell, firing.resolved_by(found), of=firing.count)
    return tally


@asynccontextmanager
async def simulated() -> AsyncIterator[SimulatedExchanges]:
    """Serve the five exchanges, one short position in an account of each."""
    now = round(NOW.timestamp() * 1000)
    world = World(7, "calm", now - 1_000)
    async with SimulatedExchanges(world, clock=lambda: now) as server:
        for exchange in EXCHANGES:
            account = server.accounts.add(exchange, "desk", **KEYS)
            account.deposit("linear", "USDT", "150000")
            account.open("BTC", Decimal(-2), leverage=5, is_isolated=exchange != "bybit", at=now - 86_400_000)
        yield server
