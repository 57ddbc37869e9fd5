"""Hedges, readings and facts for the tests of the domain: one hedge of 5 coins, short 5, at 60,000."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hedgewatch.domain.finding import Finding
from hedgewatch.domain.hedge import CycleFacts, Hedge, HedgeSnapshot, Leg, Past
from hedgewatch.domain.held import DeclaredPosition
from hedgewatch.domain.history import InstrumentPast, PastQuote
from hedgewatch.domain.instrument import Instrument, InstrumentKind, InstrumentRef, OrderUnit, Payoff
from hedgewatch.domain.inventory import HeldShare, Holding
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
from hedgewatch.domain.measure import measure_hedge
from hedgewatch.domain.rules import HEDGE_RULES
from hedgewatch.domain.thresholds import Level, Patience, RuleSettings, Severity

NOW = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)
POLL = timedelta(seconds=30)
SPOT = InstrumentRef(exchange="binance", symbol="BTC/USDT")
OTHER_SPOT = InstrumentRef(exchange="bybit", symbol="BTC/USDT")
FUTURES = InstrumentRef(exchange="binance", symbol="BTC/USDT:USDT")

Reading = MarketReading | ReadingFailure


def instrument(ref: InstrumentRef, **changes: object) -> Instrument:
    spot = ":" not in ref.symbol
    listed = Instrument(
        ref=ref,
        kind=InstrumentKind.SPOT if spot else InstrumentKind.PERPETUAL,
        payoff=None if spot else Payoff.LINEAR,
        base="BTC",
        quote="USDT",
        settle=None if spot else "USDT",
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
    return replace(listed, **changes)  # type: ignore[arg-type]  # whatever field a test changes


def read(
    ref: InstrumentRef,
    bid: str,
    ask: str,
    *,
    rate: str | None = "0.0001",
    received_at: datetime = NOW,
    exchange_time: datetime | None = None,
    listed: Instrument | None = None,
) -> MarketReading:
    stamp = Stamp(exchange_time=exchange_time, received_at=received_at, source="test")
    quote = Quote(bid=Decimal(bid), ask=Decimal(ask), stamp=stamp)
    if ":" not in ref.symbol:
        return MarketReading(instrument=listed or instrument(ref), quote=quote, mark=None, funding=None)
    funding = Funding(rate=Decimal(rate), interval_hours=Decimal(8), settles_at=None, stamp=stamp) if rate else None
    mark = Mark(mark_price=Decimal(60000), index_price=Decimal(60000), stamp=stamp)
    return MarketReading(instrument=listed or instrument(ref), quote=quote, mark=mark, funding=funding)


def failed(ref: InstrumentRef, reason: UnknownReason = UnknownReason.TIMEOUT) -> ReadingFailure:
    return ReadingFailure(ref=ref, reason=reason, detail=f"{ref.exchange} did not answer")


SPOT_READING = read(SPOT, "59999.5", "60000.5")
FUTURES_READING = read(FUTURES, "60020", "60020.5")


def settings(rule: str, keep: Patience | None = None, **levels: tuple[str, str]) -> RuleSettings:
    return RuleSettings(
        rule=rule,
        enabled=True,
        levels={
            Severity(name): Level(fire=Decimal(fire), clear=Decimal(clear), patience=Patience())
            for name, (fire, clear) in levels.items()
        },
        keep_firing_for=keep or Patience(),
    )


def hedge(
    coins: str = "5",
    *,
    contracts: str | None = "-5",
    spot: Sequence[InstrumentRef] = (SPOT,),
    **position: Decimal,
) -> Hedge:
    holding = Holding(
        name="cold", asset="BTC", quantity=Decimal(coins), counts_as_asset="BTC", counts_as_per_unit=Decimal(1)
    )
    declared = DeclaredPosition(contracts=Decimal(contracts) if contracts else None, **position)
    return Hedge(
        name="btc-core",
        asset="BTC",
        held=(HeldShare(holding=holding, share=Decimal(1)),),
        spot=tuple(spot),
        legs=(Leg(name="perp", futures=FUTURES, account=None, position=declared),),
        target_ratio=Decimal(1),
        rules={},
    )


def facts(
    *readings: Reading,
    past: Past | None = None,
    now: datetime = NOW,
    poll: timedelta = POLL,
) -> CycleFacts:
    given = readings or (SPOT_READING, FUTURES_READING)
    exchanges = dict.fromkeys(reading.ref.exchange for reading in given)
    return CycleFacts(
        read_at=now,
        poll_seconds=Decimal(poll // timedelta(seconds=1)),
        answers={name: answer(name, [r for r in given if r.ref.exchange == name]) for name in exchanges},
        readings={reading.ref: reading for reading in given},
        past=past or Past(),
    )


def answer(exchange: str, readings: Sequence[Reading]) -> ExchangeAnswer:
    good = any(isinstance(reading, MarketReading) for reading in readings)
    outcome = ExchangeOutcome.OK if good else ExchangeOutcome.FAILED
    error = None if good else f"{exchange} did not answer"
    return ExchangeAnswer(exchange=exchange, outcome=outcome, calls=1, error=error, readings=tuple(readings))


def remembered(quotes: Mapping[InstrumentRef, Sequence[tuple[str, str]]], *, still_clock: bool = False) -> Past:
    """Remember earlier polls, oldest first; the last one was one poll ago."""
    past = {}
    for ref, seen in quotes.items():
        times = [NOW - POLL * back for back in range(len(seen), 0, -1)]
        recent = tuple(
            PastQuote(
                read_at=at, bid=Decimal(bid), ask=Decimal(ask), exchange_time=NOW - POLL * 9 if still_clock else at
            )
            for at, (bid, ask) in zip(times, seen, strict=True)
        )
        past[ref] = InstrumentPast(first_asked_at=times[0], last_good_at=times[-1], recent=recent)
    return Past(instruments=past)


def measured(watched: Hedge | None = None, seen: CycleFacts | None = None) -> HedgeSnapshot:
    return measure_hedge(watched or hedge(), seen or facts())


def judged(
    rule: str, ruled: RuleSettings, watched: Hedge | None = None, seen: CycleFacts | None = None
) -> list[Finding]:
    known = seen or facts()
    return list(HEDGE_RULES[rule](measured(watched, known), ruled, known))
