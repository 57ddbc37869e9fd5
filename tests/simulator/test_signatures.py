"""Every signed question is checked as its exchange checks it, and refused in its own words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import aiohttp
import ccxt.async_support as ccxt
import pytest

from hedgewatch.simulator.accounts import Account
from hedgewatch.simulator.server import SimulatedExchanges
from hedgewatch.simulator.wire.table import WIRES

EXCHANGES = ("binance", "bybit", "bingx", "weex", "mexc")
NOW = 1_795_500_000_123
SignIn = Callable[..., Any]
everywhere = pytest.mark.parametrize("exchange", EXCHANGES)

UNKNOWN = {"binance": "-2015", "bybit": "10003", "bingx": "100413", "weex": "-1044", "mexc": "10072"}
UNSIGNED = {"binance": "-1022", "bybit": "10004", "bingx": "100001", "weex": "-1047", "mexc": "700002"}
OLD = {"binance": "-1021", "bybit": "10002", "bingx": "100421", "weex": "-1046", "mexc": "700003"}
FOREIGN = {"binance": "-2015", "bybit": "10010", "bingx": "100419", "weex": "-1056", "mexc": "700006"}
BLIND = {"binance": "-2015", "bybit": "10005", "bingx": "100004", "weex": "-1052", "mexc": "700007"}


async def refusal(client: Any, method: str = "fetch_balance", params: Any = None) -> str:
    with pytest.raises(ccxt.ExchangeError) as caught:
        await getattr(client, method)(params or {})
    return str(caught.value)


@everywhere
async def test_a_wrong_key_is_refused(exchange: str, sign_in: SignIn) -> None:
    assert UNKNOWN[exchange] in await refusal(sign_in(apiKey="nobody"))


@everywhere
async def test_a_wrong_secret_is_refused(exchange: str, sign_in: SignIn) -> None:
    assert UNSIGNED[exchange] in await refusal(sign_in(secret="another"))


@everywhere
async def test_the_secret_stands_in_no_refusal(sign_in: SignIn) -> None:
    assert "canary-secret" not in await refusal(sign_in(apiKey="nobody"))


@pytest.mark.parametrize("late", [61_000, -61_000])
@everywhere
async def test_a_question_from_another_time_is_refused(exchange: str, late: int, sign_in: SignIn) -> None:
    client = sign_in()
    client.nonce = lambda: NOW - late
    with pytest.raises((ccxt.ExchangeError, ccxt.InvalidNonce), match=OLD[exchange]):
        await client.fetch_balance()


@everywhere
async def test_the_clock_that_counts_is_the_exchanges(
    exchange: str, sign_in: SignIn, server: SimulatedExchanges
) -> None:
    client = sign_in()
    await client.fetch_balance()
    server.faults.set(exchange, "skewed_clock", seconds=120)
    with pytest.raises((ccxt.ExchangeError, ccxt.InvalidNonce), match=OLD[exchange]):
        await client.fetch_balance()


@everywhere
async def test_a_key_bound_to_another_address_is_refused(exchange: str, account: Account, sign_in: SignIn) -> None:
    account.set_key(addresses=["192.0.2.7"])
    assert FOREIGN[exchange] in await refusal(sign_in())
    account.set_key(addresses=["192.0.2.7", "127.0.0.1"])
    assert await sign_in().fetch_balance()


@everywhere
async def test_a_key_that_may_not_read_is_refused(exchange: str, account: Account, sign_in: SignIn) -> None:
    account.set_key(can_read=False)
    assert BLIND[exchange] in await refusal(sign_in())


@pytest.mark.parametrize("exchange", ["weex"])
async def test_a_wrong_passphrase_is_refused(sign_in: SignIn) -> None:
    assert "-1049" in await refusal(sign_in(password="another"))


@pytest.mark.parametrize("exchange", ["mexc"])
@pytest.mark.parametrize(("options", "code"), [({"apiKey": "nobody"}, "402"), ({"secret": "another"}, "602")])
async def test_mexc_refuses_on_its_contract_side_in_other_words(
    options: dict[str, str], code: str, sign_in: SignIn
) -> None:
    assert f'"code":{code}' in await refusal(sign_in(**options), params={"type": "swap"})


@pytest.mark.parametrize("exchange", ["weex"])
async def test_the_posted_body_is_under_the_signature(account: Account, sign_in: SignIn) -> None:
    account.set_key(secret="changed meanwhile")
    client = sign_in()
    await client.load_markets()
    with pytest.raises(ccxt.AuthenticationError, match="-1047"):
        await client.contractPrivatePostCapiV3AccountIncome({"limit": 5})


@everywhere
async def test_every_signed_path_refuses_who_does_not_sign(exchange: str, server: SimulatedExchanges) -> None:
    wire = next(wire for name, wire in WIRES.items() if name == exchange)
    assert len(wire.signed) >= 7
    async with aiohttp.ClientSession(server.base_url) as session:
        for path in wire.signed:
            method = "POST" if path in wire.posted else "GET"
            async with session.request(method, f"/api.{exchange}.com{path}") as response:
                told = await response.json()
                assert told.get("code", told.get("retCode")) not in {0, None}, path


async def test_a_signed_path_takes_one_method_only(server: SimulatedExchanges) -> None:
    async with aiohttp.ClientSession(server.base_url) as session:
        for method, path in (
            ("POST", "/api.binance.com/api/v3/account"),
            ("GET", "/x.weex.com/capi/v3/account/income"),
        ):
            async with session.request(method, path) as response:
                assert response.status == 404


@pytest.mark.parametrize("exchange", ["binance"])
async def test_one_exchange_keeps_several_accounts_apart(
    account: Account, sign_in: SignIn, server: SimulatedExchanges
) -> None:
    other = server.accounts.add("binance", "desk", key="desk-key", secret="desk-secret")
    account.deposit("spot", "BTC", "1")
    other.deposit("spot", "BTC", "2")
    assert (await sign_in().fetch_balance())["BTC"]["total"] == "1"
    assert (await sign_in(apiKey="desk-key", secret="desk-secret").fetch_balance())["BTC"]["total"] == "2"
    other.key = replace(other.key, key="rotated")
    assert "-2015" in await refusal(sign_in(apiKey="desk-key", secret="desk-secret"))
