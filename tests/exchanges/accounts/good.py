"""Good answers of each exchange, by path: documented forms, not recorded ones, with numbers of our own.

Each account is short 2 BTC at 60,000 with a mark of 61,000, isolated, beside 3 BTC spot (and 1 that earns, where the
exchange tells of it).
"""

from __future__ import annotations

from typing import Any

MS = 1795490940000  # 2026-11-24 03:29:00
HOUR = 3_600_000


def bybit(result: object) -> dict[str, Any]:
    return {"retCode": 0, "retMsg": "OK", "result": result, "retExtInfo": {}, "time": MS}


def bingx(data: object) -> dict[str, Any]:
    return {"code": 0, "msg": "", "timestamp": MS, "data": data}


def mexc(data: object) -> dict[str, Any]:
    return {"success": True, "code": 0, "data": data}


def spot(*rows: dict[str, str]) -> dict[str, Any]:
    return {"canTrade": True, "updateTime": MS, "accountType": "SPOT", "balances": list(rows), "permissions": ["SPOT"]}


BTC = {"asset": "BTC", "free": "2.5", "locked": "0.5"}

BINANCE: dict[str, Any] = {
    "/api/v3/account": spot(BTC, {"asset": "LDBTC", "free": "1", "locked": "0"}),
    "/sapi/v1/simple-earn/flexible/position": {"rows": [{"asset": "BTC", "totalAmount": "0.75"}], "total": 1},
    "/sapi/v1/simple-earn/locked/position": {"rows": [{"asset": "BTC", "amount": "0.25"}], "total": 1},
    "/sapi/v1/account/apiRestrictions": {
        "ipRestrict": True,
        "enableReading": True,
        "enableSpotAndMarginTrading": False,
        "enableFutures": False,
        "enableWithdrawals": False,
        "enableInternalTransfer": False,
        "permitsUniversalTransfer": False,
    },
    "/fapi/v3/account": {
        "canTrade": True,
        "multiAssetsMargin": False,
        "totalMarginBalance": "30000",
        "assets": [
            {
                "asset": "USDT",
                "walletBalance": "32000",
                "marginBalance": "30000",
                "maintMargin": "610",
                "initialMargin": "24400",
                "crossWalletBalance": "2000",
                "crossUnPnl": "0",
                "availableBalance": "2000",
            }
        ],
        "positions": [],
    },
    "/fapi/v3/positionRisk": [
        {
            "symbol": "BTCUSDT",
            "positionSide": "BOTH",
            "positionAmt": "-2",
            "entryPrice": "60000.0",
            "markPrice": "61000.00000000",
            "unRealizedProfit": "-2000",
            "liquidationPrice": "74000",
            "isolatedMargin": "28000",
            "isolatedWallet": "30000",
            "notional": "-122000",
            "initialMargin": "24400",
            "maintMargin": "610",
            "positionInitialMargin": "24400",
            "adl": "2",
            "marginAsset": "USDT",
            "updateTime": MS,
        }
    ],
    "/fapi/v1/openOrders": [
        {
            "symbol": "BTCUSDT",
            "orderId": 7,
            "price": "60500",
            "origQty": "0.5",
            "executedQty": "0.2",
            "type": "LIMIT",
            "side": "SELL",
            "positionSide": "BOTH",
            "reduceOnly": False,
            "stopPrice": "0",
            "status": "NEW",
        }
    ],
    "/fapi/v1/positionSide/dual": {"dualSidePosition": False},
    "/fapi/v1/leverageBracket": [
        {
            "symbol": "BTCUSDT",
            "brackets": [
                {
                    "bracket": 1,
                    "initialLeverage": 125,
                    "notionalCap": 50000,
                    "notionalFloor": 0,
                    "maintMarginRatio": 0.004,
                    "cum": 0.0,
                },
                {
                    "bracket": 2,
                    "initialLeverage": 100,
                    "notionalCap": 250000,
                    "notionalFloor": 50000,
                    "maintMarginRatio": 0.005,
                    "cum": 50.0,
                },
            ],
        }
    ],
    "/fapi/v1/commissionRate": {
        "symbol": "BTCUSDT",
        "makerCommissionRate": "0.0002",
        "takerCommissionRate": "0.0005",
    },
    "/fapi/v1/income": [
        {
            "symbol": "BTCUSDT",
            "incomeType": "FUNDING_FEE",
            "income": "12.2",
            "asset": "USDT",
            "time": MS - HOUR,
            "tranId": 9001,
            "tradeId": "",
        }
    ],
}

BYBIT: dict[str, Any] = {
    "/v5/account/wallet-balance": bybit(
        {
            "list": [
                {
                    "accountType": "UNIFIED",
                    "totalEquity": "213000",
                    "totalMarginBalance": "180000",
                    "totalInitialMargin": "24400",
                    "totalMaintenanceMargin": "610",
                    "coin": [
                        {
                            "coin": "BTC",
                            "equity": "3",
                            "usdValue": "183000",
                            "walletBalance": "3",
                            "locked": "0.5",
                            "totalPositionIM": "0",
                            "totalOrderIM": "0",
                            "borrowAmount": "0",
                            "bonus": "0",
                            "unrealisedPnl": "0",
                        }
                    ],
                }
            ]
        }
    ),
    "/v5/asset/transfer/query-account-coins-balance": bybit(
        {
            "accountType": "FUND",
            "balance": [{"coin": "USDT", "transferBalance": "10", "walletBalance": "12", "bonus": ""}],
        }
    ),
    "/v5/earn/position": bybit({"list": [{"coin": "BTC", "productId": "1", "amount": "1"}], "nextPageCursor": ""}),
    "/v5/account/info": bybit({"marginMode": "ISOLATED_MARGIN", "unifiedMarginStatus": 6}),
    "/v5/user/query-api": bybit(
        {"readOnly": 1, "permissions": {"Spot": ["SpotTrade"], "Wallet": []}, "ips": ["1.2.3.4"]}
    ),
    "/v5/position/list": bybit(
        {
            "category": "linear",
            "nextPageCursor": "",
            "list": [
                {
                    "symbol": "BTCUSDT",
                    "positionIdx": 0,
                    "side": "Sell",
                    "size": "2",
                    "avgPrice": "60000",
                    "markPrice": "61000",
                    "positionValue": "120000",
                    "unrealisedPnl": "-2000",
                    "liqPrice": "74000",
                    "leverage": "5",
                    "positionBalance": "30000",
                    "positionIM": "24400",
                    "positionMM": "610",
                    "adlRankIndicator": 3,
                    "tradeMode": 0,
                }
            ],
        }
    ),
    "/v5/order/realtime": bybit(
        {
            "category": "linear",
            "nextPageCursor": "",
            "list": [
                {
                    "symbol": "BTCUSDT",
                    "orderId": "7",
                    "side": "Sell",
                    "price": "60500",
                    "qty": "0.5",
                    "leavesQty": "0.3",
                    "cumExecQty": "0.2",
                    "triggerPrice": "",
                    "stopOrderType": "",
                    "reduceOnly": False,
                    "positionIdx": 0,
                }
            ],
        }
    ),
    "/v5/market/risk-limit": bybit(
        {
            "category": "linear",
            "list": [
                {
                    "id": 1,
                    "symbol": "BTCUSDT",
                    "riskLimitValue": "50000",
                    "maintenanceMargin": "0.004",
                    "initialMargin": "0.008",
                    "maxLeverage": "125.00",
                    "mmDeduction": "",
                },
                {
                    "id": 2,
                    "symbol": "BTCUSDT",
                    "riskLimitValue": "250000",
                    "maintenanceMargin": "0.005",
                    "initialMargin": "0.01",
                    "maxLeverage": "100.00",
                    "mmDeduction": "50",
                },
            ],
        }
    ),
    "/v5/account/fee-rate": bybit(
        {"list": [{"symbol": "BTCUSDT", "takerFeeRate": "0.0005", "makerFeeRate": "0.0002"}]}
    ),
    "/v5/execution/list": bybit(
        {
            "category": "linear",
            "nextPageCursor": "",
            "list": [
                {
                    "symbol": "BTCUSDT",
                    "execType": "Funding",
                    "execFee": "-12.2",
                    "execTime": str(MS - HOUR),
                    "execId": "9001",
                    "side": "Sell",
                }
            ],
        }
    ),
}

BINGX: dict[str, Any] = {
    "/openApi/spot/v1/account/balance": bingx({"balances": [BTC]}),
    "/openApi/fund/v1/account/balance": bingx({"assets": [{"asset": "USDT", "free": "10", "locked": "2"}]}),
    "/openApi/v1/account/apiPermissions": {"apiKey": "x", "permissions": [2], "ipAddresses": ["1.2.3.4"], "note": ""},
    "/openApi/swap/v3/user/balance": bingx(
        [
            {
                "userId": "1",
                "asset": "USDT",
                "balance": "32000",
                "equity": "30000",
                "unrealizedProfit": "-2000",
                "availableMargin": "2000",
                "usedMargin": "24000",
                "freezedMargin": "0",
            }
        ]
    ),
    "/openApi/swap/v2/user/positions": bingx(
        [
            {
                "positionId": "1",
                "symbol": "BTC-USDT",
                "currency": "USDT",
                "positionAmt": "2",
                "positionSide": "BOTH",
                "isolated": True,
                "avgPrice": "60000",
                "initialMargin": "24000",
                "margin": "28000",
                "leverage": 5,
                "unrealizedProfit": "-2000",
                "liquidationPrice": 74000,
                "markPrice": "61000",
                "positionValue": "122000",
                "onlyOnePosition": True,
                "updateTime": MS,
            }
        ]
    ),
    "/openApi/swap/v2/trade/openOrders": bingx(
        {
            "orders": [
                {
                    "symbol": "BTC-USDT",
                    "orderId": 7,
                    "side": "SELL",
                    "positionSide": "BOTH",
                    "type": "LIMIT",
                    "origQty": "0.5",
                    "price": "60500",
                    "executedQty": "0.2",
                    "stopPrice": "",
                    "reduceOnly": False,
                }
            ]
        }
    ),
    "/openApi/swap/v2/user/commissionRate": bingx(
        {"commission": {"takerCommissionRate": 0.0005, "makerCommissionRate": 0.0002}}
    ),
    "/openApi/swap/v1/positionSide/dual": bingx({"dualSidePosition": "false"}),
    "/openApi/swap/v1/maintMarginRatio": bingx(
        [
            {
                "tier": "Tier 1",
                "symbol": "BTC-USDT",
                "minPositionVal": "0",
                "maxPositionVal": "50000",
                "maintMarginRatio": "0.004",
                "maintAmount": "0.000000",
            },
            {
                "tier": "Tier 2",
                "symbol": "BTC-USDT",
                "minPositionVal": "50000",
                "maxPositionVal": "250000",
                "maintMarginRatio": "0.005",
                "maintAmount": "50.000000",
            },
        ]
    ),
    "/openApi/swap/v2/user/income": bingx(
        [
            {
                "symbol": "BTC-USDT",
                "incomeType": "FUNDING_FEE",
                "income": "12.2",
                "asset": "USDT",
                "info": "Funding Fee",
                "time": MS - HOUR,
                "tranId": "9001",
                "tradeId": "9001",
            }
        ]
    ),
}

WEEX: dict[str, Any] = {
    "/api/v3/account/": spot(BTC),
    "/capi/v3/account/balance": [
        {"asset": "USDT", "balance": "32000", "availableBalance": "2000", "frozen": "0", "unrealizePnl": "-2000"}
    ],
    "/capi/v3/account/position/allPosition": [
        {
            "id": 737191855967437160,
            "asset": "USDT",
            "symbol": "BTCUSDT",
            "side": "SHORT",
            "marginType": "ISOLATED",
            "separatedMode": "COMBINED",
            "leverage": "5.00",
            "size": "2",
            "openValue": "120000",
            "marginSize": "24400",
            "isolatedMargin": "30000",
            "unrealizePnl": "-2000",
            "liquidatePrice": "74000",
            "createdTime": MS,
            "updatedTime": MS,
        }
    ],
    "/capi/v3/openOrders": [
        {
            "symbol": "BTCUSDT",
            "orderId": 7,
            "origQty": "0.5",
            "executedQty": "0.2",
            "price": "60500",
            "reduceOnly": False,
            "side": "SELL",
            "positionSide": "SHORT",
            "stopPrice": "0",
            "type": "LIMIT",
        }
    ],
    "/capi/v3/account/accountConfig": {"canTrade": True, "dualSidePosition": False, "updateTime": MS},
    "/capi/v3/account/commissionRate": {
        "symbol": "BTCUSDT",
        "makerCommissionRate": "0.0002",
        "takerCommissionRate": "0.0005",
    },
    "/capi/v3/account/income": {
        "hasNextPage": False,
        "nextKey": None,
        "items": [
            {
                "billId": "9001",
                "asset": "USDT",
                "symbol": "BTCUSDT",
                "income": "12.2",
                "incomeType": "position_funding",
                "time": str(MS - HOUR),
            }
        ],
    },
}

MEXC: dict[str, Any] = {
    "/api/v3/account": spot(BTC),
    "/api/v1/private/account/assets": mexc(
        [
            {
                "currency": "USDT",
                "positionMargin": 30000,
                "availableBalance": 2000,
                "cashBalance": 2000,
                "frozenBalance": 0,
                "equity": 30100,
                "unrealized": -2000,
                "bonus": 100,
            }
        ]
    ),
    "/api/v1/private/position/position_mode": mexc(2),
    "/api/v1/private/position/open_positions": mexc(
        [
            {
                "positionId": 1394650,
                "symbol": "BTC_USDT",
                "positionType": 2,
                "openType": 1,
                "state": 1,
                "holdVol": 20000,
                "holdAvgPrice": 60000,
                "openAvgPrice": 60000,
                "liquidatePrice": 74000,
                "im": 30000,
                "leverage": 5,
                "updateTime": MS,
            }
        ]
    ),
    "/api/v1/private/order/list/open_orders": mexc(
        [
            {
                "orderId": "7",
                "symbol": "BTC_USDT",
                "price": 60500,
                "vol": 5000,
                "dealVol": 2000,
                "side": 3,
                "orderType": 1,
                "state": 2,
            }
        ]
    ),
    "/api/v1/private/account/tiered_fee_rate": mexc({"level": 0, "makerFee": 0.0002, "takerFee": 0.0005}),
    "/api/v1/private/position/funding_records": mexc(
        {
            "pageSize": 100,
            "totalCount": 1,
            "totalPage": 1,
            "currentPage": 1,
            "resultList": [
                {
                    "id": 9001,
                    "symbol": "BTC_USDT",
                    "positionType": 2,
                    "funding": 12.2,
                    "rate": 0.0001,
                    "settleTime": MS - HOUR,
                }
            ],
        }
    ),
}

GOOD = {"binance": BINANCE, "bybit": BYBIT, "bingx": BINGX, "weex": WEEX, "mexc": MEXC}
POSITIONS = {
    "binance": "/fapi/v3/positionRisk",
    "bybit": "/v5/position/list",
    "bingx": "/openApi/swap/v2/user/positions",
    "weex": "/capi/v3/account/position/allPosition",
    "mexc": "/api/v1/private/position/open_positions",
}
