"""One short of 2 BTC, told by five exchanges in five ways, is read as the same position."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from hedgewatch.domain.account import (
    AccountPosition,
    AccountSnapshot,
    ContractTerms,
    LeverageTiers,
    MarginMode,
    PartFailure,
    TierUnit,
    TradingFees,
)
from tests.exchanges.accounts.conftest import wanted

EXCHANGES = ("binance", "bybit", "bingx", "weex", "mexc")
D = Decimal

each_exchange = pytest.mark.parametrize("exchange", EXCHANGES)


async def read(exchange: str, serve: Any, account: Any, good: Any, **kinds: Any) -> AccountSnapshot:
    _, base_url = await serve(good[exchange])
    found = await account(exchange, base_url, **kinds).fetch(wanted(exchange, days=1))
    assert isinstance(found, AccountSnapshot), found
    return found


@each_exchange
async def test_a_short_is_read_with_its_margin(exchange: str, serve: Any, account: Any, good: Any) -> None:
    found = await read(exchange, serve, account, good)
    assert isinstance(found.positions, tuple)
    (position,) = found.positions
    assert isinstance(position, AccountPosition)
    contracts = -20000 if exchange == "mexc" else -2
    assert (position.contracts, position.entry_price, position.leverage) == (contracts, 60000, 5)
    assert (position.margin_mode, position.margin) == (MarginMode.ISOLATED, 30000)
    assert position.liquidation_price == 74000
    assert position.unrealised_pnl == (None if exchange == "mexc" else -2000)
    assert position.reported_notional == (None if exchange == "mexc" else 122000)
    assert position.mark_price == (None if exchange in {"mexc", "weex"} else 61000)
    assert position.maintenance_margin == (610 if exchange in {"binance", "bybit"} else None)
    assert position.adl_quantile == (3 if exchange in {"binance", "bybit"} else None)
    assert position.is_dual_side is (None if exchange == "weex" else False)


@each_exchange
async def test_coins_are_read_where_they_lie(exchange: str, serve: Any, account: Any, good: Any) -> None:
    _, base_url = await serve(good[exchange])
    one = account(exchange, base_url)
    for assets in ({"BTC"}, {"BTC", "USDT"}, ()):
        found = await one.fetch(replace(wanted(exchange), assets=frozenset(assets)))
        assert isinstance(found, AccountSnapshot)
        assert isinstance(found.balances, tuple)
        assert {balance.asset for balance in found.balances} == set(assets or {"BTC", "USDT"})
    coins = [balance for balance in found.balances if balance.asset == "BTC"]
    earns = exchange in {"binance", "bybit"}
    assert sum(balance.owned for balance in coins) == (4 if earns else 3)
    assert sum(balance.earn for balance in coins) == (1 if earns else 0)
    assert sum(balance.used for balance in coins) == D("0.5")


@each_exchange
async def test_wallets_tell_equity_without_credit_and_margin_without_isolated_positions(
    exchange: str, serve: Any, account: Any, good: Any
) -> None:
    found = await read(exchange, serve, account, good)
    assert isinstance(found.wallets, tuple)
    (wallet,) = found.wallets
    told = (wallet.asset, wallet.equity, wallet.initial_margin, wallet.maintenance_margin, wallet.credit)
    assert (
        told
        == {
            "binance": ("USDT", 2000, 0, 0, None),
            "bybit": ("USD", 180000, 24400, 610, 0),
            "bingx": ("USDT", 30000, 0, None, None),
            "weex": ("USDT", 30000, 0, None, None),
            "mexc": ("USDT", 30000, 0, None, 100),
        }[exchange]
    )
    assert wallet.is_shared


@each_exchange
async def test_what_is_open_of_an_order_is_read(exchange: str, serve: Any, account: Any, good: Any) -> None:
    found = await read(exchange, serve, account, good)
    assert isinstance(found.orders, tuple)
    (order,) = found.orders
    assert (order.order_id, order.limit_price, order.reduce_only) == ("7", 60500, False)
    assert order.contracts == (-3000 if exchange == "mexc" else D("-0.3"))
    assert order.position_side == ("short" if exchange in {"mexc", "weex"} else None)


@each_exchange
async def test_funding_received_is_positive(exchange: str, serve: Any, account: Any, good: Any) -> None:
    found = await read(exchange, serve, account, good)
    assert isinstance(found.payments, tuple)
    (payment,) = found.payments
    assert (payment.account, payment.asset, payment.amount, payment.payment_id) == ("desk", "USDT", D("12.2"), "9001")
    assert (payment.paid_at.hour, payment.paid_at.minute) == (2, 29)


@each_exchange
async def test_terms_are_read(exchange: str, serve: Any, account: Any, good: Any) -> None:
    found = await read(exchange, serve, account, good)
    (terms,) = found.terms
    assert isinstance(terms, ContractTerms)
    assert isinstance(terms.fees, TradingFees)
    assert (terms.fees.maker, terms.fees.taker) == (D("0.0002"), D("0.0005"))
    if exchange == "weex":
        assert terms.tiers is None
        return
    assert isinstance(terms.tiers, LeverageTiers)
    first, second = terms.tiers.tiers
    if exchange == "mexc":
        assert (terms.tiers.unit, terms.tiers.is_progressive) == (TierUnit.CONTRACTS, False)
        assert (first.cap, first.maintenance_margin_rate, first.max_leverage) == (200000, D("0.004"), 125)
        assert (second.floor, second.maintenance_margin_rate, second.deduction) == (200000, D("0.008"), None)
        return
    assert (terms.tiers.unit, terms.tiers.is_progressive) == (TierUnit.NOTIONAL, True)
    assert (first.floor, first.cap, first.maintenance_margin_rate) == (0, 50000, D("0.004"))
    assert (second.floor, second.maintenance_margin_rate, second.deduction) == (50000, D("0.005"), 50)
    assert first.max_leverage == (None if exchange == "bingx" else 125)


@each_exchange
async def test_a_key_tells_what_it_may_do_where_it_can(exchange: str, serve: Any, account: Any, good: Any) -> None:
    scope = (await read(exchange, serve, account, good)).scope
    assert scope is not None
    if exchange in {"weex", "mexc"}:
        assert (scope.can_trade, scope.can_withdraw) == (None, None)
        assert "no call that tells" in scope.source
    else:
        assert (scope.can_trade, scope.can_withdraw, scope.is_bound_to_address) == (False, False, True)


@each_exchange
async def test_slow_parts_are_not_asked_each_time(
    exchange: str, serve: Any, account: Any, good: Any, clock: Any
) -> None:
    replies, base_url = await serve(good[exchange])
    one = account(exchange, base_url)
    found = await one.fetch(wanted(exchange, days=1))
    assert isinstance(found, AccountSnapshot)
    first, replies.asked = replies.paths(), []
    clock.pass_by(seconds=30)
    stored = {payment.ref: payment.paid_at for payment in found.payments}  # type: ignore[union-attr]  # a tuple
    again = await one.fetch(replace(wanted(exchange), payments_since=stored))
    second = replies.paths()
    assert len(set(first)) == len(good[exchange])
    seldom = (
        "earn",
        "Restrictions",
        "leverageBracket",
        "commissionRate",
        "risk-limit",
        "fee-rate",
        "query-api",
        "info",
    )
    seldom += ("maintMarginRatio", "apiPermissions", "position_mode", "tiered_fee_rate", "income", "execution")
    seldom += ("funding_records",)
    assert [path for path in second if any(word in path for word in seldom)] == []
    assert isinstance(again, AccountSnapshot)
    assert (again.payments, len(again.terms)) == ((), 1)
    assert not isinstance(again.balances, PartFailure)


async def test_coins_that_leave_spot_are_looked_for_where_they_earn(
    serve: Any, account: Any, good: Any, clock: Any
) -> None:
    replies, base_url = await serve(good["binance"])
    one = account("binance", base_url)
    await one.fetch(wanted("binance"))
    replies.answers["/api/v3/account"]["balances"][0]["free"] = "1.5"
    replies.answers["/sapi/v1/simple-earn/flexible/position"]["rows"][0]["totalAmount"] = "1.75"
    clock.pass_by(seconds=30)
    found = await one.fetch(wanted("binance"))
    assert isinstance(found, AccountSnapshot)
    assert isinstance(found.balances, tuple)
    assert sum(balance.owned for balance in found.balances if balance.asset == "BTC") == 4


async def test_an_earn_answer_that_is_too_old_is_no_answer(serve: Any, account: Any, good: Any, clock: Any) -> None:
    replies, base_url = await serve(good["binance"])
    one = account("binance", base_url)
    await one.fetch(wanted("binance"))
    replies.answers["/sapi/v1/simple-earn/flexible/position"] = "<html>"
    for _ in range(2):
        clock.pass_by(hours=1, minutes=20)
        held = await one.fetch(wanted("binance"))
        assert isinstance(held, AccountSnapshot)
        assert isinstance(held.balances, tuple)
    clock.pass_by(hours=1)
    found = await one.fetch(wanted("binance"))
    assert isinstance(found, AccountSnapshot)
    assert found.balance_failure is not None
    assert [balance.wallet for balance in found.balances if balance.asset == "BTC"] == ["spot"]  # type: ignore[union-attr]


async def test_answers_are_dated_by_the_exchange_where_it_dates_them(serve: Any, account: Any, good: Any) -> None:
    found = await read("bybit", serve, account, good)
    assert found.exchange_time is not None
    assert found.received_at - found.exchange_time == timedelta(seconds=60, milliseconds=123)
    assert (await read("binance", serve, account, good)).exchange_time is None
