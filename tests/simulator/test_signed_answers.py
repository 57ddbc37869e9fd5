"""What ccxt has no common word for, asked through its bare endpoints: earn, unified margin, rights, pages, windows."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import ccxt.async_support as ccxt
import pytest

from hedgewatch.simulator.accounts import Account
from hedgewatch.simulator.listings import HOUR
from hedgewatch.simulator.server import SimulatedExchanges

NOW = 1_795_500_000_123
DAY = 24 * HOUR
SignIn = Callable[..., Any]


def at(exchange: str) -> Any:
    return pytest.mark.parametrize("exchange", [exchange])


@pytest.fixture(autouse=True)
def pinned(server: SimulatedExchanges) -> None:
    server.world.pin("BTC", spot="60000", futures="60000", mark="60000", index="60000")


# Binance


@at("binance")
async def test_binance_earn_comes_in_pages_and_shows_again_in_spot(account: Account, sign_in: SignIn) -> None:
    for number in range(12):
        account.deposit("earn_flexible", f"A{number:04d}", "1.5")
    account.deposit("earn_locked", "BTC", "2")
    client = sign_in()
    first = await client.sapiGetSimpleEarnFlexiblePosition()
    second = await client.sapiGetSimpleEarnFlexiblePosition({"current": 2, "size": 10})
    assert (first["total"], len(first["rows"]), len(second["rows"])) == (12, 10, 2)
    locked = await client.sapiGetSimpleEarnLockedPosition()
    assert [(row["asset"], Decimal(row["amount"])) for row in locked["rows"]] == [("BTC", Decimal(2))]
    spot = await client.privateGetAccount()
    assert {row["asset"] for row in spot["balances"]} == {f"LDA{number:04d}" for number in range(12)}


@at("binance")
@pytest.mark.parametrize("scope", [{}, {"can_trade": True}, {"can_withdraw": True, "addresses": ["127.0.0.1"]}])
async def test_binance_says_what_a_key_may_do(scope: dict[str, Any], account: Account, sign_in: SignIn) -> None:
    account.set_key(**scope)
    told = await sign_in().sapiGetAccountApiRestrictions()
    assert told["enableFutures"] is told["enableSpotAndMarginTrading"] is bool(scope.get("can_trade"))
    assert told["enableWithdrawals"] is bool(scope.get("can_withdraw"))
    assert told["ipRestrict"] is bool(scope.get("addresses"))


@at("binance")
async def test_binance_lists_every_coin_margined_contract_and_only_held_linear_ones(
    account: Account, sign_in: SignIn
) -> None:
    account.open("BTC", "-600", kind="inverse")
    client = sign_in()
    rows = await client.dapiPrivateGetPositionRisk()
    assert {row["symbol"][:10]: row["positionAmt"] for row in rows} == {
        "BTCUSD_PER": "-600",
        "ETHUSD_PER": "0",
        "BTCUSD_261": "0",
    }
    assert await client.fapiPrivateV3GetPositionRisk() == []
    account.configure(is_dual_side=True)
    assert len(await client.dapiPrivateGetPositionRisk()) == 7  # two sides of three contracts, and the one-way rest


@at("binance")
async def test_binance_income_is_the_last_week_oldest_first_a_page_at_a_time(account: Account, sign_in: SignIn) -> None:
    account.open("BTC", "-1", at=NOW - 10 * DAY)
    client = sign_in()
    week = await client.fapiPrivateGetIncome({"incomeType": "FUNDING_FEE"})
    assert len(week) == 21
    assert [row["time"] for row in week] == sorted(row["time"] for row in week)
    first = await client.fapiPrivateGetIncome({"startTime": NOW - 10 * DAY, "endTime": NOW, "limit": 8})
    then = await client.fapiPrivateGetIncome({"startTime": int(first[-1]["time"]) + 1, "endTime": NOW, "limit": 1000})
    assert (len(first), len(then)) == (8, 22)
    assert await client.fapiPrivateGetIncome({"incomeType": "TRANSFER"}) == []


@at("binance")
async def test_portfolio_margin_has_one_equity_and_shuts_the_classic_doors(account: Account, sign_in: SignIn) -> None:
    account.configure(is_portfolio=True)
    account.deposit("unified", "BTC", "1")
    account.deposit("linear", "USDT", "30000")
    account.open("BTC", "-1", leverage=10)
    account.open("BTC", "-600", kind="inverse")
    client = sign_in()
    told = await client.papiGetAccount()
    assert Decimal(told["accountEquity"]) == 90_000
    assert Decimal(told["accountMaintMargin"]) == 250 + 60_000 * Decimal("0.004")
    assert Decimal(told["uniMMR"]) == pytest.approx(Decimal(90_000) / 490)
    balances = {row["asset"]: row for row in await client.papiGetBalance()}
    assert Decimal(balances["BTC"]["crossMarginAsset"]) == 1
    assert Decimal(balances["USDT"]["umWalletBalance"]) == 30_000
    found = await client.fetch_positions(None, {"portfolioMargin": True})
    assert [Decimal(position["contracts"]) for position in found] == [1]
    assert [row["positionAmt"] for row in await client.papiGetCmPositionRisk()] == ["-600"]
    with pytest.raises(ccxt.AuthenticationError, match="-2015"):
        await client.fapiPrivateV3GetAccount()


@at("binance")
async def test_a_classic_account_has_no_portfolio_margin(account: Account, sign_in: SignIn) -> None:
    assert not account.is_portfolio
    with pytest.raises(ccxt.AuthenticationError, match="-2015"):
        await sign_in().papiGetAccount()


# Bybit


@at("bybit")
async def test_the_unified_account_counts_all_coins_as_margin(account: Account, sign_in: SignIn) -> None:
    account.deposit("spot", "BTC", "1")
    account.deposit("linear", "USDT", "30000")
    account.borrow("spot", "USDT", "1000")
    account.credit("linear", "USDT", "25")
    account.open("BTC", "-1", leverage=10)
    (told,) = (await sign_in().privateGetV5AccountWalletBalance({"accountType": "UNIFIED"}))["result"]["list"]
    assert Decimal(told["totalEquity"]) == 90_000
    assert Decimal(told["totalMaintenanceMargin"]) == 250
    assert Decimal(told["accountMMRate"]) == Decimal("0.0028")
    rows = {row["coin"]: row for row in told["coin"]}
    assert (Decimal(rows["USDT"]["walletBalance"]), Decimal(rows["USDT"]["equity"])) == (31_000, 30_000)
    assert (Decimal(rows["USDT"]["borrowAmount"]), rows["USDT"]["bonus"]) == (1_000, "25")


@at("bybit")
async def test_isolated_margin_empties_the_accounts_rates(account: Account, sign_in: SignIn) -> None:
    account.deposit("linear", "USDT", "30000")
    account.open("BTC", "-1", is_isolated=True)
    client = sign_in()
    (told,) = (await client.privateGetV5AccountWalletBalance({"accountType": "UNIFIED"}))["result"]["list"]
    assert (told["accountMMRate"], told["totalMaintenanceMargin"]) == ("", "")
    assert (await client.privateGetV5AccountInfo())["result"]["marginMode"] == "ISOLATED_MARGIN"


@at("bybit")
async def test_funding_and_earn_wallets_are_told_apart(account: Account, sign_in: SignIn) -> None:
    account.deposit("funding", "USDT", "10")
    account.deposit("earn_flexible", "BTC", "0.1")
    account.deposit("earn_locked", "ETH", "3")
    client = sign_in()
    fund = await client.privateGetV5AssetTransferQueryAccountCoinsBalance({"accountType": "FUND"})
    assert [(row["coin"], row["walletBalance"]) for row in fund["result"]["balance"]] == [("USDT", "10")]
    for category, rows in (("FlexibleSaving", [("BTC", "0.1")]), ("OnChain", [("ETH", "3")])):
        earn = await client.privateGetV5EarnPosition({"category": category})
        assert [(row["coin"], row["amount"]) for row in earn["result"]["list"]] == rows
    with pytest.raises(ccxt.BadRequest, match="category"):
        await client.privateGetV5EarnPosition()


@at("bybit")
async def test_positions_come_in_pages_and_a_symbol_shows_flat(account: Account, sign_in: SignIn) -> None:
    for asset in ("BTC", "ETH", "SOL"):
        account.open(asset, "1")
    client = sign_in()
    found, cursor = [], ""
    for _ in range(3):
        query = {"category": "linear", "settleCoin": "USDT", "limit": 2, "cursor": cursor}
        result = (await client.privateGetV5PositionList(query))["result"]
        found += [row["symbol"] for row in result["list"]]
        cursor = result["nextPageCursor"]
        if not cursor:
            break
    assert found == ["BTCUSDT", "ETHUSDT", "SOLUSDT"]
    (flat,) = (await client.privateGetV5PositionList({"category": "linear", "symbol": "A0001USDT"}))["result"]["list"]
    assert (flat["size"], flat["side"], flat["liqPrice"]) == ("0", "", "")
    with pytest.raises(ccxt.BadRequest, match="settleCoin"):
        await client.privateGetV5PositionList({"category": "linear"})
    assert (await client.privateGetV5PositionList({"category": "inverse"}))["result"]["list"] == []


@at("bybit")
async def test_bybit_funding_is_asked_a_week_at_a_time_newest_first(account: Account, sign_in: SignIn) -> None:
    account.open("BTC", "-1", at=NOW - 20 * DAY)
    client = sign_in()
    query = {"category": "linear", "execType": "Funding", "startTime": NOW - 20 * DAY, "limit": 10}
    found, cursor = [], ""
    for _ in range(3):
        result = (await client.privateGetV5ExecutionList(query | {"cursor": cursor}))["result"]
        found += [int(row["execTime"]) for row in result["list"]]
        cursor = result["nextPageCursor"]
    assert cursor == ""
    assert (len(found), len(set(found))) == (21, 21)
    assert found == sorted(found, reverse=True)
    assert NOW - 20 * DAY <= min(found) < max(found) <= NOW - 13 * DAY
    with pytest.raises(ccxt.BadRequest, match="7 days"):
        await client.privateGetV5ExecutionList(query | {"endTime": NOW})


@at("bybit")
@pytest.mark.parametrize(
    ("scope", "read_only"), [({}, 1), ({"can_trade": True}, 0), ({"can_withdraw": True, "addresses": ["127.0.0.1"]}, 0)]
)
async def test_bybit_says_what_a_key_may_do(
    scope: dict[str, Any], read_only: int, account: Account, sign_in: SignIn
) -> None:
    account.set_key(**scope)
    told = (await sign_in().privateGetV5UserQueryApi())["result"]
    assert told["readOnly"] == read_only
    assert bool(told["permissions"]["ContractTrade"]) is bool(scope.get("can_trade"))
    assert ("Withdraw" in told["permissions"]["Wallet"]) is bool(scope.get("can_withdraw"))
    assert told["ips"] == scope.get("addresses", ["*"])


# BingX, WEEX, MEXC


@at("bingx")
async def test_bingx_wallets_rights_and_inverse_orders_come_back(account: Account, sign_in: SignIn) -> None:
    account.set_key(can_trade=True)
    account.deposit("funding", "USDT", "10")
    account.rest("BTC", "-5", "61000", kind="inverse")
    client = sign_in()
    told = (await client.accountV1PrivateGetAccountApiPermissions())["data"]
    assert (told["enableReading"], told["enableFutures"], told["enableWithdrawals"]) == (True, True, False)
    assert (await client.fetch_balance({"type": "funding"}))["USDT"]["total"] == "10"
    (order,) = (await client.cswapV1PrivateGetTradeOpenOrders())["data"]["orders"]
    assert (order["symbol"], order["side"], order["quantity"]) == ("BTC-USD", "SELL", 5)
    assert (await client.swapV2PrivateGetTradeOpenOrders())["data"]["orders"] == []


@at("weex")
async def test_the_weex_ledger_comes_in_pages_by_the_two_parts_of_its_key(account: Account, sign_in: SignIn) -> None:
    account.open("BTC", "-1", at=NOW - 10 * DAY)
    client = sign_in()
    query = {"incomeType": "position_funding", "startTime": NOW - 10 * DAY, "endTime": NOW, "limit": 12}
    found, key = [], {}
    for _ in range(3):
        told = await client.contractPrivatePostCapiV3AccountIncome(query | key)
        found += [row["billId"] for row in told["items"]]
        key = told["nextKey"]
    assert (key, told["hasNextPage"]) == (None, False)
    assert len(found) == len(set(found)) == 30
    with pytest.raises(ccxt.BadRequest, match="pair"):
        await client.contractPrivatePostCapiV3AccountIncome({"startTime": NOW - DAY})


@at("weex")
async def test_weex_says_its_mode_and_nothing_of_its_keys(account: Account, sign_in: SignIn) -> None:
    account.configure(is_dual_side=True)
    assert (await sign_in().contractPrivateGetCapiV3AccountAccountConfig())["dualSidePosition"] is True


@at("mexc")
async def test_the_mexc_ledger_comes_in_numbered_pages(account: Account, sign_in: SignIn) -> None:
    account.open("BTC", "-10000", at=NOW - 20 * DAY)
    account.open("BTC", "-600", kind="inverse", at=NOW - DAY)
    client = sign_in()
    pages = [
        (await client.contractPrivateGetPositionFundingRecords({"page_num": page, "page_size": 50}))["data"]
        for page in (1, 2)
    ]
    assert [(page["totalCount"], page["totalPage"], len(page["resultList"])) for page in pages] == [
        (63, 2, 50),
        (63, 2, 13),
    ]
    assert {row["symbol"] for row in pages[0]["resultList"]} == {"BTC_USDT", "BTC_USD"}


@at("mexc")
async def test_a_bonus_counts_in_mexcs_equity_and_is_told(account: Account, sign_in: SignIn) -> None:
    account.deposit("linear", "USDT", "100")
    account.credit("linear", "USDT", "20")
    (row,) = (await sign_in().contractPrivateGetAccountAssets())["data"]
    assert (row["equity"], row["cashBalance"], row["bonus"]) == (120, 100, 20)
    fees = (await sign_in().contractPrivateGetAccountTieredFeeRate({"symbol": "BTC_USDT"}))["data"]
    assert fees["makerFee"] < fees["takerFee"]
