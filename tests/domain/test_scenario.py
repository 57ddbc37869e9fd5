"""Scenarios and attribution: what a path does to a book, and where a result came from."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal, localcontext
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgewatch.domain.attribution import attribution, foregone_upside, insurance_cost_apr
from hedgewatch.domain.errors import InvalidValueError
from hedgewatch.domain.exposure import pnl
from hedgewatch.domain.instrument import Payoff
from hedgewatch.domain.numbers import CONTEXT
from hedgewatch.domain.scenario import Book, PathPoint, steps_of, walk
from hedgewatch.domain.stresses import Move, Stress, path_stress, put_through, standard_stresses
from tests.domain.test_margin import amounts

D = Decimal
LINEAR = Book(
    spot_coin=D(5), spot0=D(60000), payoff=Payoff.LINEAR, contracts=D(-5), contract_size=D(1), basis0=D(0),
    margin=D(30000), mmr=D("0.005"),
)  # fmt: skip
INVERSE = replace(LINEAR, payoff=Payoff.INVERSE, contracts=D(-330000), margin=D("0.5"))
ALEX = replace(LINEAR, spot_coin=D(25), spot0=D(4000), contracts=D(-25), margin=D(100000))


def to(*multiples: str) -> tuple[PathPoint, ...]:
    return tuple(PathPoint(spot_mult=D(multiple)) for multiple in multiples)


@pytest.mark.parametrize(
    ("book", "path", "net", "liq_step"),
    [
        (LINEAR, ("0.7",), "0", None),
        (LINEAR, ("1.1",), "0", 0),
        (LINEAR, ("1.05", "1.12", "0.7"), "-120000", 1),
        (replace(LINEAR, margin=D(300000)), ("1.12", "0.7"), "0", None),
        (INVERSE, ("1.15",), "15000", 0),
        (INVERSE, ("1.15", "0.7"), "-120000", 0),
        (ALEX, ("0.7",), "0", None),
        (ALEX, ("1.1",), "0", None),
        (replace(LINEAR, contracts=D(0), margin=D(0)), ("0.7",), "-90000", None),
        (replace(INVERSE, contracts=D(-300000), margin=D(5)), ("100",), "29700000", None),
    ],
)
def test_a_path_does_to_a_book_what_the_playbook_says(
    book: Book, path: tuple[str, ...], net: str, liq_step: int | None
) -> None:
    found = walk(book, to(*path))
    assert (round(found.net_pnl, 20), found.liq_step, found.liquidated) == (D(net), liq_step, liq_step is not None)


def test_the_first_price_at_liquidation_counts_and_basis_is_part_of_it() -> None:
    book = replace(LINEAR, mmr=D(0))  # liquidated at 66,000 exactly
    assert walk(book, to("1.1")).liq_price == 66000
    assert walk(book, to("1.1")).liquidated
    assert not walk(book, to("1.0999")).liquidated
    assert walk(book, [PathPoint(spot_mult=D("1.0999"), basis=D(6))]).liquidated


def test_after_liquidation_no_funding_is_paid() -> None:
    assert walk(LINEAR, to("1.12", "0.7"), r8=D("-0.001"), days=D(7)).funding == 0


def test_a_long_is_liquidated_on_the_way_down_and_pays_what_a_short_receives() -> None:
    book = replace(LINEAR, contracts=D(5))
    assert walk(book, to("0.9")).liquidated
    assert not walk(book, to("2")).liquidated
    assert walk(book, to("1"), r8=D("0.001"), days=D(1)).funding == -900
    assert walk(LINEAR, to("1"), r8=D("0.001"), days=D(1)).funding == 900


def test_funding_of_an_inverse_short_is_coins_at_the_last_price() -> None:
    found = walk(INVERSE, [PathPoint(spot_mult=D("0.7"), basis=D(-420))], r8=D("-0.001"), days=D(7))
    assert round(found.funding, 8) == round(D(-330000) / 41580 * D("0.021") * 42000, 8)


def test_a_lost_exchange_takes_position_and_margin_and_leaves_the_coins() -> None:
    lost = walk(replace(LINEAR, margin=D(300000)), to("0.7"), r8=D("0.001"), days=D(7), is_lost=True)
    assert (lost.spot_pnl, lost.futures_pnl, lost.funding, lost.net_pnl) == (-90000, -300000, 0, -390000)
    assert not lost.liquidated
    coins = walk(INVERSE, to("1"), is_lost=True)
    assert (coins.collateral_pnl, coins.futures_pnl, coins.net_pnl) == (0, -30000, -30000)


def test_the_margin_along_a_path_is_told() -> None:
    steps = steps_of(LINEAR, to("1.05", "1.12", "0.7"))
    assert [(step.equity, step.is_liquidated) for step in steps] == [(15000, False), (0, True), (0, True)]
    assert steps[0].margin_usage == D("0.105")
    assert steps[1].margin_usage is None


@pytest.mark.parametrize(
    ("change", "path", "field"),
    [
        ({}, (), "path"),
        ({}, ("1.1", "0"), "path[1].spot_mult"),
        ({}, ("-0.5",), "path[0].spot_mult"),
        ({"basis0": D(-60000)}, ("1",), "basis0"),
        ({"basis0": D(-30000)}, ("0.5",), "path[0].basis"),
        ({"spot0": D(0)}, ("1",), "spot0"),
        ({"spot_coin": D(-1)}, ("1",), "spot_coin"),
        ({"contract_size": D(0)}, ("1",), "contract_size"),
        ({"margin": D(-1)}, ("1",), "margin"),
        ({"mmr": D(1)}, ("1",), "mmr"),
        ({"cum": D(-1)}, ("1",), "cum"),
        ({"contracts": D("NaN")}, ("1",), "contracts"),
        ({"payoff": Payoff.QUANTO}, ("1",), "payoff"),
    ],
)
def test_a_scenario_that_makes_no_sense_is_refused(change: dict[str, Any], path: tuple[str, ...], field: str) -> None:
    with pytest.raises(InvalidValueError) as refused:
        walk(replace(LINEAR, **change), to(*path))
    assert refused.value.field == field


@given(
    payoff=st.sampled_from([Payoff.LINEAR, Payoff.INVERSE]),
    coins=amounts("0.1", "1000"),
    prices=st.tuples(amounts("2000", "9000"), amounts("2000", "9000")),
    basis_rates=st.tuples(amounts("-0.05", "0.05"), amounts("-0.05", "0.05")),
    funding=amounts("-0.003", "0.003"),
)
@settings(deadline=None, max_examples=200)
def test_hedge_then_scenario_then_attribution_add_up(
    payoff: Payoff,
    coins: Decimal,
    prices: tuple[Decimal, Decimal],
    basis_rates: tuple[Decimal, Decimal],
    funding: Decimal,
) -> None:
    """A full hedge, walked to another price and basis, taken apart again: the parts are the whole.

    To the digit where nothing is divided: 34 digits hold every product of a linear book.
    """
    with localcontext(CONTEXT):
        s0, mult = prices[0], round(prices[1] / prices[0], 4) + D("0.0001")
        s1 = s0 * mult
        b0, b1 = s0 * basis_rates[0], s1 * basis_rates[1]
        contracts = -coins if payoff is Payoff.LINEAR else -coins * s0
        book = Book(
            spot_coin=coins, spot0=s0, payoff=payoff, contracts=contracts, contract_size=D(1), basis0=b0,
            margin=coins * s0 * 10**9 if payoff is Payoff.LINEAR else coins * 2, mmr=D("0.005"),
        )  # fmt: skip
        went = walk(book, [PathPoint(spot_mult=mult, basis=b1)], r8=funding, days=D(7))
        parts = attribution(
            payoff, contracts, D(1), coins, s0=s0, f0=s0 + b0, s1=s1, f1=s1 + b1, funding_quote=went.funding
        )
        assert not went.liquidated
        allowed = D(0) if payoff is Payoff.LINEAR else D("1e-25") * coins * (s0 + s1)
        assert abs(parts.futures_price + parts.futures_basis - went.futures_pnl) <= allowed
        assert abs(parts.total - (went.net_pnl - went.collateral_pnl)) <= allowed
        summed = parts.spot + parts.futures_price + parts.futures_basis + parts.funding + parts.fees
        assert parts.total == summed
        assert parts.carry_cost == -(parts.futures_basis + parts.funding + parts.fees)


@given(
    payoff=st.sampled_from([Payoff.LINEAR, Payoff.INVERSE]),
    prices=st.tuples(*[amounts("50000", "60000")] * 5),
    fees=amounts("0", "500"),
)
@settings(deadline=None)
def test_a_result_is_the_same_however_it_is_taken_apart(
    payoff: Payoff, prices: tuple[Decimal, ...], fees: Decimal
) -> None:
    """Against the position's own profit, entered before the period began."""
    with localcontext(CONTEXT):
        s0, f0, s1, f1, entry = prices
        parts = attribution(payoff, D(-7), D(100), D(3), s0=s0, f0=f0, s1=s1, f1=f1, entry=entry, fees_quote=fees)
        first, last = pnl(payoff, D(-7), D(100), entry, f0), pnl(payoff, D(-7), D(100), entry, f1)
        futures = last - first if payoff is Payoff.LINEAR else last * s1 - first * s0
        assert abs(parts.total - (3 * (s1 - s0) + futures - fees)) <= D("1e-24")


def test_the_cost_of_insurance_and_what_it_gave_away_are_two_lines() -> None:
    parts = attribution(
        Payoff.LINEAR, D(-5), D(1), D(5), s0=D(60000), f0=D(60120), s1=D(66000), f1=D(66066), funding_quote=D(-450)
    )
    assert parts.carry_cost == D("180")
    assert foregone_upside(parts) == 30000
    assert insurance_cost_apr(parts.carry_cost, D(300000), D(73)) == D("0.003")
    fallen = attribution(Payoff.LINEAR, D(-5), D(1), D(5), s0=D(60000), f0=D(60000), s1=D(42000), f1=D(42000))
    assert foregone_upside(fallen) == 0


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"s0": D(0)}, "s0"),
        ({"f1": D(-1)}, "f1"),
        ({"entry": D(0)}, "entry"),
        ({"spot_coin": D(-1)}, "spot_coin"),
        ({"contract_size": D(0)}, "contract_size"),
        ({"f0": D(30000), "s1": D(20000)}, "f0"),
        ({"fees_quote": D("NaN")}, "fees_quote"),
        ({"payoff": Payoff.QUANTO}, "payoff"),
    ],
)
def test_an_attribution_that_makes_no_sense_is_refused(change: dict[str, Any], field: str) -> None:
    asked: dict[str, Any] = {
        "payoff": Payoff.INVERSE, "contracts": D(-300000), "contract_size": D(1), "spot_coin": D(5), "s0": D(60000),
        "f0": D(60000), "s1": D(42000), "f1": D(42000),
    }  # fmt: skip
    with pytest.raises(InvalidValueError, match=f"^{field}: "):
        attribution(**(asked | change))


STANDARD = {stress.name: stress for stress in standard_stresses(Payoff.LINEAR, D("0.005"))}


def test_the_standard_stresses_are_the_promised_ones() -> None:
    assert list(STANDARD) == [
        "spot -10 %", "spot +10 %", "spot -20 %", "spot +20 %", "spot -50 %", "spot +50 %", "spot +100 %",
        "spot +30 %, then -30 %", "basis -2 %", "basis +2 %", "basis -5 %", "basis +5 %",
        "funding at its floor, -0.375 %/8h 7 d", "funding -0.3 %/8h 7 d", "funding at its floor every hour, 1 d",
        "quote currency -5 %", "exchange lost",
    ]  # fmt: skip
    assert "quote currency -5 %" not in {one.name for one in standard_stresses(Payoff.INVERSE, D("0.005"))}


@pytest.mark.parametrize(
    ("name", "net"),
    [
        ("spot -50 %", "0"),
        ("spot +100 %", "0"),  # even 1x dies at +99 %: the margin is gone, and the coins have doubled
        ("basis +2 %", "-6000"),
        ("basis -5 %", "15000"),
        ("funding -0.3 %/8h 7 d", "-18900"),
        ("funding at its floor, -0.375 %/8h 7 d", "-23625"),
        ("funding at its floor every hour, 1 d", "-27000"),
        ("exchange lost", "-300000"),
    ],
)
def test_a_book_at_one_fold_under_stress(name: str, net: str) -> None:
    outcome = put_through(replace(LINEAR, margin=D(300000)), STANDARD[name])
    assert outcome.result.net_pnl == D(net)
    assert outcome.left == 600000 + D(net)
    assert outcome.is_naked == (name in {"spot +100 %", "exchange lost"})


def test_a_quote_currency_that_falls_takes_the_hedge_and_its_margin_with_it() -> None:
    """300,000 of proceeds locked in that currency, and 300,000 of margin in it, are worth 5 % less in dollars."""
    found = put_through(replace(LINEAR, margin=D(300000)), STANDARD["quote currency -5 %"]).result
    parts = (found.spot_pnl, found.collateral_pnl, found.futures_pnl, found.net_pnl)
    assert [round(part, 20) for part in parts] == [0, -15000, -15000, -30000]


def test_a_depeg_does_not_touch_what_is_priced_in_dollars() -> None:
    with pytest.raises(InvalidValueError, match=r"^depeg: "):
        put_through(INVERSE, STANDARD["quote currency -5 %"])


def test_a_path_is_named_by_its_moves_and_each_is_against_the_start() -> None:
    stress = path_stress([D("0.12"), D("-0.3")], r8=D("-0.001"), days=D(7))
    assert stress.name == "spot +12 %, then -30 %, funding -0.1 %/8h 7 d"
    assert put_through(LINEAR, stress).result.net_pnl == -120000
    assert path_stress([D("-0.3")], is_lost=True).name == "exchange lost, spot -30 %"


def test_a_basis_move_is_a_share_of_the_spot_price_where_it_happens() -> None:
    stress = Stress(name="whammy", moves=(Move(spot=D("-0.3"), basis=D("-0.01")),), r8=D("-0.001"), days=D(7))
    found = put_through(replace(LINEAR, margin=D(300000)), stress).result
    assert (found.futures_pnl, found.funding, found.net_pnl) == (D(92100), D("-4365.9"), D("-2265.9"))


@pytest.mark.parametrize("shocks", [[], [D(-1)], [D("0.1"), D(-2)]])
def test_a_path_that_makes_no_sense_is_refused(shocks: list[Decimal]) -> None:
    with pytest.raises(InvalidValueError, match=r"^path: "):
        path_stress(shocks)
