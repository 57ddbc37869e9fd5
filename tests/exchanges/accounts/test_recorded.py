"""Private answers from the folder beside the project: each is read, and ccxt's own parse agrees where it is right."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from hedgewatch.domain.account import AccountPosition, AccountSnapshot, MarginMode, Never
from tests.exchanges.accounts.conftest import listed, wanted
from tests.exchanges.accounts.good import bingx

RESPONSES = Path(__file__).resolve().parents[4] / "shared" / "exchange-responses"
D = Decimal
FLAT = ("/openApi/swap/v2/user/positions", bingx([]))

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not RESPONSES.is_dir(), reason="the folder of recorded answers is not beside the project"),
]


def recorded(path: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((RESPONSES / path).read_text())
    return found


async def read(path: str, symbol: str, market_id: str, size: str, *, serve: Any, account: Any, good: Any) -> Any:
    """Fetch an account whose one endpoint gives the recorded answer."""
    case = recorded(path)
    exchange = case["exchange"]
    replies, base_url = await serve(good[exchange])
    replies.answers[case["url"]] = case["httpResponse"]
    if "Balance" in path and exchange == "bingx":
        replies.answers[FLAT[0]] = FLAT[1]  # ours is isolated, and would be taken out of theirs
    one = account(exchange, base_url, more={symbol: listed(symbol, market_id, size)})
    since = {ref: one._clock.now().replace(year=2020) for ref in wanted(exchange, symbol).instruments}
    found = await one.fetch(replace(wanted(exchange, symbol), assets=frozenset(), payments_since=since))
    assert isinstance(found, AccountSnapshot), found
    return found, case["parsedResponse"]


def only(parsed: Any) -> dict[str, Any]:
    found: dict[str, Any] = parsed[0] if isinstance(parsed, list) else parsed
    return found


POSITIONS = [
    ("binance/fetchPositions-linear.json", "WLD/USDT:USDT", "WLDUSDT", "1", 5),
    ("bybit/fetchPositions-unified.json", "XRP/USDT:USDT", "XRPUSDT", "1", 100),
    ("bingx/fetchPositions-linear.json", "LTC/USDT:USDT", "LTC-USDT", "1", D("0.1")),
    ("weex/fetchPositions.json", "ETH/USDT:USDT", "ETHUSDT", "0.001", D("0.036")),
    ("mexc/fetchPositions.json", "ETH/USDT:USDT", "ETH_USDT", "0.01", 1),
]


@pytest.mark.parametrize(("path", "symbol", "market_id", "size", "contracts"), POSITIONS)
async def test_a_recorded_position_is_read_as_ccxt_reads_it(  # noqa: PLR0917  a table row
    path: str, symbol: str, market_id: str, size: str, contracts: Any, serve: Any, account: Any, good: Any
) -> None:
    found, parsed = await read(path, symbol, market_id, size, serve=serve, account=account, good=good)
    (position,) = found.positions
    assert isinstance(position, AccountPosition)
    oracle = only(parsed)
    assert position.contracts == contracts == D(repr(oracle["contracts"])) * (1 if oracle["side"] == "long" else -1)
    for ours, theirs in (
        ("entry_price", "entryPrice"),
        ("leverage", "leverage"),
        ("unrealised_pnl", "unrealizedPnl"),
        ("mark_price", "markPrice"),
    ):
        told = getattr(position, ours)
        assert told is None or oracle[theirs] is None or float(told) == pytest.approx(oracle[theirs]), ours
    price = position.liquidation_price
    assert price is Never.NEVER if oracle["liquidationPrice"] is None else float(price) == oracle["liquidationPrice"]


async def test_what_ccxt_reads_otherwise(serve: Any, account: Any, good: Any) -> None:
    at = {"serve": serve, "account": account, "good": good}
    binance, _ = await read(*POSITIONS[0][:4], **at)
    assert (binance.positions[0].adl_quantile, binance.positions[0].margin_mode) == (3, MarginMode.CROSS)
    assert (binance.positions[0].reported_notional, binance.positions[0].maintenance_margin) == (
        D("11.97800000"),
        D("0.07186800"),
    )
    bybit, parsed = await read(*POSITIONS[1][:4], **at)
    assert bybit.positions[0].reported_notional == D("34.32")  # at the mark; ccxt's is at the entry price
    assert only(parsed)["notional"] == 36.15
    weex, _ = await read(*POSITIONS[3][:4], **at)
    assert weex.positions[0].reported_notional == D("82.12428")
    assert weex.positions[0].margin is None


async def test_a_flat_position_that_is_still_listed_is_not_held(serve: Any, account: Any, good: Any) -> None:
    path = "bybit/fetchPosition-flat.json"
    found, _ = await read(path, "LTC/USDT:USDT", "LTCUSDT", "1", serve=serve, account=account, good=good)
    assert found.positions == ()


@pytest.mark.parametrize(
    ("path", "symbol", "market_id", "amounts"),
    [
        ("binance/fetchFundingHistory.json", "ETH/USDT:USDT", "ETHUSDT", ["0.00134317"]),
        ("bingx/fetchFundingHistory.json", "LDO/USDT:USDT", "LDO-USDT", ["-0.0292"]),
        ("weex/fetchFundingHistory.json", "VIRTUAL/USDT:USDT", "VIRTUALUSDT", ["0.00000378"]),
    ],
)
async def test_recorded_payments_keep_their_sign(  # noqa: PLR0917  a table row
    path: str, symbol: str, market_id: str, amounts: list[str], serve: Any, account: Any, good: Any
) -> None:
    found, parsed = await read(path, symbol, market_id, "1", serve=serve, account=account, good=good)
    assert [payment.amount for payment in found.payments] == [D(amount) for amount in amounts]
    assert found.payments[0].payment_id == only(parsed)["id"]


async def test_recorded_bybit_payments_have_ccxt_s_sign_turned(serve: Any, account: Any, good: Any) -> None:
    path = "bybit/fetchFundingHistory.json"
    found, parsed = await read(path, "LTC/USDT:USDT", "LTCUSDT", "1", serve=serve, account=account, good=good)
    theirs = {row["id"]: -D(repr(row["amount"])) for row in parsed}
    assert {payment.payment_id: payment.amount for payment in found.payments} == theirs
    assert len(theirs) == 7


@pytest.mark.parametrize(
    ("path", "wallet"),
    [("weex/fetchBalance-spot.json", "spot"), ("bybit/fetchBalance-unified.json", "unified")],
)
async def test_recorded_balances_are_read_as_ccxt_reads_them(
    path: str, wallet: str, serve: Any, account: Any, good: Any
) -> None:
    found, parsed = await read(path, "BTC/USDT:USDT", "BTCUSDT", "1", serve=serve, account=account, good=good)
    assert isinstance(found.balances, tuple)
    ours = {balance.asset: balance for balance in found.balances if balance.wallet == wallet}
    assert ours
    for asset, balance in ours.items():
        assert (float(balance.free), float(balance.used)) == pytest.approx(
            (parsed["free"][asset], parsed["used"][asset])
        )


@pytest.mark.parametrize(
    ("path", "wallet", "expected"),
    [
        ("binance/fetchBalance-swap.json", "usd-m", ("USDT", D("31.02261200"), 0, 0)),
        ("bingx/fetchBalance-linear.json", "swap", ("USDT", D("196.7431"), D("1.0602"), None)),
        ("bybit/fetchBalance-unified.json", "unified", ("USD", D("90042.2788482"), D("54.3100333"), D("7.38826721"))),
    ],
)
async def test_recorded_margin_wallets_are_read(
    path: str, wallet: str, expected: Any, serve: Any, account: Any, good: Any
) -> None:
    market_id = "BTC-USDT" if path.startswith("bingx") else "BTCUSDT"
    found, _ = await read(path, "BTC/USDT:USDT", market_id, "1", serve=serve, account=account, good=good)
    (told,) = [each for each in found.wallets if each.wallet == wallet]
    assert (told.asset, told.equity, told.initial_margin, told.maintenance_margin) == expected


async def test_recorded_empty_contract_assets_are_no_wallets(serve: Any, account: Any, good: Any) -> None:
    path = "mexc/fetchBalance-swap.json"
    found, _ = await read(path, "BTC/USDT:USDT", "BTC_USDT", "0.0001", serve=serve, account=account, good=good)
    assert found.wallets == ()


async def test_recorded_tiers_are_read(serve: Any, account: Any, good: Any) -> None:
    at = {"serve": serve, "account": account, "good": good}
    binance, _ = await read("binance/fetchLeverageTiers.json", "SUSHI/USDT:USDT", "SUSHIUSDT", "1", **at)
    (tier,) = binance.terms[0].tiers.tiers
    assert (tier.floor, tier.cap, tier.maintenance_margin_rate, tier.max_leverage) == (0, 50000, D("0.01"), 50)
    bybit, _ = await read("bybit/fetchMarketLeverageTiers-inverse.json", "BTC/USD:BTC", "BTCUSD", "1", **at)
    tiers = bybit.terms[0].tiers.tiers
    assert (tiers[0].maintenance_margin_rate, tiers[0].cap, tiers[0].max_leverage) == (D("0.005"), 150, 100)
