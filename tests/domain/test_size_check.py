"""A contract's size by two routes."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from hedgewatch.domain.account import AccountPosition
from hedgewatch.domain.instrument import Instrument, InstrumentKind, InstrumentRef, OrderUnit, Payoff
from hedgewatch.domain.market import Stamp
from hedgewatch.domain.position import size_by_position
from hedgewatch.domain.size_check import size_by_turnover

D = Decimal
REF = InstrumentRef(exchange="mexc", symbol="BTC/USDT:USDT")


def contract(size: str, payoff: Payoff = Payoff.LINEAR) -> Instrument:
    return Instrument(
        ref=REF,
        kind=InstrumentKind.PERPETUAL,
        payoff=payoff,
        base="BTC",
        quote="USDT",
        settle="USDT",
        contract_size=D(size),
        order_unit=OrderUnit.CONTRACTS,
        tick=None,
        lot_step=None,
        min_contracts=None,
        min_notional=None,
        maker_fee=None,
        taker_fee=None,
        expiry=None,
        active=True,
    )


def position(contracts: str, notional: str | None, mark: str | None) -> AccountPosition:
    stamp = Stamp(exchange_time=None, received_at=datetime(2026, 11, 24, tzinfo=UTC), source="mexc open_positions")
    return AccountPosition(
        ref=REF,
        contracts=D(contracts),
        is_dual_side=None,
        entry_price=None,
        mark_price=None if mark is None else D(mark),
        reported_notional=None if notional is None else D(notional),
        liquidation_price=None,
        margin_mode=None,
        margin=None,
        maintenance_margin=None,
        unrealised_pnl=None,
        leverage=None,
        adl_quantile=None,
        stamp=stamp,
    )


@pytest.mark.parametrize(
    ("size", "payoff", "volume", "turnover", "agrees"),
    [
        ("0.0001", Payoff.LINEAR, "1000000", "6000000", True),  # 100 BTC at 60000
        ("0.01", Payoff.LINEAR, "1000000", "6000000", False),
        ("1", Payoff.LINEAR, "100", "6000000", True),
        ("100", Payoff.LINEAR, "100", "6000000", False),
        ("0.000102", Payoff.LINEAR, "1000000", "6000000", True),  # inside the day's range of prices
        ("0.000104", Payoff.LINEAR, "1000000", "6000000", False),
        ("100", Payoff.INVERSE, "60000", "100", True),  # 6,000,000 USD were 100 BTC
        ("10", Payoff.INVERSE, "60000", "100", False),
    ],
)
def test_a_day_of_trade_implies_a_size(size: str, payoff: Payoff, volume: str, turnover: str, *, agrees: bool) -> None:
    prices = (D(59000), D(61000))
    check = size_by_turnover(
        contract(size, payoff), volume=D(volume), turnover=D(turnover), prices=prices, source="day"
    )
    assert check is not None
    assert check.agrees is agrees


@pytest.mark.parametrize(("volume", "turnover", "low"), [("0", "1", "1"), ("1", "0", "1"), ("1", "1", "0")])
def test_a_day_without_trade_implies_nothing(volume: str, turnover: str, low: str) -> None:
    found = size_by_turnover(contract("1"), volume=D(volume), turnover=D(turnover), prices=(D(low), D(2)), source="day")
    assert found is None


@pytest.mark.parametrize(
    ("size", "payoff", "contracts", "notional", "agrees"),
    [
        ("1", Payoff.LINEAR, "-5", "300000", True),
        ("1", Payoff.LINEAR, "-5", "303100", False),  # more than 1 % apart
        ("0.0001", Payoff.LINEAR, "-50000", "300000", True),
        ("100", Payoff.INVERSE, "-3000", "300000", True),
        ("1", Payoff.INVERSE, "-3000", "300000", False),
    ],
)
def test_a_reported_notional_implies_a_size(
    size: str, payoff: Payoff, contracts: str, notional: str, *, agrees: bool
) -> None:
    check = size_by_position(contract(size, payoff), position(contracts, notional, "60000"))
    assert check is not None
    assert check.agrees is agrees


def test_a_position_without_notional_or_mark_implies_nothing() -> None:
    assert size_by_position(contract("1"), position("-5", None, "60000")) is None
    assert size_by_position(contract("1"), position("-5", "300000", None)) is None
