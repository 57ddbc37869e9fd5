"""Orders: on the grid, never past the target, never worse than asked, none that would hurt."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from hedgewatch.domain.advice import rebalance_orders
from hedgewatch.domain.hedge import Hedge, HedgeSnapshot
from hedgewatch.domain.instrument import InstrumentRef, OrderUnit
from hedgewatch.domain.market import MarketReading
from hedgewatch.domain.measure import measure_hedge
from hedgewatch.domain.order import Order, Side, TimeInForce
from tests.domain.samples import FUTURES, INVERSE, NOW, facts, hedge, instrument, leg, reading, spot_reading

BYBIT = InstrumentRef(exchange="bybit", symbol="BTC/USDT:USDT")
MEXC = InstrumentRef(exchange="mexc", symbol="BTC/USDT:USDT")


def measured(declared: Hedge, *readings: MarketReading) -> HedgeSnapshot:
    return measure_hedge(declared, facts(spot_reading(), *(readings or (reading(),))))


def order(snapshot: HedgeSnapshot, *, is_critical: bool = False) -> Order:
    (only,) = rebalance_orders(snapshot, is_critical=is_critical).orders
    return only


def refusal(snapshot: HedgeSnapshot) -> str:
    advice = rebalance_orders(snapshot, is_critical=False)
    assert advice.orders == ()
    return advice.why_none or ""


def test_the_contracts_example_is_mended_as_the_contract_says() -> None:
    found = order(measured(hedge(leg("-4.8"))))
    assert (found.side, found.coins, found.contracts, found.order_quantity) == (Side.SELL, *[Decimal("0.2")] * 3)
    assert (found.order_unit, found.limit_price) == (OrderUnit.BASE, Decimal("60020.5"))
    assert (found.time_in_force, found.reduce_only) == (TimeInForce.POST_ONLY, False)
    assert (found.estimated_fee_usd, found.hedge_ratio_after) == (Decimal("2.40082"), 1)
    assert found.valid_until == NOW + timedelta(seconds=60)


@pytest.mark.parametrize(
    ("contracts", "critical", "side", "force", "price", "fee_rate"),
    [
        ("-4.8", False, Side.SELL, TimeInForce.POST_ONLY, "60020.5", "0.0002"),
        ("-4.5", True, Side.SELL, TimeInForce.IOC, "59959.5", "0.0005"),  # 60019.5 less 10 bp is 59959.4805
        ("-5.2", False, Side.BUY, TimeInForce.POST_ONLY, "60019.5", "0.0002"),
        ("-5.5", True, Side.BUY, TimeInForce.POST_ONLY, "60019.5", "0.0002"),
    ],
)
def test_only_a_critical_under_hedge_is_mended_at_once_with_a_cap(
    contracts: str,
    critical: bool,  # noqa: FBT001  a column of the table
    side: Side,
    force: TimeInForce,
    price: str,
    fee_rate: str,
) -> None:
    found = order(measured(hedge(leg(contracts))), is_critical=critical)
    assert (found.side, found.time_in_force, found.limit_price) == (side, force, Decimal(price))
    assert found.reduce_only is (side is Side.BUY)
    assert found.estimated_fee_usd == found.coins * Decimal(price) * Decimal(fee_rate)


@pytest.mark.parametrize("contracts", ["-4.8004", "-4.0005", "-5.2006", "-7.7777", "-0.0009"])
@pytest.mark.parametrize("target", ["1", "0.5", "1.2"])
def test_an_order_never_goes_past_the_target(contracts: str, target: str) -> None:
    snapshot = measured(hedge(leg(contracts), target=target))
    found = order(snapshot)
    assert found.hedge_ratio_after is not None
    assert snapshot.hedge_ratio is not None
    before, after = snapshot.hedge_ratio - Decimal(target), found.hedge_ratio_after - Decimal(target)
    assert before * after >= 0
    assert abs(after) < Decimal("0.001") / 5
    assert found.contracts % Decimal("0.001") == 0


@pytest.mark.parametrize("mark", ["59000", "60020", "61000"])
@pytest.mark.parametrize(("contracts", "critical"), [("-2500", True), ("-2500", False), ("-3500", False)])
def test_an_inverse_order_is_counted_at_the_mark_like_the_position(
    mark: str,
    contracts: str,
    critical: bool,  # noqa: FBT001
) -> None:
    declared = hedge(leg(contracts, INVERSE))
    snapshot = measured(declared, reading(INVERSE, mark=mark))
    found = order(snapshot, is_critical=critical)
    wanted = 5 * Decimal(mark) / 100
    assert found.contracts == abs(int(wanted) - abs(int(contracts))) or found.side is Side.BUY
    assert found.hedge_ratio_after is not None
    assert snapshot.hedge_ratio is not None
    assert (found.hedge_ratio_after - 1) * (snapshot.hedge_ratio - 1) >= 0
    assert abs(found.hedge_ratio_after - 1) < 100 / Decimal(mark) / 5


def test_a_reduce_only_order_is_never_larger_than_the_short_it_reduces() -> None:
    snapshot = measured(hedge(leg("-3000", INVERSE), target="0", coins="0.001"), reading(INVERSE, mark="59000"))
    assert order(snapshot).contracts == 3000


def test_mexc_takes_contracts_of_a_ten_thousandth() -> None:
    known = instrument(
        MEXC,
        contract_size=Decimal("0.0001"),
        order_unit=OrderUnit.CONTRACTS,
        lot_step=Decimal(1),
        min_contracts=Decimal(1),
        tick=Decimal("0.1"),
    )
    found = order(measured(hedge(leg("-48000", MEXC)), reading(MEXC, known=known)))
    assert (found.coins, found.contracts, found.order_quantity) == (Decimal("0.2"), 2000, 2000)
    assert (found.order_unit, found.ref, found.hedge_ratio_after) == (OrderUnit.CONTRACTS, MEXC, 1)


@pytest.mark.parametrize(("bid", "is_refused"), [("59400", False), ("59399.9", True), ("58000", True)])
def test_no_short_is_opened_more_than_one_percent_below_spot(bid: str, *, is_refused: bool) -> None:
    low = reading(bid=bid, ask="59500")
    snapshot = measured(hedge(leg("-4.8")), low)
    assert (rebalance_orders(snapshot, is_critical=True).orders == ()) is is_refused
    if is_refused:
        assert "lock in" in refusal(snapshot)
    assert order(measured(hedge(leg("-5.2")), low)).side is Side.BUY


@pytest.mark.parametrize(
    ("changes", "contracts", "words"),
    [
        ({"min_contracts": Decimal("0.5")}, "-4.8", "0.5 contracts or more"),
        ({"lot_step": Decimal("0.5"), "min_contracts": None}, "-4.8", "0.5 contracts or more"),
        ({"min_notional": Decimal(20000)}, "-4.8", "20000 is the least"),
        ({"lot_step": None}, "-4.8", "lot size"),
        ({"min_contracts": Decimal("0.5")}, "-5.2", "0.5 contracts or more"),
    ],
)
def test_an_order_the_exchange_would_refuse_is_not_given_but_explained(
    changes: dict[str, Any], contracts: str, words: str
) -> None:
    known = instrument(FUTURES, **changes)
    assert words in refusal(measured(hedge(leg(contracts)), reading(known=known)))


def test_a_reduce_only_order_needs_no_least_notional() -> None:
    known = instrument(FUTURES, min_notional=Decimal(20000))
    assert order(measured(hedge(leg("-5.2")), reading(known=known))).coins == Decimal("0.2")


def test_an_unknown_fee_or_tick_stays_unknown() -> None:
    known = instrument(FUTURES, maker_fee=None, tick=None)
    found = order(measured(hedge(leg("-4.8")), reading(known=known)))
    assert (found.estimated_fee_usd, found.limit_price) == (None, Decimal("60020.5"))


def test_without_a_book_there_is_no_order() -> None:
    snapshot = measured(hedge(leg("-4.8")), replace(reading(), quote=None))
    assert "no live quote" in refusal(snapshot)


def test_too_much_short_is_bought_back_where_it_is_short() -> None:
    declared = hedge(leg("0"), leg("-6", BYBIT))
    found = order(measured(declared, reading(), reading(BYBIT)))
    assert (found.ref, found.side, found.coins, found.hedge_ratio_after) == (BYBIT, Side.BUY, 1, 1)


def test_several_legs_are_summed() -> None:
    declared = hedge(leg("-3"), leg("-1.8", BYBIT))
    snapshot = measured(declared, reading(), reading(BYBIT, "60059.5", "60060.5", mark="60060", rate="0.0003"))
    assert (snapshot.futures_coins, snapshot.hedge_ratio, snapshot.drift) == (
        Decimal("-4.8"),
        Decimal("0.96"),
        Decimal("-0.04"),
    )
    assert snapshot.notional_usd == 3 * 60020 + Decimal("1.8") * 60060
    assert snapshot.futures_price == (3 * Decimal(60020) + Decimal("1.8") * 60060) / Decimal("4.8")
    assert snapshot.funding_rate_8h == (3 * Decimal("0.0001") + Decimal("1.8") * Decimal("0.0003")) / Decimal("4.8")
    assert order(snapshot).ref == FUTURES
