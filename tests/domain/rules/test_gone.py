"""What is proven gone: positions, parts of them, coins; and what is no loss."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from hedgewatch.domain.account import PartFailure
from hedgewatch.domain.finding import Finding, OutcomeKind
from hedgewatch.domain.hedge import CycleFacts, Hedge
from hedgewatch.domain.market import UnknownReason
from hedgewatch.domain.measure import measure_hedge
from hedgewatch.domain.proof import Believed, Fall
from hedgewatch.domain.rules import HEDGE_RULES
from tests.domain.accounts import position
from tests.domain.books import account_facts, balance, read_hedge, read_leg, said
from tests.domain.samples import FUTURES, INVERSE, NOW, SETTINGS, hedge, leg, reading

D = Decimal
BREACH, CLEAR = OutcomeKind.BREACH, OutcomeKind.CLEAR


def fallen(before: str, left: str, *, coins: str = "5", coins_before: str | None = None) -> CycleFacts:
    """What is known after a position fell, and perhaps the coins of the account."""
    held = [position(left)] if D(left) else []
    seen = account_facts(said(*held, balances=(balance("BTC", coins),)))
    beliefs: dict[Any, Any] = {}
    for subject, belief in seen.beliefs.items():
        if subject.side:
            fall = Fall(before=D(before), at=NOW) if D(before) != D(left) else None
            beliefs[subject] = Believed(value=D(left), fall=fall)
        else:
            fell = Fall(before=D(coins_before), at=NOW) if coins_before else None
            beliefs[subject] = Believed(value=D(coins), fall=fell)
        assert belief
    return replace(seen, beliefs=beliefs)


def judged(rule: str, seen: CycleFacts, declared: Hedge | None = None) -> Finding:
    snapshot = measure_hedge(declared or read_hedge(), seen)
    return HEDGE_RULES[rule](snapshot, SETTINGS[rule], seen)[0]


# contracts before and now, coins declared: missing, reduced
LOSSES = [
    ("-5", "0", "5", BREACH, CLEAR),
    ("-5", "-4", "5", CLEAR, BREACH),
    ("-5", "-4.91", "5", CLEAR, CLEAR),  # less than 2 % is no loss
    ("-5", "-4.89", "5", CLEAR, BREACH),
    ("-6", "-5", "5", CLEAR, CLEAR),  # it was too much, and is right now
    ("-5", "-3", "3", CLEAR, CLEAR),  # coins were sold, and so much of the short closed
    ("-5", "-5", "5", CLEAR, CLEAR),
]


@pytest.mark.parametrize(("before", "now", "coins", "missing", "reduced"), LOSSES)
def test_a_loss_is_told_where_the_hedge_lacks_it(
    before: str, now: str, coins: str, missing: OutcomeKind, reduced: OutcomeKind
) -> None:
    seen, declared = fallen(before, now), read_hedge(coins=coins)
    assert judged("position_missing", seen, declared).kind is missing
    assert judged("position_reduced", seen, declared).kind is reduced


def test_what_is_gone_carries_the_order_that_hedges_anew() -> None:
    finding = judged("position_missing", fallen("-5", "0"))
    assert (finding.severity, finding.value, finding.thresholds) == ("critical", None, {})
    assert [(one.side.value, one.coins, one.account) for one in finding.orders] == [("sell", 5, "treasury")]
    assert "was -5 contracts and is gone" in finding.message


def test_a_short_that_moved_to_another_leg_is_not_missed() -> None:
    declared = read_hedge(read_leg(), leg("-3000", INVERSE))
    seen = fallen("-5", "0")
    seen = replace(seen, readings={**seen.readings, INVERSE: reading(INVERSE, mark="60000")})
    assert judged("position_missing", seen, declared).kind is CLEAR, "the inverse leg covers the coins"


@pytest.mark.parametrize("rule", ["position_missing", "position_reduced"])
def test_a_declared_position_cannot_be_gone(rule: str) -> None:
    finding = judged(rule, account_facts(said(position("-5"))), hedge())
    assert (finding.unknown, finding.alertable) == (UnknownReason.NOT_AVAILABLE, False)


@pytest.mark.parametrize("rule", ["position_missing", "position_reduced", "orphaned", "drift"])
def test_what_is_in_doubt_is_unknown_and_told_as_such(rule: str) -> None:
    failed = said(positions=PartFailure(reason=UnknownReason.TIMEOUT, detail="late"))
    finding = judged(rule, account_facts(failed))
    assert (finding.unknown, finding.alertable) == (UnknownReason.TIMEOUT, True)
    assert "late" in finding.message


# coins of the account, coins before, contracts: outcome, condition
ORPHANS = [
    ("0", "5", "-5", BREACH, "if you no longer own these coins"),
    ("0.5", "5", "-5", CLEAR, None),
    ("0", "5", "0", CLEAR, None),
    ("-0.1", "5", "-5", BREACH, "if you no longer own these coins"),  # a debt
]


@pytest.mark.parametrize(("coins", "before", "contracts", "outcome", "condition"), ORPHANS)
def test_a_short_without_coins_is_an_orphan(
    coins: str, before: str, contracts: str, outcome: OutcomeKind, condition: str | None
) -> None:
    seen = fallen(contracts, contracts, coins=coins, coins_before=before)
    finding = judged("orphaned", seen, read_hedge(coins=None, from_account=True))
    assert (finding.kind, finding.condition) == (outcome, condition)
    if outcome is BREACH:
        [order] = finding.orders
        assert (order.side.value, order.coins, order.reduce_only) == ("buy", 5, True)


def test_too_much_short_after_coins_left_is_bought_back_on_a_condition() -> None:
    seen = fallen("-5", "-5", coins="3", coins_before="5")
    declared = read_hedge(coins=None, from_account=True)
    snapshot = measure_hedge(declared, seen)
    over = HEDGE_RULES["drift"](snapshot, SETTINGS["drift"], seen)[1]
    assert (over.target.side, over.kind, over.condition) == ("over", BREACH, "if you no longer own these coins")
    assert FUTURES in {order.ref for order in over.orders}
