"""Liquidation, leverage, ADL and margin: at each edge, blind, declared and read, linear and inverse."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from hedgewatch.domain.account import AccountFailure, AccountSnapshot, MarginMode, Never, PartFailure, UnreadWallet
from hedgewatch.domain.finding import Finding, OutcomeKind
from hedgewatch.domain.hedge import CycleFacts, Hedge
from hedgewatch.domain.inventory import HeldShare
from hedgewatch.domain.margin_advice import survival_advice
from hedgewatch.domain.market import MarketReading, UnknownReason
from hedgewatch.domain.measure import measure_hedge
from hedgewatch.domain.rules import ACCOUNT_RULES, EXCHANGE_RULES, HEDGE_RULES
from tests.domain.accounts import position, wallet
from tests.domain.books import (
    account_facts,
    balance,
    dollars,
    inverse_reading,
    isolated,
    order,
    read_hedge,
    read_leg,
    said,
    tiers,
)
from tests.domain.samples import (
    CRITICAL,
    FUTURES,
    INVERSE,
    SETTINGS,
    WARNING,
    facts,
    failure,
    hedge,
    holding,
    leg,
    reading,
    spot_reading,
)

D = Decimal
BREACH, BAND, CLEAR, UNKNOWN = OutcomeKind.BREACH, OutcomeKind.BAND, OutcomeKind.CLEAR, OutcomeKind.UNKNOWN
FLAT_RATE = D("0.005")
AT_MARK = (spot_reading(), reading(mark="60000"))
PerLevel = tuple[OutcomeKind, OutcomeKind]


def asked(rule: str, declared: Hedge, seen: CycleFacts) -> Finding:
    snapshot = measure_hedge(declared, seen)
    return HEDGE_RULES[rule](snapshot, SETTINGS[rule], seen)[0]


def short(margin: str, contracts: str = "-5", **position: Decimal) -> Hedge:
    """Declared: a short entered at its mark of 60,000."""
    terms = {"entry_price": D(60000), "margin": D(margin), "maintenance_margin_rate": FLAT_RATE, **position}
    return hedge(leg(contracts, **terms))


def margin_for(distance: str) -> str:
    """The margin with which 5 BTC short at 60,000 die at exactly this distance, with no maintenance margin."""
    return str(5 * 60000 * D(distance))


def levels(finding: Finding) -> PerLevel:
    return finding.levels[WARNING], finding.levels[CRITICAL]


@pytest.mark.parametrize(
    ("distance", "expected"),
    [
        ("0.0999", (BREACH, BREACH)),
        ("0.10", (BREACH, BAND)),
        ("0.13", (BREACH, BAND)),
        ("0.1301", (BREACH, CLEAR)),
        ("0.2499", (BREACH, CLEAR)),
        ("0.25", (BAND, CLEAR)),
        ("0.30", (BAND, CLEAR)),
        ("0.3001", (CLEAR, CLEAR)),
    ],
)
def test_the_distance_to_liquidation_at_its_edges(distance: str, expected: PerLevel) -> None:
    declared = short(margin_for(distance), maintenance_margin_rate=D(0))
    finding = asked("liquidation_distance", declared, facts(*AT_MARK))
    assert (levels(finding), finding.value) == (expected, D(distance))
    read = account_facts(said(isolated("-5", margin_for(distance)), terms=(tiers(("0", "0")),)))
    assert levels(asked("liquidation_distance", read_hedge(), read)) == expected


def test_the_playbooks_ten_times_short_is_told_what_saves_it() -> None:
    finding = asked("liquidation_distance", short("30000"), facts(*AT_MARK))
    assert (finding.severity, round(finding.value or D(0), 4)) == (CRITICAL, D("0.0945"))
    assert finding.top_up is not None
    assert (finding.top_up.amount, finding.top_up.asset) == (D(122250), "USDT")
    assert finding.top_up.liquidation_price_after == 90000
    [cut] = finding.orders
    assert (cut.side.value, cut.coins, cut.reduce_only) == ("buy", D("4.015"), True)
    assert finding.condition == "if no margin is added instead"
    for words in ("liquidated by a rise of 9.45 %, at 65671.642", "add 122250 USDT", "19.7 % hedged", "naked"):
        assert words in finding.message


def test_the_margin_of_an_inverse_short_is_told_in_coins() -> None:
    declared = hedge(
        leg("-3000", INVERSE, entry_price=D(60000), margin=D("0.5"), maintenance_margin_rate=FLAT_RATE), coins="5"
    )
    finding = asked("liquidation_distance", declared, facts(spot_reading(), inverse_reading()))
    assert finding.severity is WARNING
    assert finding.top_up is not None
    assert (finding.top_up.amount, finding.top_up.asset) == (D("1.18333334"), "BTC")
    assert finding.orders[0].contracts < 3000


def test_a_coin_margined_short_at_1x_is_never_liquidated_and_that_is_no_unknown() -> None:
    declared = hedge(leg("-3000", INVERSE, entry_price=D(60000), margin=D(5), maintenance_margin_rate=FLAT_RATE))
    finding = asked("liquidation_distance", declared, facts(spot_reading(), inverse_reading()))
    assert (finding.kind, finding.unknown, finding.value) == (CLEAR, None, None)
    assert "cannot be liquidated" in finding.message
    never = account_facts(said(isolated("-5", "30000", liquidation_price=Never.NEVER)))
    assert asked("liquidation_distance", read_hedge(), never).kind is CLEAR


@pytest.mark.parametrize("rule", ["liquidation_distance", "leverage"])
def test_a_flat_leg_is_clear_and_one_in_doubt_is_not(rule: str) -> None:
    assert asked(rule, hedge(leg("0")), facts(*AT_MARK)).kind is CLEAR
    late = account_facts(said(positions=PartFailure(reason=UnknownReason.TIMEOUT, detail="late")))
    finding = asked(rule, read_hedge(), late)
    assert (finding.unknown, finding.alertable) == (UnknownReason.TIMEOUT, True)


@pytest.mark.parametrize("rule", ["liquidation_distance", "leverage", "liquidation_price_mismatch"])
@pytest.mark.parametrize(
    ("readings", "reason"),
    [
        ((spot_reading(), failure()), UnknownReason.TIMEOUT),
        ((spot_reading(), replace(reading(), quote=None)), UnknownReason.MISSING),
        ((spot_reading(), reading(mark=None)), UnknownReason.MISSING),
    ],
)
def test_without_a_price_of_now_nothing_about_margin_is_known(
    rule: str, readings: tuple[MarketReading, ...], reason: UnknownReason
) -> None:
    finding = asked(rule, short("30000"), facts(*readings))
    assert (finding.kind, finding.unknown) == (UNKNOWN, reason)


@pytest.mark.parametrize("rule", ["liquidation_distance", "leverage"])
def test_a_wallet_that_could_not_be_read_blinds_what_it_backs(rule: str) -> None:
    seen = account_facts(said(position("-5"), wallets=PartFailure(reason=UnknownReason.FETCH_ERROR, detail="HTTP 502")))
    assert asked(rule, read_hedge(), seen).unknown is UnknownReason.FETCH_ERROR


@pytest.mark.parametrize("rule", ["liquidation_distance", "leverage"])
def test_a_position_declared_without_its_margin_is_not_available(rule: str) -> None:
    finding = asked(rule, hedge(leg("-5")), facts(*AT_MARK))
    assert (finding.unknown, finding.alertable) == (UnknownReason.NOT_AVAILABLE, False)
    assert "declare the position's margin" in finding.message


def test_an_unknown_maintenance_margin_of_a_declared_short_is_assumed_and_said() -> None:
    declared = hedge(leg("-5", entry_price=D(60000), margin=D(30000)))
    finding = asked("liquidation_distance", declared, facts(*AT_MARK))
    assert round(finding.value or D(0), 4) == D("0.0945")
    assert "assuming 0.5 % maintenance margin" in finding.message


def test_what_rests_is_taken_off_the_cut_and_a_wallet_is_topped_up_as_one() -> None:
    resting = said(position("-5"), wallets=(replace(wallet(D(1500)), equity=D(30000)),), orders=(order("1"),))
    finding = asked("liquidation_distance", read_hedge(), account_facts(resting))
    assert (finding.severity, finding.orders[0].account) == (CRITICAL, "treasury")
    assert finding.top_up is not None
    assert finding.top_up.account == "treasury"
    alone = asked("liquidation_distance", read_hedge(), account_facts(replace(resting, orders=())))
    assert alone.orders[0].coins - finding.orders[0].coins == 1


def test_what_is_cut_of_a_proxy_is_counted_in_its_own_coins() -> None:
    seen = facts(*AT_MARK)
    snapshot = measure_hedge(short("30000"), seen)
    [own] = snapshot.legs
    for per_coin in (D(1), D(20), None):
        proxied = replace(own, per_coin=per_coin)
        advice = survival_advice(
            replace(snapshot, legs=(proxied,)), proxied, SETTINGS["liquidation_distance"].levels, seen
        )
        assert [one.coins for one in advice.cut.orders] == [D("4.015")]


def test_nothing_is_reckoned_while_a_contract_is_in_doubt() -> None:
    row = isolated("-5", "30000", reported_notional=D(3_000_000))
    finding = asked("liquidation_distance", read_hedge(), account_facts(said(row, terms=(tiers(("0", "0.005")),))))
    assert (finding.severity, finding.top_up, finding.orders) == (CRITICAL, None, ())
    assert "while its contract is in doubt" in finding.message


MARGINS = ["30000", "40000", "20000", "3000"]


@pytest.mark.parametrize("margin", MARGINS)
@pytest.mark.parametrize("mark", ["60000", "55000", "65000"])
def test_the_margin_advised_survives_half_again_and_no_less(margin: str, mark: str) -> None:
    readings = spot_reading(mark, mark), reading(bid=mark, ask=mark, mark=mark)
    before = asked("liquidation_distance", short(margin), facts(*readings))
    assert before.top_up is not None
    after = measure_hedge(short(str(D(margin) + before.top_up.amount)), facts(*readings))
    distance = after.legs[0].liquidation_distance
    assert distance is not None
    assert D("0.5") <= distance < D("0.50001")


@pytest.mark.parametrize("margin", MARGINS)
def test_the_cut_advised_survives_as_well(margin: str) -> None:
    before = asked("liquidation_distance", short(margin), facts(*AT_MARK))
    left = short(margin, str(-5 + before.orders[0].contracts))
    distance = measure_hedge(left, facts(*AT_MARK)).legs[0].liquidation_distance
    assert distance is not None
    assert D("0.5") <= distance


def test_a_unified_account_is_topped_up_until_it_survives_as_a_whole() -> None:
    def account(equity: Decimal) -> AccountSnapshot:
        coins = (balance("BTC", "1", "unified"),)
        return said(position("-5"), wallets=(dollars(str(equity), "1500"),), balances=coins)

    before = asked("liquidation_distance", read_hedge(), account_facts(account(D(40000))))
    assert before.top_up is not None
    after = measure_hedge(read_hedge(), account_facts(account(40000 + before.top_up.amount)))
    assert round(after.legs[0].liquidation_distance or D(0), 4) == D("0.5")


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ("5.01", (BREACH, BREACH)),
        ("5", (BREACH, BAND)),
        ("4.5", (BREACH, BAND)),
        ("4.49", (BREACH, CLEAR)),
        ("3.01", (BREACH, CLEAR)),
        ("3", (BAND, CLEAR)),
        ("2.7", (BAND, CLEAR)),
        ("2.69", (CLEAR, CLEAR)),
    ],
)
def test_leverage_at_its_edges(times: str, expected: PerLevel) -> None:
    margin = str(D(270000) / D(times))
    declared = asked("leverage", short(margin, "-4.5"), facts(*AT_MARK))
    read = asked("leverage", read_hedge(), account_facts(said(isolated("-4.5", margin))))
    assert levels(declared) == levels(read) == expected


def test_a_thin_full_hedge_and_a_small_calm_one_are_told_apart_in_words() -> None:
    thin = asked("leverage", short("30000"), facts(*AT_MARK))
    small = asked("leverage", short("30000", "-0.5"), facts(*AT_MARK))
    assert (thin.severity, small.severity) == (CRITICAL, None)
    assert "runs at 10x, liquidated by a rise of 9.5 %" in thin.message
    assert "how long it survives, not how much it hedges: 100 %" in thin.message
    assert "runs at 1x, liquidated by a rise of 99.0 %" in small.message
    assert "not how much it hedges: 10 %" in small.message


def test_either_way_the_leverage_advised_is_clear() -> None:
    finding = asked("leverage", short("30000"), facts(*AT_MARK))
    assert finding.top_up is not None
    added = asked("leverage", short(str(30000 + finding.top_up.amount)), facts(*AT_MARK))
    cut = asked("leverage", short("30000", str(-5 + finding.orders[0].contracts)), facts(*AT_MARK))
    assert (added.kind, cut.kind) == (CLEAR, CLEAR)


def test_a_short_without_any_equity_is_a_breach_not_an_unknown() -> None:
    finding = asked("leverage", short("30000", entry_price=D(50000)), facts(*AT_MARK))
    assert (finding.severity, finding.value) == (CRITICAL, None)
    assert "no equity left" in finding.message


@pytest.mark.parametrize(
    ("place", "expected"), [(1, (CLEAR, CLEAR)), (3, (CLEAR, CLEAR)), (4, (BREACH, BAND)), (5, (BREACH, BREACH))]
)
def test_the_queue_is_told_from_the_fourth_place_of_five(place: int, expected: PerLevel) -> None:
    finding = asked("adl", read_hedge(), account_facts(said(isolated("-5", "60000", adl_quantile=place))))
    assert (levels(finding), finding.value) == (expected, D(place))
    if expected[0] is BREACH:
        assert finding.top_up is not None
        assert finding.top_up.amount == 60000, "twice the margin is half the leverage"
        assert finding.orders[0].coins == D("2.5")
        assert "move a part to another exchange" in finding.message


@pytest.mark.parametrize(
    ("declared", "answer"),
    [(hedge(), said(position("-5"))), (read_hedge(), said(isolated("-5", "60000", adl_quantile=None)))],
)
def test_a_place_that_nobody_tells_is_not_available(declared: Hedge, answer: AccountSnapshot) -> None:
    assert asked("adl", declared, account_facts(answer)).unknown is UnknownReason.NOT_AVAILABLE


MODES = [
    (MarginMode.ISOLATED, MarginMode.CROSS, BREACH),
    (MarginMode.ISOLATED, MarginMode.ISOLATED, CLEAR),
    (MarginMode.CROSS, MarginMode.CROSS, CLEAR),
    (MarginMode.CROSS, MarginMode.ISOLATED, CLEAR),
    (None, MarginMode.CROSS, UNKNOWN),
    (MarginMode.ISOLATED, None, UNKNOWN),
]


@pytest.mark.parametrize(("expected", "found", "kind"), MODES)
def test_cross_where_isolated_was_declared_is_told(
    expected: MarginMode | None, found: MarginMode | None, kind: OutcomeKind
) -> None:
    row = replace(isolated("-5", "60000"), margin_mode=found)
    finding = asked("margin_mode", read_hedge(read_leg(expected_mode=expected)), account_facts(said(row)))
    assert (finding.kind, finding.alertable) == (kind, False)


def test_a_declared_position_has_no_mode_to_read() -> None:
    assert asked("margin_mode", hedge(), facts(*AT_MARK)).unknown is UnknownReason.NOT_AVAILABLE


@pytest.mark.parametrize(
    ("apart", "kind"), [("0.0149", CLEAR), ("0.015", BAND), ("0.02", BAND), ("0.0201", BREACH), ("-0.0201", BREACH)]
)
def test_two_liquidation_prices_apart_at_the_edges(apart: str, kind: OutcomeKind) -> None:
    ours = 65000 * (1 + D(apart))
    row = isolated("-5", str(5 * (ours - 60000)), liquidation_price=D(65000))
    finding = asked("liquidation_price_mismatch", read_hedge(), account_facts(said(row, terms=(tiers(("0", "0")),))))
    assert finding.kind is kind
    assert finding.value == D(apart)


def test_where_ours_is_never_and_theirs_is_not_somebody_is_wrong() -> None:
    row = replace(
        position("-3000", INVERSE, mode=MarginMode.ISOLATED), margin=D(6), liquidation_price=D(90000),
        reported_notional=D(300000), maintenance_margin=D("0.025"),
    )  # fmt: skip
    finding = asked(
        "liquidation_price_mismatch", read_hedge(read_leg(INVERSE)), account_facts(said(row), inverse_reading())
    )
    assert (finding.severity, finding.value) == (WARNING, None)


@pytest.mark.parametrize(
    "answer",
    [
        said(isolated("-5", "30000", liquidation_price=None)),
        said(position("-5"), wallets=(dollars("40000", "1500"),)),
    ],
)
def test_one_price_alone_is_nothing_to_compare(answer: AccountSnapshot) -> None:
    finding = asked("liquidation_price_mismatch", read_hedge(), account_facts(answer))
    assert finding.unknown is UnknownReason.NOT_AVAILABLE


def shared(answer: AccountSnapshot) -> Finding:
    return asked("collateral_shared", read_hedge(coins=None, from_account=True), account_facts(answer))


@pytest.mark.parametrize(
    ("place", "wallets", "kind"),
    [
        ("unified", (dollars("400000", "3000"),), BREACH),
        ("spot", (dollars("400000", "3000"),), CLEAR),
        ("usd-m", (wallet(D(1500)),), CLEAR),  # dollars back it, the coins there do not
        ("usd-m", (wallet(D("0.02"), asset="BTC"),), BREACH),
        ("usd-m", (wallet(D(0), asset="BTC"),), CLEAR),  # nothing uses it
    ],
)
def test_coins_that_back_positions_are_told(place: str, wallets: Any, kind: OutcomeKind) -> None:
    finding = shared(said(position("-5"), wallets=wallets, balances=(balance("BTC", "5", place),)))
    assert finding.kind is kind
    if kind is BREACH:
        assert f"5 BTC of hot lie in the {place} wallet of account treasury" in finding.message


@pytest.mark.parametrize("part", ["wallets", "balances", "positions"])
def test_a_part_that_was_not_read_leaves_open_what_the_coins_back(part: str) -> None:
    failed = PartFailure(reason=UnknownReason.TIMEOUT, detail="late")
    answer = replace(said(position("-5"), balances=(balance("BTC", "5"),)), **{part: failed})
    assert shared(answer).unknown is UnknownReason.TIMEOUT


def test_declared_coins_are_margin_if_their_owner_says_so() -> None:
    for is_collateral, kind in ((True, BREACH), (False, CLEAR)):
        held = replace(holding(), is_collateral=is_collateral)
        declared = hedge(held=(HeldShare(holding=held, share=D(1)),))
        assert asked("collateral_shared", declared, facts(*AT_MARK)).kind is kind


def used(answer: AccountSnapshot | AccountFailure, *declared: Hedge) -> Finding:
    seen = account_facts(answer) if isinstance(answer, AccountSnapshot) else facts(*AT_MARK)
    seen = replace(seen, accounts={"treasury": answer})
    snapshots = [measure_hedge(one, seen) for one in declared or (read_hedge(),)]
    (finding,) = ACCOUNT_RULES["margin_usage"]("treasury", snapshots, SETTINGS["margin_usage"], seen)
    return finding


def wallet_used(usage: str) -> AccountSnapshot:
    return said(position("-5"), wallets=(replace(wallet(D(100000) * D(usage)), equity=D(100000)),))


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ("0.0799", (CLEAR, CLEAR)),
        ("0.08", (BAND, CLEAR)),
        ("0.10", (BAND, CLEAR)),
        ("0.1001", (BREACH, CLEAR)),
        ("0.20", (BREACH, BAND)),
        ("0.25", (BREACH, BAND)),
        ("0.2501", (BREACH, BREACH)),
    ],
)
def test_margin_usage_at_its_edges(usage: str, expected: PerLevel) -> None:
    finding = used(wallet_used(usage))
    assert (levels(finding), finding.value) == (expected, D(usage))
    assert (finding.target.account, finding.target.hedge, finding.hedges) == ("treasury", "", ("btc-core",))


def test_the_margin_that_calms_a_wallet_is_told_with_its_account() -> None:
    finding = used(wallet_used("0.25"))
    assert finding.top_up is not None
    assert (finding.top_up.account, finding.top_up.asset) == ("treasury", "USDT")
    after = replace(wallet(D(25000)), equity=100000 + finding.top_up.amount)
    assert used(said(position("-5"), wallets=(after,))).kind is CLEAR


NO_LINEAR = UnreadWallet(refs=(FUTURES,), failure=PartFailure(reason=UnknownReason.TIMEOUT, detail="late"))


@pytest.mark.parametrize(
    ("answer", "kind", "reason"),
    [
        (AccountFailure(account="treasury", exchange="binance", reason=UnknownReason.BANNED, detail="banned"), UNKNOWN,
         UnknownReason.BANNED),
        (said(position("-5"), wallets=PartFailure(reason=UnknownReason.TIMEOUT, detail="late")), UNKNOWN,
         UnknownReason.TIMEOUT),
        (said(position("-5"), wallets=(), unread_wallets=(NO_LINEAR,)), UNKNOWN, UnknownReason.TIMEOUT),
        (said(position("-5"), wallets=(wallet(None),)), UNKNOWN, UnknownReason.NOT_AVAILABLE),
        (said(isolated("-5", "60000")), CLEAR, None),  # it has margin of its own
        (said(position("-5"), wallets=(replace(wallet(D(1500)), equity=D(0)),)), BREACH, None),
    ],
)  # fmt: skip
def test_a_wallet_that_is_not_known_is_not_clear(
    answer: AccountSnapshot | AccountFailure, kind: OutcomeKind, reason: UnknownReason | None
) -> None:
    finding = used(answer)
    assert (finding.kind, finding.unknown) == (kind, reason)


def test_one_alert_of_an_account_names_all_hedges_it_backs() -> None:
    other = replace(read_hedge(), name="btc-more")
    assert used(wallet_used("0.3"), read_hedge(), other).hedges == ("btc-core", "btc-more")


@pytest.mark.parametrize(
    ("skew", "expected"),
    [
        ("0.499", (CLEAR, CLEAR)),
        ("0.5", (BAND, CLEAR)),
        ("-1", (BAND, CLEAR)),
        ("-1.001", (BREACH, CLEAR)),
        ("3", (BREACH, BAND)),
        ("5", (BREACH, BAND)),
        ("-5.001", (BREACH, BREACH)),
    ],
)
def test_clocks_apart_either_way_are_told(skew: str, expected: PerLevel) -> None:
    finding = compared(D(skew))
    assert (levels(finding), finding.value, finding.hedges) == (expected, D(skew), ("btc-core",))
    assert ("ahead of" in finding.message) is (D(skew) > 0)


def test_clocks_that_were_not_compared_are_not_available() -> None:
    assert compared(None).unknown is UnknownReason.NOT_AVAILABLE


def compared(skew: Decimal | None) -> Finding:
    seen = facts(*AT_MARK)
    seen = replace(seen, answers={"binance": replace(seen.answers["binance"], skew_seconds=skew)})
    snapshots = [measure_hedge(hedge(), seen)]
    (finding,) = EXCHANGE_RULES["clock_skew"]("binance", snapshots, SETTINGS["clock_skew"], seen)
    return finding


def test_futures_are_named_as_they_are_traded() -> None:
    assert str(FUTURES) in asked("leverage", short("30000"), facts(*AT_MARK)).message
