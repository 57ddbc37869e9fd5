"""What a key may do, from documented answers of the permission calls."""

from __future__ import annotations

from typing import Any

import pytest

from tests.exchanges.accounts.conftest import wanted
from tests.exchanges.accounts.good import BINANCE, bingx, bybit

FLAGS = BINANCE["/sapi/v1/account/apiRestrictions"]
PATHS = {
    "binance": "/sapi/v1/account/apiRestrictions",
    "bybit": "/v5/user/query-api",
    "bingx": "/openApi/v1/account/apiPermissions",
}


@pytest.mark.parametrize(
    ("exchange", "answer", "trade", "move", "bound"),
    [
        ("binance", FLAGS, False, False, True),
        ("binance", FLAGS | {"enableFutures": True, "ipRestrict": False}, True, False, False),
        ("binance", FLAGS | {"enableWithdrawals": True}, False, True, True),
        ("binance", FLAGS | {"permitsUniversalTransfer": True}, False, True, True),
        ("binance", {"enableReading": True}, None, None, None),
        ("binance", {"enableReading": True, "enableMargin": True}, True, None, None),
        ("bybit", bybit({"readOnly": 1, "permissions": {"Spot": ["SpotTrade"]}, "ips": ["*"]}), False, False, False),
        (
            "bybit",
            bybit({"readOnly": 0, "permissions": {"Spot": ["SpotTrade"]}, "ips": ["1.2.3.4"]}),
            True,
            False,
            True,
        ),
        ("bybit", bybit({"readOnly": 0, "permissions": {"Wallet": ["Withdraw"]}}), False, True, None),
        ("bybit", bybit({"readOnly": 0, "permissions": {"Exchange": ["ExchangeHistory"]}}), False, False, None),
        ("bybit", bybit({"permissions": {}}), None, None, None),
        ("bybit", bybit({"readOnly": 0, "permissions": "all"}), None, None, None),
        ("bingx", {"permissions": [2], "ipAddresses": []}, False, False, False),
        ("bingx", bingx({"permissions": [1, 2], "ipAddresses": ["1.2.3.4"]}), True, False, True),
        ("bingx", bingx({"permissions": ["2", "5"]}), False, True, None),
        ("bingx", bingx({"enableReading": True, "enableFutures": True, "ipRestrict": False}), True, None, False),
        ("bingx", {}, None, None, None),
        ("binance", [], None, None, None),
        ("bybit", "<html>", None, None, None),
        ("bingx", {"code": 100004, "msg": "Permission denied"}, None, None, None),
    ],
)
async def test_a_scope_is_read_or_not_known(  # noqa: PLR0917  a table row
    exchange: str, answer: Any, trade: Any, move: Any, bound: Any, serve: Any, account: Any, good: Any
) -> None:
    replies, base_url = await serve(good[exchange])
    replies.answers[PATHS[exchange]] = answer
    scope = (await account(exchange, base_url).fetch(wanted(exchange))).scope
    assert (scope.can_trade, scope.can_withdraw, scope.is_bound_to_address) == (trade, move, bound)
    assert scope.source


async def test_a_scope_is_asked_again_after_a_refusal(serve: Any, account: Any, good: Any, clock: Any) -> None:
    replies, base_url = await serve(good["binance"])
    one = account("binance", base_url)
    await one.fetch(wanted("binance"))
    replies.status["/fapi/v1/openOrders"] = 401
    replies.answers["/fapi/v1/openOrders"] = {"code": -2015, "msg": "Invalid API-key, IP, or permissions for action."}
    clock.pass_by(seconds=30)
    await one.fetch(wanted("binance"))
    replies.asked.clear()
    clock.pass_by(seconds=30)
    await one.fetch(wanted("binance"))
    assert replies.paths().count(PATHS["binance"]) == 1
