"""Every served object, public or signed, has at least the keys and JSON types of the recorded one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from hedgewatch.simulator.listings import HOUR
from hedgewatch.simulator.server import SimulatedExchanges
from hedgewatch.simulator.wire.table import WIRES

NOW = 1_795_500_000_123
RESPONSES = Path(__file__).resolve().parents[3] / "shared" / "exchange-responses"
HOSTS = {
    "binance": {"/fapi": "fapi.binance.com", "/dapi": "dapi.binance.com", "": "api.binance.com"},
    "bybit": {"": "api.bybit.com"},
    "bingx": {"": "open-api.bingx.com"},
    "weex": {"/capi": "api-contract.weex.com", "": "api-spot.weex.com"},
    "mexc": {"": "api.mexc.com"},
}
LISTED_SYMBOLS = {"SUSDT": "BTCUSDT", "AEUSDT": "BTCUSDT", "BLZUSDT": "BTCUSDT"}
SYMBOLS = {"binance": "BTCUSDT", "bybit": "BTCUSDT", "bingx": "BTC-USDT", "weex": "BTCUSDT", "mexc": "BTC_USDT"}
UNITS = {"mexc": "10000"}
# How a path begins, what of it ccxt does not want to hear, and the names of ccxt's section for it.
SIGNED_APIS = {
    "binance": (("/fapi/v3/", "/fapi/v3/", "fapiPrivateV3"), ("/fapi/v1/", "/fapi/v1/", "fapiPrivate")),
    "bybit": (("/", "/", "private"),),
    "bingx": (
        ("/openApi/swap/v3/", "/openApi/swap/v3/", "swap.v3.private"),
        ("/openApi/swap/v2/", "/openApi/swap/v2/", "swap.v2.private"),
    ),
    "weex": (("/capi/", "/", "contractPrivate"), ("/api/", "/", "private")),
    "mexc": (("/api/v1/private/", "/api/v1/private/", "contract.private"),),
}


def recorded() -> list[Any]:
    files = sorted(RESPONSES.glob("*/*.json"))
    cases = []
    for file in files:
        name = file.relative_to(RESPONSES).as_posix()
        content = json.loads(file.read_text())
        if is_served(content["exchange"], content["url"]):
            cases.append(pytest.param(content, id=name))
    absent = pytest.mark.skip(reason="the folder of recorded answers (../shared/exchange-responses) is absent")
    return cases or [pytest.param({}, id="absent", marks=absent)]


def is_signed(case: Any) -> bool:
    return bool(case.values[0].get("signed"))


def is_served(exchange: str, path: str) -> bool:
    wire = next(found for name, found in WIRES.items() if name == exchange)
    known = {*wire.markets, *wire.lists, *wire.answers, *wire.signed}
    return path in known or f"{path.rpartition('/')[0]}/*" in known


def fits(recorded: Any, served: Any) -> bool:
    if isinstance(recorded, dict):
        return isinstance(served, dict) and all(
            name in served and fits(recorded[name], served[name]) for name in recorded
        )
    if isinstance(recorded, list):
        return isinstance(served, list) and all(any(fits(row, found) for found in served) for row in recorded)
    if recorded is None or isinstance(recorded, bool):
        return recorded is None or isinstance(served, bool)
    if isinstance(recorded, str):
        # Recordings quote whole numbers that the live exchange sends bare (times, counts, codes).
        return isinstance(served, str) or (isinstance(served, int) and recorded.lstrip("-").isdecimal())
    return isinstance(served, int | float) and not isinstance(served, bool)


def misfits(recorded: Any, served: Any, place: str = "") -> list[str]:
    if isinstance(recorded, dict) and isinstance(served, dict):
        return [
            fault
            for name in recorded
            for fault in (
                misfits(recorded[name], served[name], f"{place}.{name}")
                if name in served
                else [f"{place}.{name} absent"]
            )
        ]
    return [] if fits(recorded, served) else [f"{place}: {str(recorded)[:200]} against {str(served)[:200]}"]


@pytest.mark.shared
@pytest.mark.parametrize("content", [case for case in recorded() if not is_signed(case)])
async def test_a_served_answer_has_the_recorded_shape(content: dict[str, Any], server: SimulatedExchanges) -> None:
    hosts = HOSTS[content["exchange"]]
    host = next(host for prefix, host in hosts.items() if content["url"].startswith(prefix))
    query = {name: LISTED_SYMBOLS.get(value, value) for name, value in (content.get("query") or {}).items()}
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{server.base_url}/{host}{content['url']}", params=query) as response,
    ):
        assert response.status == 200
        served = await response.json()
    assert misfits(content["httpResponse"], served) == []


@pytest.mark.shared
@pytest.mark.parametrize("content", [case for case in recorded() if is_signed(case)])
async def test_a_signed_answer_has_the_recorded_shape(
    content: dict[str, Any], server: SimulatedExchanges, connect: Callable[..., Any]
) -> None:
    exchange = content["exchange"]
    account = server.accounts.add(
        exchange, "treasury", key="canary-key", secret="canary-secret", password="canary-pass"
    )
    account.deposit("spot", "USDT", "20")
    account.deposit("linear", "USDT", "300000")  # so much that nothing liquidates, as in the recordings
    if "flat" not in content["description"]:
        account.open("BTC", UNITS.get(exchange, "1"), leverage=20, at=NOW - 24 * HOUR)
    query = {name: SYMBOLS[exchange] if name == "symbol" else value for name, value in content["query"].items()}
    client = connect(exchange, apiKey="canary-key", secret="canary-secret", password="canary-pass")
    served = await ask_signed(client, content, query)
    assert misfits(content["httpResponse"], served) == []


async def ask_signed(client: Any, content: dict[str, Any], query: dict[str, Any]) -> Any:
    path, method = content["url"], content["httpMethod"]
    prefix, api = next((cut, api) for begins, cut, api in SIGNED_APIS[content["exchange"]] if path.startswith(begins))
    return await client.request(path.removeprefix(prefix), api.split("."), method, query)


def test_the_comparison_sees_a_missing_key_and_a_wrong_type() -> None:
    assert misfits({"price": "1.5", "time": "17"}, {"price": "2", "time": 18}) == []
    assert misfits({"price": "1.5"}, {"price": 1.5}) != []
    assert misfits({"price": 1.5}, {"price": "1.5"}) != []
    assert misfits({"rows": [{"price": "1"}]}, {"rows": []}) != []
    assert misfits({"rows": [{"price": "1"}]}, {"rows": [{"cost": "1"}]}) != []
