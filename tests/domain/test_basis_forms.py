"""Basis: its forms, and what its changes do to a hedge."""

from __future__ import annotations

from decimal import Decimal, localcontext
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgewatch.domain.basis import (
    adverse_basis,
    basis,
    basis_label,
    dated_basis,
    executable_basis,
    hedge_effective_price,
)
from hedgewatch.domain.errors import InvalidValueError
from hedgewatch.domain.instrument import PositionSide
from hedgewatch.domain.numbers import CONTEXT
from hedgewatch.domain.unusual import percentile_rank, zscore

LONG, SHORT = PositionSide
PAST = [Decimal(rate) for rate in ("0.0010", "0.0012", "0.0008", "0.0011")]


@pytest.mark.parametrize(
    ("days", "simple", "log", "compound"),
    [
        ("90", "0.101389", "0.100142", "0.105328"),
        ("1", "9.125000", "9.012804", "8206.499558"),
        ("0.999", None, None, None),
        ("0", None, None, None),
        ("-3", None, None, None),  # expired
    ],
)
def test_a_dated_basis_is_annualised_up_to_a_day_before_expiry(
    days: str, simple: str | None, log: str | None, compound: str | None
) -> None:
    found = dated_basis(Decimal(61500), Decimal(60000), Decimal(days))
    assert (found.absolute, found.rate) == (1500, Decimal("0.025"))
    annual = (found.annual_simple, found.annual_log, found.annual_compound)
    expected = tuple(None if text is None else Decimal(text) for text in (simple, log, compound))
    assert tuple(None if one is None else round(one, 6) for one in annual) == expected


@given(
    future=st.decimals("0.01", "200000", places=2),
    spot=st.decimals("0.01", "200000", places=2),
    days=st.decimals("1", "400", places=1),
)
@settings(deadline=None, max_examples=200)
def test_the_three_forms_say_the_same_in_their_own_way(future: Decimal, spot: Decimal, days: Decimal) -> None:
    found = dated_basis(future, spot, days)
    assert found.annual_simple is not None
    assert found.annual_log is not None
    assert found.annual_compound is not None
    with localcontext(CONTEXT):
        grown = found.annual_log.exp()
        assert abs(grown - 1 - found.annual_compound) <= Decimal("1e-20") * (1 + grown)
        assert abs(found.annual_simple * days / 365 - found.rate) <= Decimal("1e-25") * (1 + abs(found.rate))


def test_a_hedger_already_holds_the_spot_leg() -> None:
    found = executable_basis(Decimal(60100), Decimal(60101), Decimal(59999), Decimal(60001))
    assert (found.hedge_entry, found.hedge_exit) == (100, 101)  # against the mid
    assert (found.carry_entry, found.carry_exit) == (99, 102)  # both legs cross the spread


@pytest.mark.parametrize(
    ("ref", "now", "spot", "side", "adverse", "pnl"),
    [
        (
            "60",
            "-200",
            "57000",
            SHORT,
            "-0.004561403508771929824561403508771930",
            "1300",
        ),  # a gain, whatever the playbook says
        ("60", "660", "60000", SHORT, "0.01", "-3000"),
        ("60", "660", "60000", LONG, "-0.01", "3000"),
        ("60", "-540", "60000", LONG, "0.01", "-3000"),
        ("60", "60", "60000", SHORT, "0", "0"),
    ],
)
def test_a_rising_basis_hurts_a_short(
    ref: str, now: str, spot: str, *, side: PositionSide, adverse: str, pnl: str
) -> None:
    found = adverse_basis(Decimal(ref), Decimal(now), Decimal(spot), Decimal(5), hedge_side=side)
    assert (found.adverse_frac, found.basis_pnl) == (Decimal(adverse), Decimal(pnl))


@pytest.mark.parametrize(
    ("side", "f1", "f2", "s2", "gain", "effective"),
    [
        (SHORT, "0.7800", "0.7250", "0.7200", "0.0550", "0.7750"),  # Hull, example 3.1
        (LONG, "68.00", "69.10", "70.00", "1.10", "68.90"),  # Hull, example 3.2
    ],
)
def test_a_hedged_price_is_spot_and_the_futures_gain(
    side: PositionSide, f1: str, f2: str, s2: str, *, gain: str, effective: str
) -> None:
    found = hedge_effective_price(side, Decimal(f1), Decimal(f2), Decimal(s2))
    assert (found.futures_gain, found.effective) == (Decimal(gain), Decimal(effective))


def test_a_value_is_compared_with_its_past_alone() -> None:
    z = zscore(Decimal("0.0014"), PAST)
    assert z is not None
    assert round(z, 6) == Decimal("2.195775")  # mean 0.001025, sample deviation sqrt(2.9167e-8)
    assert zscore(Decimal("0.0014"), [Decimal("0.001")] * 50) is None
    assert percentile_rank(Decimal("0.0011"), PAST) == Decimal("62.5")
    assert [percentile_rank(Decimal(edge), PAST) for edge in (0, 1)] == [0, 100]


@pytest.mark.parametrize(
    ("field", "call"),
    [
        ("history", lambda: zscore(Decimal(1), [Decimal(1)])),
        ("history", lambda: percentile_rank(Decimal(1), [])),
        (r"history\[1\]", lambda: percentile_rank(Decimal(1), [Decimal(1), Decimal("NaN")])),
        ("value", lambda: zscore(Decimal("NaN"), PAST)),
        ("days_to_expiry", lambda: dated_basis(Decimal(1), Decimal(1), Decimal("Infinity"))),
        ("spot", lambda: dated_basis(Decimal(1), Decimal(0), Decimal(1))),
        ("spot_ask", lambda: executable_basis(Decimal(1), Decimal(1), Decimal(1), Decimal(0))),
        ("spot_now", lambda: adverse_basis(Decimal(1), Decimal(1), Decimal(0), Decimal(1))),
        ("qty_coin", lambda: adverse_basis(Decimal(1), Decimal(1), Decimal(1), Decimal(-1))),
        ("f2", lambda: hedge_effective_price(SHORT, Decimal(1), Decimal(0), Decimal(1))),
        ("dead_band", lambda: basis_label(Decimal(1), Decimal(0))),
        ("future", lambda: basis(Decimal(-1), Decimal(1))),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_name(field: str, call: Any) -> None:
    with pytest.raises(InvalidValueError, match=rf"^{field}"):
        call()
