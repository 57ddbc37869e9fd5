from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from hedgewatch.domain.hedge import Past
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.market import (
    ExchangeAnswer,
    ExchangeOutcome,
    MarketReading,
    ReadingFailure,
    SettledFunding,
    UnknownReason,
)
from hedgewatch.monitoring.collect import Collector, SettlementDiary, failed_answer
from hedgewatch.monitoring.ports import Wanted
from tests.monitoring.sources import START, GatedExchange, QuotedExchange, SteppedClock

SPOT = InstrumentRef(exchange="quick", symbol="BTC/USDT")
SLOW = InstrumentRef(exchange="slow", symbol="BTC/USDT")
FUTURES = InstrumentRef(exchange="quick", symbol="BTC/USDT:USDT")
OK_ANSWERS = {
    "quick": ExchangeAnswer(exchange="quick", outcome=ExchangeOutcome.OK, calls=1, error=None, readings=()),
}
BOOKS = {"BTC/USDT": ("59999", "60001")}


def wanted(*refs: InstrumentRef) -> dict[str, Wanted]:
    return {ref.exchange: Wanted(instruments=[ref], settled_since={}) for ref in refs}


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()


def collector(clock: SteppedClock, gate: asyncio.Event) -> Collector:
    quick = QuotedExchange("quick", clock, BOOKS)
    slow = GatedExchange(QuotedExchange("slow", clock, BOOKS), gate)
    return Collector([quick, slow], deadline_seconds=Decimal("0.05"), clock=clock)


async def test_an_exchange_that_hangs_does_not_hold_up_the_others(clock: SteppedClock) -> None:
    collecting = collector(clock, asyncio.Event())
    answers = await collecting.collect(wanted(SPOT, SLOW))
    assert answers["quick"].outcome is ExchangeOutcome.OK
    assert isinstance(answers["quick"].readings[0], MarketReading)
    [failure] = answers["slow"].readings
    assert isinstance(failure, ReadingFailure)
    assert failure.reason is UnknownReason.TIMEOUT
    await collecting.close()


async def test_a_hung_exchange_is_not_asked_again_while_its_question_is_open(clock: SteppedClock) -> None:
    gate = asyncio.Event()
    collecting = collector(clock, gate)
    for _ in range(3):
        await collecting.collect(wanted(SPOT, SLOW))
        clock.move(30)
    answers = await collecting.collect(wanted(SPOT, SLOW))
    assert answers["slow"].error == "slow has not answered for 90 s"
    gate.set()
    await asyncio.sleep(0)
    answers = await collecting.collect(wanted(SPOT, SLOW))
    assert answers["slow"].outcome is ExchangeOutcome.OK
    await collecting.close()


async def test_a_late_answer_serves_the_next_cycle_when_that_one_is_late_too(clock: SteppedClock) -> None:
    gate = asyncio.Event()
    collecting = collector(clock, gate)
    assert (await collecting.collect(wanted(SLOW)))["slow"].outcome is ExchangeOutcome.FAILED
    gate.set()
    await asyncio.sleep(0.01)
    gate.clear()
    clock.move(30)
    answer = (await collecting.collect(wanted(SLOW)))["slow"]
    assert answer.outcome is ExchangeOutcome.OK
    assert answer.error == "asked at 18:00:00"
    await collecting.close()


class BrokenExchange:
    """Breaks its promise never to raise."""

    exchange = "slow"

    async def fetch(self, _wanted: Wanted) -> None:
        raise KeyError("result")

    async def close(self) -> None:
        return


async def test_a_source_that_breaks_is_a_failure_value_and_no_more(clock: SteppedClock) -> None:
    collecting = Collector([BrokenExchange()], deadline_seconds=Decimal("0.05"), clock=clock)
    answer = (await collecting.collect(wanted(SLOW)))["slow"]
    assert answer.outcome is ExchangeOutcome.FAILED
    assert answer.error == "slow could not be read: KeyError"


def test_settled_funding_is_asked_for_at_the_start_from_before_the_window() -> None:
    diary = SettlementDiary([FUTURES])
    [(ref, since)] = diary.due(Past(), START).items()
    assert ref == FUTURES
    assert START - since > timedelta(hours=24)


def test_settled_funding_that_did_not_come_is_asked_for_again_soon() -> None:
    diary = SettlementDiary([FUTURES])
    failed = failed_answer("quick", [FUTURES], UnknownReason.TIMEOUT, "late")
    diary.note_asked(diary.due(Past(), START), {"quick": failed}, START)
    assert diary.due(Past(), START + timedelta(seconds=1)) != {}
    partly = replace(failed, outcome=ExchangeOutcome.DEGRADED)
    diary.note_asked(diary.due(Past(), START), {"quick": partly}, START)
    assert diary.due(Past(), START + timedelta(seconds=30)) == {}
    assert diary.due(Past(), START + timedelta(seconds=60)) != {}


def test_settled_funding_is_not_asked_for_every_cycle() -> None:
    diary = SettlementDiary([FUTURES])
    diary.note_asked(diary.due(Past(), START), OK_ANSWERS, START)
    assert diary.due(Past(), START + timedelta(seconds=30)) == {}
    assert diary.due(Past(), START + timedelta(minutes=15)) != {}


async def test_settled_funding_is_asked_for_right_after_a_settlement(clock: SteppedClock) -> None:
    diary = SettlementDiary([FUTURES])
    source = QuotedExchange("quick", clock, {"BTC/USDT:USDT": ("60000", "60001")})
    answer = await source.fetch(Wanted(instruments=[FUTURES], settled_since={}))
    settles_at = START + timedelta(hours=6)
    asked = settles_at - timedelta(minutes=5)
    record = SettledFunding(ref=FUTURES, settled_at=START, rate=Decimal("0.0001"), interval_hours=Decimal(8))
    past = Past(settled={FUTURES: (record,)})
    diary.note_asked(diary.due(past, asked), OK_ANSWERS, asked)
    diary.note(answer.readings)
    assert diary.due(past, settles_at + timedelta(seconds=30)) == {}
    assert diary.due(past, settles_at + timedelta(seconds=61)) == {FUTURES: START}
