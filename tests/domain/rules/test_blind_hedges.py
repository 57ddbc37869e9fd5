"""A silent exchange: one alert that says how near each hedge was to its end, and may be now."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from hedgewatch.domain.finding import Finding
from hedgewatch.domain.hedge import CycleFacts, Hedge, Past
from hedgewatch.domain.history import InstrumentPast, LastStanding
from hedgewatch.domain.instrument import InstrumentRef, PositionSide
from hedgewatch.domain.measure import measure_hedge
from hedgewatch.domain.rules import EXCHANGE_RULES
from hedgewatch.domain.thresholds import Severity
from tests.domain.samples import CRITICAL, FUTURES, NOW, SETTINGS, SPOT, WARNING, facts, failure, hedge, reading

D = Decimal
ELSEWHERE = InstrumentRef(exchange="bybit", symbol="BTC/USDT:USDT")
ELSEWHERE_SPOT = InstrumentRef(exchange="bybit", symbol="BTC/USDT")


def silent(seconds: int, *others: Any, price: str = "66000", of: InstrumentRef = FUTURES, leg: str = "") -> CycleFacts:
    """Binance has been silent so long; its short was to be liquidated at ``price`` when it was last seen."""
    seen_at = NOW - timedelta(seconds=seconds)
    standing = LastStanding(
        futures=of, side=PositionSide.SHORT, price=D(price), distance=D(price) / 60000 - 1, seen_at=seen_at
    )
    past = Past(
        instruments={FUTURES: InstrumentPast(last_good_at=seen_at), SPOT: InstrumentPast(last_good_at=seen_at)},
        standings={("btc-core", leg or str(FUTURES)): standing},
    )
    return facts(failure(SPOT), failure(FUTURES), *others, past=past)


def judged(seen: CycleFacts, *declared: Hedge) -> Finding:
    snapshots = [measure_hedge(one, seen) for one in declared or (hedge(),)]
    [finding] = EXCHANGE_RULES["exchange_down"]("binance", snapshots, SETTINGS["exchange_down"], seen)
    return finding


def at(mark: str, ref: InstrumentRef = ELSEWHERE) -> Any:
    return reading(ref, mark, mark, mark=mark)


@pytest.mark.parametrize(
    ("seconds", "mark", "severity"),
    [
        (180, "60000", WARNING),
        (181, "60000", CRITICAL),  # 10 % away by the other exchange
        (181, "52800", WARNING),  # 25 % away, and that is not inside
        (181, "52801", CRITICAL),
        (181, "66001", CRITICAL),  # past it
        (900, "50000", WARNING),
        (901, "50000", CRITICAL),
        (90, "66001", None),
    ],
)
def test_an_estimate_near_the_end_is_critical_after_three_minutes(
    seconds: int, mark: str, severity: Severity | None
) -> None:
    assert judged(silent(seconds, at(mark))).severity is severity


def test_the_alert_says_how_near_it_was_and_about_is() -> None:
    finding = judged(silent(240, at("64000")))
    assert "btc-core was 10.00 % from liquidation 4 min ago, by bybit:BTC/USDT:USDT about 3.12 % now" in finding.message
    assert finding.thresholds[CRITICAL] == 180
    past_it = judged(silent(240, at("67000")))
    assert "by bybit:BTC/USDT:USDT it is past it now" in past_it.message


@pytest.mark.parametrize("others", [(), (failure(ELSEWHERE),), (reading(ELSEWHERE, at=NOW - timedelta(seconds=16)),)])
def test_without_another_exchange_the_last_distance_stands_alone_and_waits(others: tuple[Any, ...]) -> None:
    finding = judged(silent(240, *others))
    assert finding.severity is WARNING
    assert "10.00 % from liquidation 4 min ago, and no other exchange is read" in finding.message


def test_spot_elsewhere_is_better_than_nothing_and_a_future_better_than_spot() -> None:
    spot = at("64000", ELSEWHERE_SPOT)
    assert "by bybit:BTC/USDT about" in judged(silent(240, spot)).message
    assert "by bybit:BTC/USDT:USDT about" in judged(silent(240, spot, at("64000"))).message


def test_the_distance_is_judged_by_the_hedges_own_warning() -> None:
    level = replace(SETTINGS["liquidation_distance"].levels[WARNING], fire=D("0.05"), clear=D("0.06"))
    calm = replace(SETTINGS["liquidation_distance"], levels={WARNING: level})
    declared = hedge(rules={**hedge().rules, "liquidation_distance": calm})
    assert judged(silent(240, at("60000")), declared).severity is WARNING
    assert judged(silent(240, at("64000")), declared).severity is CRITICAL


def test_what_the_leg_traded_before_says_nothing() -> None:
    finding = judged(silent(240, at("65000"), of=replace(FUTURES, symbol="BTC/USDC:USDC")))
    assert finding.severity is WARNING
    assert "from liquidation" not in finding.message


def test_an_exchange_that_answers_says_nothing_of_liquidation() -> None:
    seen = facts(reading(SPOT, "59999.5", "60000.5"), reading(), past=silent(240).past)
    assert judged(seen).message == "binance answers"
