from __future__ import annotations

from collections.abc import Callable

import pytest

from hedgewatch.domain.account import MarginMode
from hedgewatch.domain.hedge import Hedge, Leg
from hedgewatch.settings import Settings, declared_hedges, not_built

Load = Callable[[str], Settings]
Mistakes = Callable[..., list[str]]

ACCOUNT = """
[accounts.{name}]
exchange = "{exchange}"
api_key = "env:KEY"
secret = "env:SECRET"
"""
TREASURY, DESK = ACCOUNT.format(name="treasury", exchange="binance"), ACCOUNT.format(name="desk", exchange="bybit")
HELD = '[[holdings]]\nname = "cold"\nasset = "BTC"\nquantity = 5\n'
READ = '[[holdings]]\nname = "hot"\nasset = "BTC"\naccount = "treasury"\n'
HEDGE = '[[hedges]]\nname = "{name}"\nasset = "BTC"\nspot = "binance:BTC/USDT"\n'
PERPETUAL, INVERSE = "binance:BTC/USDT:USDT", "binance:BTC/USD:BTC"


def the_hedge(load: Load, text: str) -> Hedge:
    settings = load(text)
    assert not_built(settings) == ()
    return declared_hedges(settings)[0]


def the_leg(load: Load, text: str) -> Leg:
    [leg] = the_hedge(load, text).legs
    return leg


def hedge(futures: str = PERPETUAL, more: str = "", name: str = "btc") -> str:
    return HEDGE.format(name=name) + f'futures = "{futures}"\n{more}\n'


def test_a_leg_without_a_declared_position_is_read_from_the_only_account_there(load: Load) -> None:
    leg = the_leg(load, TREASURY + DESK + HELD + hedge())
    assert (leg.position, leg.account, leg.name) == (None, "treasury", f"{PERPETUAL}@treasury")


def test_of_several_accounts_the_leg_must_name_one(load: Load, mistakes: Mistakes) -> None:
    second = ACCOUNT.format(name="second", exchange="binance")
    [mistake] = mistakes(TREASURY + second + HELD + hedge())
    assert "hedges[0].account: is missing: binance has the accounts treasury, second" in mistake
    leg = the_leg(load, TREASURY + second + HELD + hedge(more='account = "second"'))
    assert leg.account == "second"


def test_without_any_account_the_position_must_be_declared(load: Load) -> None:
    [line] = not_built(load(DESK + HELD + hedge()))
    assert "hedges[0].position: watching a future without a declared position or an account" in line


def test_a_declared_position_is_not_read_whatever_accounts_there_are(load: Load) -> None:
    leg = the_leg(load, TREASURY + HELD + hedge(more='position = { coins = -5, margin_mode = "cross" }'))
    assert (leg.is_read, leg.account, leg.name) == (False, None, PERPETUAL)
    assert leg.position is not None
    assert leg.position.margin_mode is MarginMode.CROSS


def test_coins_that_are_read_and_coins_that_are_declared_add_up(load: Load) -> None:
    found = the_hedge(load, TREASURY + READ + HELD + hedge())
    assert [(held.holding.name, held.holding.quantity, held.holding.account) for held in found.held] == [
        ("hot", None, "treasury"),
        ("cold", 5, None),
    ]


def test_several_legs_with_shares_are_built(load: Load) -> None:
    legs = (
        'legs = [{ futures = "bybit:BTC/USDT:USDT", account = "desk", share = 0.6 }, '
        '{ futures = "binance:BTC/USDT:USDT", position = { coins = -2 } }]\n'
    )
    found = the_hedge(load, TREASURY + DESK + HELD + HEDGE.format(name="btc") + legs)
    assert [(leg.name, leg.is_read, str(leg.share)) for leg in found.legs] == [
        ("bybit:BTC/USDT:USDT@desk", True, "0.6"),
        (PERPETUAL, False, "None"),
    ]


def test_the_coins_behind_one_wallet_are_counted_by_one_leg(load: Load) -> None:
    dated = hedge("binance:BTC/USD:BTC-261225", name="dated", more="holdings = [{ name = 'cold', share = 0.5 }]")
    perpetual = hedge(INVERSE, more="holdings = [{ name = 'cold', share = 0.5 }]")
    settings = load(TREASURY + HELD + perpetual + dated)
    assert [leg.counts_equity for one in declared_hedges(settings) for leg in one.legs] == [True, False]


@pytest.mark.parametrize("futures", [INVERSE, "binance:BTC/USDT:USDT-261225", "bybit:BTC/USD:BTC-261225"])
def test_inverse_and_dated_futures_are_legs(futures: str, load: Load) -> None:
    assert str(the_leg(load, HELD + hedge(futures, more="position = { contracts = -100 }")).futures) == futures


def test_accounts_of_other_exchanges_are_not_read(load: Load) -> None:
    [line] = not_built(load(ACCOUNT.format(name="far", exchange="kraken") + HELD))
    assert "accounts.far.exchange: reading accounts of kraken is not built yet" in line
