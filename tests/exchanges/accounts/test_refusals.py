"""How an exchange refuses a key, and what we make of it: the reason, no knocking, no secret told."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from hedgewatch.domain.account import AccountFailure, AccountSnapshot, PartFailure
from hedgewatch.domain.errors import ConfigurationError
from hedgewatch.domain.market import UnknownReason
from hedgewatch.exchanges.accounts.source import CcxtAccountSource
from hedgewatch.exchanges.credentials import Credentials
from tests.exchanges.accounts.conftest import KEYS, wanted

R = UnknownReason

REFUSALS = [
    ("binance", 401, {"code": -2015, "msg": "Invalid API-key, IP, or permissions for action."}, R.BAD_KEY),
    ("binance", 400, {"code": -1022, "msg": "Signature for this request is not valid."}, R.BAD_KEY),
    ("binance", 400, {"code": -2014, "msg": "API-key format invalid."}, R.BAD_KEY),
    ("binance", 400, {"code": -1021, "msg": "Timestamp for this request is outside of the recvWindow."}, R.CLOCK_SKEW),
    ("bybit", 200, {"retCode": 10003, "retMsg": "API key is invalid."}, R.BAD_KEY),
    ("bybit", 200, {"retCode": 10004, "retMsg": "error sign! origin_string[...]"}, R.BAD_KEY),
    (
        "bybit",
        200,
        {"retCode": 10005, "retMsg": "Permission denied, please check your API key permissions."},
        R.NO_PERMISSION,
    ),
    (
        "bybit",
        200,
        {"retCode": 10010, "retMsg": "Unmatched IP, please check your API key's bound IP addresses."},
        R.NO_PERMISSION,
    ),
    ("bybit", 200, {"retCode": 10002, "retMsg": "invalid request, please check your server timestamp"}, R.CLOCK_SKEW),
    ("bybit", 200, {"retCode": 33004, "retMsg": "Your api key has expired."}, R.BAD_KEY),
    ("bingx", 200, {"code": 100001, "msg": "signature verification failed"}, R.BAD_KEY),
    ("bingx", 200, {"code": 100413, "msg": "Incorrect apiKey"}, R.BAD_KEY),
    ("bingx", 200, {"code": 100004, "msg": "Permission denied"}, R.NO_PERMISSION),
    ("bingx", 200, {"code": 100419, "msg": "IP does not match IP whitelist"}, R.NO_PERMISSION),
    ("bingx", 200, {"code": 100421, "msg": "timestamp mismatch"}, R.CLOCK_SKEW),
    ("bingx", 200, {"code": 100421, "msg": "This pair is currently restricted from API trading"}, R.UNKNOWN_SYMBOL),
    ("weex", 401, {"code": -1049, "msg": "API key or passphrase incorrect."}, R.BAD_KEY),
    ("weex", 401, {"code": -1046, "msg": "Request timestamp expired."}, R.CLOCK_SKEW),
    ("weex", 403, {"code": -1056, "msg": "Invalid IP address."}, R.NO_PERMISSION),
    ("mexc", 200, {"code": 602, "success": False, "message": "Signature verification failed!"}, R.BAD_KEY),
    ("mexc", 200, {"code": 406, "success": False, "message": "IP is not in the whitelist"}, R.NO_PERMISSION),
    ("mexc", 400, {"code": 700002, "msg": "Signature for this request is not valid."}, R.BAD_KEY),
    ("mexc", 400, {"code": 10072, "msg": "Api key info invalid"}, R.BAD_KEY),
    ("mexc", 400, {"code": 700003, "msg": "Timestamp for this request is outside of the recvWindow."}, R.CLOCK_SKEW),
]


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: f"{refusal[0]} {refusal[3]}")
async def test_a_refused_key_has_its_reason(refusal: Any, serve: Any, account: Any, good: Any) -> None:
    exchange, status, body, reason = refusal
    replies, base_url = await serve(dict.fromkeys(good[exchange], body))
    replies.status = dict.fromkeys(good[exchange], status)
    found = await account(exchange, base_url).fetch(wanted(exchange, days=1))
    assert isinstance(found, AccountFailure)
    assert found.reason is reason, found.detail
    assert "canary" not in repr(found)


@pytest.mark.parametrize("exchange", ["binance", "bybit", "bingx", "weex", "mexc"])
async def test_a_bad_key_does_not_knock(exchange: str, serve: Any, account: Any, good: Any, clock: Any) -> None:
    status, body = next(
        (status, body) for name, status, body, reason in REFUSALS if (name, reason) == (exchange, R.BAD_KEY)
    )
    replies, base_url = await serve(dict.fromkeys(good[exchange], body))
    replies.status = dict.fromkeys(good[exchange], status)
    one = account(exchange, base_url)
    await one.fetch(wanted(exchange, days=1))
    replies.asked.clear()
    for _ in range(9):
        clock.pass_by(seconds=30)
        found = await one.fetch(wanted(exchange, days=1))
        assert isinstance(found, AccountFailure)
        assert found.reason is R.BAD_KEY
    assert [path for path in replies.paths() if path in good[exchange]] == []
    clock.pass_by(seconds=40)
    replies.answers, replies.status = dict(good[exchange]), {}
    assert isinstance(await one.fetch(wanted(exchange, days=1)), AccountSnapshot)


async def test_one_refused_part_leaves_the_others(serve: Any, account: Any, good: Any) -> None:
    replies, base_url = await serve(good["binance"])
    replies.answers["/fapi/v1/openOrders"] = {"code": -2015, "msg": "Invalid API-key, IP, or permissions for action."}
    replies.status["/fapi/v1/openOrders"] = 401
    found = await account("binance", base_url).fetch(wanted("binance"))
    assert isinstance(found, AccountSnapshot)
    assert isinstance(found.orders, PartFailure)
    assert found.orders.reason is R.BAD_KEY
    assert isinstance(found.positions, tuple)
    assert isinstance(found.balances, tuple)


async def test_a_ban_holds_the_keyless_client_too(serve: Any, account: Any, good: Any, clock: Any) -> None:
    replies, base_url = await serve(good["binance"])
    until = clock.at + timedelta(seconds=600)
    stamp = round(until.timestamp() * 1000)
    replies.answers["/api/v3/account"] = {"code": -1003, "msg": f"Way too many requests; IP banned until {stamp}."}
    replies.status["/api/v3/account"] = 418
    one = account("binance", base_url)
    await one.fetch(wanted("binance"))
    replies.asked.clear()
    banned = await one.fetch(wanted("binance"))
    assert isinstance(banned, AccountFailure)
    assert (banned.reason, banned.retry_at) == (R.BANNED, until)
    assert one._market.door.retry_at == until
    await one._market.skew.measure()
    assert replies.asked == []
    clock.at = until + timedelta(milliseconds=1)
    await one.fetch(wanted("binance"))
    assert replies.asked != []


async def test_both_clients_spend_one_budget(serve: Any, account: Any, good: Any) -> None:
    _, base_url = await serve(good["binance"])
    one = account("binance", base_url)
    assert one.client.throttler is one._market.client.throttler
    one.client.enableRateLimit = True
    await one.fetch(wanted("binance"))
    assert len(one._market.client.throttler.timestamps) == one.door.calls


@pytest.mark.parametrize("path", ["/fapi/v3/positionRisk", "/fapi/v1/income"])
async def test_a_hanging_part_fails_at_the_deadline(path: str, serve: Any, account: Any, good: Any) -> None:
    replies, base_url = await serve(good["binance"])
    replies.hanging.add(path)
    one = account("binance", base_url, seconds="0.8")
    started = asyncio.get_running_loop().time()
    found = await one.fetch(wanted("binance", days=1))
    assert asyncio.get_running_loop().time() - started < 1
    assert isinstance(found, AccountSnapshot)
    failed = found.positions if "position" in path else found.payments
    assert isinstance(failed, PartFailure)
    assert failed.reason is R.TIMEOUT
    assert isinstance(found.balances, tuple)


async def test_a_redirect_of_a_signed_request_is_not_followed(serve: Any, account: Any, good: Any) -> None:
    replies, base_url = await serve(good["binance"])
    replies.status["/fapi/v3/positionRisk"] = 302
    replies.headers["/fapi/v3/positionRisk"] = {"Location": f"{base_url}/fapi.binance.com/fapi/v3/account"}
    one = account("binance", base_url)
    found = await one.fetch(wanted("binance"))
    assert isinstance(found, AccountSnapshot)
    assert isinstance(found.positions, PartFailure)
    assert replies.paths().count("/fapi/v3/account") == 1


def test_credentials_are_never_shown() -> None:
    shown = f"{KEYS!r} {KEYS} {KEYS.hide('a canaryKEYcanary b canarySECRETcanary c canaryPHRASEcanary')}"
    assert "canary" not in shown
    assert KEYS.hide("x" + KEYS.secret.encode().hex()) == "x***"


async def test_what_cannot_be_used_is_said_at_the_start(serve: Any, account: Any, good: Any) -> None:
    _, base_url = await serve(good["weex"])
    market = account("weex", base_url)._market
    with pytest.raises(ConfigurationError, match=r"accounts\.desk\.password: weex wants a passphrase"):
        CcxtAccountSource(
            account="desk",
            market=market,
            credentials=Credentials(api_key="a", secret="b"),
            clock=market._clock,
            timeout_seconds=market._timeout,
        )
    with pytest.raises(ConfigurationError, match=r'accounts\.desk\.margin: weex has no "portfolio" accounts here'):
        account("weex", base_url, margin="portfolio")


async def test_a_closed_account_and_a_second_fetch_ask_nothing(serve: Any, account: Any, good: Any) -> None:
    replies, base_url = await serve(good["binance"])
    one = account("binance", base_url)
    first, second = await asyncio.gather(one.fetch(wanted("binance")), one.fetch(wanted("binance")))
    assert isinstance(first, AccountSnapshot)
    assert isinstance(second, AccountFailure)
    await one.close()
    replies.asked.clear()
    assert isinstance(await one.fetch(wanted("binance")), AccountFailure)
    assert replies.asked == []
