"""Drift: both sides, the exchange's grid, and orders that must not hurt."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from hedgewatch.domain.finding import Finding, OutcomeKind
from hedgewatch.domain.instrument import InstrumentKind, OrderUnit, Payoff
from hedgewatch.domain.market import MarketReading, UnknownReason
from hedgewatch.domain.order import Side, TimeInForce
from hedgewatch.domain.thresholds import Severity
from tests.domain.cases import (
    FUTURES,
    FUTURES_READING,
    SPOT,
    SPOT_READING,
    Reading,
    facts,
    failed,
    hedge,
    instrument,
    judged,
    read,
    settings,
)

RULE = settings("drift", warning=("0.02", "0.015"), critical=("0.05", "0.04"))
BREACH, BAND, CLEAR = OutcomeKind.BREACH, OutcomeKind.BAND, OutcomeKind.CLEAR
LISTED = instrument(FUTURES)


def sides(
    contracts: str, coins: str = "5", futures: Reading = FUTURES_READING, spot: Reading = SPOT_READING
) -> dict[str, Finding]:
    found = judged("drift", RULE, hedge(coins, contracts=contracts), facts(spot, futures))
    return {finding.target.side: finding for finding in found}


def listed(**changes: object) -> MarketReading:
    return replace(FUTURES_READING, instrument=instrument(FUTURES, **changes))


@pytest.mark.parametrize(
    ("distance", "warning", "critical"),
    [
        ("0.0149", CLEAR, CLEAR),
        ("0.015", BAND, CLEAR),
        ("0.0151", BAND, CLEAR),
        ("0.02", BAND, CLEAR),
        ("0.0201", BREACH, CLEAR),
        ("0.0399", BREACH, CLEAR),
        ("0.04", BREACH, BAND),
        ("0.05", BREACH, BAND),
        ("0.0501", BREACH, BREACH),
    ],
)
@pytest.mark.parametrize(("side", "sign", "other"), [("under", -1, "over"), ("over", 1, "under")])
def test_either_side_breaches_strictly_beyond_fire(
    distance: str, warning: OutcomeKind, critical: OutcomeKind, side: str, sign: int, other: str
) -> None:
    drift = Decimal(distance) * sign
    found = sides(str(-5 * (1 + drift)))
    assert found[side].levels == {Severity.WARNING: warning, Severity.CRITICAL: critical}
    assert found[side].value == drift
    assert found[other].kind is CLEAR
    assert all(fire > 0 for fire in found[side].thresholds.values())


def test_a_hedge_of_96_percent_is_mended_by_the_order_of_the_contract() -> None:
    found = sides("-4.8")["under"]
    assert found.message == "btc-core is hedged 96 %: sell 0.2 BTC of BTC/USDT:USDT on binance at 60020.5 or better"
    (order,) = found.orders
    assert (order.side, order.time_in_force, order.reduce_only) == (Side.SELL, TimeInForce.POST_ONLY, False)
    assert (order.coins, order.contracts, order.order_quantity, order.order_unit) == (
        Decimal("0.2"),
        Decimal("0.2"),
        Decimal("0.2"),
        OrderUnit.BASE,
    )
    assert (order.limit_price, order.hedge_ratio_after) == (Decimal("60020.5"), 1)
    assert order.estimated_fee_usd == Decimal("2.40082")


def test_a_critical_shortfall_is_sold_at_once_with_a_cap_of_ten_basis_points() -> None:
    (order,) = sides("-4.7")["under"].orders
    assert order.time_in_force is TimeInForce.IOC
    assert order.limit_price == Decimal(59960)  # 60020 x 0.999 = 59959.98, up to the tick
    assert order.estimated_fee_usd == Decimal("0.3") * Decimal(59960) * Decimal("0.0005")


def test_too_much_is_bought_back_passively_and_only_reduces() -> None:
    (order,) = sides("-5.5")["over"].orders
    assert (order.side, order.reduce_only, order.time_in_force) == (Side.BUY, True, TimeInForce.POST_ONLY)
    assert (order.limit_price, order.coins) == (60020, Decimal("0.5"))


def test_an_order_never_goes_past_the_target_and_counts_in_the_exchanges_contracts() -> None:
    futures = listed(contract_size=Decimal("0.0001"), lot_step=Decimal(1), order_unit=OrderUnit.CONTRACTS)
    (order,) = sides("-47000.7", "5.00005", futures)["under"].orders
    assert (order.contracts, order.order_quantity, order.order_unit) == (2999, 2999, OrderUnit.CONTRACTS)
    assert order.hedge_ratio_after is not None
    assert order.hedge_ratio_after <= 1


@pytest.mark.parametrize(("bid", "sells"), [("59400", True), ("59399.5", False)])
def test_no_short_is_opened_more_than_one_percent_below_spot(bid: str, *, sells: bool) -> None:
    futures = read(FUTURES, bid, "59500")
    found = sides("-4.8", futures=futures)["under"]
    assert bool(found.orders) is sells
    assert sells or "lock in" in found.message
    assert found.kind is BREACH


def test_what_is_below_the_exchanges_minimum_is_no_order_and_says_what_would_be_enough() -> None:
    found = sides(
        "-0.0009", "0.001", listed(min_contracts=None, lot_step=Decimal("0.00001"), min_notional=Decimal(100))
    )
    assert not found["under"].orders
    assert found["under"].kind is not BREACH


@pytest.mark.parametrize(
    "change", [{"lot_step": Decimal("0.1")}, {"min_contracts": Decimal("0.15"), "min_notional": None}]
)
def test_rounding_to_the_exchanges_grid_does_not_call_for_an_order(change: dict[str, Decimal]) -> None:
    found = sides("-0.86", "1", listed(**change))["under"]  # short of 0.14, under 1.5 lots and the minimum
    assert found.kind is not BREACH
    assert found.thresholds[Severity.WARNING] == Decimal("0.15")


def test_what_is_left_after_the_mending_order_lets_the_alert_resolve() -> None:
    futures = listed(lot_step=Decimal("0.1"))
    before = sides("-0.7", "1.09", futures)["under"]
    (order,) = before.orders
    after = sides(str(Decimal("-0.7") - order.contracts), "1.09", futures)["under"]
    assert (before.kind, after.kind) == (BREACH, CLEAR)


@pytest.mark.parametrize("coins", ["0", "-1"])
def test_without_coins_the_ratio_is_not_available(coins: str) -> None:
    assert {found.unknown for found in sides("-5", coins).values()} == {UnknownReason.NOT_AVAILABLE}


@pytest.mark.parametrize(("spot", "futures"), [(SPOT_READING, failed(FUTURES)), (failed(SPOT), FUTURES_READING)])
def test_a_failed_input_leaves_the_ratio_unknown(spot: Reading, futures: Reading) -> None:
    assert {found.unknown for found in sides("-5", futures=futures, spot=spot).values()} == {UnknownReason.TIMEOUT}


def test_a_dated_future_is_judged_alike() -> None:
    futures = replace(FUTURES_READING, instrument=replace(LISTED, kind=InstrumentKind.FUTURE), funding=None)
    assert sides("-4.8", futures=futures)["under"].kind is BREACH


def test_a_quanto_future_hedges_no_coin_so_the_ratio_is_not_known() -> None:
    found = sides("-5", futures=listed(payoff=Payoff.QUANTO))
    assert {finding.unknown for finding in found.values()} == {UnknownReason.UNKNOWN_SYMBOL}
