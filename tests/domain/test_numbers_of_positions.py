"""Arithmetic of positions, labels and grids: edges by hand."""

from __future__ import annotations

from decimal import Decimal, localcontext

import pytest

from hedgewatch.domain.basis import BasisLabel, basis, basis_label
from hedgewatch.domain.errors import InvalidValueError
from hedgewatch.domain.exposure import (
    PricedPosition,
    average_entry,
    contracts_of,
    exposure,
    hedge_ratio,
    pnl,
    position_value,
)
from hedgewatch.domain.instrument import OrderUnit, Payoff
from hedgewatch.domain.order import Side
from hedgewatch.domain.sizing import (
    Rounding,
    contracts_for_coin,
    contracts_for_notional,
    order_quantity,
    round_contracts,
    round_price,
)

LINEAR, INVERSE, QUANTO = Payoff


@pytest.mark.parametrize(
    ("payoff", "contracts", "size", "worth"),
    [
        (LINEAR, "-5", "1", ("300000", "300000", "-5")),
        (LINEAR, "-50000", "0.0001", ("300000", "300000", "-5")),
        (INVERSE, "-300000", "1", ("300000", "5", "-5")),
        (INVERSE, "-3000", "100", ("300000", "5", "-5")),
        (LINEAR, "0", "1", ("0", "0", "0")),
    ],
)
def test_a_position_has_its_worth(payoff: Payoff, contracts: str, size: str, worth: tuple[str, str, str]) -> None:
    value = position_value(payoff, Decimal(contracts), Decimal(size), Decimal(60000))
    assert (value.notional_quote, value.value_settle, value.coin_quantity) == tuple(map(Decimal, worth))


def test_five_coins_in_one_dollar_contracts_are_300000_and_not_one_less() -> None:
    raw = contracts_of(INVERSE, Decimal(5), Decimal(1), Decimal(60000))
    assert round_contracts(raw, Decimal(1)) == 300_000


@pytest.mark.parametrize(
    ("payoff", "contracts", "entry", "leave", "gain"),
    [
        (LINEAR, "-5", "60000", "42000", "90000"),
        (LINEAR, "-5", "60000", "66000", "-30000"),
        (INVERSE, "-330000", "60000", "42000", "2.357142857142857142857142857142857"),
        (INVERSE, "10000", "8000", "12500", "0.45"),
    ],
)
def test_a_short_gains_when_the_price_falls(payoff: Payoff, contracts: str, entry: str, leave: str, gain: str) -> None:
    assert pnl(payoff, Decimal(contracts), Decimal(1), Decimal(entry), Decimal(leave)) == Decimal(gain)


def test_nothing_held_has_no_hedge_ratio() -> None:
    assert hedge_ratio(Decimal(0), Decimal(-5)) is None
    assert hedge_ratio(Decimal(-1), Decimal(-5)) is None
    assert hedge_ratio(Decimal(5), Decimal(0)) == 0
    assert exposure(Decimal(0), Decimal(0), (), Decimal(60000)).hedge_ratio is None


def test_ratios_do_not_depend_on_the_ambient_context() -> None:
    with localcontext() as ambient:
        ambient.prec = 5
        assert hedge_ratio(Decimal("5.000001"), Decimal("-5.000001")) == 1
        assert basis(Decimal("60123.45"), Decimal(60000)).absolute == Decimal("123.45")


@pytest.mark.parametrize("bad", ["0", "-1"])
def test_prices_and_sizes_that_are_not_above_zero_are_refused_by_name(bad: str) -> None:
    for call, field in (
        (lambda: position_value(LINEAR, Decimal(1), Decimal(bad), Decimal(1)), "contract_size"),
        (lambda: position_value(LINEAR, Decimal(1), Decimal(1), Decimal(bad)), "price"),
        (lambda: pnl(LINEAR, Decimal(1), Decimal(1), Decimal(bad), Decimal(1)), "entry"),
        (lambda: basis(Decimal(1), Decimal(bad)), "spot"),
        (lambda: round_price(Side.BUY, Decimal(1), Decimal(bad)), "tick"),
        (lambda: round_contracts(Decimal(1), Decimal(bad)), "lot_step"),
        (lambda: contracts_for_notional(LINEAR, Decimal(1), Decimal(1), Decimal(bad)), "price"),
        (lambda: contracts_of(QUANTO, Decimal(1), Decimal(1), Decimal(1), settle_price=Decimal(bad)), "settle_price"),
        (lambda: order_quantity(Decimal(1), Decimal(bad), OrderUnit.BASE), "contract_size"),
        (lambda: average_entry(LINEAR, [(Decimal(1), Decimal(bad))]), "fills"),
        (lambda: exposure(Decimal(1), Decimal(0), (), Decimal(bad)), "spot_price"),
    ):
        with pytest.raises(InvalidValueError, match=rf"^{field}"):
            call()


@pytest.mark.parametrize(
    ("rate", "previous", "label"),
    [
        ("0.0005", None, "FLAT"),
        ("0.00051", None, "CONTANGO"),
        ("-0.0005", None, "FLAT"),
        ("-0.00051", None, "BACKWARDATION"),
        ("0.0003", BasisLabel.CONTANGO, "CONTANGO"),
        ("0.00025", BasisLabel.CONTANGO, "CONTANGO"),
        ("0.00024", BasisLabel.CONTANGO, "FLAT"),
        ("-0.00025", BasisLabel.BACKWARDATION, "BACKWARDATION"),
        ("-0.00024", BasisLabel.BACKWARDATION, "FLAT"),
        ("-0.0006", BasisLabel.CONTANGO, "BACKWARDATION"),
        ("0.0003", BasisLabel.BACKWARDATION, "FLAT"),
        ("0.0003", BasisLabel.FLAT, "FLAT"),
    ],
)
def test_a_label_is_entered_beyond_the_band_and_left_inside_half_of_it(
    rate: str, previous: BasisLabel | None, label: str
) -> None:
    assert basis_label(Decimal(rate), previous=previous) == label


@pytest.mark.parametrize(
    ("side", "price", "tick", "rounded"),
    [
        (Side.SELL, "60000.26", "0.5", "60000.5"),
        (Side.BUY, "60000.26", "0.5", "60000"),
        (Side.SELL, "60000.5", "0.5", "60000.5"),
        (Side.BUY, "60000.5", "0.5", "60000.5"),
        (Side.SELL, "0.00001234", "0.0000001", "0.0000124"),
        (Side.SELL, "7", "3", "9"),
    ],
)
def test_a_price_is_never_worse_than_asked(side: Side, price: str, tick: str, rounded: str) -> None:
    assert round_price(side, Decimal(price), Decimal(tick)) == Decimal(rounded)


@pytest.mark.parametrize(
    ("contracts", "lot", "down", "nearest", "up"),
    [
        ("1.2345678", "0.005", "1.230", "1.235", "1.235"),
        ("-1.2345678", "0.005", "-1.230", "-1.235", "-1.235"),
        ("2.5", "1", "2", "2", "3"),
        ("-2.5", "1", "-2", "-2", "-3"),
        ("4.9999999999", "1", "5", "5", "5"),
        ("5.0000000001", "1", "5", "5", "5"),
        ("0.0004", "0.001", "0", "0", "0.001"),
    ],
)
def test_contracts_go_on_the_lot_grid(contracts: str, lot: str, down: str, nearest: str, up: str) -> None:
    rounded = [round_contracts(Decimal(contracts), Decimal(lot), way) for way in Rounding]
    assert rounded == [Decimal(down), Decimal(nearest), Decimal(up)]


@pytest.mark.parametrize(
    ("payoff", "fills", "average"),
    [
        (LINEAR, [("0.5", "5000"), ("0.3", "6000")], "5375"),  # Bybit
        (INVERSE, [("1000", "5000"), ("2000", "6000")], "5625"),  # Bybit
        (INVERSE, [("-1000", "5000"), ("-2000", "6000")], "5625"),
        (QUANTO, [("3", "500"), ("1", "700")], "550"),
        (LINEAR, [("0", "1"), ("2", "7")], "7"),
    ],
)
def test_an_average_entry_weighs_coins_or_dollars(payoff: Payoff, fills: list[tuple[str, str]], average: str) -> None:
    found = average_entry(payoff, [(Decimal(contracts), Decimal(price)) for contracts, price in fills])
    assert found == Decimal(average)


def test_an_average_entry_is_the_price_at_which_the_whole_has_no_profit() -> None:
    fills = [(Decimal(contracts), Decimal(price)) for contracts, price in ((700, "5100"), (1100, "6300"), (40, "777"))]
    for payoff in (LINEAR, INVERSE):
        entry = average_entry(payoff, fills)
        gains = sum(pnl(payoff, contracts, Decimal(1), price, Decimal(5500)) for contracts, price in fills)
        assert abs(gains - pnl(payoff, Decimal(1840), Decimal(1), entry, Decimal(5500))) < Decimal("1e-20") * 1000000


@pytest.mark.parametrize(
    "fills", [[], [(Decimal(0), Decimal(1))], [(Decimal(1), Decimal(5)), (Decimal(-2), Decimal(5))]]
)
def test_fills_that_make_no_position_have_no_average(fills: list[tuple[Decimal, Decimal]]) -> None:
    with pytest.raises(InvalidValueError, match=r"^fills: expected fills of one side"):
        average_entry(LINEAR, fills)


def test_a_quanto_contract_is_valued_but_never_hedges() -> None:
    """BitMEX: 10,000 contracts of 0.000001 XBT at 500, XBT at 10,000: 5 XBT."""
    contracts, size, price = Decimal(10_000), Decimal("0.000001"), Decimal(500)
    value = position_value(QUANTO, contracts, size, price, settle_price=Decimal(10_000))
    assert (value.notional_quote, value.value_settle, value.coin_quantity) == (50_000, 5, 100)
    assert pnl(QUANTO, contracts, size, price, Decimal(600)) == 1
    assert contracts_of(QUANTO, Decimal(100), size, price, settle_price=Decimal(10_000)) == contracts
    with pytest.raises(InvalidValueError, match=r"^settle_price: missing"):
        position_value(QUANTO, contracts, size, price)
    with pytest.raises(InvalidValueError, match=r"^payoff: a quanto contract hedges no coin"):
        contracts_for_notional(QUANTO, Decimal(50_000), size, price)
    held = PricedPosition(payoff=QUANTO, contracts=contracts, contract_size=size, price=price)
    with pytest.raises(InvalidValueError, match=r"^futures\[0\]\.kind: a quanto contract hedges no coin"):
        exposure(Decimal(5), Decimal(0), [held], Decimal(500))


@pytest.mark.parametrize(
    ("unit", "quantity"), [(OrderUnit.CONTRACTS, "3000"), (OrderUnit.BASE, "300000"), (OrderUnit.QUOTE, "300000")]
)
def test_an_order_counts_in_its_exchanges_unit(unit: OrderUnit, quantity: str) -> None:
    assert order_quantity(Decimal(3000), Decimal(100), unit) == Decimal(quantity)


@pytest.mark.parametrize(
    ("payoff", "size", "price", "raw"),
    [
        (INVERSE, "1", "60000", "300000"),  # the price does not enter
        (LINEAR, "0.001", "60000", "5000"),
        (LINEAR, "1", "60000", "5"),  # the playbook's formula with a multiplier of 1
        (LINEAR, "0.01", "4000", "7500"),
    ],
)
def test_a_notional_of_300000_is_as_many_contracts_as_its_kind_says(
    payoff: Payoff, size: str, price: str, raw: str
) -> None:
    assert contracts_for_notional(payoff, Decimal(300_000), Decimal(size), Decimal(price)) == Decimal(raw)


def test_coins_are_counted_in_contracts_with_what_is_left_over() -> None:
    found = contracts_for_coin(LINEAR, Decimal("1.2345678"), Decimal(1), Decimal(60000), lot_step=Decimal("0.005"))
    assert (found.contracts, found.residual_coin) == (Decimal("1.230"), Decimal("0.0045678"))
    short = contracts_for_coin(INVERSE, Decimal("-0.737"), Decimal(100), Decimal("61234.5"))
    assert (short.raw, short.contracts) == (Decimal("-451.298265"), -451)
