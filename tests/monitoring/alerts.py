"""A drift alert with its snapshot and order, as the contract's example has it, for tests of telling."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hedgewatch.domain.alert import AlertEvent, AlertPhase, AlertState, EventType
from hedgewatch.domain.finding import Finding, OutcomeKind, Target
from hedgewatch.domain.hedge import Hedge, HedgeSnapshot, Leg, Quality
from hedgewatch.domain.held import DeclaredPosition
from hedgewatch.domain.instrument import InstrumentRef, OrderUnit
from hedgewatch.domain.order import Order, Side, TimeInForce
from hedgewatch.domain.thresholds import Action, Severity

TOLD_AT = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)
SPOT = InstrumentRef(exchange="binance", symbol="BTC/USDT")
FUTURES = InstrumentRef(exchange="binance", symbol="BTC/USDT:USDT")
ORDER = Order(
    ref=FUTURES,
    account=None,
    side=Side.SELL,
    position_side=None,
    coins=Decimal("0.20"),
    contracts=Decimal("0.2"),
    order_quantity=Decimal("0.2"),
    order_unit=OrderUnit.BASE,
    limit_price=Decimal("60020.5"),
    time_in_force=TimeInForce.POST_ONLY,
    reduce_only=False,
    valid_until=TOLD_AT + timedelta(minutes=1),
    estimated_fee_usd=Decimal("2.4"),
    hedge_ratio_after=Decimal(1),
)


def hedge(name: str = "btc-core") -> Hedge:
    leg = Leg(name=str(FUTURES), futures=FUTURES, account=None, position=DeclaredPosition(contracts=Decimal("-4.8")))
    return Hedge(name=name, asset="BTC", held=(), spot=(SPOT,), legs=(leg,), target_ratio=Decimal(1), rules={})


def snapshot(name: str = "btc-core") -> HedgeSnapshot:
    return HedgeSnapshot(
        hedge=hedge(name),
        read_at=TOLD_AT,
        spot=None,
        spot_price=Decimal(60000),
        legs=(),
        holding=Decimal(5),
        exposure=Decimal(5),
        futures_coins=Decimal("-4.8"),
        net_exposure=Decimal("0.2"),
        hedge_ratio=Decimal("0.96"),
        drift=Decimal("-0.04"),
        notional_usd=Decimal(288000),
        futures_price=Decimal(60020),
        basis_rate=Decimal("0.000333"),
        funding_rate_8h=Decimal("0.0001"),
        funding_apr=None,
        liquidation_price=None,
        liquidation_distance=None,
        margin_usage=None,
        leverage=None,
        unrealised_pnl_usd=None,
        quality=Quality.OK,
        data_age_seconds=Decimal(4),
    )


def finding(target: Target, message: str | None = None, *, orders: tuple[Order, ...] = (ORDER,)) -> Finding:
    sentence = "btc-core is hedged 96 %: sell 0.2 BTC of BTC/USDT:USDT on binance at 60020.5 or better"
    return Finding(
        target=target,
        levels={Severity.WARNING: OutcomeKind.BREACH, Severity.CRITICAL: OutcomeKind.CLEAR},
        value=Decimal("-0.04"),
        thresholds={Severity.WARNING: Decimal("0.03"), Severity.CRITICAL: Decimal("0.05")},
        words=message or sentence,
        actions={Severity.WARNING: Action.REBALANCE, Severity.CRITICAL: Action.REBALANCE},
        orders=orders,
    )


def drift_event(
    kind: EventType = EventType.FIRING,
    *,
    target: Target | None = None,
    severity: Severity = Severity.WARNING,
    notified: Severity | None = None,
    told: Finding | None = None,
    at: datetime = TOLD_AT,
    sequence: int = 1,
) -> AlertEvent:
    judged = target or Target(rule="drift", hedge="btc-core", side="under")
    state = AlertState(
        target=judged,
        phase=AlertPhase.FIRING,
        episode=f"3f2a{judged.hedge}-1795370370000",
        severity=severity,
        notified=notified or severity,
        sequence=sequence,
        started_at=TOLD_AT - timedelta(seconds=30),
        fired_at=TOLD_AT,
        action=Action.REBALANCE,
    )
    return AlertEvent(
        event_id=f"msg_{kind.value}{sequence}",
        episode=state.episode or "",
        sequence=sequence,
        type=kind,
        severity=severity,
        state=state,
        finding=told or finding(judged),
        at=at,
        reason="taken out of the configuration" if kind is EventType.CLOSED else None,
    )
