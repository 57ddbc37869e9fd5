from __future__ import annotations

from collections.abc import Callable

import pytest

Mistakes = Callable[..., list[str]]

LONG = "position = { contracts = 5 }"
WRONG_SIDE = "rules = { drift = { warning = { fire = 0.02, clear = 0.03 } }, drfit = {} }"
HEDGE = '[[hedges]]\nname = "btc"\nasset = "BTC"\nspot = "binance:BTC/USDT"\nfutures = "binance:BTC/USDT:USDT"\n'
HOLDING = '[[holdings]]\nname = "cold"\nasset = "BTC"\nquantity = 5\n'
BESIDE = ["hedges[0].position.contracts", "hedges[0].rules.drift.warning.clear", "hedges[0].rules.drfit"]

# a part of the hedge, what stands there instead, the key paths told beside those of the rest
UNREADABLE = [
    ('"btc"', '"a b"', ["hedges[0].name"]),
    ('name = "btc"\n', "", ["hedges[0].name"]),
    ('"BTC"', "5", ["hedges[0].asset"]),
    ('asset = "BTC"\n', "", ["hedges[0].asset"]),
    ("binance:BTC/USDT:USDT", "binance:BTC/USDT", ["hedges[0].futures"]),
    ('"binance:BTC/USDT"', '"binnance:BTC/USDT"', ["hedges[0].spot"]),
    ('"binance:BTC/USDT"', '["binance:BTC/USDT", "binnance:BTC/USDT"]', ["hedges[0].spot[1]"]),
    ('spot = "binance:BTC/USDT"\n', "", ["hedges[0].spot"]),
]


@pytest.mark.parametrize(("right", "wrong", "paths"), UNREADABLE)
def test_a_hedge_is_checked_beside_what_is_unreadable(
    right: str, wrong: str, paths: list[str], mistakes: Mistakes
) -> None:
    found = mistakes(HOLDING + HEDGE.replace(right, wrong, 1) + f"{LONG}\n{WRONG_SIDE}\n")
    assert sorted(told(found)) == sorted(paths + BESIDE), found


def test_two_parts_of_a_hedge_that_are_unreadable_leave_the_rest_checked(mistakes: Mistakes) -> None:
    hedge = HEDGE.replace("binance:BTC/USDT:USDT", "binance:ETH/USDT:USDT").replace('"binance:', '"bybitt:', 1)
    found = mistakes(HOLDING + hedge + HEDGE + LONG)
    assert sorted(told(found)) == sorted(
        ["hedges[0].spot", "hedges[0].futures", "hedges[1].name", "hedges[1].position.contracts", "hedges[1].asset"]
    ), found


def test_a_holding_without_an_asset_raises_no_second_question(mistakes: Mistakes) -> None:
    assert told(mistakes(HOLDING.replace('asset = "BTC"\n', "") * 2 + HEDGE)) == [
        "holdings[0].asset",
        "holdings[1].asset",
        "holdings[1].name",
    ]
    unnamed = HOLDING.replace('asset = "BTC"\n', "").replace('name = "cold"\n', "")
    assert told(mistakes(unnamed * 2 + HEDGE)) == ["holdings[0].asset", "holdings[1].asset"]
    named = HEDGE + 'holdings = [{ name = "cold" }]\n'
    assert told(mistakes(HOLDING.replace('"BTC"', "5") + named)) == ["holdings[0].asset"]
    assert told(mistakes(HOLDING + 'counts_as = { asset = "ETH", per_unit = 0 }\n' + named)) == [
        "holdings[0].counts_as.per_unit"
    ]


def test_legs_are_checked_beside_what_is_unreadable(mistakes: Mistakes) -> None:
    hedge = HEDGE.replace('futures = "binance:BTC/USDT:USDT"\n', "")
    legs = (
        '{ futures = "binance:BTC/USDT", share = 2 }, { futures = "bybit:ETH/USDT:USDT", position = { coins = 1 } }',
        '{ position = { coins = 1 } }, { futures = "bybit:BTC/USDT:USDT", account = "desk" }, { shre = 1 }',
    )
    assert sorted(told(mistakes(f"{HOLDING}{hedge}legs = [{legs[0]}]"))) == [
        "hedges[0].legs[0].futures",
        "hedges[0].legs[0].share",
        "hedges[0].legs[1].futures",
        "hedges[0].legs[1].position.coins",
    ]
    assert sorted(told(mistakes(f"{HOLDING}{hedge}legs = [{legs[1]}]"))) == [
        "hedges[0].legs[0].futures",
        "hedges[0].legs[0].position.coins",
        "hedges[0].legs[1].account",
        "hedges[0].legs[2].futures",
        "hedges[0].legs[2].shre",
    ]


def test_accounts_and_channels_are_checked_beside_what_is_unreadable(mistakes: Mistakes) -> None:
    account = '[accounts.desk]\nexchange = "byibt"\napi_key = "literal-key"\nsecret = "env:"\n'
    hook = '[channels.ops]\nkind = "webhook"\nurl = "nonsense"\nsecret = "whsec_literal"\n'
    mail = '[channels.me]\nkind = "email"\nto = ["me"]\nfrom = "x"\nserver = "http://a"\npassword = "hunter2"\n'
    found = mistakes(HOLDING + HEDGE + account + hook + mail + '[channels.phone]\nkind = "apprise"\n')
    assert sorted(told(found)) == [
        "accounts.desk.api_key",
        "accounts.desk.exchange",
        "accounts.desk.secret",
        "channels.me.from",
        "channels.me.password",
        "channels.me.server",
        "channels.me.to[0]",
        "channels.ops.secret",
        "channels.ops.url",
        "channels.phone.url",
    ]
    legs = HEDGE + 'account = "desk"\n'
    assert told(mistakes(HOLDING + legs + account.replace("literal-key", "env:K").replace('"env:"', '"env:S"'))) == [
        "accounts.desk.exchange"
    ]


def told(found: list[str]) -> list[str]:
    return [line.split(": ")[1] for line in found]
