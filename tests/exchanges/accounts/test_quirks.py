"""What each exchange tells its own way: signs, sides, prices that are never reached, units, modes, scopes."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from hedgewatch.domain.account import (
    AccountPosition,
    AccountSnapshot,
    LeverageTiers,
    MarginMode,
    Never,
    PartFailure,
    TierUnit,
)
from hedgewatch.domain.market import ReadingFailure, UnknownReason
from tests.exchanges.accounts.conftest import listed, wanted
from tests.exchanges.accounts.good import MS, POSITIONS, bingx, bybit, mexc

D = Decimal
COIN = "BTC/USD:BTC"


def row_of(answers: Any, exchange: str) -> dict[str, Any]:
    body = answers[POSITIONS[exchange]]
    rows: Any = body if isinstance(body, list) else body.get("data") or body["result"]["list"]
    found: dict[str, Any] = rows[0]
    return found


async def position(exchange: str, change: dict[str, Any], serve: Any, account: Any, good: Any) -> Any:
    replies, base_url = await serve(good[exchange])
    row_of(replies.answers, exchange).update(change)
    found = await account(exchange, base_url).fetch(wanted(exchange))
    assert isinstance(found, AccountSnapshot)
    assert isinstance(found.positions, tuple)
    assert len(found.positions) == 1
    return found.positions[0]


@pytest.mark.parametrize(
    ("exchange", "change", "contracts"),
    [
        ("binance", {"positionSide": "SHORT"}, -2),
        ("binance", {"positionSide": "LONG", "positionAmt": "2"}, 2),
        ("binance", {"positionSide": "LONG"}, None),
        ("binance", {"positionSide": "UP"}, None),
        ("bybit", {"side": "Buy", "positionIdx": 1}, 2),
        ("bybit", {"side": ""}, None),
        ("bingx", {"positionAmt": "-2"}, -2),
        ("bingx", {"positionSide": "LONG"}, 2),
        ("bingx", {"positionSide": "SHORT"}, -2),
        ("bingx", {"unrealizedProfit": "2000"}, 2),
        ("bingx", {"unrealizedProfit": "2000", "markPrice": "59000"}, -2),
        ("bingx", {"unrealizedProfit": "0"}, None),
        ("bingx", {"markPrice": "60000"}, None),
        ("bingx", {"markPrice": ""}, None),
        ("weex", {"side": "LONG"}, 2),
        ("weex", {"side": "BOTH"}, None),
        ("mexc", {"positionType": 1}, 20000),
        ("mexc", {"positionType": "2"}, -20000),
        ("mexc", {"positionType": 3}, None),
    ],
)
async def test_a_side_is_read_or_not_known(
    exchange: str, change: dict[str, Any], contracts: int | None, serve: Any, account: Any, good: Any
) -> None:
    found = await position(exchange, change, serve, account, good)
    if contracts is None:
        assert isinstance(found, ReadingFailure)
        assert found.detail
    else:
        assert found.contracts == contracts


@pytest.mark.parametrize(
    ("exchange", "change", "expected"),
    [
        ("binance", {"liquidationPrice": "0", "isolatedWallet": "0"}, Never.NEVER),
        ("binance", {"liquidationPrice": "0.00"}, Never.NEVER),
        ("binance", {"liquidationPrice": ""}, None),
        ("bybit", {"liqPrice": ""}, None),
        ("bybit", {"liqPrice": "0"}, None),
        ("bingx", {"liquidationPrice": 0, "isolated": False}, Never.NEVER),
        ("bingx", {"liquidationPrice": 0, "isolated": True}, None),
        ("weex", {"liquidatePrice": "0"}, None),
        ("mexc", {"liquidatePrice": 0}, None),
    ],
)
async def test_no_liquidation_price_is_never_only_where_that_is_meant(
    exchange: str, change: dict[str, Any], expected: Any, serve: Any, account: Any, good: Any
) -> None:
    assert (await position(exchange, change, serve, account, good)).liquidation_price is expected


@pytest.mark.parametrize(
    ("exchange", "change", "mode"),
    [
        ("binance", {"isolatedWallet": "0", "isolatedMargin": "0"}, MarginMode.CROSS),
        ("bingx", {"isolated": False}, MarginMode.CROSS),
        ("bingx", {"isolated": None}, None),
        ("weex", {"marginType": "CROSSED"}, MarginMode.CROSS),
        ("mexc", {"openType": 2}, MarginMode.CROSS),
    ],
)
async def test_a_cross_position_has_no_margin_of_its_own(
    exchange: str, change: dict[str, Any], mode: Any, serve: Any, account: Any, good: Any
) -> None:
    found = await position(exchange, change, serve, account, good)
    assert (found.margin_mode, found.margin) == (mode, None)


async def test_bybit_margin_mode_is_the_accounts(serve: Any, account: Any, good: Any) -> None:
    replies, base_url = await serve(good["bybit"])
    replies.answers["/v5/account/info"] = bybit({"marginMode": "REGULAR_MARGIN"})
    found = await account("bybit", base_url).fetch(wanted("bybit"))
    (read,) = found.positions
    assert (read.margin_mode, read.margin) == (MarginMode.CROSS, None)


async def test_bybit_asks_each_settle_coin_and_follows_pages(serve: Any, account: Any, good: Any) -> None:
    replies, base_url = await serve(good["bybit"])
    row = row_of(replies.answers, "bybit")

    def pages(asked: dict[str, Any]) -> Any:
        if asked["settleCoin"] == "USDC":
            rows, cursor = [{**row, "symbol": "BTCPERP", "side": "Buy"}], ""
        elif "cursor" in asked:
            rows, cursor = [row], ""
        else:
            rows, cursor = [{**row, "symbol": f"X{n}USDT"} for n in range(200)], "page2"
        return bybit({"list": rows, "nextPageCursor": cursor, "category": "linear"})

    replies.answers[POSITIONS["bybit"]] = pages
    usdc = "BTC/USDC:USDC"
    one = account("bybit", base_url, more={usdc: listed(usdc, "BTCPERP")})
    found = await one.fetch(wanted("bybit", "BTC/USDT:USDT", usdc))
    assert sorted((p.ref.symbol, p.contracts) for p in found.positions) == [("BTC/USDC:USDC", 2), ("BTC/USDT:USDT", -2)]


async def test_one_settle_coin_that_fails_leaves_the_other(serve: Any, account: Any, good: Any) -> None:
    replies, base_url = await serve(good["bybit"])
    right = replies.answers[POSITIONS["bybit"]]
    replies.answers[POSITIONS["bybit"]] = lambda asked: right if asked["settleCoin"] == "USDT" else "<html>"
    usdc = "BTC/USDC:USDC"
    one = account("bybit", base_url, more={usdc: listed(usdc, "BTCPERP")})
    found = await one.fetch(wanted("bybit", "BTC/USDT:USDT", usdc))
    told, failed = found.positions
    assert isinstance(told, AccountPosition)
    assert isinstance(failed, ReadingFailure)
    assert (failed.ref.symbol, failed.reason) == (usdc, UnknownReason.NOT_JSON)


async def test_a_symbol_that_is_not_listed_fails_alone(serve: Any, account: Any, good: Any) -> None:
    _, base_url = await serve(good["binance"])
    found = await account("binance", base_url).fetch(wanted("binance", "BTC/USDT:USDT", "NO/USDT:USDT"))
    told, failed = found.positions
    assert isinstance(told, AccountPosition)
    assert isinstance(failed, ReadingFailure)


COIN_POSITION = {
    "symbol": "BTCUSD_PERP",
    "positionSide": "SHORT",
    "positionAmt": "-600",
    "entryPrice": "60000",
    "markPrice": "50000",
    "unRealizedProfit": "0.2",
    "liquidationPrice": "0",
    "leverage": "1",
    "marginType": "cross",
    "isolatedMargin": "0",
    "notionalValue": "-1.2",
    "isolatedWallet": "0",
}


async def test_binance_coin_margin_is_read_in_contracts_of_dollars(serve: Any, account: Any, good: Any) -> None:
    replies, base_url = await serve(good["binance"])
    replies.answers |= {
        "/dapi/v1/positionRisk": [COIN_POSITION],
        "/dapi/v1/account": {
            "canTrade": True,
            "assets": [
                {
                    "asset": "BTC",
                    "walletBalance": "1",
                    "marginBalance": "1.2",
                    "maintMargin": "0.006",
                    "initialMargin": "1",
                    "crossWalletBalance": "1",
                    "crossUnPnl": "0.2",
                }
            ],
            "positions": [
                {"symbol": "BTCUSD_PERP", "positionSide": "SHORT", "maintMargin": "0.006", "isolated": False}
            ],
        },
        "/dapi/v1/openOrders": [],
        "/dapi/v2/leverageBracket": [
            {
                "symbol": "BTCUSD_PERP",
                "brackets": [
                    {"initialLeverage": 125, "qtyCap": 5, "qtyFloor": 0, "maintMarginRatio": 0.004, "cum": 0.0}
                ],
            }
        ],
        "/dapi/v1/commissionRate": {
            "symbol": "BTCUSD_PERP",
            "makerCommissionRate": "0.0001",
            "takerCommissionRate": "0.0005",
        },
        "/dapi/v1/income": [],
    }
    one = account("binance", base_url, more={COIN: listed(COIN, "BTCUSD_PERP", "100")})
    found = await one.fetch(wanted("binance", COIN, days=1))
    (read,) = found.positions
    assert (read.contracts, read.reported_notional, read.maintenance_margin) == (-600, 60000, D("0.006"))
    assert (read.liquidation_price, read.is_dual_side, read.leverage) == (Never.NEVER, True, 1)
    (wallet,) = found.wallets
    assert (wallet.wallet, wallet.asset, wallet.equity, wallet.maintenance_margin) == (
        "coin-m",
        "BTC",
        D("1.2"),
        D("0.006"),
    )
    assert {(b.wallet, b.owned) for b in found.balances} == {
        ("spot", 3),
        ("earn", 1),
        ("coin-m", 1),
    }
    (terms,) = found.terms
    assert isinstance(terms.tiers, LeverageTiers)
    assert terms.tiers.unit is TierUnit.COINS
    assert (found.orders, found.payments) == ((), ())
    assert not any(path.startswith("/fapi") for path in replies.paths())


async def test_one_side_that_fails_leaves_the_other(serve: Any, account: Any, good: Any) -> None:
    replies, base_url = await serve(good["binance"])
    replies.answers["/dapi/v1/positionRisk"] = ""
    one = account("binance", base_url, more={COIN: listed(COIN, "BTCUSD_PERP", "100")})
    found = await one.fetch(wanted("binance", "BTC/USDT:USDT", COIN))
    linear, inverse = found.positions
    assert isinstance(linear, AccountPosition)
    assert isinstance(inverse, ReadingFailure)
    assert inverse.ref.symbol == COIN
    assert [wallet.asset for wallet in found.wallets] == ["USDT"]
    [unread] = found.unread_wallets
    assert [ref.symbol for ref in unread.refs] == [COIN]
    assert found.wallet_failure(linear.ref) is None
    assert found.wallet_failure(inverse.ref) == unread.failure


async def test_binance_portfolio_margin_is_one_wallet(serve: Any, account: Any, good: Any) -> None:
    replies, base_url = await serve(good["binance"])
    replies.answers |= {
        "/papi/v1/account": {
            "uniMMR": "49",
            "accountEquity": "30000",
            "actualEquity": "31000",
            "accountInitialMargin": "24400",
            "accountMaintMargin": "610",
            "accountStatus": "NORMAL",
            "updateTime": MS,
        },
        "/papi/v1/balance": [
            {
                "asset": "BTC",
                "totalWalletBalance": "2",
                "crossMarginLocked": "0.5",
                "crossMarginBorrowed": "0.3",
                "crossMarginInterest": "0.1",
                "umWalletBalance": "0",
                "updateTime": 0,
            }
        ],
        "/papi/v1/um/positionRisk": [
            {
                "symbol": "BTCUSDT",
                "positionAmt": "-2",
                "entryPrice": "60000.0",
                "markPrice": "61000",
                "unRealizedProfit": "-2000",
                "liquidationPrice": "74000",
                "leverage": "5",
                "positionSide": "SHORT",
                "notional": "-122000",
            }
        ],
        "/papi/v1/um/openOrders": [],
    }
    found = await account("binance", base_url, margin="portfolio").fetch(wanted("binance"))
    (read,) = found.positions
    assert (read.contracts, read.margin_mode, read.margin, read.leverage) == (-2, MarginMode.CROSS, None, 5)
    (wallet,) = found.wallets
    assert (wallet.asset, wallet.equity, wallet.maintenance_margin) == ("USD", 30000, 610)
    portfolio = next(b for b in found.balances if b.wallet == "portfolio")
    assert (portfolio.free, portfolio.used, portfolio.borrowed) == (D("1.5"), D("0.5"), D("0.4"))


@pytest.mark.parametrize(("exchange", "other"), [("binance", 7), ("bybit", 7)])
async def test_what_unwanted_positions_need_of_a_wallet_is_told(
    exchange: str, other: int, serve: Any, account: Any, good: Any
) -> None:
    replies, base_url = await serve(good[exchange])
    body = replies.answers[POSITIONS[exchange]]
    rows = body if isinstance(body, list) else body["result"]["list"]
    figure = "maintMargin" if exchange == "binance" else "positionMM"
    rows.append({**rows[0], "symbol": "ETHUSDT", figure: "7", "isolatedWallet": "0"})
    if exchange == "binance":
        replies.answers["/fapi/v3/account"]["assets"][0]["maintMargin"] = "617"
    (wallet,) = (await account(exchange, base_url).fetch(wanted(exchange))).wallets
    assert wallet.other_maintenance == other
    assert wallet.maintenance_margin == (7 if exchange == "binance" else 610)


async def test_binance_multi_assets_mode_is_one_wallet(serve: Any, account: Any, good: Any) -> None:
    replies, base_url = await serve(good["binance"])
    replies.answers["/fapi/v3/account"] |= {
        "multiAssetsMargin": True,
        "totalInitialMargin": "24400",
        "totalMaintMargin": "610",
    }
    (wallet,) = (await account("binance", base_url).fetch(wanted("binance"))).wallets
    assert (wallet.asset, wallet.equity, wallet.initial_margin, wallet.maintenance_margin) == ("USD", 30000, 24400, 610)


async def test_bingx_coin_contracts_are_not_coins(serve: Any, account: Any, good: Any) -> None:
    replies, base_url = await serve(good["bingx"])
    row = {"asset": "BTC", "balance": "1", "equity": "1.2", "unrealizedProfit": "0.2", "usedMargin": "0.1"}
    replies.answers |= {
        "/openApi/cswap/v1/user/positions": bingx(
            [
                {
                    "symbol": "BTC-USD",
                    "positionId": "1",
                    "positionSide": "SHORT",
                    "isolated": False,
                    "positionAmt": "600",
                    "unrealizedProfit": "0.2",
                    "initialMargin": "0.1",
                    "liquidationPrice": 0,
                    "avgPrice": "60000",
                    "leverage": 10,
                    "markPrice": "50000",
                }
            ]
        ),
        "/openApi/cswap/v1/user/balance": bingx([{**row, "freezedMargin": "0", "availableMargin": "1"}]),
        "/openApi/cswap/v1/trade/openOrders": bingx(
            {
                "orders": [
                    {
                        "symbol": "BTC-USD",
                        "orderId": "8",
                        "side": "SELL",
                        "positionSide": "Short",
                        "type": "LIMIT",
                        "quantity": 7,
                        "origQty": "",
                        "executedQty": "0",
                        "price": "70000",
                        "stopPrice": "",
                    }
                ]
            }
        ),
        "/openApi/cswap/v1/user/commissionRate": bingx(
            {"takerCommissionRate": "0.0005", "makerCommissionRate": "0.0002"}
        ),
    }
    one = account("bingx", base_url, more={COIN: listed(COIN, "BTC-USD", "100")})
    found = await one.fetch(wanted("bingx", COIN))
    (read,) = found.positions
    assert (read.contracts, read.liquidation_price, read.reported_notional) == (-600, Never.NEVER, None)
    (order,) = found.orders
    assert (order.contracts, order.position_side) == (-7, "short")
    assert {(b.wallet, b.owned) for b in found.balances} == {("spot", 3), ("coin swap", 1)}


async def test_bybit_inverse_notional_comes_from_its_coins(serve: Any, account: Any, good: Any) -> None:
    replies, base_url = await serve(good["bybit"])
    replies.answers[POSITIONS["bybit"]] = bybit(
        {
            "category": "inverse",
            "nextPageCursor": "",
            "list": [
                {
                    **row_of(good["bybit"], "bybit"),
                    "symbol": "BTCUSD",
                    "size": "60000",
                    "positionValue": "1",
                    "unrealisedPnl": "-0.016",
                }
            ],
        }
    )
    replies.answers["/v5/order/realtime"] = bybit({"list": [], "nextPageCursor": ""})
    one = account("bybit", base_url, more={COIN: listed(COIN, "BTCUSD")})
    (read,) = (await one.fetch(wanted("bybit", COIN))).positions
    assert (read.contracts, read.reported_notional) == (-60000, 60000)
    assert [asked for _, path, asked in replies.asked if path == POSITIONS["bybit"] and "limit" in asked] == [
        {"category": "inverse", "limit": "200"}
    ]


@pytest.mark.parametrize(
    ("coin", "free", "used", "borrowed"),
    [
        ({"walletBalance": "-1", "borrowAmount": "1"}, 0, 0, 1),
        ({"walletBalance": "-1", "borrowAmount": "0"}, 0, 0, 1),
        ({"walletBalance": "3", "locked": "5"}, 0, 3, 0),
        ({"walletBalance": "3", "locked": "0", "borrowAmount": "1"}, 3, 0, 1),
    ],
)
async def test_what_bybit_lends_is_owed(  # noqa: PLR0917  a table row
    coin: dict[str, str], free: int, used: int, borrowed: int, serve: Any, account: Any, good: Any
) -> None:
    replies, base_url = await serve(good["bybit"])
    replies.answers["/v5/account/wallet-balance"]["result"]["list"][0]["coin"][0] |= coin
    balances = (await account("bybit", base_url).fetch(wanted("bybit"))).balances
    unified = next(balance for balance in balances if balance.wallet == "unified")
    assert (unified.free, unified.used, unified.borrowed) == (free, used, borrowed)


async def test_a_bonus_is_told_apart_from_equity(serve: Any, account: Any, good: Any) -> None:
    replies, base_url = await serve(good["bybit"])
    replies.answers["/v5/account/wallet-balance"]["result"]["list"][0]["coin"][0]["bonus"] = "0.1"
    (wallet,) = (await account("bybit", base_url).fetch(wanted("bybit"))).wallets
    assert (wallet.equity, wallet.credit) == (173900, 6100)


async def test_isolated_accounts_at_bybit_have_a_wallet_a_coin(serve: Any, account: Any, good: Any) -> None:
    replies, base_url = await serve(good["bybit"])
    replies.answers["/v5/account/wallet-balance"]["result"]["list"][0] |= {
        "totalMarginBalance": "",
        "totalInitialMargin": "",
        "totalMaintenanceMargin": "",
    }
    (wallet,) = (await account("bybit", base_url).fetch(wanted("bybit"))).wallets
    assert (wallet.asset, wallet.equity, wallet.is_shared) == ("BTC", 3, False)


@pytest.mark.parametrize(
    ("maintenance", "initial", "rate"), [("0.5", "1", D("0.005")), ("0.005", "0.01", D("0.005")), ("0.5", "0.3", None)]
)
async def test_a_rate_in_percent_is_told_from_a_fraction(
    maintenance: str, initial: str, rate: Decimal | None, serve: Any, account: Any, good: Any
) -> None:
    replies, base_url = await serve(good["bybit"])
    replies.answers["/v5/market/risk-limit"]["result"]["list"] = [
        {
            "symbol": "BTCUSDT",
            "riskLimitValue": "150",
            "maintenanceMargin": maintenance,
            "initialMargin": initial,
            "maxLeverage": "100.00",
        }
    ]
    (terms,) = (await account("bybit", base_url).fetch(wanted("bybit"))).terms
    if rate is None:
        assert isinstance(terms.tiers, PartFailure)
    else:
        assert terms.tiers.tiers[0].maintenance_margin_rate == rate


async def test_orders_that_wait_for_a_trigger_are_left_out(serve: Any, account: Any, good: Any) -> None:
    replies, base_url = await serve(good["binance"])
    resting = replies.answers["/fapi/v1/openOrders"][0]
    replies.answers["/fapi/v1/openOrders"] += [
        {**resting, "orderId": 8, "type": "STOP_MARKET", "stopPrice": "50000"},
        {**resting, "orderId": 9, "type": "TAKE_PROFIT"},
        {**resting, "orderId": 10, "executedQty": "0.5"},
    ]
    orders = (await account("binance", base_url).fetch(wanted("binance"))).orders
    assert [order.order_id for order in orders] == ["7"]


async def test_separated_positions_at_weex_stand_beside_each_other(serve: Any, account: Any, good: Any) -> None:
    replies, base_url = await serve(good["weex"])
    row = row_of(replies.answers, "weex")
    replies.answers[POSITIONS["weex"]].append({**row, "id": 5, "separatedMode": "SEPARATED", "size": "1"})
    found = (await account("weex", base_url).fetch(wanted("weex"))).positions
    assert sorted(position.contracts for position in found) == [-2, -1]


async def test_mexc_dual_side_is_told_by_its_own_call(serve: Any, account: Any, good: Any) -> None:
    replies, base_url = await serve(good["mexc"])
    replies.answers["/api/v1/private/position/position_mode"] = mexc(1)
    (read,) = (await account("mexc", base_url).fetch(wanted("mexc"))).positions
    assert read.is_dual_side is True


async def test_a_flat_account_that_answers_well_has_nothing(serve: Any, account: Any, good: Any) -> None:
    empty = {
        "binance": [],
        "bybit": bybit({"list": [], "nextPageCursor": ""}),
        "bingx": bingx([]),
        "weex": [],
        "mexc": mexc([]),
    }
    for exchange, nothing in empty.items():
        replies, base_url = await serve(good[exchange])
        replies.answers[POSITIONS[exchange]] = nothing
        found = await account(exchange, base_url).fetch(replace(wanted(exchange), assets=frozenset()))
        assert found.positions == (), exchange
        assert found.wallets, exchange
