"""Cost outweighs: the worked numbers of the specification, each threshold, what is missing, and the way out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from hedgewatch.domain.alert_life import step
from hedgewatch.domain.finding import Finding, OutcomeKind
from hedgewatch.domain.hedge import CycleFacts, Hedge, HedgeSnapshot, Past
from hedgewatch.domain.history import BasisPast, LegPast
from hedgewatch.domain.instrument import InstrumentKind, InstrumentRef
from hedgewatch.domain.market import UnknownReason
from hedgewatch.domain.terms import HedgeTerms, Objective
from hedgewatch.domain.thresholds import Level, Patience, RuleSettings, Severity
from tests.domain.cases import (
    FUTURES,
    NOW,
    SPOT,
    SPOT_READING,
    Reading,
    facts,
    failed,
    hedge,
    instrument,
    judged,
    measured,
    read,
    settings,
)
from tests.domain.pasts import of_spot

BREACH, BAND, CLEAR = OutcomeKind.BREACH, OutcomeKind.BAND, OutcomeKind.CLEAR
RULE = settings("cost_outweighs", warning=("0.05", "0.03"), critical=("0.15", "0.10"))
D = Decimal


def past(
    rate: str | None = None, *, volatility: str | None = "0.6", basis: str | None = "0", returns: int = 90
) -> Past:
    leg = LegPast(
        basis=BasisPast(mean=D(0), hours=40),
        basis_volatility=None if basis is None else D(basis),
        week_rate_8h=None if rate is None else D(rate),
    )
    return Past(coins={SPOT: of_spot(volatility=volatility, returns=returns)}, legs={("btc-core", "perp"): leg})


def seen(rate: str, known: Past | None = None, *, future: Reading | None = None) -> CycleFacts:
    """The coming rate is the week's: what is expected is just it."""
    return facts(SPOT_READING, future or read(FUTURES, "60000", "60000", rate=rate), past=known or past(rate))


def found_of(rate: str, known: Past | None = None, watched: Hedge | None = None) -> Finding:
    (found,) = judged("cost_outweighs", RULE, watched or hedge(), seen(rate, known))
    return found


def snapshot_of(rate: str, watched: Hedge | None = None) -> HedgeSnapshot:
    return measured(watched or hedge(), seen(rate))


@pytest.mark.parametrize(
    ("rate", "cost", "ratio"),
    [("-0.0001", "2700", "0.0224"), ("-0.001", "27000", "0.2238"), ("-0.003", "81000", "0.6714")],
)
def test_the_numbers_of_the_specification(rate: str, cost: str, ratio: str) -> None:
    found = snapshot_of(rate)
    assert found.carry_cost_usd == D(cost)
    assert round(found.protection_usd or D(0), 2) == D("120640.90")
    assert round(found.cost_ratio or D(0), 4) == D(ratio)


@pytest.mark.parametrize(
    ("rate", "kind", "severity"),
    [
        ("0.0005", CLEAR, None),  # it earns
        ("-0.000134", CLEAR, None),
        ("-0.000135", BAND, None),
        ("-0.000223", BAND, None),
        ("-0.000224", BREACH, Severity.WARNING),
        ("-0.00067", BREACH, Severity.WARNING),
        ("-0.000671", BREACH, Severity.CRITICAL),
    ],
)
def test_the_ratio_breaches_strictly_beyond_fire(rate: str, kind: OutcomeKind, severity: Severity | None) -> None:
    found = found_of(rate)
    assert (found.kind, found.severity) == (kind, severity)


def test_the_expected_rate_is_half_the_week_and_half_what_is_coming() -> None:
    assert measured(hedge(), seen("-0.0004", past("-0.0002"))).carry_cost_usd == D("8100")
    assert measured(hedge(), seen("-0.0004", past(None))).carry_cost_usd == D("10800")


def test_the_end_of_the_hedge_is_the_horizon() -> None:
    until = replace(hedge(), terms=HedgeTerms(until=NOW + timedelta(days=10)))
    event = replace(hedge(), terms=HedgeTerms(event_at=NOW + timedelta(days=9)))
    over = replace(hedge(), terms=HedgeTerms(until=NOW - timedelta(days=9)))
    costs = [snapshot_of("-0.001", watched).carry_cost_usd for watched in (until, event, over)]
    assert costs == [9000, 9000, 900]


def test_half_a_hedge_protects_half_and_costs_half() -> None:
    half = snapshot_of("-0.001", hedge(contracts="-2.5"))
    assert half.carry_cost_usd == 13500
    assert round(half.protection_usd or D(0), 2) == D("60320.45")


def test_a_basis_that_wanders_takes_from_the_protection() -> None:
    restless = measured(hedge(), seen("-0.001", past("-0.001", basis="0.06")))
    assert round(restless.protection_usd or D(0), 2) == D("108576.81")  # a tenth of the deviation stays


def test_a_calm_month_counts_as_twenty_percent() -> None:
    calm = measured(hedge(), seen("-0.0001", past("-0.0001", volatility="0.05")))
    assert round(calm.protection_usd or D(0), 2) == D("40213.63")


def test_a_dated_future_costs_what_its_basis_comes_up() -> None:
    dated = InstrumentRef(exchange="binance", symbol="BTC/USDT:USDT-261225")
    listed = instrument(dated, kind=InstrumentKind.FUTURE, expiry=NOW + timedelta(days=60))
    watched = hedge()
    watched = replace(watched, legs=tuple(replace(leg, futures=dated) for leg in watched.legs))
    future = read(dated, "59400", "59400", rate=None, listed=listed)
    found = measured(watched, facts(SPOT_READING, future, past=past()))
    assert found.carry_cost_usd == 1500  # -1 % of 300,000, half of the way to expiry


@pytest.mark.parametrize(
    ("known", "words"),
    [
        (
            past("-0.001", volatility=None, returns=3),
            "the volatility of binance:BTC/USDT needs 30 daily returns, has 3",
        ),
        (past("-0.001", basis=None), "the basis of perp needs 48 hourly closes in a row, has 40"),
        (Past(), "needs 30 daily returns, has 0"),
    ],
)
def test_without_history_it_says_how_much_it_has_and_needs(known: Past, words: str) -> None:
    found = found_of("-0.001", known)
    assert (found.unknown, found.alertable) == (UnknownReason.NOT_AVAILABLE, False)
    assert words in found.message


def test_a_spot_source_without_a_past_borrows_the_volatility_of_its_contract() -> None:
    known = past("-0.001", volatility=None, returns=12)
    known = replace(known, coins={**known.coins, FUTURES: of_spot(volatility="0.6")})
    assert round(measured(hedge(), seen("-0.001", known)).protection_usd or D(0), 2) == D("120640.90")


def test_a_failed_exchange_hides_it_and_no_short_protects_nothing() -> None:
    (blind,) = judged("cost_outweighs", RULE, hedge(), seen("0", future=failed(FUTURES)))
    assert (blind.unknown, blind.alertable) == (UnknownReason.TIMEOUT, True)
    bare = found_of("-0.001", watched=hedge(contracts="0"))
    assert bare.unknown is UnknownReason.NOT_AVAILABLE
    assert "protects nothing" in bare.message


def test_a_hedge_for_carry_is_not_judged() -> None:
    carry = replace(hedge(), terms=HedgeTerms(objective=Objective.CARRY))
    assert found_of("-0.003", watched=carry).kind is CLEAR


def test_it_says_the_price_the_horizon_the_alternatives_and_the_order() -> None:
    found = found_of("-0.001")
    assert "decide: insurance costs 22 % of its protection: 27,000 USD expected (900 a day)" in found.message
    assert "120,641 USD of tail loss removed in 30 days at 60 % volatility a year" in found.message
    assert "it stays within 5 % for 1.5 days" in found.message
    assert "a dated future for that time costs less unless it trades 9.0 % below spot" in found.message
    assert "hedge less: no part is worth its price" in found.message
    assert "hedge less: a hedge ratio of 70 % weighs price against risk" in found_of("-0.0003").message
    assert [(order.side, order.coins) for order in found.orders] == [("buy", 5)]
    assert "then 5 BTC are unprotected" in found.message
    assert "is expected to earn 13,500 USD" in found_of("0.0005").message


@pytest.mark.parametrize(("rate", "fires"), [("-0.00223", []), ("-0.00224", [Severity.CRITICAL])])
def test_beyond_half_of_its_protection_nobody_waits(rate: str, fires: list[Severity]) -> None:
    waiting = {severity: replace(level, patience=Patience(seconds=D(28800))) for severity, level in RULE.levels.items()}
    at_once = Level(fire=D("0.50"), clear=D("0.35"), patience=Patience())
    ruled = RuleSettings(
        rule="cost_outweighs", enabled=True, levels=waiting, keep_firing_for=Patience(), at_once=at_once
    )
    _, events = step(None, found_of(rate), ruled, dt_seconds=D(0), now=NOW)
    assert [event.severity for event in events] == fires
