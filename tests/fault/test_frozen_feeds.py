"""Each feed lost or frozen while all that can fire does: nothing resolves or looks well, and it is told in time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from hedgewatch.domain.finding import OutcomeKind
from hedgewatch.domain.hedge import Quality
from hedgewatch.domain.market import (
    ExchangeAnswer,
    ExchangeOutcome,
    MarketReading,
    ReadingFailure,
    Stamp,
    UnknownReason,
)
from hedgewatch.domain.terms import HedgeTerms
from hedgewatch.domain.thresholds import Patience, RuleSettings, Severity
from hedgewatch.monitoring.collect import Collector
from hedgewatch.monitoring.cycle import CycleResult, MonitorCycle, Watch
from hedgewatch.monitoring.ports import Wanted
from hedgewatch.monitoring.routing import Routing
from hedgewatch.storage.memory import MemoryStore
from tests.domain.samples import FUTURES, HEDGE_SETTINGS, SETTINGS, SPOT, hedge, holding, leg
from tests.monitoring.sources import START, QuotedExchange, SteppedClock

POLL, WELL, LOST = 30, 6, 40  # seconds, polls before, polls after
MAX_AGE = timedelta(seconds=90)
D = Decimal
Answered = MarketReading | ReadingFailure
Fault = Callable[[ExchangeAnswer, ExchangeAnswer], ExchangeAnswer]


def lost(*refs: object, reason: UnknownReason = UnknownReason.FETCH_ERROR) -> Fault:
    def fault(now: ExchangeAnswer, _: ExchangeAnswer) -> ExchangeAnswer:
        readings = [
            ReadingFailure(ref=one.ref, reason=reason, detail="not read") if one.ref in refs else one
            for one in now.readings
        ]
        is_blind = all(isinstance(one, ReadingFailure) for one in readings)
        outcome = ExchangeOutcome.FAILED if is_blind else ExchangeOutcome.OK
        return replace(now, readings=tuple(readings), outcome=outcome)

    return fault


def _quoted(one: Answered, other: Answered, stamp: Stamp) -> Answered:
    assert isinstance(one, MarketReading)
    assert isinstance(other, MarketReading)
    assert other.quote is not None
    return replace(one, quote=replace(other.quote, stamp=stamp))


def frozen_book(ref: object) -> Fault:
    """Receive the same book for ever, each time as if it were new."""

    def fault(now: ExchangeAnswer, good: ExchangeAnswer) -> ExchangeAnswer:
        pairs = zip(now.readings, good.readings, strict=True)
        readings = [_quoted(one, old, stamp_of(one)) if one.ref == ref else one for one, old in pairs]
        return replace(now, readings=tuple(readings))

    return fault


def frozen_time(ref: object) -> Fault:
    """Receive other books, whose exchange's own time stands still."""

    def fault(now: ExchangeAnswer, good: ExchangeAnswer) -> ExchangeAnswer:
        pairs = zip(now.readings, good.readings, strict=True)
        readings = [
            _quoted(one, one, replace(stamp_of(one), exchange_time=stamp_of(old).exchange_time))
            if one.ref == ref
            else one
            for one, old in pairs
        ]
        return replace(now, readings=tuple(readings))

    return fault


def stamp_of(one: Answered) -> Stamp:
    assert isinstance(one, MarketReading)
    assert one.quote is not None
    return one.quote.stamp


FAULTS: dict[str, Fault] = {
    "spot not answered": lost(SPOT),
    "futures not answered": lost(FUTURES),
    "spot in time not answered": lost(SPOT, reason=UnknownReason.TIMEOUT),
    "futures garbage": lost(FUTURES, reason=UnknownReason.NOT_JSON),
    "exchange fails": lost(SPOT, FUTURES),
    "exchange bans": lost(SPOT, FUTURES, reason=UnknownReason.BANNED),
    "spot's book frozen": frozen_book(SPOT),
    "futures' book frozen": frozen_book(FUTURES),
    "spot's time frozen": frozen_time(SPOT),
    "futures' time frozen": frozen_time(FUTURES),
}


@dataclass
class FailingExchange:
    """Answers well until it has a fault. fills_gaps: a mutant, which repeats its last good answer as if it were new."""

    behind: QuotedExchange
    fault: Fault | None = None
    fills_gaps: bool = False
    exchange: str = "binance"
    good: list[ExchangeAnswer] = field(default_factory=list)

    async def fetch(self, wanted: Wanted) -> ExchangeAnswer:
        answer = await self.behind.fetch(wanted)
        if self.fault is None or self.fills_gaps:
            self.good.append(answer)
            return answer
        return self.fault(answer, self.good[-1])

    async def close(self) -> None: ...


def at_once(settings: RuleSettings) -> RuleSettings:
    levels = {severity: replace(one, patience=Patience()) for severity, one in settings.levels.items()}
    return replace(settings, levels=levels, keep_firing_for=Patience())


@dataclass
class Bad:
    """A hedge of which everything is wrong at once, and stays so."""

    clock: SteppedClock
    exchange: FailingExchange
    cycle: MonitorCycle
    store: MemoryStore
    polls: int = 0

    async def poll(self) -> CycleResult:
        self.clock.move(POLL)
        self.polls += 1
        spot = D(60_000) * (1 + D("0.002") * self.polls)
        for symbol, price in ((SPOT.symbol, spot), (FUTURES.symbol, spot * D("1.03"))):
            self.exchange.behind.books[symbol] = (str(price - D("0.5")), str(price + D("0.5")))
        return await self.cycle.run()

    def told(self) -> list[tuple[str, str, datetime]]:
        return [
            (draft.event.state.target.rule, draft.event.type.value, draft.event.at)
            for draft in self.store.events.values()
        ]


def bad(*, fills_gaps: bool = False) -> Bad:
    clock, store = SteppedClock(), MemoryStore()
    behind = QuotedExchange(exchange="binance", clock=clock, books={}, funding_rate="-0.002")
    exchange = FailingExchange(behind, fills_gaps=fills_gaps)
    wrong = leg("-4", entry_basis=D(0), entry_price=D(60_000), margin=D(15_000))
    held = replace(hedge().held[0], holding=replace(holding(), cost_basis=D(30_000)))
    watched = hedge(
        wrong,
        held=(held,),
        rules={name: at_once(settings) for name, settings in HEDGE_SETTINGS.items()},
        terms=HedgeTerms(until=START - timedelta(days=1), event_at=START - timedelta(days=3), profit_target=D("0.5")),
    )
    watch = Watch(
        hedges=(watched,),
        exchange_rules={"exchange_down": at_once(SETTINGS["exchange_down"])},
        routing=Routing(channels=dict.fromkeys(Severity, ("ops",))),
        poll_seconds=D(POLL),
        dashboard_url="http://127.0.0.1",
        channels=("ops",),
    )
    collector = Collector([exchange], deadline_seconds=D(5), clock=clock)
    return Bad(clock, exchange, MonitorCycle(watch, collector=collector, store=store, clock=clock), store)


def kinds(result: CycleResult) -> dict[str, set[OutcomeKind]]:
    found: dict[str, set[OutcomeKind]] = {}
    for one in result.verdict.findings:
        found.setdefault(one.target.rule, set()).add(one.kind)
    return found


@dataclass
class Blinded:
    """What a bad hedge told after one of its feeds was lost. green: rules that fired and then looked well."""

    fired: set[str]
    ended: list[str]
    green: set[str]
    blind_rules: set[str]
    told_after: timedelta | None
    last_quality: Quality


async def blinded(fault: Fault, *, fills_gaps: bool = False) -> Blinded:
    world = bad(fills_gaps=fills_gaps)
    for _ in range(WELL):
        await world.poll()
    before, since = world.told(), world.clock.now()
    fired = {rule for rule, kind, _ in before if kind == "firing"}
    world.exchange.fault = fault
    green = set[str]()
    for _ in range(LOST):
        result = await world.poll()
        green |= {rule for rule, seen in kinds(result).items() if rule in fired and seen == {OutcomeKind.CLEAR}}
    after = world.told()[len(before) :]
    blind = [(rule, at) for rule, kind, at in after if kind == "firing" and rule in {"data_stale", "exchange_down"}]
    return Blinded(
        fired=fired,
        ended=[rule for rule, kind, _ in after if kind in {"resolved", "closed"}],
        green=green,
        blind_rules={rule for rule, _ in blind},
        told_after=min((at - since for _, at in blind), default=None),
        last_quality=result.snapshots[0].quality,
    )


@pytest.mark.parametrize("name", FAULTS)
async def test_a_lost_feed_resolves_nothing_looks_like_nothing_well_and_is_told(name: str) -> None:
    found = await blinded(FAULTS[name])
    late = found.told_after
    ended, green = len(found.ended), len(found.green)
    print(f"{name}: {len(found.fired)} rules fire, {ended} ended, {green} green, told after {late}")  # noqa: T201
    assert len(found.fired) >= 8, "too little was wrong to show anything"
    assert (found.ended, found.green) == ([], set())
    assert found.blind_rules == {"exchange_down" if name.startswith("exchange") else "data_stale"}
    assert late is not None
    assert late <= MAX_AGE + timedelta(seconds=POLL)
    assert found.last_quality in {Quality.UNKNOWN, Quality.STALE}


async def test_a_reader_that_fills_the_gaps_is_found_out() -> None:
    found = await blinded(FAULTS["spot not answered"], fills_gaps=True)
    assert found.told_after is None
    assert found.last_quality is Quality.OK
