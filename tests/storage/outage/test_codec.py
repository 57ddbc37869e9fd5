"""What a cycle leaves behind becomes text and comes back the same, digit by digit."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from hedgewatch.domain.market import UnknownReason
from hedgewatch.monitoring.ports import CycleRecord
from hedgewatch.storage.outage.codec import Codec, UnreadableError
from tests.storage.account_samples import account_cycle
from tests.storage.samples import alert_state, cycle, event, hedge


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    number: Decimal | None = None
    reason: UnknownReason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    parts: tuple[Part, ...] = ()
    by_part: dict[Part, str] | None = None
    span: timedelta | None = None
    raw: bytes = b""
    at: datetime | None = None
    names: frozenset[str] = frozenset()
    measure: float = 0


CODEC = Codec(Whole)


@pytest.mark.parametrize(
    "value",
    [
        Whole(),
        Whole(parts=(Part(number=Decimal("1.10")), Part(number=Decimal("-0")), Part(number=Decimal("1E-30")))),
        Whole(parts=(Part(reason=UnknownReason.STALE),), names=frozenset({"a", "b"}), measure=0.1),
        Whole(by_part={Part(number=Decimal(1)): "one"}, raw=bytes(range(256)), span=timedelta(microseconds=-7)),
        Whole(at=datetime(2026, 11, 22, 18, 0, 0, 123, tzinfo=UTC)),
    ],
)
def test_a_value_comes_back_the_same(value: Whole) -> None:
    back = CODEC.read(CODEC.write(value))
    assert back == value
    assert repr(back) == repr(value), "equal numbers may have other digits"


def test_what_occurs_twice_is_written_once() -> None:
    one = Part(number=Decimal(7))
    text = CODEC.write(Whole(parts=(one, one)))
    assert text.count('"d"') == 1
    first, second = CODEC.read(text).parts
    assert first is second


@pytest.mark.parametrize("odd", [object(), Codec, complex(1, 2)])
def test_what_is_none_of_ours_is_not_written(odd: object) -> None:
    with pytest.raises(TypeError, match="has no form in a spool"):
        CODEC.write([odd])


@pytest.mark.parametrize(
    "text",
    ["", "{", '{"c":["Path",{}]}', '{"c":["Whole",{"parts":{"d":"x"}}]}', '{"r":3}', '{"q":1}', "[" * 100_000],
)
def test_a_text_of_another_version_is_unreadable_and_makes_nothing(text: str) -> None:
    with pytest.raises(UnreadableError):
        CODEC.read(text)


def test_a_field_that_is_gone_costs_no_line() -> None:
    form = json.loads(CODEC.write(Whole(raw=b"x")))
    form["c"][1]["gone"] = {"c": ["Part", {}]}
    assert CODEC.read(json.dumps(form)) == Whole(raw=b"x")


def test_whole_cycles_come_back_the_same() -> None:
    state = alert_state()
    told = (event(state, sequence=1), event(state, sequence=2))
    plain = cycle(states=(state,), events=told, hedges=(hedge(), hedge("other")), channels=("ops", "me"))
    codec = Codec(CycleRecord)
    for record in (plain, account_cycle(), replace(plain, findings=())):
        assert codec.read(codec.write(record)) == record
