"""Three windows of real markets through the real cycle with the default thresholds: what is told, and what is not.

Each window is lived through candle by candle, once per module. The recordings lie beside the checkout; where they do
not, these tests skip and say so.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tests.real_input.windows import HOUR, Told, Window, lived, utc

D = Decimal
MERGE = utc("2022-09-15T06:43")
FELL = utc("2025-10-10T21:15")


@pytest.fixture(scope="module")
def merge(tmp_path_factory: pytest.TempPathFactory) -> list[Told]:
    window = Window("ETH", utc("2022-09-11T16:00"), utc("2022-09-17T08:00"), HOUR)
    return live(window, tmp_path_factory.mktemp("eth"), coins="100", margin="100000")


@pytest.fixture(scope="module")
def october() -> Window:
    return Window("SOL", utc("2025-10-10T20:00"), utc("2025-10-11T00:30"), timedelta(minutes=5))


@pytest.fixture(scope="module")
def orca(tmp_path_factory: pytest.TempPathFactory) -> list[Told]:
    window = Window("ORCA", utc("2025-03-20T20:00"), utc("2025-03-23T12:00"), HOUR)
    return live(window, tmp_path_factory.mktemp("orca"), coins="10000", margin="30000")


def live(window: Window, folder: Path, *, coins: str, margin: str, short: str | None = None) -> list[Told]:
    return asyncio.run(lived(window, folder, coins=coins, margin=margin, short=short))


def of(told: list[Told], rule: str, *kinds: str) -> list[Told]:
    return [one for one in told if one.rule == rule and (not kinds or one.kind in kinds)]


def changes(told: list[Told]) -> Counter[str]:
    """Count by rule what opened an episode: a rule that flaps opens many."""
    return Counter(one.rule for one in told if one.kind == "firing")


def test_the_merge_is_told_as_critical_half_a_day_before_it_and_ends_after_it(merge: list[Told]) -> None:
    story = of(merge, "negative_funding", "firing", "escalated", "resolved")
    assert [one.severity for one in story][:2] == ["info", "warning"]
    critical = next(one for one in story if one.severity == "critical")
    assert critical.at <= MERGE - 12 * HOUR
    assert critical.payload["data"]["orders"], "critical carries the order that ends it"
    [ended] = [one for one in story if one.kind == "resolved"]
    assert ended.at > MERGE


def test_the_merge_is_one_episode_of_each_rule(merge: list[Told]) -> None:
    assert max(changes(merge).values()) <= 2, changes(merge)


def test_nothing_sells_a_future_far_below_spot(october: Window, tmp_path: Path) -> None:
    told = live(october, tmp_path, coins="1000", short="900", margin="150000")
    discounts = {at: october.perp[at] / october.spot[at] - 1 for at in october.spot}
    assert min(discounts.values()) < D("-0.17"), "five minutes of October 2025"
    sales = [(one.at, order) for one in told for order in one.payload["data"]["orders"] if order["side"] == "sell"]
    assert sales, "the hedge is a tenth short of its target, and is told so before"
    assert not [at for at, _ in sales if discounts[at] < D("-0.01")]
    assert changes(told)["drift"] == 1
    assert not of(told, "basis_adverse"), "a falling basis is a gain of the short"


def test_a_full_hedge_is_not_woken_by_five_minutes_of_october(october: Window, tmp_path: Path) -> None:
    told = live(october, tmp_path, coins="1000", margin="150000")
    assert not [one for one in told if FELL - HOUR <= one.at <= FELL + HOUR / 2], "the short gained what the coins lost"
    assert max(changes(told).values()) == 1


def test_a_changed_interval_is_told_and_its_rate_is_per_eight_hours(orca: list[Told]) -> None:
    told = of(orca, "funding_interval_change", "firing")[0]
    assert "every 2 h, before every 4 h" in told.payload["data"]["message"]
    assert D(told.payload["data"]["snapshot"]["funding_rate_8h"]) == D("-0.08"), "-2 % every two hours"
    worst = min(D(one.payload["data"]["value"]) for one in of(orca, "negative_funding"))
    assert D("-0.08") < worst < D("-0.06"), "a day at the floor, three times as dear as -2 % every eight hours"


def test_orca_at_its_floor_does_not_flap(orca: list[Told]) -> None:
    assert changes(orca)["negative_funding"] == 1
    assert changes(orca)["cost_outweighs"] == 1
    assert max(changes(orca).values()) <= 3, changes(orca)


def test_a_price_beyond_all_measure_is_told_in_words_that_hold(orca: list[Told]) -> None:
    message = of(orca, "cost_outweighs", "firing")[0].payload["data"]["message"]
    assert "it stays within 5 % for less than two hours" in message, "not for 0.0 days"
    assert "a dated future for that time costs less, whatever its discount" in message, (
        "nothing trades 180 % below spot"
    )
