"""The daily digest: made once a day, on calm days too, by the clock on the wall of its reader."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from hedgewatch.domain.errors import StoreUnavailableError
from hedgewatch.domain.hedge import Hedge
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.terms import HedgeTerms
from hedgewatch.monitoring.digest import DigestDesk, DigestPlan, coming_of, digest_id
from hedgewatch.monitoring.digest_payload import Day, HedgeDay, digest_payload

ZURICH = ZoneInfo("Europe/Zurich")
PLAN = DigestPlan(at=time(8), timezone=ZURICH, channels=("me",))
EIGHT = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)  # 08:00 in Zurich
DAY = date(2026, 11, 24)
ROW: dict[str, Any] = {
    "asset": "BTC",
    "quality": "ok",
    "read_at": EIGHT,
    "hedge_ratio": Decimal(1),
    "exposure": Decimal(5),
    "basis_rate": Decimal("0.0005"),
}
CALM = HedgeDay(
    hedge="btc-core", now=ROW, before=ROW, received=Decimal("12.3"), paid=Decimal(0), samples=2880, unknown_samples=0
)


@dataclass(slots=True)
class Wall:
    """A clock that is set by hand."""

    at: datetime
    passed: Decimal = Decimal(0)

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> Decimal:
        return self.passed

    def go_on(self, span: timedelta) -> None:
        self.at += span
        self.passed += Decimal(span.total_seconds())


@dataclass(slots=True)
class Book:
    """A book in memory."""

    began: datetime | None = EIGHT - timedelta(days=30)
    kept: dict[str, bytes] = field(default_factory=dict)
    asked: list[tuple[datetime, datetime]] = field(default_factory=list)
    is_down: bool = False

    async def watched_since(self) -> datetime | None:
        if self.is_down:
            raise StoreUnavailableError("storage: down")
        return self.began

    async def is_kept(self, event_id: str) -> bool:
        return event_id in self.kept

    async def read(self, since: datetime, until: datetime) -> Day:
        self.asked.append((since, until))
        return Day(since=since, until=until, hedges=[CALM])

    async def keep(self, event_id: str, day: date, at: datetime, *, payload: bytes, channels: Sequence[str]) -> None:
        del day, at
        assert channels == ("me",)
        self.kept.setdefault(event_id, payload)


def desk(book: Book, wall: Wall, plan: DigestPlan = PLAN) -> DigestDesk:
    return DigestDesk(plan, book, wall, hedges=(), dashboard_url="http://127.0.0.1:8710")


async def poll(made: DigestDesk, wall: Wall, *, every: timedelta, until: datetime) -> None:
    while wall.at <= until:
        if made.is_due():
            await made.make()
        wall.go_on(every)


async def test_it_is_made_once_when_its_time_has_come() -> None:
    book, wall = Book(), Wall(EIGHT - timedelta(minutes=5))
    made = desk(book, wall)
    await poll(made, wall, every=timedelta(seconds=30), until=EIGHT + timedelta(hours=20))
    assert list(book.kept) == [digest_id(DAY)]
    ((since, until),) = book.asked
    assert (since, until) == (EIGHT - timedelta(days=1), EIGHT)


async def test_what_was_missed_is_made_once_within_half_a_day_and_not_later() -> None:
    book, wall = Book(), Wall(EIGHT + timedelta(hours=9))
    await poll(desk(book, wall), wall, every=timedelta(minutes=5), until=wall.at + timedelta(hours=1))
    assert list(book.kept) == [digest_id(DAY)]
    late = Wall(EIGHT + timedelta(hours=13))
    assert not desk(Book(), late).is_due()


async def test_a_restart_or_another_worker_makes_no_second_one() -> None:
    book = Book()
    for _ in range(3):
        wall = Wall(EIGHT)
        await poll(desk(book, wall), wall, every=timedelta(minutes=1), until=EIGHT + timedelta(minutes=3))
    assert len(book.asked) == 1


async def test_a_first_start_after_the_hour_has_nothing_to_tell() -> None:
    book, wall = Book(began=EIGHT + timedelta(hours=1)), Wall(EIGHT + timedelta(hours=2))
    made = desk(book, wall)
    await poll(made, wall, every=timedelta(minutes=1), until=wall.at + timedelta(minutes=3))
    assert book.kept == {}
    await poll(made, wall, every=timedelta(minutes=10), until=EIGHT + timedelta(days=1, minutes=20))
    assert book.asked[0][0] == book.began, "its first day is as long as it watched"


async def test_a_store_that_is_down_is_asked_again_a_minute_later() -> None:
    book, wall = Book(is_down=True), Wall(EIGHT)
    made = desk(book, wall)
    with pytest.raises(StoreUnavailableError):
        await made.make()
    assert not made.is_due()
    book.is_down = False
    wall.go_on(timedelta(minutes=1))
    assert made.is_due()
    await made.make()
    assert list(book.kept) == [digest_id(DAY)]


@pytest.mark.parametrize(
    ("at", "start", "days"),
    [
        (time(2, 30), datetime(2026, 3, 28, 0, tzinfo=UTC), 3),  # the hour that the clocks skip on the 29th
        (time(2, 30), datetime(2026, 10, 24, 0, tzinfo=UTC), 3),  # the hour that comes twice on the 25th
        (time(0, 0), datetime(2026, 10, 24, 12, tzinfo=UTC), 3),
        (time(23, 59), datetime(2026, 3, 28, 12, tzinfo=UTC), 3),  # two minutes later it is another day
    ],
)
async def test_each_day_has_one_when_the_clocks_change(at: time, start: datetime, days: int) -> None:
    book, wall = Book(began=start - timedelta(days=30)), Wall(start)
    made = desk(book, wall, replace(PLAN, at=at))
    await poll(made, wall, every=timedelta(minutes=7), until=start + timedelta(days=3))
    assert len(book.kept) == len(book.asked) == days


def test_what_comes_next_is_told_in_order_and_what_is_past_is_not() -> None:
    future = InstrumentRef(exchange="binance", symbol="BTC/USDT:USDT-261225")
    terms = HedgeTerms(
        purpose="announcement",
        event_at=EIGHT + timedelta(days=21),
        until=EIGHT + timedelta(days=40),
        opening_until=EIGHT - timedelta(days=1),
    )
    coming = coming_of([hedge(terms)], {str(future): EIGHT + timedelta(days=31)}, EIGHT)
    assert [(one.at - EIGHT).days for one in coming] == [21, 22, 40]
    assert "announcement" in coming[0].what


def hedge(terms: HedgeTerms) -> Hedge:
    return Hedge(
        name="btc-core", asset="BTC", held=(), spot=(), legs=(), target_ratio=Decimal(1), rules={}, terms=terms
    )


ALERT: dict[str, Any] = {
    **dict.fromkeys(("leg", "account", "exchange", "resolved_at")),
    "episode": "e1",
    "rule": "drift",
    "hedge": "btc-core",
    "action": "rebalance",
    "severity": "warning",
    "state": "firing",
    "message": "btc-core is hedged 96 %",
    "started_at": EIGHT,
    "fired_at": EIGHT,
}


@pytest.mark.parametrize(
    ("hedges", "alerts", "message"),
    [
        ([CALM], [], "the hedge is as it should be"),
        ([CALM, replace(CALM, hedge="eth")], [], "all 2 hedges are as they should be"),
        ([CALM], [ALERT], "btc-core has 1 open alert: drift (warning)"),
        ([CALM, replace(CALM, hedge="eth")], [ALERT], "btc-core has 1 open alert: drift (warning); 1 as it should be"),
        ([replace(CALM, now=None)], [], "btc-core could not be read"),
        ([replace(CALM, now=ROW | {"quality": "stale"})], [], "btc-core was read too long ago"),
        ([CALM], [ALERT | {"state": "resolved", "resolved_at": EIGHT}], "the hedge is as it should be"),
    ],
)
def test_the_headline_stands_alone_and_unknown_is_never_ok(
    hedges: list[HedgeDay], alerts: list[dict[str, Any]], message: str
) -> None:
    day = Day(since=EIGHT - timedelta(days=1), until=EIGHT, hedges=hedges, alerts=alerts)
    whole = json.loads(digest_payload("msg_1", day, coming=(), dashboard_url="http://127.0.0.1:8710"))
    assert whole["type"] == "hedge.digest.daily"
    assert whole["data"]["message"] == message


def test_two_hundred_hedges_are_all_in_it() -> None:
    hedges = [replace(CALM, hedge=f"hedge-{number}") for number in range(200)]
    day = Day(since=EIGHT - timedelta(days=1), until=EIGHT, hedges=hedges)
    whole = json.loads(digest_payload("msg_1", day, coming=(), dashboard_url="http://127.0.0.1:8710"))
    assert len(whole["data"]["hedges"]) == 200
