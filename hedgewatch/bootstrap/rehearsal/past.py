"""What was before the first poll of a rehearsal, and what was added since, by the daemon's own arithmetic."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from math import exp, sqrt

from hedgewatch.bootstrap.rehearsal.script import Script
from hedgewatch.domain.hedge import HedgeSnapshot, Past
from hedgewatch.domain.history import HOUR, CoinPast, LegPast, PaidPast, past_of_basis, week_rate
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.market import OrderBook, SettledFunding, Stamp
from hedgewatch.domain.numbers import from_float
from hedgewatch.domain.stand_in import NO_PROXY_PAST, ProxyPast, past_of_proxy
from hedgewatch.settings.rule_tests import PastEntry

DAYS = 91
DEEP = Decimal(10**12)  # contracts: whatever is held
MOVE = 0.02  # a day, of the asset that stands in: any would do, for the beta and what is left are given


class RehearsedPast:
    """Adds to what the cycles remember what a test says of the time before them."""

    def __init__(self, written: PastEntry, script: Script) -> None:
        """Take what is written of one hedge."""
        self._written, self._script = written, script
        self._hedge, self._clock = script.hedge, script.clock
        start = self._clock.now()
        self._hour = start.replace(minute=0, second=0, microsecond=0)
        rates = written.basis.points if written.basis else ()
        known = {self._hour - HOUR * (len(rates) - at): rate for at, rate in enumerate(rates)}
        closes = {at: rate for at, rate in known.items() if isinstance(rate, Decimal)}
        self._closes = {leg.name: dict(closes) for leg in script.hedge.legs}
        self._proxy = _proxy_past(written, start.date())
        self._kept: tuple[datetime, dict[str, LegPast]] | None = None

    def note(self, snapshots: Iterable[HedgeSnapshot]) -> None:
        """Keep the basis of this hour."""
        hour = self._clock.now().replace(minute=0, second=0, microsecond=0)
        for snapshot in snapshots:
            for leg in snapshot.legs:
                if leg.basis_rate is not None:
                    self._closes[leg.leg.name][hour] = leg.basis_rate

    def added_to(self, past: Past) -> Past:
        """Return what the past tells, with what is written of it."""
        now = self._clock.now()
        hour = now.replace(minute=0, second=0, microsecond=0)
        if self._kept is None or self._kept[0] != hour:
            self._kept = hour, {name: past_of_basis(closes, now) for name, closes in self._closes.items()}
        legs = {(self._hedge.name, name): self._leg(name, known, past) for name, known in self._kept[1].items()}
        basis = {key: leg.basis for key, leg in legs.items() if leg.basis is not None}
        coins = dict.fromkeys(self._hedge.spot, self._coin(now))
        return replace(past, legs=legs, basis=basis, coins=coins, books=dict(self._books(now)))

    def _books(self, now: datetime) -> Iterator[tuple[InstrumentRef, OrderBook]]:
        """Yield the book of each leg whose slippage is said: one deep price so far away, on either side."""
        for ref in dict.fromkeys(leg.futures for leg in self._hedge.legs):
            lost = self._script.number("slippage", str(ref))
            price = self._script.number(self._script.price_input(ref), str(ref))
            if lost is not None and price is not None:
                bids, asks = (((price * (1 + away), DEEP),) for away in (-lost, lost))
                yield (
                    ref,
                    OrderBook(bids=bids, asks=asks, stamp=Stamp(exchange_time=now, received_at=now, source="series")),
                )

    def _leg(self, name: str, known: LegPast, past: Past) -> LegPast:
        futures = next(leg.futures for leg in self._hedge.legs if leg.name == name)
        settled: tuple[SettledFunding, ...] = past.settled.get(futures, ())
        paid = None if self._written.paid is None else _paid(self._written.paid, self._clock.now())
        return replace(known, week_rate_8h=week_rate(settled, self._clock.now()), paid=paid, proxy=self._proxy)

    def _coin(self, now: datetime) -> CoinPast:
        day_ago, volatility = self._written.day_ago, self._written.volatility
        hourly = {} if day_ago is None else {now - timedelta(hours=24): day_ago}
        return CoinPast(hourly=hourly, volatility=volatility, returns=0 if volatility is None else DAYS - 1)


def _paid(usd: Decimal, now: datetime) -> PaidPast:
    return PaidPast(usd=usd, by_day={now.date(): usd}, since_start=usd, first_at=now - timedelta(days=30), payments=90)


def _proxy_past(written: PastEntry, today: date) -> ProxyPast:
    """Return the past of two assets of which one moves as given with the other, and by itself as much as is left."""
    if written.beta is None or written.effectiveness is None:
        return NO_PROXY_PAST
    beta, share = float(written.beta), min(float(written.effectiveness), 1.0)
    alone = beta * MOVE * sqrt(max(0.0, 1 - share) / share)
    item = proxy = 0.0
    items: dict[date, Decimal] = {}
    proxies: dict[date, Decimal] = {}
    for day in range(DAYS):
        at = today - timedelta(days=DAYS - 1 - day)
        items[at], proxies[at] = _close(item), _close(proxy)
        moved = MOVE if day % 2 else -MOVE
        proxy += moved
        item += beta * moved + (-alone if day // 2 % 2 else alone)
    return past_of_proxy(items, proxies)


def _close(gained: float) -> Decimal:
    return from_float(100 * exp(gained), "close")
