"""Profit target: below, at and above it; never the hedge alone."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from hedgewatch.domain.finding import Finding
from hedgewatch.domain.hedge import Hedge
from hedgewatch.domain.market import UnknownReason
from hedgewatch.domain.terms import HedgeTerms
from hedgewatch.domain.thresholds import Patience, RuleSettings, Severity
from tests.domain.cases import FUTURES_READING, SPOT, facts, failed, hedge, judged

RULE = RuleSettings(
    rule="profit_target", enabled=True, levels={}, keep_firing_for=Patience(), facts={Severity.WARNING: Patience()}
)
D = Decimal


def wanting(target: str | None, cost: str | None) -> Hedge:
    watched = hedge()
    held = tuple(
        replace(share, holding=replace(share.holding, cost_basis=None if cost is None else D(cost)))
        for share in watched.held
    )
    return replace(watched, held=held, terms=HedgeTerms(profit_target=None if target is None else D(target)))


def found_of(watched: Hedge) -> Finding:
    (found,) = judged("profit_target", RULE, watched)
    return found


@pytest.mark.parametrize(
    ("target", "kind"),
    [("0.51", "BAND"), ("0.5", "BREACH"), ("0.49", "BREACH"), ("0.625", "BAND"), ("0.6251", "CLEAR"), ("2", "CLEAR")],
)
def test_at_the_target_it_is_reached(target: str, kind: str) -> None:
    found = found_of(wanting(target, "40000"))
    assert (found.kind.value, found.value) == (kind, D("0.5"))
    assert found.thresholds == {Severity.WARNING: D(target)}


def test_coins_and_short_go_together() -> None:
    found = found_of(wanting("0.5", "40000"))
    assert [(order.ref.symbol, order.side, order.coins) for order in found.orders] == [
        ("BTC/USDT", "sell", 5),
        ("BTC/USDT:USDT", "buy", 5),
    ]
    assert "sell and close together" in found.message
    assert "both or neither" in found.message


def test_coins_of_unknown_cost_are_left_out_of_the_average() -> None:
    watched = wanting("0.5", "40000")
    unknown = replace(watched.held[0], holding=replace(watched.held[0].holding, name="gift", cost_basis=None))
    assert found_of(replace(watched, held=(*watched.held, unknown))).value == D("0.5")


def test_staked_coins_cost_what_they_stand_for() -> None:
    watched = wanting("0.5", "40000")
    staked = replace(watched.held[0].holding, name="staked", asset="wBTC", counts_as_per_unit=D(2), cost_basis=D(80000))
    assert found_of(replace(watched, held=(replace(watched.held[0], holding=staked),))).value == D("0.5")


@pytest.mark.parametrize(
    ("target", "cost", "words"), [(None, "40000", "no profit_target"), ("0.5", None, "cost_basis")]
)
def test_without_a_target_or_a_cost_it_is_not_available(target: str | None, cost: str | None, words: str) -> None:
    found = found_of(wanting(target, cost))
    assert found.unknown is UnknownReason.NOT_AVAILABLE
    assert words in found.message


def test_without_a_price_it_is_not_known() -> None:
    (found,) = judged("profit_target", RULE, wanting("0.5", "40000"), facts(failed(SPOT), FUTURES_READING))
    assert (found.unknown, found.alertable) == (UnknownReason.TIMEOUT, True)
