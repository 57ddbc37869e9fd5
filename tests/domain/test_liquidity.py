"""Liquidity: walking a book, and the most that stays within a budget."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgewatch.domain.errors import InvalidValueError
from hedgewatch.domain.liquidity import (
    Level,
    book_walk,
    impact_sqrt,
    max_size_in_budget,
    participation,
    slippage_budget,
)
from hedgewatch.domain.order import Side

D = Decimal
MID = D(60_000)
BIDS = [(D(59_999), D("0.5")), (D(59_998), D(1)), (D(59_990), D(2)), (D(59_950), D(5)), (D(59_900), D(10))]
ASKS = [(2 * MID - price, quantity) for price, quantity in BIDS]
QUANTITIES = st.decimals(D("0.01"), D(50), places=2)
OFFSETS = st.lists(st.tuples(st.decimals(D("0.01"), D(900), places=2), QUANTITIES), min_size=1, max_size=8)
SIDES = st.sampled_from(Side)
HAIR = D("1e-25")
QUICK = settings(max_examples=100, deadline=None)


def book(side: Side, offsets: list[tuple[D, D]]) -> list[Level]:
    away = -1 if side is Side.SELL else 1
    return [(MID + away * offset, quantity) for offset, quantity in offsets]


def rest(side: Side, levels: list[Level], taken: D) -> list[Level]:
    """Return what an order leaves in a book, best price first."""
    left = []
    for price, quantity in sorted(levels, reverse=side is Side.SELL):
        gone = min(quantity, taken)
        taken -= gone
        left.append((price, quantity - gone))
    return left


@QUICK
@given(SIDES, OFFSETS, st.decimals(D(0), D("0.02"), places=4))
def test_the_largest_size_stays_within_the_budget_and_no_more_does(
    side: Side, offsets: list[tuple[D, D]], budget: D
) -> None:
    levels = book(side, offsets)
    most = max_size_in_budget(side, levels, MID, budget)
    walk = book_walk(side, levels, most.quantity, MID)
    assert walk.complete
    assert walk.slippage is None or walk.slippage <= budget + HAIR
    more = book_walk(side, levels, most.quantity + D("0.001"), MID)
    if most.exhausted:
        assert not more.complete
    else:
        assert more.slippage is None or more.slippage > budget


@QUICK
@given(SIDES, OFFSETS, QUANTITIES, QUANTITIES)
def test_walking_in_two_halves_is_walking_once(side: Side, offsets: list[tuple[D, D]], first: D, second: D) -> None:
    levels = book(side, offsets)
    whole = book_walk(side, levels, first + second, MID)
    one = book_walk(side, levels, first, MID)
    two = book_walk(side, rest(side, levels, one.filled), second, MID)
    assert whole.filled == one.filled + two.filled
    paid = sum((walk.filled * walk.vwap for walk in (one, two) if walk.vwap is not None), D(0))
    assert whole.vwap is not None
    assert abs(whole.filled * whole.vwap - paid) < HAIR * paid
    assert whole.worst == (two.worst if two.filled else one.worst)


@pytest.mark.parametrize(("side", "levels"), [(Side.SELL, BIDS), (Side.BUY, ASKS)])
def test_both_sides_of_a_symmetric_book_cost_the_same(side: Side, levels: list[Level]) -> None:
    walk = book_walk(side, levels, D(5), MID)
    assert (walk.filled, walk.complete, walk.slippage) == (5, True, D("0.000325"))
    most = max_size_in_budget(side, levels, MID, D("0.0005"))
    assert (most.quantity, most.exhausted) == (D("7.625"), False)


def test_a_book_in_the_order_of_its_text_is_walked_best_first() -> None:
    muddled = [*BIDS[2:], *BIDS[:2], (D(60_500), D(0))]
    assert book_walk(Side.SELL, muddled, D(5), MID) == book_walk(Side.SELL, BIDS, D(5), MID)
    assert max_size_in_budget(Side.SELL, muddled, MID, D("0.0005")).quantity == D("7.625")


def test_a_thin_book_says_what_it_carries() -> None:
    walk = book_walk(Side.SELL, BIDS, D(20), MID)
    assert (walk.filled, walk.complete, walk.worst) == (D("18.5"), False, 59_900)


def test_an_empty_book_fills_nothing_and_has_no_price() -> None:
    walk = book_walk(Side.SELL, [], D(1), MID)
    assert (walk.filled, walk.complete, walk.vwap, walk.worst, walk.slippage) == (0, False, None, None, None)
    most = max_size_in_budget(Side.SELL, [], MID, D("0.001"))
    assert (most.quantity, most.exhausted) == (0, True)


def test_a_budget_below_half_the_spread_carries_nothing() -> None:
    assert max_size_in_budget(Side.BUY, ASKS, MID, D(0)).quantity == 0


@pytest.mark.parametrize(
    ("levels", "quantity", "mid", "field"),
    [
        (BIDS, "-1", "60000", "quantity"),
        (BIDS, "1", "0", "mid"),
        ([(D(0), D(1))], "1", "60000", r"levels\[0\]\[0\]"),
        ([BIDS[0], (D(1), D(-1))], "1", "60000", r"levels\[1\]\[1\]"),
        ([(D("NaN"), D(1))], "1", "60000", r"levels\[0\]\[0\]"),
    ],
)
def test_a_book_that_cannot_be_is_refused_by_name(levels: list[Level], quantity: str, mid: str, field: str) -> None:
    with pytest.raises(InvalidValueError, match=rf"^{field}: "):
        book_walk(Side.SELL, levels, D(quantity), D(mid))


def test_a_hundred_thousand_in_twenty_millions_moves_the_price_42_basis_points() -> None:
    assert round(impact_sqrt(D("0.06"), D(100_000), D(20_000_000)), 4) == D("0.0042")
    assert impact_sqrt(D("0.06"), D(0), D(1)) == 0
    for sigma, quantity, volume, y in ((0, 1, 1, 1), (1, -1, 1, 1), (1, 1, 0, 1), (1, 1, 1, -1)):
        with pytest.raises(InvalidValueError):
            impact_sqrt(D(sigma), D(quantity), D(volume), D(y))


@pytest.mark.parametrize(
    ("hour", "day", "open_interest", "is_within"),
    [
        (None, None, None, None),
        ("100", None, None, True),
        ("99", None, None, False),
        (None, "1000", "500", True),
        ("100", "999", None, False),
        ("100", "1000", "499", False),
    ],
)
def test_an_order_keeps_to_its_share_of_what_is_known(
    hour: str | None, day: str | None, open_interest: str | None, *, is_within: bool | None
) -> None:
    known = {"hour_volume": hour, "day_volume": day, "open_interest": open_interest}
    found = participation(D(10), **{name: D(value) for name, value in known.items() if value})
    assert found.is_within is is_within


def test_majors_are_held_to_a_narrower_budget() -> None:
    assert (slippage_budget("BTC"), slippage_budget("XYZ")) == (D("0.001"), D("0.003"))
