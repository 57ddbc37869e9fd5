"""The real ccxt clients sign, ask, and read what the account holds: where ccxt reads right, it is the judge."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from hedgewatch.simulator.accounts import Account
from hedgewatch.simulator.listings import HOUR
from hedgewatch.simulator.market import World

EXCHANGES = ("binance", "bybit", "bingx", "weex", "mexc")
NOW = 1_795_500_000_123
DAY = 24 * HOUR
PERPETUAL, INVERSE = "BTC/USDT:USDT", "BTC/USD:BTC"
UNIT = {"mexc": 10_000}  # contracts that are one coin

SignIn = Callable[..., Any]
everywhere = pytest.mark.parametrize("exchange", EXCHANGES)
inverse_ones = pytest.mark.parametrize("exchange", ["binance", "bybit", "bingx", "mexc"])


@pytest.fixture(autouse=True)
def pinned(world: World) -> None:
    world.pin("BTC", spot="60000", futures="60000", mark="60000", index="60000")


def coins(exchange: str, amount: str) -> Decimal:
    return Decimal(amount) * UNIT.get(exchange, 1)


def signed_contracts(position: dict[str, Any]) -> Decimal:
    amount = Decimal(position["contracts"])
    return -amount if position["side"] == "short" else amount


@everywhere
async def test_spot_coins_come_back_free_and_used(account: Account, sign_in: SignIn) -> None:
    account.deposit("spot", "BTC", "2.5")
    account.rest("BTC", "-0.5", "70000", kind="spot")
    balance = await sign_in().fetch_balance()
    found = balance["BTC"]
    assert Decimal(found["total"]) == Decimal("2.5")
    assert Decimal(found["used"]) == Decimal("0.5")
    assert Decimal(found["free"]) == 2


@everywhere
async def test_futures_coins_come_back(exchange: str, account: Account, sign_in: SignIn) -> None:
    account.deposit("linear", "USDT", "30000")
    account.open("BTC", coins(exchange, "-1"), leverage=10)
    balance = (await sign_in().fetch_balance({"type": "swap"}))["USDT"]
    assert Decimal(balance["free"]) == 24_000


@everywhere
async def test_a_short_comes_back_with_its_figures(exchange: str, account: Account, sign_in: SignIn) -> None:
    account.deposit("linear", "USDT", "30000")
    account.open("BTC", coins(exchange, "-1"), entry="61000", leverage=5, is_isolated=exchange != "bybit")
    (position,) = await sign_in().fetch_positions()
    held = account.statement(NOW).held[0]
    assert position["symbol"] == PERPETUAL
    assert signed_contracts(position) == held.contracts
    assert Decimal(position["entryPrice"]) == 61_000
    assert Decimal(position["leverage"] or 5) == 5
    assert Decimal(position["unrealizedPnl"] or 1_000) == 1_000  # MEXC does not tell
    assert held.liquidation is not None
    assert Decimal(position["liquidationPrice"]) == pytest.approx(held.liquidation, abs=Decimal("0.01"))
    assert position["marginMode"] == (None if exchange == "bybit" else "isolated")


@everywhere
async def test_a_position_that_nothing_liquidates_has_no_liquidation_price(
    exchange: str, account: Account, sign_in: SignIn
) -> None:
    account.deposit("linear", "USDT", "100000")
    account.open("BTC", coins(exchange, "1"), leverage=2)
    (position,) = await sign_in().fetch_positions()
    assert position["liquidationPrice"] is None


@pytest.mark.parametrize("exchange", ["binance", "bybit", "weex", "mexc"])
async def test_both_sides_of_a_dual_side_account_come_back(exchange: str, account: Account, sign_in: SignIn) -> None:
    account.configure(is_dual_side=True)
    account.open("BTC", coins(exchange, "2"))
    account.open("BTC", coins(exchange, "-3"))
    found = {position["side"]: Decimal(position["contracts"]) for position in await sign_in().fetch_positions()}
    assert found == {"long": coins(exchange, "2"), "short": coins(exchange, "3")}


@pytest.mark.parametrize("exchange", ["bingx"])
async def test_bingx_says_both_in_one_way_mode_and_the_sign_may_be_missing(account: Account, sign_in: SignIn) -> None:
    account.open("BTC", "-2")
    client = sign_in()
    (position,) = await client.fetch_positions()
    assert (position["side"], position["contracts"]) == ("both", "-2")
    account.configure(is_unsigned=True)
    (position,) = await client.fetch_positions()
    assert (position["side"], position["contracts"]) == ("both", "2")
    account.reduce("BTC")
    account.configure(is_dual_side=True)
    account.open("BTC", "-2")
    (position,) = await client.fetch_positions()
    assert (position["side"], position["contracts"]) == ("short", "2")


@inverse_ones
async def test_an_inverse_short_comes_back_in_contracts_of_its_face(
    exchange: str, account: Account, sign_in: SignIn
) -> None:
    account.deposit("inverse", "BTC", "2")
    account.open("BTC", "-600", kind="inverse", leverage=2)
    client = sign_in()
    options = {"subType": "inverse"} if exchange != "mexc" else {}
    (position,) = await client.fetch_positions(None, options)
    face = Decimal(1) if exchange == "bybit" else Decimal(100)
    assert (position["symbol"], abs(signed_contracts(position))) == (INVERSE, Decimal(600))
    assert Decimal(client.market(INVERSE)["contractSize"]) == face
    assert account.statement(NOW).held[0].notional == 600 * face / 60_000


@pytest.mark.parametrize("exchange", ["binance", "bingx"])
async def test_the_coin_margin_comes_back(account: Account, sign_in: SignIn) -> None:
    account.deposit("inverse", "BTC", "2")
    account.open("BTC", "-600", kind="inverse", leverage=2)
    balance = await sign_in().fetch_balance({"type": "swap", "subType": "inverse"})
    assert Decimal(balance["BTC"]["free"]) == Decimal("1.5")


@everywhere
async def test_the_funding_ledger_comes_back_with_the_exchanges_sign(
    exchange: str, account: Account, sign_in: SignIn
) -> None:
    account.open("BTC", coins(exchange, "-1"), at=NOW - DAY)
    found = await sign_in().fetch_funding_history(PERPETUAL, NOW - 2 * DAY)
    sign = -1 if exchange == "bybit" else 1  # its fee is positive where it was paid
    expected = {(payment.at, payment.amount * sign) for payment in account.payments}
    assert len(expected) == 3
    assert {(row["timestamp"], Decimal(row["amount"])) for row in found} == expected
    assert len({row["id"] for row in found}) == 3


@pytest.mark.parametrize("exchange", ["binance", "bybit", "mexc"])
async def test_the_inverse_funding_ledger_comes_back_in_coins(account: Account, sign_in: SignIn) -> None:
    account.open("BTC", "-600", kind="inverse", at=NOW - DAY)
    found = await sign_in().fetch_funding_history(INVERSE, NOW - 2 * DAY)
    assert sum(abs(Decimal(row["amount"])) for row in found) == sum(abs(one.amount) for one in account.payments)


@pytest.mark.parametrize("exchange", ["binance", "bybit", "bingx", "mexc"])
async def test_leverage_tiers_come_back(exchange: str, sign_in: SignIn, world: World) -> None:
    tiers = [["20000", "0.01", "50"], ["220000", "0.02", "25"], ["420000", "0.03", "16"]]
    world.change(exchange, "BTC", "perpetual", tiers=tiers)
    client = sign_in()
    if exchange == "bingx":
        found = await client.fetch_market_leverage_tiers(PERPETUAL)
    else:
        found = (await client.fetch_leverage_tiers([PERPETUAL]))[PERPETUAL]
    rates = [Decimal(tier["maintenanceMarginRate"]) for tier in found]
    assert rates[:3] == [Decimal("0.01"), Decimal("0.02"), Decimal("0.03")]
    if exchange != "mexc":  # ccxt rebuilds MEXC's from its steps, wrongly
        assert [Decimal(tier["maxNotional"]) for tier in found] == [20_000, 220_000, 420_000]


@everywhere
async def test_a_resting_order_comes_back(exchange: str, account: Account, sign_in: SignIn) -> None:
    number = account.rest("BTC", coins(exchange, "-0.2"), "61000")
    account.rest("ETH", coins(exchange, "1"), "2000")
    client = sign_in()
    (order,) = await client.fetch_open_orders(PERPETUAL)
    assert (order["symbol"], Decimal(order["price"]), order["status"]) == (PERPETUAL, Decimal(61_000), "open")
    assert Decimal(order["remaining"] or order["amount"]) == coins(exchange, "0.2")
    assert order["side"] == ("3" if exchange == "mexc" else "sell")  # ccxt leaves MEXC's number: it opens a short
    account.cancel(number)
    assert await client.fetch_open_orders(PERPETUAL) == []


@everywhere
async def test_fees_come_back(exchange: str, sign_in: SignIn) -> None:
    fee = await sign_in().fetch_trading_fee("BTC/USDT" if exchange == "mexc" else PERPETUAL)
    assert 0 <= Decimal(fee["maker"]) < Decimal(fee["taker"]) < Decimal("0.001")


@pytest.mark.parametrize("exchange", ["binance", "bingx", "mexc"])
@pytest.mark.parametrize("is_dual", [True, False])
async def test_the_position_mode_comes_back(is_dual: bool, account: Account, sign_in: SignIn) -> None:  # noqa: FBT001  a case
    account.configure(is_dual_side=is_dual)
    client = sign_in()
    await client.load_markets()
    assert (await client.fetch_position_mode(PERPETUAL))["hedged"] is is_dual


@everywhere
async def test_nothing_held_is_an_empty_answer(sign_in: SignIn) -> None:
    client = sign_in()
    assert await client.fetch_positions() == []
    assert await client.fetch_open_orders(PERPETUAL) == []
    assert await client.fetch_funding_history(PERPETUAL, NOW - DAY) == []
