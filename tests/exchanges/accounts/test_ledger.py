"""The funding ledger: over any downtime, in windows and pages, each payment once, and nothing of it lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from hedgewatch.domain.account import AccountSnapshot, FundingPayment, PartFailure
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.market import UnknownReason
from tests.exchanges.accounts.conftest import listed, wanted
from tests.exchanges.accounts.good import bingx, bybit, mexc
from tests.exchanges.conftest import NOW

EXCHANGES = ("binance", "bybit", "bingx", "weex", "mexc")
EIGHT_HOURS = timedelta(hours=8)
PATHS = {
    "binance": "/fapi/v1/income",
    "bybit": "/v5/execution/list",
    "bingx": "/openApi/swap/v2/user/income",
    "weex": "/capi/v3/account/income",
    "mexc": "/api/v1/private/position/funding_records",
}


def milliseconds(at: datetime) -> int:
    return round(at.timestamp() * 1000)


class Book:
    """A ledger with a payment every eight hours; the n-th pays n, received if it is even."""

    def __init__(self, days: int, per_page: int) -> None:
        first = NOW.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=days)
        stamps = [first + n * EIGHT_HOURS for n in range(days * 3)]
        self.lines = [(milliseconds(at), n if n % 2 == 0 else -n, f"id{n}") for n, at in enumerate(stamps)]
        self.per_page = per_page

    def between(self, asked: dict[str, Any], start: str, end: str) -> list[tuple[int, int, str]]:
        return [line for line in self.lines if int(asked[start]) <= line[0] <= int(asked[end])]

    def binance(self, asked: dict[str, Any]) -> Any:
        assert (asked["incomeType"], asked["limit"]) == ("FUNDING_FEE", "1000")
        return [self.income(line, "BTCUSDT") for line in self.between(asked, "startTime", "endTime")[:1000]]

    def bingx(self, asked: dict[str, Any]) -> Any:
        return bingx([self.income(line, "BTC-USDT") for line in self.between(asked, "startTime", "endTime")[:1000]])

    @staticmethod
    def income(line: tuple[int, int, str], symbol: str) -> dict[str, Any]:
        at, amount, name = line
        return {"symbol": symbol, "income": str(amount), "asset": "USDT", "time": at, "tranId": name}

    def bybit(self, asked: dict[str, Any]) -> Any:
        lines = self.between(asked, "startTime", "endTime")[::-1]
        start = int(asked.get("cursor", 0))
        page = lines[start : start + 100]
        cursor = str(start + 100) if len(lines) > start + 100 else ""
        rows = [
            {"symbol": "BTCUSDT", "execType": "Funding", "execFee": str(-amount), "execTime": str(at), "execId": name}
            for at, amount, name in page
        ]
        return bybit({"list": rows, "nextPageCursor": cursor, "category": "linear"})

    def weex(self, asked: dict[str, Any]) -> Any:
        lines = self.between(asked, "startTime", "endTime")
        items = [
            {"billId": name, "asset": "USDT", "symbol": "BTCUSDT", "income": str(amount), "time": at}
            for at, amount, name in lines[: self.per_page]
        ]
        return {"hasNextPage": len(lines) > self.per_page, "nextKey": None, "items": items}

    def mexc(self, asked: dict[str, Any]) -> Any:
        page, size = int(asked["page_num"]), self.per_page  # and heeds neither start nor end, as ccxt asks it
        lines = self.lines[::-1][(page - 1) * size : page * size]
        rows = [{"id": name, "symbol": "BTC_USDT", "funding": amount, "settleTime": at} for at, amount, name in lines]
        return mexc({"currentPage": page, "totalPage": -(-len(self.lines) // size), "resultList": rows})


async def back_filled(one: Any, exchange: str, clock: Any, since: datetime) -> list[FundingPayment]:
    """Fetch every half minute, storing what comes, until nothing more comes."""
    stored: dict[str, FundingPayment] = {}
    ref = InstrumentRef(exchange=exchange, symbol="BTC/USDT:USDT")
    known = since
    for _ in range(12):
        found = await one.fetch(replace(wanted(exchange), payments_since={ref: known}))
        assert isinstance(found, AccountSnapshot)
        assert isinstance(found.payments, tuple), found.payments
        stored |= {payment.payment_id: payment for payment in found.payments}
        known = max((payment.paid_at for payment in stored.values()), default=since)
        clock.pass_by(seconds=30)
    return sorted(stored.values(), key=lambda payment: payment.paid_at)


@pytest.mark.parametrize("exchange", EXCHANGES)
@pytest.mark.parametrize("days", [3, 60])
async def test_a_downtime_is_back_filled(
    exchange: str, days: int, serve: Any, account: Any, good: Any, clock: Any
) -> None:
    book = Book(days + 20, per_page=10)
    replies, base_url = await serve(good[exchange])
    replies.answers[PATHS[exchange]] = getattr(book, exchange)
    found = await back_filled(account(exchange, base_url), exchange, clock, NOW - timedelta(days=days))
    since = milliseconds(NOW - timedelta(days=days)) - 3_600_000
    expected = [(at, Decimal(amount), name) for at, amount, name in book.lines if at >= since]
    assert [(milliseconds(p.paid_at), p.amount, p.payment_id) for p in found] == expected
    assert len(found) >= days * 3 - 1


async def test_a_long_back_fill_is_spread_over_fetches(serve: Any, account: Any, good: Any) -> None:
    replies, base_url = await serve(good["binance"])
    replies.answers[PATHS["binance"]] = Book(85, per_page=10).binance
    found = await account("binance", base_url).fetch(wanted("binance", days=84))
    assert isinstance(found, AccountSnapshot)
    assert replies.paths().count(PATHS["binance"]) == 8
    assert isinstance(found.payments, tuple)
    assert max(p.paid_at for p in found.payments) < NOW - timedelta(days=27)


async def test_payments_that_were_not_stored_are_told_again(serve: Any, account: Any, good: Any, clock: Any) -> None:
    _, base_url = await serve(good["binance"])
    one = account("binance", base_url)
    first = await one.fetch(wanted("binance", days=1))
    clock.pass_by(seconds=30)
    again = await one.fetch(wanted("binance", days=1))
    assert first.payments == again.payments != ()


async def test_a_contract_that_is_new_is_back_filled_too(serve: Any, account: Any, good: Any, clock: Any) -> None:
    book = Book(20, per_page=10)
    eth = InstrumentRef(exchange="binance", symbol="ETH/USDT:USDT")
    btc = InstrumentRef(exchange="binance", symbol="BTC/USDT:USDT")

    def both(asked: dict[str, Any]) -> Any:
        rows: list[dict[str, Any]] = book.binance(asked)
        return rows + [{**row, "symbol": "ETHUSDT", "tranId": "eth" + row["tranId"]} for row in rows]

    replies, base_url = await serve(good["binance"])
    replies.answers[PATHS["binance"]] = both
    one = account("binance", base_url, more={eth.symbol: listed(eth.symbol, "ETHUSDT")})
    await back_filled(one, "binance", clock, NOW - timedelta(days=1))
    clock.pass_by(minutes=6)
    since = {btc: NOW, eth: NOW - timedelta(days=15)}
    found = await one.fetch(replace(wanted("binance", btc.symbol, eth.symbol), payments_since=since))
    assert isinstance(found.payments, tuple)
    assert sum(payment.ref == eth for payment in found.payments) >= 44


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("<html>", UnknownReason.NOT_JSON),
        ("{}", UnknownReason.MISSING),
        ('[{"symbol": "BTCUSDT"}]', UnknownReason.MISSING),
    ],
)
async def test_a_ledger_that_cannot_be_read_is_read_again_from_where_it_was(
    body: str, reason: UnknownReason, serve: Any, account: Any, good: Any, clock: Any
) -> None:
    replies, base_url = await serve(good["binance"])
    right = replies.answers[PATHS["binance"]]
    replies.answers[PATHS["binance"]] = body
    one = account("binance", base_url)
    found = await one.fetch(wanted("binance", days=1))
    assert isinstance(found.payments, PartFailure)
    assert found.payments.reason is reason
    replies.answers[PATHS["binance"]] = right
    clock.pass_by(seconds=61)
    assert len((await one.fetch(wanted("binance", days=1))).payments) == 1


async def test_more_payments_in_a_minute_than_a_page_holds_are_a_failure(serve: Any, account: Any, good: Any) -> None:
    full: Callable[[Any], Any] = lambda _: {"hasNextPage": True, "nextKey": "x", "items": []}  # noqa: E731  one answer
    replies, base_url = await serve(good["weex"])
    replies.answers[PATHS["weex"]] = full
    one = account("weex", base_url)
    found = await one.fetch(wanted("weex", days=1))
    assert isinstance(found, AccountSnapshot)
    assert found.payments == ()  # still halving its window: bounded a fetch
    assert replies.paths().count(PATHS["weex"]) == 8
