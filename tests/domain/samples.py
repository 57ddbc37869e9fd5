"""A hedge of 5 BTC with its readings, and the rules as the contract ships them, for tests of the domain."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hedgewatch.domain.finding import Finding, OutcomeKind, Target
from hedgewatch.domain.hedge import CycleFacts, Hedge, Leg, Past
from hedgewatch.domain.held import DeclaredPosition
from hedgewatch.domain.history import BasisPast, InstrumentPast, PastQuote
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
    SettledFunding,
    Stamp,
    UnknownReason,
)
from hedgewatch.domain.thresholds import Level, Patience, RuleSettings, Severity

NOW = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)
SPOT = InstrumentRef(exchange="binance", symbol="BTC/USDT")
FUTURES = InstrumentRef(exchange="binance", symbol="BTC/USDT:USDT")
INVERSE = InstrumentRef(exchange="binance", symbol="BTC/USD:BTC")
POLL = Decimal(30)
INFO, WARNING, CRITICAL = Severity.INFO, Severity.WARNING, Severity.CRITICAL
AT_ONCE = Patience()


def seconds(count: int) -> Patience:
    return Patience(seconds=Decimal(count))


def polls(count: int) -> Patience:
    return Patience(polls=count)


def level(fire: str, clear: str, patience: Patience = AT_ONCE) -> Level:
    return Level(fire=Decimal(fire), clear=Decimal(clear), patience=patience)


# Written from contracts.md section 3, not from the catalogue.
SETTINGS = {
    "drift": RuleSettings(
        rule="drift",
        enabled=True,
        levels={WARNING: level("0.02", "0.015", polls(2)), CRITICAL: level("0.05", "0.04", polls(2))},
        keep_firing_for=polls(3),
    ),
    "basis_adverse": RuleSettings(
        rule="basis_adverse",
        enabled=True,
        levels={
            WARNING: level("0.005", "0.0025", seconds(3600)),
            CRITICAL: level("0.015", "0.0075", seconds(600)),
        },
        keep_firing_for=AT_ONCE,
    ),
    "negative_funding": RuleSettings(
        rule="negative_funding",
        enabled=True,
        levels={
            INFO: level("-0.0001", "-0.00005"),
            WARNING: level("-0.0003", "-0.00015"),
            CRITICAL: level("-0.001", "-0.0005"),
        },
        keep_firing_for=AT_ONCE,
    ),
    "data_stale": RuleSettings(
        rule="data_stale",
        enabled=True,
        levels={WARNING: level("90", "72"), CRITICAL: level("900", "720")},
        keep_firing_for=AT_ONCE,
    ),
    "exchange_down": RuleSettings(
        rule="exchange_down",
        enabled=True,
        levels={WARNING: level("90", "72"), CRITICAL: level("900", "720")},
        keep_firing_for=AT_ONCE,
    ),
}
SETTINGS |= {
    name: RuleSettings(rule=name, enabled=True, levels=levels, keep_firing_for=AT_ONCE)
    for name, levels in {
        "cost_outweighs": {
            WARNING: level("0.05", "0.03", seconds(28800)),
            CRITICAL: level("0.15", "0.10", seconds(28800)),
        },
        "liquidation_distance": {WARNING: level("0.25", "0.30"), CRITICAL: level("0.10", "0.13")},
        "horizon_end": {WARNING: level("86400", "103680")},
        "roll_due": {WARNING: level("604800", "725760"), CRITICAL: level("86400", "103680")},
        "leverage": {WARNING: level("3", "2.7"), CRITICAL: level("5", "4.5")},
        "adl": {WARNING: level("4", "3.2"), CRITICAL: level("5", "4")},
        "margin_usage": {WARNING: level("0.10", "0.08"), CRITICAL: level("0.25", "0.20")},
        "clock_skew": {WARNING: level("1", "0.5"), CRITICAL: level("5", "3")},
        "liquidation_price_mismatch": {WARNING: level("0.02", "0.015")},
        "depeg": {WARNING: level("0.005", "0.003", seconds(600)), CRITICAL: level("0.02", "0.01", seconds(600))},
        "double_whammy": {WARNING: level("-0.0001", "-0.00005"), CRITICAL: level("-0.0003", "-0.00015")},
        "liquidity": {WARNING: level("0.003", "0.0024", seconds(600)), CRITICAL: level("0.01", "0.008", seconds(600))},
        "proxy_beta_shift": {WARNING: level("0.15", "0.12", seconds(86400))},
        "proxy_effectiveness": {
            WARNING: level("0.80", "0.83", seconds(86400)),
            CRITICAL: level("0.50", "0.55", seconds(86400)),
        },
        "funding_paid": {WARNING: level("0.005", "0.0025"), CRITICAL: level("0.01", "0.005")},
    }.items()
}
FACTS = {
    "orphaned": CRITICAL,
    "position_missing": CRITICAL,
    "position_reduced": CRITICAL,
    "contract_changed": CRITICAL,
    "delisting": CRITICAL,
    "funding_interval_change": INFO,
    "basis_label": INFO,
    "profit_target": WARNING,
    "margin_mode": WARNING,
    "collateral_shared": WARNING,
}
SETTINGS |= {
    rule: RuleSettings(rule=rule, enabled=True, levels={}, keep_firing_for=AT_ONCE, facts={severity: AT_ONCE})
    for rule, severity in FACTS.items()
}
SETTINGS["event_passed"] = RuleSettings(
    rule="event_passed", enabled=True, levels={}, keep_firing_for=AT_ONCE, facts={INFO: AT_ONCE, WARNING: AT_ONCE}
)
SETTINGS["horizon_end"] = replace(SETTINGS["horizon_end"], facts={CRITICAL: AT_ONCE})
SETTINGS |= {name: replace(SETTINGS[name], is_latched=True) for name in ("event_passed", "horizon_end", "roll_due")}
HEDGE_SETTINGS = {
    name: settings for name, settings in SETTINGS.items() if name not in {"exchange_down", "clock_skew", "margin_usage"}
}


def instrument(ref: InstrumentRef = FUTURES, **changes: Any) -> Instrument:
    is_spot = ":" not in ref.symbol
    is_inverse = ref.symbol.endswith(":BTC")
    known = Instrument(
        ref=ref,
        kind=InstrumentKind.SPOT if is_spot else InstrumentKind.PERPETUAL,
        payoff=None if is_spot else Payoff.INVERSE if is_inverse else Payoff.LINEAR,
        base="BTC",
        quote="USD" if is_inverse else "USDT",
        settle=None if is_spot else ref.symbol.split(":")[1],
        contract_size=Decimal(100) if is_inverse else Decimal(1),
        order_unit=OrderUnit.CONTRACTS if is_inverse else OrderUnit.BASE,
        tick=Decimal("0.5"),
        lot_step=Decimal(1) if is_inverse else Decimal("0.001"),
        min_contracts=Decimal(1) if is_inverse else Decimal("0.001"),
        min_notional=None if is_inverse else Decimal(100),
        maker_fee=Decimal("0.0002"),
        taker_fee=Decimal("0.0005"),
        expiry=None,
        active=True,
    )
    return replace(known, **changes)


def stamp(at: datetime = NOW, exchange_time: datetime | None = None) -> Stamp:
    return Stamp(exchange_time=exchange_time, received_at=at, source="test")


def quote(bid: str, ask: str, at: datetime = NOW, exchange_time: datetime | None = None) -> Quote:
    return Quote(bid=Decimal(bid), ask=Decimal(ask), stamp=stamp(at, exchange_time))


def reading(
    ref: InstrumentRef = FUTURES,
    bid: str = "60019.5",
    ask: str = "60020.5",
    *,
    mark: str | None = "60020",
    rate: str | None = "0.0001",
    interval: str | None = "8",
    at: datetime = NOW,
    exchange_time: datetime | None = None,
    known: Instrument | None = None,
) -> MarketReading:
    is_spot = ":" not in ref.symbol
    return MarketReading(
        instrument=known or instrument(ref),
        quote=quote(bid, ask, at, exchange_time),
        mark=None
        if mark is None or is_spot
        else Mark(mark_price=Decimal(mark), index_price=Decimal(60000), stamp=stamp(at)),
        funding=None
        if rate is None or is_spot
        else Funding(
            rate=Decimal(rate),
            interval_hours=None if interval is None else Decimal(interval),
            settles_at=NOW + timedelta(hours=6),
            stamp=stamp(at),
        ),
    )


def spot_reading(bid: str = "59999.5", ask: str = "60000.5", *, at: datetime = NOW) -> MarketReading:
    return reading(SPOT, bid, ask, at=at)


def failure(ref: InstrumentRef = FUTURES, reason: UnknownReason = UnknownReason.TIMEOUT) -> ReadingFailure:
    return ReadingFailure(ref=ref, reason=reason, detail=f"{ref} was not read")


def answer(
    exchange: str, *readings: MarketReading | ReadingFailure, settled: tuple[SettledFunding, ...] = ()
) -> ExchangeAnswer:
    good = any(isinstance(one, MarketReading) for one in readings)
    return ExchangeAnswer(
        exchange=exchange,
        outcome=ExchangeOutcome.OK if good else ExchangeOutcome.FAILED,
        calls=1,
        error=None if good else "HTTP 503",
        readings=readings,
        settled=settled,
    )


def facts(*readings: MarketReading | ReadingFailure, past: Past | None = None, at: datetime = NOW) -> CycleFacts:
    by_exchange: dict[str, list[MarketReading | ReadingFailure]] = {}
    for one in readings:
        by_exchange.setdefault(one.ref.exchange, []).append(one)
    return CycleFacts(
        read_at=at,
        poll_seconds=POLL,
        answers={exchange: answer(exchange, *own) for exchange, own in by_exchange.items()},
        readings={one.ref: one for one in readings},
        past=past or Past(),
    )


def good_facts(past: Past | None = None) -> CycleFacts:
    return facts(spot_reading(), reading(), past=past)


def holding(quantity: str = "5", name: str = "cold") -> Holding:
    return Holding(
        name=name,
        asset="BTC",
        quantity=Decimal(quantity),
        counts_as_asset="BTC",
        counts_as_per_unit=Decimal(1),
    )


def leg(contracts: str | None = "-5", ref: InstrumentRef = FUTURES, **position: Decimal) -> Leg:
    declared = DeclaredPosition(contracts=None if contracts is None else Decimal(contracts), **position)
    return Leg(name=str(ref), futures=ref, account=None, position=declared)


def hedge(*legs: Leg, coins: str = "5", target: str = "1", **changes: Any) -> Hedge:
    declared = Hedge(
        name="btc-core",
        asset="BTC",
        held=(HeldShare(holding=holding(coins), share=Decimal(1)),),
        spot=(SPOT,),
        legs=legs or (leg(),),
        target_ratio=Decimal(target),
        rules=HEDGE_SETTINGS,
    )
    return replace(declared, **changes)


def past_quotes(
    bid: str, ask: str, count: int, *, exchange_time: datetime | None = None, before: datetime = NOW
) -> tuple[PastQuote, ...]:
    """The same book, read on each of the ``count`` polls before now."""
    return tuple(
        PastQuote(
            read_at=before - timedelta(seconds=30 * (count - number)),
            bid=Decimal(bid),
            ask=Decimal(ask),
            exchange_time=exchange_time,
        )
        for number in range(count)
    )


def usual_basis(mean: str, hours: int) -> Past:
    return Past(basis={("btc-core", str(FUTURES)): BasisPast(mean=Decimal(mean), hours=hours)})


def last_good(**ages: float) -> Past:
    """Seconds since the last good quote of ``spot`` and ``futures``."""
    refs = {"spot": SPOT, "futures": FUTURES}
    return Past(
        instruments={
            refs[name]: InstrumentPast(
                first_asked_at=NOW - timedelta(days=1), last_good_at=NOW - timedelta(seconds=age)
            )
            for name, age in ages.items()
        },
        first_asked_at={"binance": NOW - timedelta(days=1)},
        last_answer_at={"binance": NOW - timedelta(seconds=min(ages.values()))} if ages else {},
    )


TARGET = Target(rule="drift", hedge="btc-core", side="under")


def found(levels: dict[Severity, OutcomeKind], value: str = "0", target: Target = TARGET) -> Finding:
    return Finding(
        target=target, levels=levels, value=Decimal(value), thresholds={}, words="words", actions={}, orders=()
    )
