"""Books beside the cycles: one at a time of each exchange, the oldest first, none too often."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from hedgewatch.domain.hedge import Hedge, Past
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.market import OrderBook, Stamp
from hedgewatch.monitoring.books import BookKeeper, Keepers, KeptBooks
from hedgewatch.monitoring.keeping import KeptPast
from tests.domain.cases import FUTURES, NOW, hedge
from tests.monitoring.test_digest import Wall

SECOND = InstrumentRef(exchange="binance", symbol="ETH/USDT:USDT")
ELSEWHERE = InstrumentRef(exchange="bybit", symbol="BTC/USDT:USDT")


class Shelf:
    """An exchange that shows a book of each future, or none."""

    def __init__(self, *, is_silent: bool = False) -> None:
        self.asked: list[InstrumentRef] = []
        self.is_silent = is_silent

    async def book(self, ref: InstrumentRef) -> OrderBook | None:
        self.asked.append(ref)
        level = ((Decimal(60000), Decimal(1)),)
        stamp = Stamp(exchange_time=None, received_at=NOW, source="test")
        return None if self.is_silent else OrderBook(bids=level, asks=level, stamp=stamp)


def watched(*futures: InstrumentRef) -> Hedge:
    known = hedge("5")
    return replace(known, legs=tuple(replace(known.legs[0], name=str(ref), futures=ref) for ref in futures))


@pytest.fixture
def wall() -> Wall:
    return Wall(NOW)


async def test_each_exchange_is_asked_for_one_book_and_then_for_the_next(wall: Wall) -> None:
    here, there, kept = Shelf(), Shelf(), KeptBooks()
    keeper = BookKeeper([watched(FUTURES, SECOND, ELSEWHERE)], kept, {"binance": here, "bybit": there}, wall)
    await keeper.keep()
    assert (here.asked, there.asked) == ([FUTURES], [ELSEWHERE])
    wall.go_on(timedelta(seconds=30))
    await keeper.keep()
    assert (here.asked, there.asked) == ([FUTURES, SECOND], [ELSEWHERE])
    assert set(kept.latest) == {FUTURES, SECOND, ELSEWHERE}
    assert not keeper.is_due()
    wall.go_on(timedelta(seconds=91))
    await keeper.keep()
    assert (here.asked[2:], there.asked[1:]) == ([FUTURES], [ELSEWHERE])


async def test_a_book_that_did_not_come_leaves_the_old_one_and_is_asked_for_in_its_turn(wall: Wall) -> None:
    shelf, kept = Shelf(), KeptBooks()
    keeper = BookKeeper([watched(FUTURES)], kept, {"binance": shelf}, wall)
    await keeper.keep()
    shelf.is_silent = True
    wall.go_on(timedelta(minutes=3))
    await keeper.keep()
    assert FUTURES in kept.latest
    assert not keeper.is_due()


async def test_a_clock_set_back_is_no_reason_to_wait(wall: Wall) -> None:
    keeper = BookKeeper([watched(FUTURES)], KeptBooks(), {"binance": Shelf()}, wall)
    await keeper.keep()
    wall.at -= timedelta(hours=5)
    assert keeper.is_due()


async def test_what_is_kept_is_in_the_past_that_rules_look_at(wall: Wall) -> None:
    kept = KeptPast(None, wall)
    keeper = Keepers(BookKeeper([watched(FUTURES)], kept.books, {"binance": Shelf()}, wall))
    assert kept.added_to(Past()).books == {}
    await keeper.keep()
    assert FUTURES in kept.added_to(Past()).books
    assert not keeper.is_due()
