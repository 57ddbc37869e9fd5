"""Liquidation: the price is where equity equals the maintenance margin, whichever way one comes to it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hedgewatch.domain.errors import InvalidValueError
from hedgewatch.domain.exposure import pnl
from hedgewatch.domain.instrument import Payoff, PositionSide
from hedgewatch.domain.liquidation import (
    Liquidation,
    distance_to,
    liq_distance,
    liq_price,
    liq_price_entry_mm,
    liq_price_from_state,
    liq_price_tiered,
)
from hedgewatch.domain.liquidation_rules import (
    LIQUIDATION_RULES,
    OTHER_EXCHANGES,
    MaintenanceAt,
    PriceSource,
    liquidation_by,
    which_liquidation,
)
from hedgewatch.domain.margin import cross_margin, maintenance_margin, volume_tiers
from tests.domain.test_margin import BINANCE, COIN_M, D, amounts

LONG, SHORT = PositionSide.LONG, PositionSide.SHORT
KINDS = st.sampled_from([Payoff.LINEAR, Payoff.INVERSE])
SIDES = st.sampled_from([LONG, SHORT])
RELATIVE = D("1e-9")


def spare(payoff: Payoff, side: PositionSide, price: Decimal, **book: Any) -> Decimal:
    """Return equity minus what must be kept at a price, over the value there: worked out from the definitions."""
    contracts = abs(book["contracts"]) * (1 if side is LONG else -1)
    equity = book["margin"] + pnl(payoff, contracts, book["contract_size"], book["entry"], price)
    size = abs(contracts) * book["contract_size"]
    value = size * price if payoff is Payoff.LINEAR else size / price
    kept = maintenance_margin(book["tiers"], value).mm + book["fee_rate"] * value
    return (equity - kept) / value


@st.composite
def books(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a position with 1.05 to 100 fold leverage: at 1 fold the price runs away to infinity."""
    payoff, contracts, entry = draw(KINDS), draw(amounts("0.01", "50000")), draw(amounts("1", "100000"))
    value = contracts * entry if payoff is Payoff.LINEAR else contracts / entry
    return {
        "payoff": payoff,
        "side": draw(SIDES),
        "contracts": contracts,
        "contract_size": D(1),
        "entry": entry,
        "margin": value / draw(amounts("1.05", "100")),
        "fee_rate": draw(amounts("0", "0.002")),
        "tiers": draw(st.sampled_from([BINANCE, COIN_M, ((D(0), D("0.005")),)])),
    }


@given(book=books())
@settings(deadline=None, max_examples=400)
def test_at_the_liquidation_price_equity_is_the_maintenance_margin(book: dict[str, Any]) -> None:
    found = liq_price_tiered(**book)
    assert found.price is not None
    assert found.tier is not None
    assert abs(spare(price=found.price, **book)) <= RELATIVE
    size = book["contracts"] * (found.price if book["payoff"] is Payoff.LINEAR else 1 / found.price)
    assert abs(maintenance_margin(book["tiers"], size).tier - found.tier) <= 1  # a boundary may round either way
    beyond = found.price * (D("1.0001") if book["side"] is SHORT else D("0.9999"))
    assert spare(price=beyond, **book) < 0


@given(payoff=KINDS, side=SIDES, entry=amounts("1", "100000"), margin=amounts("0", "50"), mmr=amounts("0", "0.2"))
@settings(deadline=None)
def test_one_tier_is_the_plain_formula_and_so_is_the_state_at_entry(
    payoff: Payoff, side: PositionSide, entry: Decimal, margin: Decimal, mmr: Decimal
) -> None:
    plain = liq_price(payoff, side, D(7), D(1), entry=entry, margin=margin, mmr=mmr)
    tiered = liq_price_tiered(payoff, side, D(7), D(1), entry=entry, margin=margin, tiers=((D(0), mmr),))
    assert tiered.price == plain
    value = 7 * entry if payoff is Payoff.LINEAR else 7 / entry
    state = liq_price_from_state(payoff, side, D(7), D(1), mark=entry, equity=margin, mm=mmr * value, mmr=mmr)
    if plain is None or state is None:
        assert plain == state or max(plain or state, D(0)) > D("1e20")  # type: ignore[type-var]  # rounding at infinity
    else:
        assert abs(state - plain) <= RELATIVE * plain


@given(mark=amounts("40000", "65000"))
@settings(deadline=None)
def test_the_state_of_an_account_says_the_same_wherever_the_mark_price_is(mark: Decimal) -> None:
    """While the tier is the same, price and deduction do not depend on where the account was read."""
    for payoff, contracts, margin in ((Payoff.LINEAR, D(5), D(30000)), (Payoff.INVERSE, D(300000), D("0.6"))):
        fixed = liq_price(payoff, SHORT, contracts, D(1), entry=D(60000), margin=margin, mmr=D("0.01"), cum=D("0.001"))
        value = contracts * mark if payoff is Payoff.LINEAR else contracts / mark
        equity = margin + pnl(payoff, -contracts, D(1), D(60000), mark)
        mm = D("0.01") * value - D("0.001")
        found = liq_price_from_state(payoff, SHORT, contracts, D(1), mark=mark, equity=equity, mm=mm, mmr=D("0.01"))
        assert fixed is not None
        assert found is not None
        assert abs(found - fixed) <= RELATIVE * fixed


def test_the_second_leg_of_binances_cross_example() -> None:
    margin = cross_margin(D("1535443.01"), D("-56354.57"), D("71200.81144"))
    found = liq_price(
        Payoff.LINEAR, LONG, D("3683.979"), D(1), entry=D("1456.84"), margin=margin, mmr=D("0.10"), cum=D("135365.00")
    )
    assert found is not None
    assert round(found, 2) == D("1153.26")


@pytest.mark.parametrize(
    ("payoff", "side", "margin"),
    [(Payoff.LINEAR, LONG, "60000"), (Payoff.INVERSE, SHORT, "1"), (Payoff.INVERSE, SHORT, "2")],
)
def test_a_position_that_is_paid_for_in_full_cannot_be_liquidated(
    payoff: Payoff, side: PositionSide, margin: str
) -> None:
    contracts = D(1) if payoff is Payoff.LINEAR else D(60000)
    assert liq_price(payoff, side, contracts, D(1), entry=D(60000), margin=D(margin), mmr=D("0.005")) is None
    tiered = liq_price_tiered(payoff, side, contracts, D(1), entry=D(60000), margin=D(margin), tiers=BINANCE)
    assert tiered == Liquidation(price=None, tier=None)


def test_a_linear_short_can_always_be_liquidated_and_so_can_two_fold_leverage_in_coins() -> None:
    assert liq_price(Payoff.LINEAR, SHORT, D(5), D(1), entry=D(60000), margin=D(10**9), mmr=D("0.005")) is not None
    two_fold = liq_price(Payoff.INVERSE, SHORT, D(300000), D(1), entry=D(60000), margin=D("2.5"), mmr=D("0.005"))
    assert two_fold == 119400


def test_a_price_on_the_boundary_of_a_tier_is_not_lost() -> None:
    """The value at liquidation is exactly 250,000: both tiers round to it, and the lower one has it."""
    margin = D(250000) - D(5) * D(45000) + D(1200)
    found = liq_price_tiered(Payoff.LINEAR, SHORT, D(5), D(1), entry=D(45000), margin=margin, tiers=BINANCE)
    assert found == Liquidation(price=D(50000), tier=2)


def test_a_position_lost_at_any_price_is_refused() -> None:
    with pytest.raises(InvalidValueError, match=r"^equity: is used up"):
        liq_price_from_state(Payoff.LINEAR, SHORT, D(1), D(1), mark=D(100), equity=D(-500), mm=D(1), mmr=D("0.01"))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"contracts": D(0)}, "contracts"),
        ({"contracts": D(-5), "side": LONG}, "contracts"),
        ({"contract_size": D(0)}, "contract_size"),
        ({"entry": D(-1)}, "entry"),
        ({"margin": D(-1)}, "margin"),
        ({"mmr": D(1)}, "mmr"),
        ({"mmr": D("-0.1")}, "mmr"),
        ({"mmr": D("0.9"), "fee_rate": D("0.1")}, "fee_rate"),
        ({"cum": D(-1)}, "cum"),
        ({"margin": D("NaN")}, "margin"),
        ({"margin": True}, "margin"),
        ({"entry": 60000.0}, "entry"),
        ({"payoff": Payoff.QUANTO}, "payoff"),
    ],
)
def test_a_book_that_makes_no_sense_is_refused_by_its_field(change: dict[str, Any], field: str) -> None:
    book: dict[str, Any] = {
        "payoff": Payoff.LINEAR, "side": SHORT, "contracts": D(5), "contract_size": D(1), "entry": D(60000),
        "margin": D(30000), "mmr": D("0.005"),
    }  # fmt: skip
    with pytest.raises(InvalidValueError, match=f"^{field}: "):
        liq_price(**(book | change))


def test_what_cannot_be_liquidated_is_at_no_distance() -> None:
    found = liq_distance(SHORT, D(60000), sigma_daily=D("0.03"))
    assert (found.frac, found.sigmas) == (None, None)


def test_a_passed_liquidation_price_is_below_zero() -> None:
    assert distance_to(SHORT, D(60000), D(54000)) == D("-0.1")
    assert distance_to(LONG, D(60000), D(54000)) == D("0.1")


@pytest.mark.parametrize("side", [LONG, SHORT])
def test_the_distance_is_the_same_for_arrays(side: PositionSide) -> None:
    marks, prices = np.array([60000.0, 0.1234, 7.7]), np.array([65671.64, 0.1, 77.7])
    one_by_one = [
        float(distance_to(side, D(repr(float(mark))), D(repr(float(price)))))
        for mark, price in zip(marks, prices, strict=True)
    ]
    assert np.allclose(distance_to(side, marks, prices), one_by_one, rtol=1e-12, atol=0)


BOOK: dict[str, Any] = {
    "contracts": D(-5), "contract_size": D(1), "entry": D(60000), "margin": D(30000), "tiers": ((D(0), D("0.005")),),
}  # fmt: skip


@pytest.mark.parametrize(
    ("exchange", "price"),
    [
        ("binance", "65671.6417910447761194"),
        ("bybit", "65671.6417910447761194"),
        ("bingx", "65638.9855793137742417"),
        ("weex", "65671.6417910447761194"),
        ("mexc", "65658.5754078790292479"),
    ],
)
def test_each_exchange_liquidates_by_its_own_rule(exchange: str, price: str) -> None:
    found = liquidation_by(LIQUIDATION_RULES[exchange], Payoff.LINEAR, SHORT, **BOOK)
    assert found.price is not None
    assert abs(found.price - D(price)) <= RELATIVE * D(price)
    assert found.tier == 1


def test_the_instruments_own_fee_goes_before_the_usual_one() -> None:
    rule = LIQUIDATION_RULES["bingx"]
    dearer = liquidation_by(rule, Payoff.LINEAR, SHORT, **BOOK, taker_fee=D("0.001"))
    plain = liq_price(
        Payoff.LINEAR, SHORT, D(5), D(1), entry=D(60000), margin=D(30000), mmr=D("0.005"), fee_rate=D("0.001")
    )
    assert dearer.price == plain


def test_a_tier_by_contracts_takes_its_rate_for_the_whole_position() -> None:
    tiers = volume_tiers(D("0.004"), D(100), D(100), D("0.004"), levels=3)
    book = {**BOOK, "contracts": D(-150), "contract_size": D("0.01"), "margin": D(9000), "tiers": tiers}
    found = liquidation_by(LIQUIDATION_RULES["mexc"], Payoff.LINEAR, SHORT, **book)
    assert found.tier == 2
    assert found.price is not None
    assert abs(found.price - (D(9000) + D("1.5") * 60000) / (D("1.5") * D("1.0082"))) < D("1e-20")


def test_a_maintenance_margin_at_entry_is_the_older_rule_of_bybit() -> None:
    rule = type(OTHER_EXCHANGES)(maintenance_at=MaintenanceAt.ENTRY)
    book = {**BOOK, "contracts": D(-60000), "entry": D(50000), "margin": D("0.12")}
    found = liquidation_by(rule, Payoff.INVERSE, SHORT, **book)
    assert found.price == liq_price_entry_mm(
        Payoff.INVERSE, SHORT, D(60000), D(1), entry=D(50000), initial_margin=D("0.12"), maintenance_margin=D("0.006")
    )


def test_an_exchange_that_is_not_listed_is_taken_to_count_its_fee() -> None:
    unlisted = liquidation_by(OTHER_EXCHANGES, Payoff.LINEAR, SHORT, **BOOK).price
    listed = liquidation_by(LIQUIDATION_RULES["binance"], Payoff.LINEAR, SHORT, **BOOK).price
    assert unlisted is not None
    assert listed is not None
    assert unlisted < listed


def at(price: str | None) -> Liquidation:
    return Liquidation(price=None if price is None else D(price), tier=None if price is None else 1)


@pytest.mark.parametrize(
    ("side", "exchange", "own", "acted_on", "is_mismatch"),
    [
        (SHORT, "65000", at("65671"), "65000", False),
        (SHORT, "65000", at("66300"), "65000", False),  # exactly 2 % is none
        (SHORT, "65000", at("70000"), "65000", True),
        (SHORT, "70000", at("65000"), "65000", True),
        (LONG, "50000", at("45000"), "50000", True),
        (LONG, "45000", at("50000"), "50000", True),
        (SHORT, "65000", at(None), "65000", True),
        (SHORT, None, at("65000"), "65000", False),
        (SHORT, "0", at("65000"), "65000", False),
        (SHORT, "65000", None, "65000", False),
    ],
)
def test_the_exchange_is_shown_and_the_nearer_is_acted_on(
    side: PositionSide, exchange: str | None, own: Liquidation | None, acted_on: str, *, is_mismatch: bool
) -> None:
    given_price = None if exchange is None else D(exchange)
    view = which_liquidation(side, given_price, own)
    assert (view.acted_on, view.is_mismatch, view.is_never) == (D(acted_on), is_mismatch, False)
    assert view.shown == (given_price if view.source is PriceSource.EXCHANGE else view.acted_on)


def test_never_is_not_unknown() -> None:
    never, unknown = which_liquidation(SHORT, None, at(None)), which_liquidation(SHORT, D(0), None)
    assert (never.is_never, never.acted_on, never.source) == (True, None, PriceSource.OWN)
    assert (unknown.is_never, unknown.acted_on, unknown.source) == (False, None, None)


def test_a_portfolios_price_is_the_exchanges_alone() -> None:
    view = which_liquidation(SHORT, D(70000), at("65000"), is_estimate=True)
    assert (view.acted_on, view.is_mismatch) == (70000, False)


@given(payoff=KINDS, side=SIDES, entry=amounts("1", "100000"), share=amounts("0.01", "0.9"))
@settings(deadline=None)
def test_margin_kept_at_entry_is_lost_exactly_at_the_price(
    payoff: Payoff, side: PositionSide, entry: Decimal, share: Decimal
) -> None:
    value = 3 * entry if payoff is Payoff.LINEAR else 3 / entry
    initial, kept = value * share, value * share / 10
    price = liq_price_entry_mm(
        payoff, side, D(3), D(1), entry=entry, initial_margin=initial, maintenance_margin=kept, extra_margin=-kept
    )
    assume(price is not None)
    assert price is not None
    lost = -pnl(payoff, D(3 if side is LONG else -3), D(1), entry, price)
    assert abs(lost - (initial - 2 * kept)) <= RELATIVE * value


@pytest.mark.parametrize(("extra", "price"), [("0", "19700"), ("-200", "19900"), ("3000", "16700")])
def test_funding_and_added_margin_move_the_price_as_bybits_page_says(extra: str, price: str) -> None:
    found = liq_price_entry_mm(
        Payoff.LINEAR, LONG, D(1), D(1), entry=D(20000), initial_margin=D(400), maintenance_margin=D(100),
        extra_margin=D(extra),
    )  # fmt: skip
    assert found == D(price)
