"""What the store tells of a hedge's past, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from hedgewatch.domain.account import FundingPayment
from hedgewatch.domain.basis import BasisLabel
from hedgewatch.domain.candle import Candle, Series, SeriesKind, Span
from hedgewatch.domain.history import BasisPast
from hedgewatch.domain.market import SettledFunding
from hedgewatch.monitoring.ports import PaymentRecord
from hedgewatch.monitoring.series import HedgePast, SeriesPage
from hedgewatch.storage.cycle_store import SqlCycleStore
from hedgewatch.storage.database import Database, open_database
from hedgewatch.storage.hedge_past import SqlPastStore
from hedgewatch.storage.series_store import SqlSeriesStore
from tests.storage.samples import LEG, NOW, PERP, SPOT, StandingClock, cycle, hedge

HOUR = timedelta(hours=1)
FULL = datetime(2026, 11, 22, 18, tzinfo=UTC)
D = Decimal


@dataclass
class Kept:
    database: Database
    url: str

    async def candles(self, ref: str, closes: dict[datetime, str]) -> None:
        series = Series(ref=SPOT if ref == "spot" else PERP, kind=SeriesKind.TRADES, step=HOUR)
        page = SeriesPage(
            candles=tuple(
                Candle(opened_at=at, open=D(one), high=D(one), low=D(one), close=D(one), volume=None)
                for at, one in closes.items()
            )
        )
        await SqlSeriesStore(self.database).keep(series, page, Span(start=min(closes), end=max(closes) + HOUR))

    async def tells(self) -> HedgePast:
        store = SqlPastStore(self.url)
        try:
            return await store.past_of(hedge(), NOW)
        finally:
            store.close()


@pytest.fixture
def kept(ready_url: str) -> Iterator[Kept]:
    database = open_database(ready_url)
    yield Kept(database=database, url=ready_url)
    database.close()


async def test_an_empty_store_knows_nothing_of_a_leg_and_says_so(kept: Kept) -> None:
    found = await kept.tells()
    assert not found.coins
    assert (found.legs[LEG].basis, found.legs[LEG].paid) == (None, None)


async def test_the_basis_of_hours_that_nobody_watched_comes_from_candles(kept: Kept) -> None:
    hours = [FULL - back * HOUR for back in range(24, 0, -1)]
    await kept.candles("spot", dict.fromkeys(hours, "60000"))
    await kept.candles("perp", dict.fromkeys(hours[1:], "60120"))
    past = (await kept.tells()).legs[LEG]
    assert past.basis == BasisPast(mean=D("0.002"), hours=23)
    assert past.day.label is BasisLabel.CONTANGO


async def test_what_a_cycle_has_seen_goes_before_the_candle_of_its_hour(kept: Kept) -> None:
    seen = FULL - HOUR
    await SqlCycleStore(kept.database, StandingClock()).record(cycle(seen + timedelta(minutes=30)))
    await kept.candles("spot", {seen: "60000", seen - HOUR: "60000"})
    await kept.candles("perp", {seen: "66000", seen - HOUR: "60060"})
    past = (await kept.tells()).legs[LEG]
    assert past.basis is not None
    assert past.basis.hours == 2
    assert past.basis.mean < D("0.01")  # the candle's 10 % is not believed


async def test_daily_closes_are_those_at_midnight(kept: Kept) -> None:
    midnight = FULL.replace(hour=0)
    days = {midnight - timedelta(days=back) - HOUR: str(60000 + back) for back in range(40)}
    await kept.candles("spot", {**days, FULL - 2 * HOUR: "59000"})
    coin = (await kept.tells()).coins[SPOT]
    assert (len(coin.daily), coin.returns) == (40, 39)
    assert coin.daily[midnight.date()] == 60000
    assert coin.volatility is not None
    assert coin.hourly == {FULL - HOUR: D(59000), midnight: D(60000)}


async def test_the_week_of_funding_and_the_payments_of_a_leg_are_told(kept: Kept) -> None:
    store = SqlCycleStore(kept.database, StandingClock())
    payments = tuple(
        PaymentRecord(
            payment=FundingPayment(
                account="",
                ref=PERP,
                paid_at=NOW - timedelta(days=days),
                asset="USDT",
                amount=D(-30),
                payment_id=f"{days}",
            ),
            amount_usd=D(-30),
        )
        for days in (1, 2, 40)
    )
    await store.record(replace(cycle(NOW), payments=payments))
    settled = tuple(
        SettledFunding(ref=PERP, settled_at=FULL - back * HOUR, rate=D("-0.0002"), interval_hours=D(8))
        for back in range(2, 168, 8)
    )
    series = Series(ref=PERP, kind=SeriesKind.FUNDING, step=None)
    span = Span(start=FULL - 8 * 24 * HOUR, end=FULL)
    await SqlSeriesStore(kept.database).keep(series, SeriesPage(settled=settled), span)
    past = (await kept.tells()).legs[LEG]
    assert past.week_rate_8h == D("-0.0002")
    assert past.paid is not None
    assert (past.paid.usd, past.paid.since_start, past.paid.payments) == (-60, -90, 2)
