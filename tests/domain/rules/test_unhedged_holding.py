"""Unhedged holding: a share that nobody covers, coins of no hedge, and the hedge that was closed."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from hedgewatch.domain.finding import Finding
from hedgewatch.domain.hedge import Hedge
from hedgewatch.domain.inventory import Holding
from hedgewatch.domain.owned import holdings_of
from hedgewatch.domain.rules import HOLDING_RULES
from hedgewatch.domain.thresholds import Patience, RuleSettings, Severity
from tests.domain.cases import facts, hedge, measured

RULE = RuleSettings(
    rule="unhedged_holding", enabled=True, levels={}, keep_firing_for=Patience(), facts={Severity.INFO: Patience()}
)
D = Decimal
COLD = hedge().held[0].holding


def sharing(share: str, name: str = "btc-core") -> Hedge:
    watched = hedge()
    return replace(watched, name=name, held=(replace(watched.held[0], share=D(share)),))


def found_of(*hedges: Hedge, owned: Holding = COLD) -> Finding:
    seen = replace(facts(), holdings={owned.name: owned})
    (found,) = HOLDING_RULES["unhedged_holding"](owned.name, [measured(one, seen) for one in hedges], RULE, seen)
    return found


@pytest.mark.parametrize(("share", "kind"), [("0.999", "BREACH"), ("1", "CLEAR")])
def test_all_of_it_must_be_covered(share: str, kind: str) -> None:
    found = found_of(sharing(share))
    assert (found.kind.value, found.value, found.target.side) == (kind, None, "cold")


def test_several_hedges_may_share_it() -> None:
    assert found_of(sharing("0.6"), sharing("0.4", "other")).kind.value == "CLEAR"


def test_it_says_how_much_of_what_and_what_that_is_worth() -> None:
    assert found_of(sharing("0.6")).message == (
        "cold: 2 BTC are covered by no hedge, worth 120,000 USD (hedged 60 % by btc-core)"
    )


def test_a_hedge_that_is_closed_covers_nothing() -> None:
    assert found_of().message == "cold: 5 BTC are covered by no hedge"


def test_staked_coins_are_worth_what_they_stand_for() -> None:
    staked = Holding(name="staked", asset="wBTC", quantity=D(3), counts_as_asset="BTC", counts_as_per_unit=D("0.5"))
    assert found_of(sharing("1"), owned=staked).message == "staked: 3 wBTC are covered by no hedge, worth 90,000 USD"


def test_what_an_account_holds_for_no_hedge_is_named_without_a_number() -> None:
    read = replace(COLD, name="hot", quantity=None, account="treasury")
    assert found_of(owned=read).message == "hot: what account treasury holds of BTC is covered by no hedge"


def test_every_holding_is_kept_with_its_value_hedged_or_not() -> None:
    other = replace(COLD, name="spare", quantity=D(2), cost_basis=D(50000))
    strange = replace(COLD, name="alts", asset="XYZ", counts_as_asset="XYZ", quantity=D(10))
    kept = {one.holding: one for one in holdings_of([measured()], [COLD, other, strange])}
    assert [kept[name].value_usd for name in ("cold", "spare", "alts")] == [300000, 120000, None]
    assert (kept["spare"].cost_basis_usd, kept["spare"].unrealised_pnl_usd) == (100000, 20000)
