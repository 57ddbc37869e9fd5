from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from hedgewatch.simulator.depth import book_of
from hedgewatch.simulator.listings import HOUR, Exchange, Kind
from hedgewatch.simulator.market import Quote, World
from hedgewatch.simulator.scenario import Scenario

START = 1_795_500_000_000


def make(scenario: str = "calm", seed: int = 7, **options: Any) -> World:
    return World(seed, scenario, START, **options)


def perpetual(world: World, asset: str = "BTC", exchange: str = "binance", seconds: float = 0) -> Quote:
    return world.quote(world.listing(exchange, asset, Kind.PERPETUAL), START + round(seconds * 1000))


def spot(world: World, asset: str = "BTC", exchange: str = "binance", seconds: float = 0) -> Quote:
    return world.quote(world.listing(exchange, asset, Kind.SPOT), START + round(seconds * 1000))


def basis_rate(world: World, seconds: float) -> Decimal:
    coins, futures = spot(world, seconds=seconds), perpetual(world, seconds=seconds)
    return (futures.bid + futures.ask) / (coins.bid + coins.ask) - 1


def test_the_same_seed_tells_the_same_story_in_any_order() -> None:
    first, second = make("squeeze"), make("squeeze")
    moments = [0, 3, 61, 7, 0.4, 3600]
    told = {seconds: perpetual(first, seconds=seconds) for seconds in moments}
    assert {seconds: perpetual(second, seconds=seconds) for seconds in reversed(moments)} == told


def test_another_seed_tells_another_story() -> None:
    assert perpetual(make(seed=8)) != perpetual(make(seed=7))


@pytest.mark.parametrize("exchange", list(Exchange))
@pytest.mark.parametrize("listed", [24, 200])
def test_every_price_lies_on_its_tick_and_the_book_is_not_crossed(exchange: Exchange, listed: int) -> None:
    world = make(listed=listed)
    for listing in world.listings(exchange):
        quote = world.quote(listing, START)
        assert 0 < quote.bid < quote.ask
        for price in (quote.bid, quote.ask, quote.last, quote.mark, quote.index, quote.open):
            assert price % listing.tick == 0


def test_prices_stand_where_the_market_stands_today() -> None:
    world = make()
    for asset, price in (("BTC", 60_000), ("ETH", 2_400), ("SOL", 150)):
        quote = perpetual(world, asset)
        assert abs(float(quote.bid) / price - 1) < 0.05
        assert Decimal("0.00005") < (quote.ask - quote.bid) / quote.bid < Decimal("0.0003")


def test_prices_move_from_second_to_second() -> None:
    world = make()
    bids = [perpetual(world, seconds=seconds).bid for seconds in range(20)]
    assert sum(left != right for left, right in pairwise(bids)) >= 15


def test_the_five_exchanges_agree_within_a_few_basis_points() -> None:
    world = make()
    mids = [float(perpetual(world, exchange=exchange).bid) for exchange in Exchange]
    assert 0 < max(mids) / min(mids) - 1 < 0.0005


def test_calm_has_neither_basis_nor_costly_funding() -> None:
    world = make()
    for seconds in range(0, 600, 20):
        assert abs(basis_rate(world, seconds)) < Decimal("0.0008")
        assert 0 < perpetual(world, seconds=seconds).funding_rate < Decimal("0.0003")


def test_a_squeeze_blows_the_basis_up_and_then_turns_funding_deeply_negative() -> None:
    world = make("squeeze")
    assert basis_rate(world, 30) > Decimal("0.02")
    assert perpetual(world, seconds=60).funding_rate < Decimal("-0.0015")
    assert perpetual(world, seconds=60).settled_rate < Decimal("-0.0003")


def test_a_crash_takes_thirty_percent_and_ends_in_backwardation() -> None:
    crash, calm = make("crash"), make("calm")
    fall = spot(crash, seconds=70).bid / spot(calm, seconds=70).bid
    assert Decimal("0.69") < fall < Decimal("0.71")
    assert basis_rate(crash, 70) < Decimal("-0.008")


def test_contango_keeps_futures_above_spot() -> None:
    assert basis_rate(make("contango"), 20) > Decimal("0.002")


def test_an_illiquid_altcoin_trades_wide_and_thin() -> None:
    usual = spot(make(), "XYZ", "mexc", 60)
    thin = spot(make("illiquid"), "XYZ", "mexc", 60)
    assert (thin.ask - thin.bid) > 10 * (usual.ask - usual.bid)
    assert usual.bid_size * usual.bid < 2_000


@pytest.mark.parametrize("scenario", list(Scenario))
def test_a_dated_future_is_listed_in_every_scenario(scenario: Scenario) -> None:
    world = make(scenario)
    listing = world.listing("bybit", "BTC", Kind.FUTURE)
    assert listing.expiry is not None
    assert listing.expiry > START + 30 * 24 * HOUR - HOUR
    assert world.quote(listing, START).funding_rate is None


def test_a_dated_future_carries_more_basis_than_the_perpetual() -> None:
    world = make("dated")
    dated = world.quote(world.listing("binance", "BTC", Kind.FUTURE), START + 30_000)
    assert dated.bid > perpetual(world, seconds=30).ask


def test_settlements_stand_on_the_hours_of_their_interval() -> None:
    world = make()
    eight, four = perpetual(world), perpetual(world, "XYZ")
    assert (eight.interval_hours, four.interval_hours) == (8, 4)
    assert eight.next_settlement % (8 * HOUR) == 0
    assert four.next_settlement % (4 * HOUR) == 0
    assert START < four.next_settlement <= eight.next_settlement <= START + 8 * HOUR


def test_the_last_settled_rate_is_the_newest_of_the_history() -> None:
    world = make()
    listing = world.listing("weex", "ETH", Kind.PERPETUAL)
    history = world.history(listing, 0, START, 30)
    assert len(history) == 30
    assert [right[0] - left[0] for left, right in pairwise(history)] == [8 * HOUR] * 29
    assert history[-1] == (START - START % (8 * HOUR), world.quote(listing, START).settled_rate)


def test_an_accelerated_world_lives_faster_but_settles_on_the_clocks_hours() -> None:
    fast, slow = make("crash", speed=10.0), make("crash")
    assert abs(spot(fast, seconds=7).bid / spot(slow, seconds=70).bid - 1) < Decimal("0.0001")
    assert perpetual(fast, seconds=7).next_settlement == perpetual(slow, seconds=7).next_settlement


def test_pinned_figures_come_back_to_the_digit() -> None:
    world = make()
    world.pin("BTC", spot=("59999.5", "60000.5"), futures=("60010.1", "60010.2"), funding_rate="-0.00123456")
    world.pin("BTC", exchange="mexc", mark="60011.7", interval_hours=1)
    assert (spot(world).bid, spot(world).ask) == (Decimal("59999.5"), Decimal("60000.5"))
    assert spot(world).index == 60_000
    assert perpetual(world).mark == Decimal("60010.15")
    assert perpetual(world, exchange="mexc").mark == Decimal("60011.7")
    assert perpetual(world, exchange="mexc").next_settlement == START - START % HOUR + HOUR
    assert perpetual(world).funding_rate == Decimal("-0.00123456")
    world.unpin("BTC")
    assert perpetual(world) == perpetual(make())


@pytest.mark.parametrize("figures", [{"spot": "dear"}, {"price": "1"}])
def test_a_pin_that_makes_no_sense_is_refused(figures: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="pin"):
        make().pin("BTC", **figures)


def test_switching_the_scenario_starts_its_story_now() -> None:
    world = make()
    world.switch("crash", START + 100_000)
    before, after = spot(world, seconds=100), spot(world, seconds=170)
    assert after.bid < before.bid * Decimal("0.72")


def test_a_book_grows_outward_from_the_quote() -> None:
    quote = perpetual(make())
    book = book_of(quote, 20, START)
    assert (book.bids[0], book.asks[0]) == ((quote.bid, quote.bid_size), (quote.ask, quote.ask_size))
    assert [price for price, _ in book.bids] == sorted((price for price, _ in book.bids), reverse=True)
    assert [price for price, _ in book.asks] == sorted(price for price, _ in book.asks)
    assert all(coins > 0 for _, coins in (*book.bids, *book.asks))


def test_as_many_markets_are_listed_as_were_asked_for() -> None:
    world = make(listed=2_000)
    for exchange in Exchange:
        assert 2_000 <= len(world.listings(exchange, Kind.SPOT, Kind.PERPETUAL)) <= 2_001
