"""Another asset's future in the place of one that does not exist: how it counts and what it leaves."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from hedgewatch.domain.beta import BetaMethod
from hedgewatch.domain.effectiveness import Grade
from hedgewatch.domain.finding import Finding, OutcomeKind
from hedgewatch.domain.hedge import Hedge, HedgeSnapshot, Leg, Past
from hedgewatch.domain.history import LegPast
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.inventory import HeldShare, Holding
from hedgewatch.domain.market import MarketReading, UnknownReason
from hedgewatch.domain.measure import measure_hedge
from hedgewatch.domain.rebalance import TargetMode
from hedgewatch.domain.stand_in import (
    NO_PROXY_PAST,
    Proxy,
    ProxyPast,
    beta_in_use,
    effectiveness_of,
    measured_beta,
    past_of_proxy,
    what_is_left,
)
from hedgewatch.domain.thresholds import RuleSettings, Severity
from tests.domain.cases import FUTURES, facts, hedge, judged, read, settings
from tests.domain.samples import SETTINGS

D = Decimal
ALT = InstrumentRef(exchange="mexc", symbol="XYZ/USDT")
BREACH, BAND, CLEAR = OutcomeKind.BREACH, OutcomeKind.BAND, OutcomeKind.CLEAR
FIRST = date(2026, 8, 1)


def closes(returns: list[str], start: str = "100") -> dict[date, Decimal]:
    price, found = D(start), {FIRST: D(start)}
    for number, change in enumerate(returns, 1):
        price *= 1 + D(change)
        found[FIRST + timedelta(days=number)] = price
    return found


def pair(beta: str, noise: str = "0", days: int = 90, seed: int = 5) -> ProxyPast:
    """Return the past of a coin that moves ``beta`` times as far as another one, and beside that by itself."""
    chance = random.Random(seed)  # noqa: S311  the same every time
    proxy = [f"{chance.gauss(0, 0.03):.6f}" for _ in range(days)]
    item = [f"{float(beta) * float(one) + chance.gauss(0, float(noise)):.6f}" for one in proxy]
    return past_of_proxy(closes(item), closes(proxy))


def alt_hedge(proxy: Proxy | None, *, coins: str = "-3", held: str = "10000", share: str | None = None) -> Hedge:
    """10,000 XYZ at 20 against a short of bitcoin at 60,000."""
    known = hedge("5")
    position = replace(known.legs[0].position or pytest.fail("declared"), contracts=D(coins), coins=None)
    leg = replace(known.legs[0], position=position, share=None if share is None else D(share))
    holding = Holding(name="alts", asset="XYZ", quantity=D(held), counts_as_asset="XYZ", counts_as_per_unit=D(1))
    return replace(
        known,
        name="alt",
        asset="XYZ",
        held=(HeldShare(holding=holding, share=D(1)),),
        spot=(ALT,),
        legs=(leg,),
        proxy=proxy,
    )


def spot_of_alt(price: str = "20") -> MarketReading:
    return read(ALT, str(D(price) - D("0.01")), str(D(price) + D("0.01")))


def seen(watched: Hedge, past: ProxyPast = NO_PROXY_PAST, future: str = "60000") -> HedgeSnapshot:
    return measure_hedge(watched, known(past, future))


def known(past: ProxyPast, future: str = "60000"):  # type: ignore[no-untyped-def]  # noqa: ANN201  as facts() returns
    price = D(future)
    quoted = read(FUTURES, str(price - D("0.5")), str(price + D("0.5")))
    return facts(spot_of_alt(), quoted, past=Past(legs={("alt", "perp"): LegPast(proxy=past)}))


def test_a_proxys_coins_count_by_price_and_beta() -> None:
    snapshot = seen(alt_hedge(Proxy(beta=D(2))))
    (leg,) = snapshot.legs
    assert (leg.coins, leg.per_coin) == (D(-3), D(1500))  # 60,000 / (2 x 20)
    assert (snapshot.futures_coins, snapshot.hedge_ratio, snapshot.drift) == (D(-4500), D("0.45"), D("-0.55"))
    assert snapshot.notional_usd == D(180_000), "the contract's own worth"


def test_its_basis_is_against_its_own_index() -> None:
    snapshot = seen(alt_hedge(Proxy(beta=D(2))), future="60300")
    mark = snapshot.legs[0].reading
    assert isinstance(mark, MarketReading)
    assert mark.mark is not None
    assert mark.mark.index_price is not None
    assert snapshot.basis_rate == (D(60300) - mark.mark.index_price) / mark.mark.index_price


def test_the_order_is_in_the_proxys_coins_and_brings_the_hedge_to_its_target() -> None:
    watched = alt_hedge(Proxy(beta=D(2)))
    under, _ = judged("drift", SETTINGS["drift"], watched, known(ProxyPast(days=0)))
    (order,) = under.orders
    assert (order.side.value, order.coins, order.hedge_ratio_after) == ("sell", D("3.666"), D("0.9999"))
    over = alt_hedge(Proxy(beta=D(2)), coins="-8")
    _, found = judged("drift", SETTINGS["drift"], over, known(ProxyPast(days=0)))
    (order,) = found.orders
    assert (order.side.value, order.coins, order.reduce_only) == ("buy", D("1.333"), True)


@pytest.mark.parametrize(
    ("days", "words"),
    [(0, "needs 30 days on which both closed, has 0"), (29, "needs 30 days on which both closed, has 29")],
)
def test_without_history_the_ratio_is_unknown_and_says_what_is_missing(days: int, words: str) -> None:
    watched, past = alt_hedge(Proxy(beta=BetaMethod.EWMA)), pair("2", days=days) if days else ProxyPast(days=0)
    assert seen(watched, past).hedge_ratio is None
    for found in judged("drift", SETTINGS["drift"], watched, known(past)):
        assert (found.kind, found.unknown) == (OutcomeKind.UNKNOWN, UnknownReason.NOT_AVAILABLE)
        assert words in found.message


def test_thirty_days_make_a_beta() -> None:
    past = pair("2", days=30)
    assert seen(alt_hedge(Proxy(beta=BetaMethod.OLS)), past).hedge_ratio is not None
    assert past.ols is not None
    assert past.ols.beta == pytest.approx(D(2), rel=D("0.001"))


@pytest.mark.parametrize("beta", ["-0.5", "0"])
def test_what_moves_against_the_coin_or_not_with_it_protects_nothing(beta: str) -> None:
    past = pair(beta)
    for method in BetaMethod:
        used = beta_in_use(Proxy(beta=method), past)
        assert used is None or used < D("0.05")
    moving_against = alt_hedge(Proxy(beta=BetaMethod.OLS))
    if beta == "-0.5":
        found = judged("drift", SETTINGS["drift"], moving_against, known(past))[0]
        assert "do not move together" in found.message


def test_a_price_that_stood_still_tells_nothing() -> None:
    past = past_of_proxy(closes(["0"] * 90), closes(["0.01", "-0.01"] * 45))
    assert (past.days, past.ols, beta_in_use(Proxy(beta=BetaMethod.OLS), past)) == (90, None, None)


def test_effectiveness_is_what_the_beta_in_use_leaves_of_the_variance() -> None:
    exact = pair("2")
    assert effectiveness_of(D(2), exact).share_removed == pytest.approx(D(1), abs=D("0.0001"))
    assert effectiveness_of(D(0), exact).share_removed == 0
    assert effectiveness_of(D(4), exact).share_removed == pytest.approx(D(0), abs=D("0.001"))
    assert effectiveness_of(D(5), exact).grade is Grade.D, "twice too much adds risk"
    noisy = pair("1", "0.03")
    found = effectiveness_of(D(1), noisy)
    assert found.share_removed is not None
    assert D("0.2") < found.share_removed < D("0.8")
    assert what_is_left(D(1), noisy) is not None


SHIFT = settings("proxy_beta_shift", warning=("0.15", "0.12"))


def shifted(proxy: Proxy, past: ProxyPast, rule: RuleSettings = SHIFT) -> Finding:
    (found,) = judged("proxy_beta_shift", rule, alt_hedge(proxy), known(past))
    return found


@pytest.mark.parametrize(
    ("used", "kind"),
    [("2.11", CLEAR), ("2.13", BAND), ("2.149", BAND), ("2.151", BREACH), ("1.849", BREACH), ("1.851", BAND)],
)
def test_a_beta_that_the_market_has_left_is_told_either_way(used: str, kind: OutcomeKind) -> None:
    past = pair("2")
    assert past.live == pytest.approx(D(2), abs=D("0.0005"))
    found = shifted(Proxy(beta=D(used)), past)
    assert found.kind is kind
    assert found.value == pytest.approx(D(2) - D(used), abs=D("0.0005"))


def test_a_shift_that_chance_may_have_made_is_no_breach() -> None:
    past = pair("2", "0.2")
    assert past.ols is not None
    assert past.ols.standard_error is not None
    near = (past.live or D(0)) + past.ols.standard_error * D("1.9")
    assert abs(near - (past.live or D(0))) > D("0.15")
    assert shifted(Proxy(beta=near), past).kind is BAND
    far = (past.live or D(0)) + past.ols.standard_error * D("2.1")
    assert shifted(Proxy(beta=far), past).kind is BREACH


def test_what_is_in_use_is_held_against_the_other_method() -> None:
    past = pair("2", "0.02")
    assert past.ols is not None
    assert measured_beta(Proxy(beta=BetaMethod.OLS), past) == past.live
    assert measured_beta(Proxy(beta=BetaMethod.EWMA), past) == past.ols.beta
    assert measured_beta(Proxy(beta=D(1)), past) == past.live


EFFECT = settings("proxy_effectiveness", warning=("0.80", "0.83"), critical=("0.50", "0.55"))


@pytest.mark.parametrize(("noise", "severity"), [("0", None), ("0.02", Severity.WARNING), ("0.1", Severity.CRITICAL)])
def test_a_proxy_that_takes_little_risk_away_is_told_with_what_stays(noise: str, severity: Severity | None) -> None:
    past = pair("1", noise)
    (found,) = judged("proxy_effectiveness", EFFECT, alt_hedge(Proxy(beta=D(1))), known(past))
    assert found.severity is severity
    assert found.value == effectiveness_of(D(1), past).share_removed
    assert "grade" in found.message


@pytest.mark.parametrize(
    ("share", "kind", "severity"),
    [
        ("0.84", CLEAR, None),
        ("0.83", BAND, None),
        ("0.80", BAND, None),
        ("0.799", BREACH, Severity.WARNING),
        ("0.50", BREACH, Severity.WARNING),
        ("0.499", BREACH, Severity.CRITICAL),
        ("-0.2", BREACH, Severity.CRITICAL),
    ],
)
def test_the_levels_of_effectiveness(share: str, kind: OutcomeKind, severity: Severity | None) -> None:
    past = pair("1")
    assert past.moments is not None
    # of a hedge by beta 1: var(left) = var(item) - 2 cov + var(proxy), so that the share removed is what is wanted
    moments = replace(past.moments, item=D(1), proxy=D(1), shared=(D(1) + D(share)) / 2)
    (found,) = judged("proxy_effectiveness", EFFECT, alt_hedge(Proxy(beta=D(1))), known(replace(past, moments=moments)))
    assert (found.kind, found.severity, found.value) == (kind, severity, D(share))


@pytest.mark.parametrize("rule", ["proxy_beta_shift", "proxy_effectiveness"])
def test_both_say_how_much_history_they_have_and_need(rule: str) -> None:
    chosen = SHIFT if rule == "proxy_beta_shift" else EFFECT
    (found,) = judged(rule, chosen, alt_hedge(Proxy(beta=D(2))), known(pair("2", days=12)))
    assert (found.kind, found.unknown) == (OutcomeKind.UNKNOWN, UnknownReason.NOT_AVAILABLE)
    assert "takes 30 days on which both closed; there are 12" in found.message


@pytest.mark.parametrize("rule", ["proxy_beta_shift", "proxy_effectiveness"])
def test_a_hedge_by_its_own_future_has_nothing_to_shift(rule: str) -> None:
    chosen = SHIFT if rule == "proxy_beta_shift" else EFFECT
    spot = read(InstrumentRef(exchange="binance", symbol="BTC/USDT"), "59999", "60001")
    (found,) = judged(rule, chosen, hedge("5"), facts(spot, read(FUTURES, "59999.5", "60000.5")))
    assert found.kind is CLEAR


def test_a_leg_of_the_coin_itself_counts_as_it_is_beside_a_proxy() -> None:
    own = InstrumentRef(exchange="mexc", symbol="XYZ/USDT:USDT")
    mixed = alt_hedge(Proxy(beta=D(2)))
    position = replace(mixed.legs[0].position or pytest.fail("declared"), contracts=D(-1000))
    mixed = replace(mixed, legs=(*mixed.legs, Leg(name="own", futures=own, account=None, position=position)))
    past = Past(legs={("alt", "perp"): LegPast()})
    snapshot = measure_hedge(
        mixed, facts(spot_of_alt(), read(FUTURES, "59999.5", "60000.5"), read(own, "19.99", "20.01"), past=past)
    )
    assert [leg.per_coin for leg in snapshot.legs] == [D(1500), D(1)]
    assert snapshot.futures_coins == D(-5500)


@pytest.mark.parametrize(
    ("mode", "usd", "target", "drift"),
    [
        (TargetMode.COIN, None, "-5", "0"),
        (TargetMode.VALUE, None, "-4.95049504950495", "0.00990099009900990"),
        (TargetMode.FIXED_USD, "240000", "-4", "0.2"),
    ],
)
def test_the_target_follows_its_mode(mode: TargetMode, usd: str | None, target: str, drift: str) -> None:
    """5 BTC at 60,000, short 5 at 60,600. Source: domain specification 2.3."""
    watched = replace(hedge("5"), target_mode=mode, target_usd=None if usd is None else D(usd))
    position = replace(watched.legs[0].position or pytest.fail("declared"), contracts=D(-5), coins=None)
    watched = replace(watched, legs=(replace(watched.legs[0], position=position),))
    spot = read(InstrumentRef(exchange="binance", symbol="BTC/USDT"), "59999", "60001")
    snapshot = measure_hedge(watched, facts(spot, read(FUTURES, "60599", "60601")))
    assert snapshot.target == pytest.approx(D(target), abs=D("1e-12"))
    assert snapshot.drift == pytest.approx(D(drift), abs=D("1e-12"))


def test_a_target_in_dollars_calls_for_the_order_that_reaches_it() -> None:
    watched = replace(hedge("5"), target_mode=TargetMode.FIXED_USD, target_usd=D(240_000))
    position = replace(watched.legs[0].position or pytest.fail("declared"), contracts=D(-5), coins=None)
    watched = replace(watched, legs=(replace(watched.legs[0], position=position),))
    spot = read(InstrumentRef(exchange="binance", symbol="BTC/USDT"), "59999", "60001")
    _, over = judged("drift", SETTINGS["drift"], watched, facts(spot, read(FUTURES, "59999.5", "60000.5")))
    (order,) = over.orders
    assert (order.side.value, order.coins) == ("buy", D(1))
