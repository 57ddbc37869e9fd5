"""Recorded windows of real markets, fed candle by candle to the real cycle; the mails are what a person would get."""

from __future__ import annotations

import bisect
import csv
import gzip
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from hedgewatch.bootstrap.watching import watch_of
from hedgewatch.domain.hedge import Past
from hedgewatch.domain.history import past_of_basis, past_of_price, week_rate
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.market import (
    ExchangeAnswer,
    ExchangeOutcome,
    Funding,
    Mark,
    MarketReading,
    Quote,
    SettledFunding,
    Stamp,
)
from hedgewatch.monitoring.collect import Collector
from hedgewatch.monitoring.cycle import MonitorCycle
from hedgewatch.monitoring.ports import Wanted
from hedgewatch.notify.letter import MailText
from hedgewatch.notify.message import mail_of
from hedgewatch.settings.load import load_settings
from hedgewatch.storage.memory import MemoryStore
from tests.monitoring.sources import SteppedClock, instrument

D = Decimal
HOUR = timedelta(hours=1)
HALF_SPREAD = D("0.00005")  # candles have no book: one basis point stands for it
FOLDER = os.environ.get("HEDGEWATCH_MARKET_DATA", "../shared/market-data")
CONFIGURATION = """
[monitor]
poll_every = "{poll}"
[[holdings]]
name = "cold"
asset = "{coin}"
quantity = {coins}
[[hedges]]
name = "core"
asset = "{coin}"
spot = "binance:{coin}/USDT"
futures = "binance:{coin}/USDT:USDT"
position = {{ contracts = {contracts}, entry_price = {entry}, margin = {margin} }}
"""


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def rows(pattern: str) -> Iterator[dict[str, str]]:
    """Yield the lines of the recordings of this name; skip the test where they are not at hand."""
    root = Path(__file__).parents[2] / FOLDER
    found = sorted(root.glob(pattern))
    if not found:
        pytest.skip(f"no recorded market data ({pattern}): HEDGEWATCH_MARKET_DATA names their folder")
    for path in found:
        with gzip.open(path, "rt") as lines:
            yield from csv.DictReader(lines)


def at(row: Mapping[str, str]) -> datetime:
    return datetime.fromtimestamp(int(row["ts_ms"]) // 1000, UTC)


def closes(pattern: str, step: timedelta, since: datetime, until: datetime) -> dict[datetime, Decimal]:
    """Return closing prices by the moment at which they closed."""
    known = {at(row) + step: D(row["close"]) for row in rows(pattern)}
    return {moment: price for moment, price in known.items() if since <= moment <= until}


@dataclass
class Window:
    """One coin from one moment to another. step: of its candles. warm_up: what is remembered at the start."""

    coin: str
    since: datetime
    until: datetime
    step: timedelta
    spot: dict[datetime, Decimal] = field(init=False)
    perp: dict[datetime, Decimal] = field(init=False)
    mark: dict[datetime, Decimal] = field(init=False)
    hourly_spot: dict[datetime, Decimal] = field(init=False)
    hourly_basis: dict[datetime, Decimal] = field(init=False)
    settled: list[SettledFunding] = field(init=False)
    hour: tuple[datetime, Past] | None = None

    def __post_init__(self) -> None:
        self.ref = InstrumentRef(exchange="binance", symbol=f"{self.coin}/USDT:USDT")
        name = "1h" if self.step == HOUR else f"{self.step.seconds // 60}m"
        year, warm = f"{self.since:%Y}", self.since - timedelta(days=45)
        candles = f"candles-{name}/binance-{{}}_{self.coin}USDT_{{}}_{name}_{year}*"
        hourly = f"candles-1h/binance-{{}}_{self.coin}USDT_{{}}_1h_{year}*"
        self.spot = closes(candles.format("spot", "spot"), self.step, self.since, self.until)
        self.perp = closes(candles.format("usdm", "perp"), self.step, self.since, self.until)
        self.mark = closes(hourly.format("usdm", "mark"), HOUR, self.since - HOUR, self.until)
        self.hourly_spot = closes(hourly.format("spot", "spot"), HOUR, warm, self.until)
        futures = closes(hourly.format("usdm", "perp"), HOUR, warm, self.until)
        self.hourly_basis = {
            moment - HOUR: futures[moment] / price - 1
            for moment, price in self.hourly_spot.items()
            if moment in futures
        }
        self.settled = [
            SettledFunding(
                ref=self.ref,
                settled_at=at(row),
                rate=D(row["funding_rate"]),
                interval_hours=D(row["interval_hours"]) if row["interval_hours"] else None,
            )
            for row in rows(f"funding/binance-usdm_{self.coin}USDT_funding*")
            if self.since - timedelta(days=8) <= at(row) <= self.until + timedelta(days=1)
        ]

    def next_settlement(self, now: datetime) -> SettledFunding:
        return self.settled[bisect.bisect_right(self.settled, now, key=lambda one: one.settled_at)]

    def settled_until(self, now: datetime, lasted: timedelta) -> tuple[SettledFunding, ...]:
        return tuple(one for one in self.settled if now - lasted < one.settled_at <= now)

    def past(self, past: Past, now: datetime) -> Past:
        """Add what the daemon would have kept of hours and days before, renewed once an hour as it does."""
        hour = now.replace(minute=0)
        if self.hour is None or self.hour[0] != hour:
            self.hour = hour, self._past_at(hour)
        kept = self.hour[1]
        return replace(past, coins=kept.coins, legs=kept.legs, basis=kept.basis)

    def _past_at(self, now: datetime) -> Past:
        spot = replace(self.ref, symbol=f"{self.coin}/USDT")
        daily = {
            moment.date(): price for moment, price in self.hourly_spot.items() if moment <= now and not moment.hour
        }
        hourly = {moment: price for moment, price in self.hourly_spot.items() if now - 26 * HOUR <= moment <= now}
        leg = replace(
            past_of_basis(self.hourly_basis, now), week_rate_8h=week_rate(self.settled_until(now, 7 * 24 * HOUR), now)
        )
        key = ("core", str(self.ref))
        basis = {key: leg.basis} if leg.basis else {}
        return Past(coins={spot: past_of_price(daily, hourly)}, legs={key: leg}, basis=basis)


@dataclass
class Replayed:
    """Fills the port of an exchange with a window's prices at the clock's moment."""

    window: Window
    clock: SteppedClock
    exchange: str = "binance"

    async def fetch(self, wanted: Wanted) -> ExchangeAnswer:
        now, window = self.clock.now(), self.window
        stamp = Stamp(exchange_time=now, received_at=now, source="recorded candles")
        coming = window.next_settlement(now)
        readings = []
        for ref in wanted.instruments:
            is_future = ":" in ref.symbol
            price = (window.perp if is_future else window.spot)[now]
            known = replace(instrument(ref), base=window.coin, tick=D("0.0001"), lot_step=D("0.1"))
            mark = window.mark.get(now.replace(minute=0), price) if window.step == HOUR else price
            readings.append(
                MarketReading(
                    instrument=known,
                    quote=Quote(bid=price * (1 - HALF_SPREAD), ask=price * (1 + HALF_SPREAD), stamp=stamp),
                    mark=Mark(mark_price=mark, index_price=window.spot[now], stamp=stamp) if is_future else None,
                    funding=Funding(
                        rate=coming.rate,
                        interval_hours=coming.interval_hours,
                        settles_at=coming.settled_at,
                        stamp=stamp,
                    )
                    if is_future
                    else None,
                )
            )
        return ExchangeAnswer(
            exchange="binance",
            outcome=ExchangeOutcome.OK,
            calls=1,
            error=None,
            readings=tuple(readings),
            settled=window.settled_until(now, 24 * HOUR),
        )

    async def close(self) -> None:
        pass


@dataclass(frozen=True)
class Told:
    """One message: when, of which rule, how urgent, its payload and its mail."""

    at: datetime
    rule: str
    kind: str
    severity: str
    payload: dict[str, Any]
    mail: MailText


async def lived(window: Window, tmp_path: Path, *, coins: str, margin: str, short: str | None = None) -> list[Told]:
    """Live through a window with the default thresholds; return every message. short: coins, None: all of them."""
    file = tmp_path / "hedgewatch.toml"
    moments = sorted(window.spot.keys() & window.perp.keys())
    facts = {"poll": f"{int(window.step.total_seconds())}s", "coin": window.coin, "coins": coins, "margin": margin}
    file.write_text(CONFIGURATION.format(**facts, contracts=f"-{short or coins}", entry=window.perp[moments[0]]))
    settings = load_settings(file, {})
    clock, store = SteppedClock(at=moments[0]), MemoryStore()
    collector = Collector([Replayed(window, clock)], deadline_seconds=D(10), clock=clock)
    cycle = MonitorCycle(
        watch_of(settings),
        collector=collector,
        store=store,
        clock=clock,
        past=lambda past: window.past(past, clock.now()),
    )
    for moment in moments:
        clock.move(int((moment - clock.at).total_seconds()))
        await cycle.run()
    return [told_of(json.loads(draft.payload)) for draft in store.events.values()]


def told_of(payload: dict[str, Any]) -> Told:
    return Told(
        at=datetime.fromisoformat(payload["timestamp"]),
        rule=payload["data"]["rule"],
        kind=payload["type"].rpartition(".")[2],
        severity=payload["data"]["severity"],
        payload=payload,
        mail=mail_of(payload, ZoneInfo("Europe/Zurich")),
    )
