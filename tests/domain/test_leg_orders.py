"""Orders over several legs: who has room, what rests already, what must hold."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from hedgewatch.domain.account import PartFailure, TradingFees
from hedgewatch.domain.advice import MAY_REST, closing_orders, rebalance_orders
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.market import UnknownReason
from hedgewatch.domain.measure import measure_hedge
from hedgewatch.domain.order import Order
from hedgewatch.domain.proof import Believed
from tests.domain.accounts import position
from tests.domain.books import account_facts, measured, order, read_hedge, read_leg, said, tiers
from tests.domain.samples import FUTURES, leg, reading, stamp

D = Decimal
BYBIT = InstrumentRef(exchange="bybit", symbol="BTC/USDT:USDT")


def short(orders: tuple[Order, ...]) -> list[tuple[str, str, Decimal]]:
    return [(one.ref.exchange, one.side.value, one.coins) for one in orders]


def two(first: str, second: str, shares: tuple[str | None, str | None] = (None, None)) -> object:
    declared = [
        replace(leg(contracts, ref), share=None if share is None else D(share))
        for contracts, ref, share in zip((first, second), (FUTURES, BYBIT), shares, strict=True)
    ]
    return measured(said(), read_hedge(*declared), reading(mark="60000"), reading(BYBIT, mark="60000"))


@pytest.mark.parametrize(
    ("contracts", "shares", "expected"),
    [
        (("-2", "-2"), (None, None), [("binance", "sell", "1")]),
        (("-4", "-2"), (None, None), [("binance", "buy", "1")]),
        (("-0.4", "-5.6"), (None, None), [("binance", "buy", "0.4"), ("bybit", "buy", "0.6")]),
        (("-2", "-2"), ("0.6", None), [("binance", "sell", "1")]),
        (("-3", "-1"), ("0.6", "0.4"), [("bybit", "sell", "1")]),
        (("-2", "-1"), ("0.6", None), [("binance", "sell", "1"), ("bybit", "sell", "1")]),
        (("-3", "-3"), ("0.6", "0.4"), [("bybit", "buy", "1")]),
    ],
)
def test_an_order_is_for_the_leg_with_room(
    contracts: tuple[str, str], shares: tuple[str | None, str | None], expected: list[tuple[str, str, str]]
) -> None:
    advice = rebalance_orders(two(*contracts, shares), is_critical=False)  # type: ignore[arg-type]
    assert short(advice.orders) == [(exchange, side, D(coins)) for exchange, side, coins in expected]
    assert advice.orders[-1].hedge_ratio_after == 1


def test_a_leg_that_cannot_take_it_leaves_it_to_the_next() -> None:
    silent = two("-2", "-2")
    first = replace(silent.legs[0], size_doubt="worth ten times that")  # type: ignore[attr-defined]
    advice = rebalance_orders(replace(silent, legs=(first, silent.legs[1])), is_critical=False)  # type: ignore[attr-defined, type-var]
    assert short(advice.orders) == [("bybit", "sell", D(1))]


@pytest.mark.parametrize(
    ("resting", "left"),
    [
        (("-0.3",), "0.7"),
        (("-0.3", "-0.7"), None),
        (("0.3",), "1"),  # the other way
    ],
)
def test_what_rests_already_is_taken_off_and_named(resting: tuple[str, ...], left: str | None) -> None:
    orders = tuple(order(one, order_id=str(number)) for number, one in enumerate(resting))
    advice = rebalance_orders(measured(said(position("-4"), orders=orders)), is_critical=False)
    assert [one.coins for one in advice.orders] == ([] if left is None else [D(left)])
    if left != "1":
        assert advice.resting
        assert "0.3 BTC at 60500 (order 0)" in advice.resting[0]
    if left is None:
        assert advice.why_none == advice.resting[0]


@pytest.mark.parametrize(("changes", "counts"), [({"reduce_only": True}, False), ({"position_side": "long"}, False)])
def test_an_order_that_opens_no_short_does_not_count(changes: dict[str, object], counts: bool) -> None:  # noqa: FBT001
    answer = said(position("-4"), orders=(order("-1", **changes),))
    assert bool(rebalance_orders(measured(answer), is_critical=False).resting) is counts


def test_unread_orders_make_the_advice_conditional() -> None:
    answer = said(position("-4"), orders=PartFailure(reason=UnknownReason.TIMEOUT, detail="late"))
    advice = rebalance_orders(measured(answer), is_critical=False)
    assert (short(advice.orders), advice.condition) == ([("binance", "sell", D(1))], MAY_REST)


def test_in_dual_side_mode_the_order_names_its_side() -> None:
    answer = said(replace(position("-6"), is_dual_side=True))
    [buy] = rebalance_orders(measured(answer), is_critical=False).orders
    assert (buy.position_side, buy.reduce_only, buy.coins) == ("short", True, 1)


@pytest.mark.parametrize(("is_dual", "side"), [(True, "short"), (False, None), (None, None)])
def test_a_flat_leg_knows_its_mode_too(is_dual: bool | None, side: str | None) -> None:  # noqa: FBT001
    answer = said(terms=(replace(tiers(("0", "0.004")), is_dual_side=is_dual),))
    seen = account_facts(answer)
    flat = replace(seen, beliefs={subject: Believed(value=D(0)) for subject in seen.beliefs})
    [sell] = rebalance_orders(measure_hedge(read_hedge(), flat), is_critical=False).orders
    assert (sell.side, sell.position_side, sell.coins) == ("sell", side, 5)


def test_the_accounts_own_fee_is_the_estimate() -> None:
    fees = TradingFees(maker=D("-0.0001"), taker=D("0.0004"), stamp=stamp())
    terms = replace(tiers(("0", "0.004")), fees=fees)
    [sell] = rebalance_orders(measured(said(position("-4"), terms=(terms,))), is_critical=False).orders
    assert sell.estimated_fee_usd == -sell.limit_price * D("0.0001")


def test_closing_buys_back_each_short() -> None:
    both = two("-2", "-3")
    advice = closing_orders(both, both.legs)  # type: ignore[arg-type, attr-defined]
    assert short(advice.orders) == [("binance", "buy", D(2)), ("bybit", "buy", D(3))]
    assert all(one.reduce_only for one in advice.orders)


def test_a_leg_that_is_not_known_is_not_closed() -> None:
    unknown = measured(said(), read_hedge(read_leg()))
    assert closing_orders(unknown, unknown.legs).why_none == "the position is not known"
