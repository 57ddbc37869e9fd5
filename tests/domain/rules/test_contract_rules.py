"""Contracts that change, are taken off, or settle more often."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from hedgewatch.domain.contract_facts import ContractFact, FactName
from hedgewatch.domain.finding import Finding, OutcomeKind
from hedgewatch.domain.hedge import CycleFacts
from hedgewatch.domain.market import UnknownReason
from hedgewatch.domain.measure import measure_hedge
from hedgewatch.domain.rules import HEDGE_RULES
from tests.domain.accounts import position
from tests.domain.books import account_facts, read_hedge, said
from tests.domain.samples import FUTURES, NOW, SETTINGS, good_facts, hedge, leg

D = Decimal
BREACH, CLEAR, UNKNOWN = OutcomeKind.BREACH, OutcomeKind.CLEAR, OutcomeKind.UNKNOWN


def changed(name: FactName, before: str | None, value: str, hours_ago: int = 1) -> CycleFacts:
    fact = ContractFact(
        ref=FUTURES, name=name, value=value, before=before, seen_at=NOW - timedelta(hours=hours_ago), source="markets"
    )
    return replace(good_facts(), contracts={FUTURES: {name: fact}})


def judged(rule: str, seen: CycleFacts) -> Finding:
    return HEDGE_RULES[rule](measure_hedge(hedge(), seen), SETTINGS[rule], seen)[0]


@pytest.mark.parametrize(
    "name",
    [
        FactName.CONTRACT_SIZE,
        FactName.TICK,
        FactName.LOT_STEP,
        FactName.MIN_CONTRACTS,
        FactName.MIN_NOTIONAL,
        FactName.ORDER_UNIT,
        FactName.EXPIRY,
        FactName.PAYOFF,
    ],
)
def test_every_term_that_changed_is_told_for_a_day(name: FactName) -> None:
    finding = judged("contract_changed", changed(name, "1", "10"))
    assert (finding.kind, finding.severity) == (BREACH, "critical")
    assert f"its {name.replace('_', ' ')} was 1, now 10" in finding.message
    assert judged("contract_changed", changed(name, "1", "10", hours_ago=24)).kind is CLEAR
    assert judged("contract_changed", changed(name, None, "10")).kind is CLEAR, "seen for the first time"


@pytest.mark.parametrize(
    ("seen", "kind"),
    [
        (changed(FactName.FUNDING_INTERVAL_HOURS, "8", "4"), BREACH),
        (changed(FactName.FUNDING_INTERVAL_HOURS, "8", "4", hours_ago=24), CLEAR),
        (changed(FactName.FUNDING_INTERVAL_HOURS, None, "8"), CLEAR),
        (good_facts(), UNKNOWN),
    ],
)
def test_an_interval_that_changed_is_told(seen: CycleFacts, kind: OutcomeKind) -> None:
    finding = judged("funding_interval_change", seen)
    assert finding.kind is kind
    assert not finding.alertable, "an interval nobody tells is not available, no fault"
    assert judged("contract_changed", seen).kind is CLEAR


@pytest.mark.parametrize(
    ("seen", "kind"),
    [
        (changed(FactName.LISTING, "listed", "unlisted", hours_ago=100), BREACH),
        (changed(FactName.LISTING, "unlisted", "listed"), CLEAR),
        (good_facts(), UNKNOWN),
    ],
)
def test_a_contract_that_is_taken_off_is_told_as_long_as_it_is_off(seen: CycleFacts, kind: OutcomeKind) -> None:
    finding = judged("delisting", seen)
    assert finding.kind is kind
    assert (finding.unknown in {None, UnknownReason.NOT_AVAILABLE}, finding.alertable) == (True, False)
    if kind is BREACH:
        assert [(one.side.value, one.coins) for one in finding.orders] == [("buy", 5)]


# contracts at 60,000 a coin, what the exchange says they are worth
ROUTES = [("-5", "300000", CLEAR), ("-5", "302900", CLEAR), ("-5", "303100", BREACH), ("-5", "3000000", BREACH)]


@pytest.mark.parametrize(("contracts", "notional", "kind"), ROUTES)
def test_two_routes_to_the_notional_must_agree_within_one_percent(
    contracts: str, notional: str, kind: OutcomeKind
) -> None:
    seen = account_facts(said(replace(position(contracts), reported_notional=D(notional))))
    for declared in (read_hedge(), hedge(leg("-5"))):
        snapshot = measure_hedge(declared, seen)
        [finding] = HEDGE_RULES["contract_changed"](snapshot, SETTINGS["contract_changed"], seen)
        assert finding.kind is kind, "a declared leg is warned by any account that trades the same"
        assert (snapshot.legs[0].size_doubt is None) is (kind is CLEAR)


def test_a_size_that_changed_is_in_doubt_where_a_position_was_declared() -> None:
    seen = changed(FactName.CONTRACT_SIZE, "0.001", "1")
    assert measure_hedge(hedge(), seen).legs[0].size_doubt is not None
    assert measure_hedge(hedge(), changed(FactName.CONTRACT_SIZE, "0.001", "1", 24)).legs[0].size_doubt is None
