"""Legs that are read: what they hold, how near they are to liquidation, what coins stand behind them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from hedgewatch.domain.account import AccountFailure, MarginMode, Never, PartFailure, TierUnit
from hedgewatch.domain.hedge import Quality
from hedgewatch.domain.instrument import Payoff, PositionSide
from hedgewatch.domain.liquidation import liq_price, liq_price_tiered
from hedgewatch.domain.market import UnknownReason
from hedgewatch.domain.measure import measure_hedge
from hedgewatch.domain.unified import Pledge, whole_account_price
from tests.domain.accounts import position, wallet
from tests.domain.books import (
    ACCOUNT,
    account_facts,
    balance,
    dollars,
    inverse_reading,
    isolated,
    measured,
    read_hedge,
    read_leg,
    said,
    tiers,
)
from tests.domain.samples import INVERSE, NOW, leg

D = Decimal
EXACTLY = D("1e-25")
STEPS = (("0", "0.004"), ("50000", "0.005"), ("1000000", "0.01"))
PAIRS = [(D(floor), D(rate)) for floor, rate in STEPS]


def test_what_the_account_holds_is_what_the_leg_holds() -> None:
    snapshot = measured(said(position("-4.8")))
    [found] = snapshot.legs
    assert (found.contracts, found.coins, snapshot.hedge_ratio) == (D("-4.8"), D("-4.8"), D("0.96"))
    assert (snapshot.quality, found.held.doubt) == (Quality.OK, None)
    assert found.data_age_seconds == 0


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (said(positions=PartFailure(reason=UnknownReason.MAINTENANCE, detail="closed")), UnknownReason.MAINTENANCE),
        (said(), UnknownReason.LEG_MISSING),
        (said(position("-5"), received_at=NOW - timedelta(seconds=61)), UnknownReason.STALE),
    ],
)
def test_what_is_not_proven_is_not_known(answer: object, reason: UnknownReason) -> None:
    snapshot = measured(answer)  # type: ignore[arg-type]  # snapshots all
    [found] = snapshot.legs
    assert (found.contracts, found.coins, snapshot.hedge_ratio, snapshot.futures_coins) == (None,) * 4
    assert found.held.doubt is not None
    assert found.held.doubt.reason is reason
    assert snapshot.quality in {Quality.UNKNOWN, Quality.STALE}
    assert found.basis_rate is not None, "prices are known all the same"


def test_an_account_that_failed_blinds_the_hedge() -> None:
    down = AccountFailure(account=ACCOUNT, exchange="binance", reason=UnknownReason.BANNED, detail="banned")
    seen = account_facts(said(position("-5")))
    snapshot = measure_hedge(read_hedge(from_account=True), replace(seen, accounts={ACCOUNT: down}, beliefs={}))
    assert (snapshot.exposure, snapshot.holding, snapshot.quality) == (None, None, Quality.UNKNOWN)
    assert snapshot.coin_doubt is not None


def test_coins_are_declared_and_read_and_add_up() -> None:
    both = read_hedge(from_account=True)
    both = replace(both, held=(*both.held, *read_hedge(coins="2").held))
    answer = said(position("-5"), balances=(balance("BTC", "3"), balance("BTC", "0.5", "funding")))
    assert measured(answer, both).holding == D("5.5")


def test_an_isolated_position_stands_on_its_own_margin() -> None:
    answer = said(isolated("-5", "30000", maintenance_margin=None), terms=(tiers(*STEPS),))
    [found] = measured(answer).legs
    expected = liq_price_tiered(
        Payoff.LINEAR, PositionSide.SHORT, D(5), D(1), entry=D(60000), margin=D(30000), tiers=PAIRS
    ).price
    assert expected is not None
    assert found.liquidation_price == expected
    assert found.liquidation_distance == pytest.approx((expected - 60000) / 60000, rel=EXACTLY)
    assert found.margin_usage == pytest.approx((D(300000) * D("0.005") - 50) / 30000, rel=EXACTLY)
    assert found.leverage == 10


def test_without_tiers_the_margin_it_keeps_now_tells_its_rate() -> None:
    [found] = measured(said(isolated("-5", "30000"))).legs
    rate = D(1500) / 300000
    assert found.liquidation_price == liq_price(
        Payoff.LINEAR, PositionSide.SHORT, D(5), D(1), entry=D(60000), margin=D(30000), mmr=rate
    )


@pytest.mark.parametrize(
    ("told", "shown", "distance"),
    [
        (D(65000), D(65000), "0.0833333"),
        (D(80000), D(80000), "0.0945273"),  # more than 2 % from ours, which is nearer
        (None, "ours", "0.0945273"),
        (Never.NEVER, None, None),
    ],
)
def test_the_exchanges_price_is_shown_and_the_nearer_counts(
    told: Decimal | Never | None, shown: Decimal | str | None, distance: str | None
) -> None:
    [found] = measured(said(isolated("-5", "30000", liquidation_price=told))).legs
    if shown != "ours":
        assert found.liquidation_price == shown
    if distance is None:
        assert (found.liquidation_distance, found.is_never) == (None, True)
    else:
        assert found.liquidation_distance == pytest.approx(D(distance), rel=D("0.00001"))


def test_a_cross_position_stands_on_its_wallet() -> None:
    answer = said(position("-5"), wallets=(wallet(D(3000)),))
    [found] = measured(answer).legs
    assert found.margin_usage == D(3000) / 100000
    assert found.leverage == 3
    rate = D(1500) / 300000
    # equity 100,000 at 60,000; another 1,500 is kept for others
    price = (100000 + 300000 - (3000 - 1500)) / (5 * (1 + rate))
    assert found.liquidation_price == pytest.approx(price, rel=EXACTLY)


def test_a_unified_account_is_liquidated_as_a_whole() -> None:
    dead = said(position("-5"), wallets=(dollars("100000", "3000"),))
    price = 60000 + D(97000) / (5 + D("0.025"))
    assert measured(dead).legs[0].liquidation_price == pytest.approx(price, rel=EXACTLY)
    covered = said(position("-5"), wallets=(dollars("400000", "3000"),), balances=(balance("BTC", "5.1", "unified"),))
    [found] = measured(covered).legs
    assert (found.is_never, found.liquidation_price, found.liquidation_distance) == (True, None, None)
    assert found.margin_usage == D(3000) / 400000
    assert found.leverage == D("0.75")


def test_a_flat_leg_has_no_liquidation_and_no_use() -> None:
    proven = account_facts(said(position("-5")))
    flat = {key: replace(belief, value=D(0)) for key, belief in proven.beliefs.items() if hasattr(belief, "value")}
    [found] = measure_hedge(read_hedge(), replace(proven, beliefs=flat)).legs
    assert (found.contracts, found.is_never, found.margin_usage, found.leverage) == (0, True, 0, 0)


def test_the_worst_leg_is_the_hedges() -> None:
    legs = (read_leg(), leg("-1", entry_price=D(60000), margin=D(6000), maintenance_margin_rate=D("0.005")))
    snapshot = measured(said(isolated("-4", "120000")), read_hedge(*legs))
    near, far = snapshot.legs[1], snapshot.legs[0]
    assert snapshot.futures_coins == -5
    assert near.liquidation_distance is not None
    assert far.liquidation_distance is not None
    assert snapshot.liquidation_distance == near.liquidation_distance < far.liquidation_distance
    assert snapshot.liquidation_price == near.liquidation_price
    assert snapshot.margin_usage == max(near.margin_usage or 0, far.margin_usage or 0)


def test_a_declared_inverse_position_brings_its_coins() -> None:
    declared = leg("-3300", INVERSE, entry_price=D(60000), margin=D("0.5"))
    before = measured(said(), read_hedge(declared), inverse_reading())
    assert (before.exposure, before.futures_coins, before.hedge_ratio) == (D("5.5"), D("-5.5"), 1)
    fallen = measured(said(), read_hedge(declared), inverse_reading("42000"))
    assert fallen.exposure == pytest.approx(D("7.857142857"), rel=D("1e-9")), "domain specification 2.2"
    assert fallen.hedge_ratio == pytest.approx(D(1), rel=D("1e-30"))


WALLET = replace(wallet(D("0.01"), asset="BTC"), wallet="coin-m", equity=D("0.5"))


def inverse(contracts: str = "-3300", gain: str = "0") -> object:
    return replace(position(contracts, INVERSE), unrealised_pnl=D(gain), margin_mode=MarginMode.CROSS)


@pytest.mark.parametrize(
    ("from_account", "expected"),
    [(False, "5.75"), (True, "0.75")],  # 5 declared, or all of the account: half a coin of margin and its gain
)
def test_coins_behind_an_inverse_short_count_once(from_account: bool, expected: str) -> None:  # noqa: FBT001  a case
    answer = said(inverse(gain="0.25"), wallets=(WALLET,), balances=(balance("BTC", "0.5", "coin-m"),))  # type: ignore[arg-type]
    declared = read_hedge(read_leg(INVERSE), from_account=from_account)
    assert measured(answer, declared, inverse_reading()).exposure == D(expected)


def test_another_leg_of_the_same_wallet_counts_nothing() -> None:
    answer = said(inverse(gain="0.25"), wallets=(WALLET,), balances=(balance("BTC", "0.5", "coin-m"),))  # type: ignore[arg-type]
    declared = read_hedge(read_leg(INVERSE, counts_equity=False))
    assert measured(answer, declared, inverse_reading()).exposure == 5


def test_coins_in_doubt_make_the_exposure_unknown() -> None:
    answer = said(inverse(), wallets=(WALLET,), balances=PartFailure(reason=UnknownReason.TIMEOUT, detail="late"))  # type: ignore[arg-type]
    snapshot = measured(answer, read_hedge(read_leg(INVERSE)), inverse_reading())
    assert (snapshot.exposure, snapshot.hedge_ratio) == (None, None)
    assert snapshot.coin_doubt is not None
    assert snapshot.coin_doubt.reason is UnknownReason.TIMEOUT


@pytest.mark.parametrize(
    ("payoff", "size", "coins", "expected"),
    [
        (Payoff.LINEAR, "-5", "0", "80000"),  # 100,000 of spare over 5 coins
        (Payoff.LINEAR, "-5", "2.5", "100000"),
        (Payoff.LINEAR, "-5", "5", None),
        (Payoff.LINEAR, "5", "0", "40000"),
        (Payoff.INVERSE, "-300000", "0", "80000"),
        (Payoff.INVERSE, "-300000", "5", None),  # a synthetic dollar
    ],
)
def test_the_price_that_ends_a_whole_account(payoff: Payoff, size: str, coins: str, expected: str | None) -> None:
    price = whole_account_price(
        Pledge(equity=D(110000), maintenance=D(10000), coins=D(coins)),
        payoff,
        D(size),
        entry=D(60000),
        mark=D(60000),
        mmr=D(0),
    )
    assert price == (None if expected is None else D(expected))


def test_tiers_in_another_unit_are_not_used() -> None:
    answer = said(isolated("-5", "30000", maintenance_margin=None), terms=(tiers(*STEPS, unit=TierUnit.CONTRACTS),))
    assert measured(answer).legs[0].liquidation_price is None
