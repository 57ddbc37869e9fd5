"""Arithmetic of positions, basis, funding and grids: edges by hand."""

from __future__ import annotations

from decimal import Decimal, localcontext

import pytest

from hedgewatch.domain.basis import BasisLabel, basis, basis_label
from hedgewatch.domain.errors import InvalidValueError
from hedgewatch.domain.exposure import contracts_of, exposure, hedge_ratio, pnl, position_value
from hedgewatch.domain.funding import funding_average, funding_normalise, rate_per_8h, short_pays_per_day
from hedgewatch.domain.instrument import Payoff
from hedgewatch.domain.order import Side
from hedgewatch.domain.sizing import Rounding, round_contracts, round_price

LINEAR, INVERSE = Payoff.LINEAR, Payoff.INVERSE


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
        (lambda: funding_normalise(Decimal(1), Decimal(bad)), "interval_hours"),
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


def test_funding_is_compared_by_its_own_interval() -> None:
    assert rate_per_8h(Decimal("0.00005"), Decimal(4)) == Decimal("0.0001")
    average = funding_average(
        [(Decimal(rate), Decimal(hours)) for rate, hours in (("0.0001", 8), ("-0.0002", 4), ("-0.0005", 1))]
    )
    assert (average.sum_rate, average.hours) == (Decimal("-0.0006"), 13)
    with pytest.raises(InvalidValueError, match="records"):
        funding_average([])


def test_a_short_pays_when_the_rate_is_below_zero() -> None:
    assert short_pays_per_day(Decimal("-0.0001"), Decimal(300_000)) == 90
    assert short_pays_per_day(Decimal("0.0001"), Decimal(300_000)) == -90
