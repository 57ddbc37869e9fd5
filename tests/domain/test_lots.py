"""Lots: average cost and first in first out, fees in coins, transfers, and coins of unknown cost."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgewatch.domain.errors import InvalidValueError
from hedgewatch.domain.lots import CostMethod, Deposit, Entry, Trade, Transfer, inventory, keep_book
from hedgewatch.domain.order import Side

D = Decimal
BUY, SELL = Side.BUY, Side.SELL
AVERAGE, FIFO = CostMethod.AVERAGE, CostMethod.FIFO
AMOUNTS = st.decimals(D("0.01"), D(100), places=2)
FEES = st.decimals(D(0), D(1), places=3)
WISHES = st.lists(
    st.tuples(st.sampled_from(Side), AMOUNTS, AMOUNTS, FEES, st.decimals(0, "0.005", places=3)), max_size=20
)


def trade(side: Side, quantity: str, price: str, fee_quote: str = "0", fee_base: str = "0") -> Trade:
    return Trade(side=side, quantity=D(quantity), price=D(price), fee_quote=D(fee_quote), fee_base=D(fee_base))


def possible(wishes: list[tuple[Side, D, D, D, D]]) -> list[Trade]:
    """Return the wishes that can be: nothing is sold that is not held."""
    held, found = D(0), []
    for side, quantity, price, fee_quote, fee_base in wishes:
        change = quantity - fee_base if side is BUY else -(quantity + fee_base)
        if held + change >= 0:
            held += change
            found.append(Trade(side=side, quantity=quantity, price=price, fee_quote=fee_quote, fee_base=fee_base))
    return found


@settings(max_examples=150, deadline=None)
@given(WISHES, AMOUNTS)
def test_both_methods_agree_on_coins_and_on_cost_minus_realised(wishes: list[tuple[Side, D, D, D, D]], mark: D) -> None:
    trades = possible(wishes)
    average, fifo = (inventory(method, trades, mark) for method in CostMethod)
    hair = D("1e-25")
    assert average.quantity == fifo.quantity
    assert abs((average.cost_basis - average.realised) - (fifo.cost_basis - fifo.realised)) < hair
    # money in minus money out: nothing of it is lost between cost and profit
    paid = sum(((1 if one.side is BUY else -1) * one.quantity * one.price + one.fee_quote for one in trades), D(0))
    assert abs(average.cost_basis - average.realised - paid) < hair
    assert abs((average.realised + average.unrealised) - (fifo.realised + fifo.unrealised)) < hair


@pytest.mark.parametrize(
    ("method", "trades", "quantity", "cost", "realised"),
    [
        (AVERAGE, [trade(BUY, "2", "100"), trade(BUY, "2", "200"), trade(SELL, "2", "300")], "2", "300", "300"),
        (FIFO, [trade(BUY, "2", "100"), trade(BUY, "2", "200"), trade(SELL, "2", "300")], "2", "400", "400"),
        (FIFO, [trade(BUY, "2", "100"), trade(BUY, "2", "200"), trade(SELL, "3", "300")], "1", "200", "500"),
        (AVERAGE, [trade(BUY, "4", "100", fee_base="0.1")], "3.9", "400", "0"),
        (AVERAGE, [trade(BUY, "4", "100"), trade(SELL, "1", "100", fee_base="1")], "2", "200", "-100"),
        (FIFO, [trade(BUY, "4", "100"), trade(SELL, "1", "100", fee_base="1")], "2", "200", "-100"),
        (AVERAGE, [trade(BUY, "4", "100", fee_quote="-2")], "4", "398", "0"),
        (AVERAGE, [trade(BUY, "4", "100"), trade(SELL, "4", "100", fee_base="-1")], "1", "0", "0"),
        (FIFO, [trade(BUY, "3", "100"), trade(SELL, "3", "110", "1")], "0", "0", "29"),
        (AVERAGE, [trade(BUY, "3", "0.1"), trade(SELL, "1", "1"), trade(SELL, "2", "1")], "0", "0", "2.7"),
    ],
)
def test_trades_leave_coins_cost_and_profit(
    method: CostMethod, trades: list[Trade], quantity: str, cost: str, realised: str
) -> None:
    found = keep_book(method, trades)
    assert (found.quantity, found.cost_basis, found.realised) == (D(quantity), D(cost), D(realised))
    assert (found.average_cost is None) == (found.quantity == 0)


@pytest.mark.parametrize("method", CostMethod)
@pytest.mark.parametrize(
    ("entries", "left"),
    [
        # quantity, unknown, cost, realised, unpriced
        ([trade(BUY, "2", "100"), Transfer(quantity=D(2))], "2 0 200 0 0"),
        ([trade(BUY, "2", "100"), Transfer(quantity=D(1), fee_base=D("0.5"))], "1.5 0 150 -50 0"),
        ([Deposit(quantity=D(3))], "0 3 0 0 0"),
        ([Deposit(quantity=D(3), cost=D(60))], "3 0 60 0 0"),
        ([Deposit(quantity=D(3)), trade(BUY, "2", "100"), trade(SELL, "1", "300")], "1 3 100 200 0"),
        ([Deposit(quantity=D(3)), trade(BUY, "2", "100"), trade(SELL, "4", "300")], "0 1 0 400 600"),
        ([Deposit(quantity=D(3)), trade(SELL, "1", "300", fee_base="1")], "0 1 0 0 300"),
    ],
)
def test_coins_of_unknown_cost_are_held_but_make_no_profit(method: CostMethod, entries: list[Entry], left: str) -> None:
    book = keep_book(method, entries)
    found = (book.quantity, book.cost_unknown_quantity, book.cost_basis, book.realised, book.unpriced_proceeds)
    assert found == tuple(D(one) for one in left.split())


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([trade(SELL, "1", "100")], r"trades\[0\].qty: 1 would leave, fee included, and only 0 are held"),
        ([trade(BUY, "1", "100"), trade(SELL, "1", "100", fee_base="0.1")], r"trades\[1\].qty: 1.1 would leave"),
        ([trade(BUY, "1", "100"), Transfer(quantity=D(2))], r"trades\[1\].qty: 2 would leave"),
        ([trade(BUY, "0", "100")], r"trades\[0\].qty: must be above zero"),
        ([trade(BUY, "1", "0")], r"trades\[0\].price: must be above zero"),
        ([trade(BUY, "1", "100", fee_base="1")], r"trades\[0\].fee_base: leaves nothing of the 1 traded"),
        ([trade(BUY, "1", "100"), trade(SELL, "1", "100", fee_base="-1")], r"trades\[1\].fee_base: leaves nothing"),
        ([trade(BUY, "1", "100", fee_quote="NaN")], r"trades\[0\].fee_quote: expected a finite number"),
        ([Deposit(quantity=D(1), cost=D(-1))], r"trades\[0\].cost: must be zero or above"),
        ([Transfer(quantity=D(1), fee_base=D(-1))], r"trades\[0\].fee_base: must be zero or above"),
    ],
)
def test_what_cannot_have_happened_is_refused_by_its_place(entries: list[Any], message: str) -> None:
    with pytest.raises(InvalidValueError, match=message):
        keep_book(AVERAGE, entries)


def test_no_trades_are_no_coins() -> None:
    empty = inventory(FIFO, [], D(100))
    assert (empty.quantity, empty.cost_basis, empty.average_cost, empty.market_value) == (0, 0, None, 0)
    with pytest.raises(InvalidValueError, match=r"^mark"):
        inventory(FIFO, [], D(0))


def test_a_million_dust_lots_do_not_confuse_the_last_sale() -> None:
    trades = [trade(BUY, "1E-30", "1"), trade(BUY, "1E+10", "1"), trade(SELL, "1E+10", "2")]
    assert keep_book(FIFO, trades).quantity <= D("1E-30")
