"""Every served object has at least the keys and JSON types of the recorded one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from hedgewatch.simulator.server import WIRES, SimulatedExchanges

RESPONSES = Path(__file__).resolve().parents[3] / "shared" / "exchange-responses"
HOSTS = {
    "binance": {"/fapi": "fapi.binance.com", "/dapi": "dapi.binance.com", "": "api.binance.com"},
    "bybit": {"": "api.bybit.com"},
    "bingx": {"": "open-api.bingx.com"},
    "weex": {"/capi": "api-contract.weex.com", "": "api-spot.weex.com"},
    "mexc": {"": "api.mexc.com"},
}
LISTED_SYMBOLS = {"SUSDT": "BTCUSDT", "AEUSDT": "BTCUSDT", "BLZUSDT": "BTCUSDT"}
# A list that the simulator leaves empty, and fields of leverage tiers, which it does not offer.
OUT_OF_SCOPE = ("bingx/wire.contracts.inverse.json", "mexc/fetchLeverageTiers.json")


def recorded() -> list[Any]:
    files = sorted(RESPONSES.glob("*/*.json"))
    cases = []
    for file in files:
        name = file.relative_to(RESPONSES).as_posix()
        content = json.loads(file.read_text())
        if not content["signed"] and name not in OUT_OF_SCOPE and is_served(content["exchange"], content["url"]):
            cases.append(pytest.param(content, id=name))
    absent = pytest.mark.skip(reason="the folder of recorded answers (../shared/exchange-responses) is absent")
    return cases or [pytest.param({}, id="absent", marks=absent)]


def is_served(exchange: str, path: str) -> bool:
    wire = next(found for name, found in WIRES.items() if name == exchange)
    known = {*wire.markets, *wire.lists, *wire.answers}
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
@pytest.mark.parametrize("content", recorded())
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


def test_the_comparison_sees_a_missing_key_and_a_wrong_type() -> None:
    assert misfits({"price": "1.5", "time": "17"}, {"price": "2", "time": 18}) == []
    assert misfits({"price": "1.5"}, {"price": 1.5}) != []
    assert misfits({"price": 1.5}, {"price": "1.5"}) != []
    assert misfits({"rows": [{"price": "1"}]}, {"rows": []}) != []
    assert misfits({"rows": [{"price": "1"}]}, {"rows": [{"cost": "1"}]}) != []
