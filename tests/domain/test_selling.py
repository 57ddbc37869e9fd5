"""Sell and close together: never the hedge alone, never coins that are not there to sell."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from hedgewatch.domain.advice import Advice
from hedgewatch.domain.hedge import Hedge, HedgeSnapshot
from hedgewatch.domain.inventory import HeldShare
from hedgewatch.domain.measure import measure_hedge
from hedgewatch.domain.order import Side, TimeInForce
from hedgewatch.domain.selling import sell_and_close
from tests.domain.books import account_facts, balance, order, position, read_hedge, said
from tests.domain.samples import (
    INVERSE,
    SPOT,
    facts,
    failure,
    hedge,
    holding,
    instrument,
    leg,
    reading,
    spot_reading,
)

D = Decimal


def measured(declared: Hedge, *readings: Any) -> HedgeSnapshot:
    return measure_hedge(declared, facts(spot_reading(), *(readings or (reading(),))))


def sides(advice: Advice) -> list[tuple[str, Decimal, Decimal]]:
    return [(one.side.value, one.coins, one.limit_price) for one in advice.orders]


def test_coins_and_short_go_together_on_their_grids() -> None:
    advice = sell_and_close(measured(hedge()))
    assert sides(advice) == [("sell", D(5), D("60000.5")), ("buy", D(5), D("60019.5"))]
    spot, futures = advice.orders
    assert (spot.ref, spot.reduce_only, futures.reduce_only) == (SPOT, False, True)
    assert {one.time_in_force for one in advice.orders} == {TimeInForce.POST_ONLY}
    assert spot.estimated_fee_usd == 5 * D("60000.5") * D("0.0002")
    assert [one.estimated_slippage_usd for one in advice.orders] == [D("-2.5"), D("-2.5")], "half the spread is earned"
    assert {one.hedge_ratio_after for one in advice.orders} == {None}, "neither coins nor short are left"


def test_only_the_short_that_hedged_the_coins_is_closed() -> None:
    staked = replace(holding("30", "lido"), asset="stBTC", counts_as_per_unit=D("0.1"))
    locked = replace(holding("1", "vault"), locked_until=date(2027, 3, 1))
    declared = hedge(
        leg("-9"),
        held=tuple(HeldShare(holding=one, share=D(1)) for one in (holding("5"), staked, locked)),
    )
    advice = sell_and_close(measured(declared))
    assert sides(advice) == [("sell", D(5), D("60000.5")), ("buy", D(5), D("60019.5"))]
    assert {one.hedge_ratio_after for one in advice.orders} == {D(1)}, "what stays is hedged as before"
    assert ["lido is stBTC" in words or "vault is locked" in words for words in advice.left_out] == [True, True]


@pytest.mark.parametrize(("contracts", "bought"), [("-5", "5"), ("-6", "6"), ("-3", "3"), ("0", None)])
def test_over_and_under_hedged_alike_nothing_is_left(contracts: str, bought: str | None) -> None:
    advice = sell_and_close(measured(hedge(leg(contracts))))
    assert [one.coins for one in advice.orders if one.side is Side.BUY] == ([D(bought)] if bought else [])


def test_a_coin_margined_short_keeps_hedging_its_own_collateral() -> None:
    inverse = reading(INVERSE, "59999.5", "60000.5", mark="60000")
    declared = hedge(leg("-3300", INVERSE, entry_price=D(60000), margin=D("0.5")))
    advice = sell_and_close(measured(declared, inverse))
    assert [(one.side.value, one.contracts) for one in advice.orders] == [("sell", 5), ("buy", 3000)]
    assert {one.hedge_ratio_after for one in advice.orders} == {D(1)}


@pytest.mark.parametrize(
    ("declared", "readings", "why"),
    [
        (hedge(), (failure(SPOT), reading()), "no live spot price"),
        (hedge(coins="0"), (spot_reading(), reading()), "no coins to sell"),
        (hedge(coins="0.0005"), (spot_reading(), reading()), "takes 0.001 contracts or more"),
        (hedge(), (spot_reading(), replace(reading(), quote=None)), "must go together"),
    ],
)
def test_half_of_it_is_never_advised(declared: Hedge, readings: Any, why: str) -> None:
    advice = sell_and_close(measure_hedge(declared, facts(*readings)))
    assert (advice.orders, why in (advice.why_none or "")) == ((), True), advice.why_none


def test_coins_of_an_account_are_sold_there_and_what_rests_is_taken_off() -> None:
    answer = said(position("-5"), balances=(balance("BTC", "5"),), orders=(order("1", reduce_only=True),))
    declared = read_hedge(coins=None, from_account=True)
    advice = sell_and_close(measure_hedge(declared, account_facts(answer)))
    assert [(one.side.value, one.coins, one.account) for one in advice.orders] == [
        ("sell", 5, "treasury"),
        ("buy", 4, "treasury"),
    ]
    assert "buy back 1 BTC" in advice.resting[0]


def test_the_spot_market_with_no_lot_size_gives_no_order() -> None:
    spot = replace(spot_reading(), instrument=instrument(SPOT, lot_step=None))
    advice = sell_and_close(measure_hedge(hedge(), facts(spot, reading())))
    assert "lot size" in (advice.why_none or "")
