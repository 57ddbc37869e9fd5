"""Sample cycles for the store's tests."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from hedgewatch.domain.alert import AlertEvent, AlertPhase, AlertState, EventType, Held
from hedgewatch.domain.finding import Finding, OutcomeKind, Target
from hedgewatch.domain.hedge import Hedge, HedgeSnapshot, Leg, LegSnapshot, Quality
from hedgewatch.domain.held import DeclaredPosition
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
from hedgewatch.domain.thresholds import Action, Severity
from hedgewatch.monitoring.ports import CycleRecord, EventDraft, OutboxDraft

NOW = datetime(2026, 11, 22, 18, 0, 0, 123000, tzinfo=UTC)
SPOT = InstrumentRef(exchange="binance", symbol="BTC/USDT")
PERP = InstrumentRef(exchange="binance", symbol="BTC/USDT:USDT")
DARK = InstrumentRef(exchange="mexc", symbol="BTC/USDT:USDT-261225")
LEG = "binance:BTC/USDT:USDT"
TARGET = Target(rule="drift", hedge="btc-core", side="over")


@dataclass
class StandingClock:
    """A clock that stands still."""

    at: datetime = field(default=NOW + timedelta(seconds=1))

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> Decimal:
        return Decimal(0)


@lru_cache(maxsize=4096)
def instrument(ref: InstrumentRef) -> Instrument:
    spot = ":" not in ref.symbol
    return Instrument(
        ref=ref,
        kind=InstrumentKind.SPOT if spot else InstrumentKind.PERPETUAL,
        payoff=None if spot else Payoff.LINEAR,
        base=ref.symbol.split("/", maxsplit=1)[0],
        quote="USDT",
        settle=None if spot else "USDT",
        contract_size=Decimal("0.00000001"),
        order_unit=OrderUnit.BASE,
        tick=Decimal("0.1"),
        lot_step=Decimal("0.001"),
        min_contracts=None,
        min_notional=None,
        maker_fee=None,
        taker_fee=None,
        expiry=None,
        active=True,
    )


def reading(
    ref: InstrumentRef, at: datetime, *, bid: str = "60000.1", ask: str = "60000.3", with_quote: bool = True
) -> MarketReading:
    stamp = Stamp(exchange_time=at - timedelta(milliseconds=50), received_at=at, source="test")
    quote = Quote(bid=Decimal(bid), ask=Decimal(ask), stamp=stamp) if with_quote else None
    if ref == SPOT:
        return MarketReading(instrument=instrument(ref), quote=quote, mark=None, funding=None)
    return MarketReading(
        instrument=instrument(ref),
        quote=quote,
        mark=Mark(mark_price=Decimal("60001.5"), index_price=None, stamp=stamp),
        funding=Funding(
            rate=Decimal("0.0001"), interval_hours=Decimal(8), settles_at=NOW + timedelta(hours=6), stamp=stamp
        ),
    )


def answers(at: datetime, **quote: str) -> tuple[ExchangeAnswer, ...]:
    dark = ReadingFailure(ref=DARK, reason=UnknownReason.TIMEOUT, detail="no answer")
    return (
        ExchangeAnswer(
            exchange="binance",
            outcome=ExchangeOutcome.OK,
            calls=3,
            error=None,
            readings=(reading(SPOT, at, **quote), reading(PERP, at, **quote)),
            skew_seconds=Decimal("0.25"),
        ),
        ExchangeAnswer(
            exchange="mexc", outcome=ExchangeOutcome.FAILED, calls=0, error="mexc did not answer", readings=(dark,)
        ),
    )


def hedge(name: str = "btc-core", *, symbol: InstrumentRef = PERP) -> Hedge:
    holding = Holding(
        name="cold", asset="BTC", quantity=Decimal(5), counts_as_asset="BTC", counts_as_per_unit=Decimal(1)
    )
    leg = Leg(name=LEG, futures=symbol, account=None, position=DeclaredPosition(contracts=Decimal(-5)))
    return Hedge(
        name=name,
        asset="BTC",
        held=(HeldShare(holding=holding, share=Decimal(1)),),
        spot=(SPOT,),
        legs=(leg,),
        target_ratio=Decimal(1),
        rules={},
    )


def leg_snapshot(watched: Hedge, at: datetime, basis_rate: Decimal | None) -> LegSnapshot:
    leg = watched.legs[0]
    return LegSnapshot(
        leg=leg,
        reading=reading(leg.futures, at),
        contracts=Decimal(-5),
        coins=Decimal(-5),
        futures_price=Decimal("60000.2"),
        mark_price=Decimal("60001.5"),
        basis=Decimal("18.2"),
        basis_rate=basis_rate,
        mark_basis_rate=None,
        basis_label="contango",
        funding=None,
        funding_rate_8h=Decimal("0.0001"),
        funding_apr=Decimal("0.1095"),
        funding_mean=None,
        unrealised_pnl_usd=None,
        liquidation_price=None,
        liquidation_distance=None,
        margin_usage=None,
        leverage=None,
        quality=Quality.OK,
        unknown=None,
        data_age_seconds=Decimal("0.5"),
    )


def snapshot(watched: Hedge, at: datetime, basis_rate: Decimal | None) -> HedgeSnapshot:
    return HedgeSnapshot(
        hedge=watched,
        read_at=at,
        spot=reading(SPOT, at),
        spot_price=Decimal("59982.0"),
        legs=(leg_snapshot(watched, at, basis_rate),),
        holding=Decimal(5),
        exposure=Decimal(5),
        futures_coins=Decimal(-5),
        net_exposure=Decimal(0),
        hedge_ratio=Decimal(1),
        drift=Decimal(0),
        notional_usd=Decimal(300001),
        futures_price=Decimal("60000.2"),
        basis_rate=basis_rate,
        funding_rate_8h=Decimal("0.0001"),
        funding_apr=Decimal("0.1095"),
        liquidation_price=None,
        liquidation_distance=None,
        margin_usage=None,
        leverage=None,
        unrealised_pnl_usd=None,
        quality=Quality.OK,
        data_age_seconds=Decimal("0.5"),
    )


def finding(target: Target = TARGET, value: str = "-0.04") -> Finding:
    return Finding(
        target=target,
        levels={Severity.WARNING: OutcomeKind.BREACH, Severity.CRITICAL: OutcomeKind.CLEAR},
        value=Decimal(value),
        thresholds={Severity.WARNING: Decimal("0.02"), Severity.CRITICAL: Decimal("0.05")},
        words="btc-core is hedged 96 %",
        actions={Severity.WARNING: Action.REBALANCE},
    )


def alert_state(target: Target = TARGET, *, episode: str = "ep-1", sequence: int = 1) -> AlertState:
    """Return a state in which no field has its default."""
    return AlertState(
        target=target,
        phase=AlertPhase.FIRING,
        pending={Severity.CRITICAL: Held(seconds=Decimal("30.125"), polls=2)},
        clear=Held(seconds=Decimal("1.5"), polls=1),
        episode=episode,
        severity=Severity.WARNING,
        notified=Severity.WARNING,
        sequence=sequence,
        reminders=3,
        started_at=NOW - timedelta(seconds=60),
        fired_at=NOW,
        resolved_at=NOW + timedelta(seconds=1),
        last_told_at=NOW + timedelta(milliseconds=2),
        unknown_since=NOW + timedelta(milliseconds=7),
        peak=Decimal("-0.0412345678901234567890123"),
        threshold=Decimal("0.02"),
        action="rebalance",
        message="btc-core is hedged 96 %",
        muted=Severity.CRITICAL,
        settled=Severity.INFO,
        unheeded_seconds=Decimal("901.5"),
        escalations=1,
        opened=(NOW - timedelta(minutes=5), NOW),
        flapping_since=NOW + timedelta(milliseconds=3),
    )


def event(state: AlertState, *, sequence: int, kind: EventType = EventType.FIRING, at: datetime = NOW) -> AlertEvent:
    return AlertEvent(
        event_id=f"msg_{state.episode}_{sequence}",
        episode=str(state.episode),
        sequence=sequence,
        type=kind,
        severity=Severity.WARNING,
        state=state,
        finding=finding(state.target),
        at=at,
    )


def cycle(
    at: datetime = NOW,
    *,
    hedges: tuple[Hedge, ...] | None = None,
    basis_rate: str | None = "0.0003",
    states: tuple[AlertState, ...] = (),
    events: tuple[AlertEvent, ...] = (),
    channels: tuple[str, ...] = ("ops",),
    settled: tuple[SettledFunding, ...] = (),
    answered: tuple[ExchangeAnswer, ...] | None = None,
) -> CycleRecord:
    first, *others = answers(at) if answered is None else answered
    rate = None if basis_rate is None else Decimal(basis_rate)
    return CycleRecord(
        started_at=at - timedelta(milliseconds=200),
        read_at=at,
        answers=(
            ExchangeAnswer(
                exchange=first.exchange,
                outcome=first.outcome,
                calls=first.calls,
                error=first.error,
                readings=first.readings,
                settled=settled,
                skew_seconds=first.skew_seconds,
            ),
            *others,
        ),
        snapshots=tuple(snapshot(watched, at, rate) for watched in (hedges if hedges is not None else (hedge(),))),
        findings=(finding(),),
        states=states,
        events=tuple(EventDraft(event=told, payload=f'{{"id":"{told.event_id}"}}'.encode()) for told in events),
        outbox=tuple(OutboxDraft(event_id=told.event_id, channel=to) for told in events for to in channels),
    )
