"""Funding: rates whose intervals change, what they pay, and when they turn against a hedge."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal, localcontext
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgewatch.domain.double_whammy import double_whammy
from hedgewatch.domain.errors import InvalidValueError
from hedgewatch.domain.funding import (
    WEEK,
    FundingRecord,
    clamped,
    expected_rate_8h,
    funding_average,
    funding_normalise,
    funding_rate_from_premium,
    mean_of_window,
    rate_per_8h,
    short_pays_per_day,
)
from hedgewatch.domain.funding_payments import (
    LedgerPayment,
    accrued_funding,
    cumulative_carry,
    funding_payment,
)
from hedgewatch.domain.instrument import Payoff
from hedgewatch.domain.market import SettledFunding
from hedgewatch.domain.numbers import CONTEXT
from tests.domain.samples import FUTURES, NOW

LINEAR, INVERSE, QUANTO = Payoff


def record(rate: str, hours: str) -> FundingRecord:
    return FundingRecord(rate=Decimal(rate), interval_hours=Decimal(hours))


@pytest.mark.parametrize(
    ("premium", "hours", "rate"),
    [
        ("0.0003", "8", "0.0001"),  # within the clamp the interest stands alone
        ("0.0006", "8", "0.0001"),
        ("0.0007", "8", "0.0002"),
        ("0.0010", "8", "0.0005"),
        ("-0.0010", "8", "-0.0005"),
        ("0.0010", "4", "0.00025"),
        ("0.0010", "1", "0.0000625"),
    ],
)
def test_an_exchange_makes_its_rate_of_the_premium(premium: str, hours: str, rate: str) -> None:
    assert funding_rate_from_premium(Decimal(premium), interval_hours=Decimal(hours)) == Decimal(rate)


def test_a_rate_stays_between_its_floor_and_its_cap() -> None:
    floor, cap = Decimal("-0.02"), Decimal("0.02")
    found = [funding_rate_from_premium(Decimal(premium), cap=cap, floor=floor) for premium in ("-0.035", "0.035", "0")]
    assert found == [floor, cap, Decimal("0.0001")]
    assert clamped(Decimal("0.5"), floor=floor, cap=None) == Decimal("0.5")


@given(
    rates=st.lists(st.decimals("-0.03", "0.03", places=6), min_size=1, max_size=12),
    cuts=st.lists(st.sampled_from([1, 2, 4, 8]), min_size=12, max_size=12),
)
@settings(deadline=None, max_examples=300)
def test_any_split_of_the_hours_conserves_the_sum(rates: list[Decimal], cuts: list[int]) -> None:
    """A rate per 8 h cut into 8, 4, 2 or 1 settlements comes back the same, and so does the sum of all."""
    with localcontext(CONTEXT):
        split = [
            FundingRecord(rate=rate / cut, interval_hours=Decimal(8) / cut)
            for rate, cut in zip(rates, cuts, strict=False)
            for _ in range(cut)
        ]
        whole = funding_average([FundingRecord(rate=rate, interval_hours=Decimal(8)) for rate in rates])
        found = funding_average(split)
        assert all(
            abs(rate_per_8h(one.rate, one.interval_hours) * one.interval_hours / 8 - one.rate) < Decimal("1e-33")
            for one in split
        )
    assert found.hours == whole.hours == 8 * len(rates)
    assert abs(found.sum_rate - whole.sum_rate) < Decimal("1e-30")
    assert abs(found.rate_8h - whole.rate_8h) < Decimal("1e-30")


def test_the_average_over_changing_intervals_is_no_mean_of_rates() -> None:
    found = funding_average(
        [
            record("0.0001", "8"),
            record("0.0001", "8"),
            record("-0.0002", "4"),
            record("-0.0004", "4"),
            record("-0.0005", "1"),
        ]
    )
    assert (found.sum_rate, found.hours) == (Decimal("-0.0009"), 25)
    assert (found.rate_8h, found.apr) == (Decimal("-0.000288"), Decimal("-0.31536"))


@pytest.mark.parametrize(
    ("rate", "hours", "apr", "apy"),
    [("0.0001", "8", "0.1095", "0.115714"), ("0.0000125", "1", "0.1095", "0.115719"), ("-1", "8", "-1095", "-1")],
)
def test_a_rate_is_brought_to_a_year_by_its_own_interval(rate: str, hours: str, apr: str, apy: str) -> None:
    found = funding_normalise(Decimal(rate), Decimal(hours))
    assert (found.apr, round(found.apy, 6)) == (Decimal(apr), Decimal(apy))


def settled(*rates: tuple[float, str, str | None]) -> tuple[SettledFunding, ...]:
    return tuple(
        SettledFunding(
            ref=FUTURES,
            settled_at=NOW - timedelta(hours=age),
            rate=Decimal(rate),
            interval_hours=None if hours is None else Decimal(hours),
        )
        for age, rate, hours in rates
    )


def test_the_mean_of_a_window_is_weighted_by_time_and_leaves_out_what_lies_before() -> None:
    week = settled(*((8 * number, "0.0001", "8") for number in range(10, 30)), (4, "-0.0003", "4"), (0, "-0.0003", "4"))
    mean = mean_of_window(week, NOW, WEEK)
    assert mean is not None
    assert mean[1] == 96  # eleven of 8 hours and two of 4, the rest is older
    assert round(mean[0], 20) == round((11 * Decimal("0.0001") - Decimal("0.0006")) * 8 / 96, 20)
    assert mean_of_window(settled((200, "0.0001", "8")), NOW, WEEK) is None


@pytest.mark.parametrize(
    ("mean", "coming", "expected"),
    [
        ("0.0001", "-0.0003", "-0.0001"),
        ("0.0001", None, "0.0001"),
        (None, "-0.0003", "-0.0003"),
        (None, None, None),
        ("-0.02", "-0.04", "-0.02"),  # the floor
        ("0.02", "0.04", "0.025"),  # the cap
    ],
)
def test_the_expected_rate_is_half_the_week_and_half_the_coming_one(
    mean: str | None, coming: str | None, expected: str | None
) -> None:
    given_rates = [None if text is None else Decimal(text) for text in (mean, coming, expected)]
    found = expected_rate_8h(*given_rates[:2], floor_8h=Decimal("-0.02"), cap_8h=Decimal("0.025"))
    assert found == given_rates[2]


@pytest.mark.parametrize(
    ("payoff", "contracts", "size", "mark", "rate", "value", "paid"),
    [
        (LINEAR, "-5000", "0.001", "60000", "0.0001", "300000", "30"),
        (LINEAR, "-5000", "0.001", "42000", "-0.0005", "210000", "-105"),
        (INVERSE, "15000", "1", "750", "0.0025", "20", "-0.05"),  # BitMEX
        (INVERSE, "-15000", "1", "750", "0.0025", "20", "0.05"),
        (QUANTO, "-10000", "0.000001", "500", "0.0025", "5", "0.0125"),
        (LINEAR, "0", "1", "60000", "0.0001", "0", "0"),
    ],
)
def test_a_short_receives_what_is_above_zero(  # noqa: PLR0917  the columns of the table
    payoff: Payoff, contracts: str, size: str, mark: str, rate: str, value: str, paid: str
) -> None:
    found = funding_payment(payoff, Decimal(contracts), Decimal(size), Decimal(mark), Decimal(rate))
    assert (found.value_settle, found.cash_flow) == (Decimal(value), Decimal(paid))


def test_a_day_of_funding_is_three_settlements_of_8_hours() -> None:
    a_settlement = funding_payment(LINEAR, Decimal(-5), Decimal(1), Decimal(60000), Decimal("-0.0001")).cash_flow
    assert short_pays_per_day(Decimal("-0.0001"), Decimal(300_000)) == -3 * a_settlement == 90
    assert short_pays_per_day(Decimal("0.0001"), Decimal(300_000)) == -90


def test_what_has_accrued_is_the_elapsed_part_of_the_coming_payment() -> None:
    found = [accrued_funding(Decimal(30), Decimal(hours), Decimal(8)) for hours in ("0", "2", "8", "9")]
    assert found == [0, Decimal("7.5"), 30, 30]


def test_the_ledger_is_summed_in_coins_and_in_the_dollars_of_each_day() -> None:
    paid = [("0.001", "60000"), ("-0.002", "50000"), ("0.001", "40000")]
    found = cumulative_carry([LedgerPayment(amount=Decimal(coin), usd_price=Decimal(usd)) for coin, usd in paid])
    assert (found.settle, found.usd) == (0, 0 + 60 - 100 + 40)
    assert cumulative_carry([]).usd == 0


@pytest.mark.parametrize(
    ("basis", "rate", "spot", "flags"),
    [
        ("-0.004", "-0.0008", "-0.12", (True, True, True)),
        ("-0.0005", "-0.0008", "-0.12", (False, True, True)),  # exactly 5 bp does not count
        ("-0.00050001", "-0.00005", "-0.03", (True, True, True)),  # exactly at the other two does
        ("-0.004", "-0.00004999", "-0.02999", (True, False, False)),
        ("0.004", "0.0008", "0.12", (False, False, False)),
    ],
)
def test_all_three_must_turn_against_the_hedge(basis: str, rate: str, spot: str, flags: tuple[bool, ...]) -> None:
    found = double_whammy(Decimal(basis), Decimal(rate), Decimal(spot))
    assert (found.backwardation, found.negative_funding, found.spot_falling) == flags
    assert (found.score, found.alert) == (sum(flags), all(flags))


@pytest.mark.parametrize(
    ("field", "call"),
    [
        ("records", lambda: funding_average([])),
        (r"records\[0\]\.interval_hours", lambda: funding_average([record("0.1", "0")])),
        ("interval_hours", lambda: funding_normalise(Decimal(1), Decimal(0))),
        ("rate", lambda: funding_normalise(Decimal("-1.1"), Decimal(8))),
        ("rate", lambda: funding_normalise(Decimal("1.1"), Decimal(8))),
        ("rate", lambda: funding_normalise(Decimal(1), Decimal("1e-300"))),
        ("interval_hours", lambda: funding_rate_from_premium(Decimal(0), interval_hours=Decimal(0))),
        ("clamp", lambda: funding_rate_from_premium(Decimal(0), clamp=Decimal(-1))),
        ("floor", lambda: funding_rate_from_premium(Decimal(0), floor=Decimal(1), cap=Decimal(0))),
        ("mark", lambda: funding_payment(LINEAR, Decimal(1), Decimal(1), Decimal(0), Decimal(0))),
        ("notional", lambda: short_pays_per_day(Decimal(0), Decimal(-1))),
        ("elapsed_hours", lambda: accrued_funding(Decimal(0), Decimal(-1), Decimal(8))),
        ("dead_band", lambda: double_whammy(Decimal(0), Decimal(0), Decimal(0), dead_band=Decimal(0))),
        ("spot_return_24h", lambda: double_whammy(Decimal(0), Decimal(0), Decimal(-2))),
        (
            r"payments\[0\]\.usd_price",
            lambda: cumulative_carry([LedgerPayment(amount=Decimal(1), usd_price=Decimal(0))]),
        ),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_name(field: str, call: Any) -> None:
    with pytest.raises(InvalidValueError, match=rf"^{field}"):
        call()
