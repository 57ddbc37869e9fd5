"""Every error in our words: its reason, when to ask again, and no secret in it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hedgewatch.domain.market import UnknownReason
from hedgewatch.exchanges.faults import Evidence, judge_evidence, scrub
from hedgewatch.exchanges.quirks import QUIRKS

NOW = datetime(2026, 11, 24, 3, 30, tzinfo=UTC)
R = UnknownReason


@pytest.mark.parametrize(
    ("exchange", "error_class", "status", "code", "words", "reason"),
    [
        ("binance", "DDoSProtection", 429, "-1003", "Too many requests", R.RATE_LIMITED),
        ("binance", "DDoSProtection", 418, "-1003", "IP banned until 1795491060123.", R.BANNED),
        ("binance", "DDoSProtection", None, "-1003", "Way too many requests; banned until 1795491060123", R.BANNED),
        ("binance", "ExchangeNotAvailable", 451, "0", "Service unavailable from a restricted location", R.GEO_BLOCKED),
        ("binance", "InvalidNonce", 400, "-1021", "Timestamp for this request", R.CLOCK_SKEW),
        ("binance", "BadSymbol", 400, "-1121", "Invalid symbol.", R.UNKNOWN_SYMBOL),
        ("binance", "ExchangeNotAvailable", 403, None, "a page instead of data", R.GEO_BLOCKED),
        ("bybit", "RateLimitExceeded", 403, None, "a page instead of data", R.RATE_LIMITED),
        ("bybit", "ExchangeError", 403, None, "configured to block access from your country", R.GEO_BLOCKED),
        ("bybit", "ExchangeError", 429, "429", "x", R.RATE_LIMITED),
        ("bybit", "RateLimitExceeded", None, "10006", "Too many visits!", R.RATE_LIMITED),
        ("bybit", "InvalidNonce", None, "10002", "invalid request, please check your timestamp", R.CLOCK_SKEW),
        ("bybit", "ExchangeError", 451, None, "x", R.GEO_BLOCKED),
        ("bybit", "ExchangeError", None, "10016", "Server error", R.FETCH_ERROR),
        ("bingx", "OperationFailed", None, "100410", "try again later", R.RATE_LIMITED),
        ("bingx", "BadSymbol", None, "100421", "timestamp mismatch", R.CLOCK_SKEW),
        ("bingx", "InsufficientFunds", None, "80012", "service unavailable", R.MAINTENANCE),
        ("bingx", "OperationFailed", None, "100500", "internal", R.FETCH_ERROR),
        ("weex", "ExchangeError", 429, "429", "x", R.RATE_LIMITED),
        ("weex", "BadRequest", None, "-1046", "expired timestamp", R.CLOCK_SKEW),
        ("weex", "ExchangeError", None, "-1054", "system error", R.FETCH_ERROR),
        ("mexc", "RateLimitExceeded", None, "510", "Requests are too frequent", R.RATE_LIMITED),
        ("mexc", "InvalidNonce", None, "700003", "Timestamp is outside", R.CLOCK_SKEW),
        ("mexc", "BadSymbol", None, "1001", "contract does not exist", R.UNKNOWN_SYMBOL),
        ("mexc", "ExchangeError", None, "500", "internal", R.FETCH_ERROR),
        ("mexc", "RequestTimeout", None, None, "RequestTimeout", R.TIMEOUT),
        ("mexc", "ExchangeNotAvailable", None, None, "ExchangeNotAvailable (ClientConnectorError)", R.FETCH_ERROR),
        ("mexc", "BadResponse", None, None, "not JSON: a page instead of data (maintenance)", R.NOT_JSON),
        ("mexc", "OnMaintenance", 503, None, "x", R.MAINTENANCE),
    ],
)
def test_an_error_has_its_reason(
    exchange: str, error_class: str, status: int | None, code: str | None, words: str, reason: UnknownReason
) -> None:
    evidence = Evidence(where=exchange, error_class=error_class, status=status, code=code, words=words)
    assert judge_evidence(evidence, QUIRKS[exchange], NOW).reason is reason


@pytest.mark.parametrize(
    ("words", "headers", "wait"),
    [
        ("banned until 1795491060123", {}, timedelta(seconds=60, milliseconds=123)),
        ("banned until 1795491060", {}, timedelta(seconds=60)),
        ("banned until 1595491060123", {}, timedelta(minutes=2)),
        ("banned until 9995491060123", {}, timedelta(days=3)),
        ("", {"Retry-After": "45"}, timedelta(seconds=45)),
        ("", {"retry-after": "Tue, 24 Nov 2026 03:31:00 GMT"}, timedelta(seconds=60)),
        ("", {"Retry-After": "99999999999999999999"}, timedelta(days=3)),
        ("", {"Retry-After": "soon"}, timedelta(minutes=2)),
        ("", {"Retry-After": "-5"}, timedelta(minutes=2)),
        (
            "in the disabled period and will be unblocked after 1795491060123",
            {},
            timedelta(seconds=60, milliseconds=123),
        ),
        ("", {"X-Bapi-Limit-Reset-Timestamp": "1795491060123"}, timedelta(seconds=60, milliseconds=123)),
        ("", {"X-Bapi-Limit-Reset-Timestamp": "1795490000000"}, timedelta(minutes=2)),
    ],
)
def test_what_an_exchange_asks_for_is_waited_for_within_reason(
    words: str, headers: dict[str, str], wait: timedelta
) -> None:
    evidence = Evidence(where="x", error_class="DDoSProtection", status=418, words=words, headers=headers)
    assert judge_evidence(evidence, QUIRKS["binance"], NOW).retry_at == NOW + wait


def test_a_403_of_bybit_lasts_ten_minutes() -> None:
    evidence = Evidence(where="x", error_class="RateLimitExceeded", status=403, words="a page instead of data")
    assert judge_evidence(evidence, QUIRKS["bybit"], NOW).retry_at == NOW + timedelta(minutes=10)


@pytest.mark.parametrize(
    "text",
    [
        "binance GET https://api.binance.com/api/v3/account?timestamp=1&signature=c0ffeec0ffee",
        '{"signature": "c0ffeec0ffee", "msg": "x"}',
        "apiKey=c0ffeec0ffee was refused",
        "ACCESS-KEY: c0ffeec0ffee",
        "passphrase = c0ffeec0ffee",
        "key c0ffeec0ffeec0ffeec0ffeec0ffeec0ffeec0ffee is unknown",
    ],
)
def test_no_secret_is_left_in_a_text(text: str) -> None:
    assert "c0ffeec0ffee" not in scrub(text)


def test_a_text_is_one_short_line_and_keeps_its_path() -> None:
    told = scrub("bingx open-api.bingx.com/openApi/swap/v2/quote/premiumIndex:\r\n\x1b[31m HTTP 404" + " x" * 500)
    assert told.startswith("bingx open-api.bingx.com/openApi/swap/v2/quote/premiumIndex: [31m HTTP 404")
    assert len(told) <= 160
    assert told.isprintable()
