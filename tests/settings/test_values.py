from __future__ import annotations

import tomllib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgewatch.domain.thresholds import Patience
from hedgewatch.settings.models import Settings
from hedgewatch.settings.toml import toml_text
from hedgewatch.settings.values import Span, patience_text, read_patience, read_span

FINITE = st.decimals(
    min_value=Decimal("1e-12"), max_value=Decimal("1e15"), allow_nan=False, allow_infinity=False, places=None
).filter(lambda number: number > 0)


def quantity_of(text: str) -> Decimal | None:
    document = tomllib.loads(f'[[holdings]]\nasset = "BTC"\nquantity = {text}', parse_float=Decimal)
    return Settings.model_validate(document).holdings[0].quantity


@given(FINITE)
def test_a_decimal_survives_exactly_bare_and_quoted(number: Decimal) -> None:
    plain = format(number, "f")
    assert quantity_of(plain) == number
    assert quantity_of(f'"{plain}"') == number
    assert quantity_of(f'"{number}"') == number


@given(FINITE)
def test_a_decimal_survives_being_shown(number: Decimal) -> None:
    shown = toml_text({"value": number})
    assert Decimal(tomllib.loads(shown, parse_float=Decimal)["value"]) == number


@given(st.integers(min_value=1, max_value=10**9))
def test_a_duration_survives_being_shown(count: int) -> None:
    span = Span(seconds=Decimal(count))
    assert read_span(str(span)) == span


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30s", 30), ("15m", 900), ("8h", 28800), ("30d", 2592000), ("1h30m", 5400), ("0.5s", "0.5"), (".5s", "0.5")],
)
def test_durations_are_read(text: str, seconds: int | str) -> None:
    assert read_span(text).seconds == Decimal(seconds)


@pytest.mark.parametrize("text", ["", "30", "s", "30 s", "-30s", "1y", "30S", None, 30, True])
def test_what_is_no_duration_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="write a duration"):
        read_span(text)


@pytest.mark.parametrize(
    ("value", "patience"),
    [
        (2, Patience(polls=2)),
        ("2", Patience(polls=2)),
        ("", Patience()),
        (0, Patience()),
        ("10m", Patience(seconds=Decimal(600))),
    ],
)
def test_patience_is_whole_polls_or_a_duration(value: object, patience: Patience) -> None:
    assert read_patience(value) == patience
    assert read_patience(patience_text(patience)) == patience


@pytest.mark.parametrize("value", [Decimal("1.5"), True, None, "two", -1])
def test_what_is_no_patience_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"whole polls|negative"):
        read_patience(value)
