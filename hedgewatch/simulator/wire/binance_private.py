"""Binance's signed questions: spot and earn, and what the key may do."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from hedgewatch.simulator.holdings import ZERO, Wallet
from hedgewatch.simulator.wire.form import Row, SignedAsk, Wire, text

PLACES = 8
EARN_PAGE = 10


def spot_account(signed: SignedAsk) -> object:
    """Answer /api/v3/account; coins in flexible earn show a second time, as LD and their name."""
    statement, key = signed.statement, signed.account.key
    rows = [(asset, purse.free, purse.locked) for asset, purse in statement.coins(Wallet.SPOT)]
    rows += [(f"LD{asset}", purse.balance, ZERO) for asset, purse in statement.coins(Wallet.FLEXIBLE)]
    return {
        "makerCommission": 10,
        "takerCommission": 10,
        "buyerCommission": 0,
        "sellerCommission": 0,
        "commissionRates": {
            "maker": "0.00100000",
            "taker": "0.00100000",
            "buyer": "0.00000000",
            "seller": "0.00000000",
        },
        "canTrade": True,
        "canWithdraw": True,
        "canDeposit": True,
        "brokered": False,
        "requireSelfTradePrevention": False,
        "preventSor": False,
        "updateTime": signed.ask.clock,
        "accountType": "SPOT",
        "balances": [
            {"asset": asset, "free": text(free, PLACES), "locked": text(locked, PLACES)} for asset, free, locked in rows
        ],
        "permissions": ["SPOT"],
        "uid": key.created_at,
    }


def earn_page(signed: SignedAsk, wallet: Wallet, write: Callable[[str, Decimal], Row]) -> object:
    """Answer a simple-earn question: pages of ten unless ``size`` says up to a hundred."""
    size, page = min(signed.ask.number("size", EARN_PAGE), 100), max(1, signed.ask.number("current", 1))
    wished = signed.query.get("asset")
    coins = [(asset, purse.balance) for asset, purse in signed.statement.coins(wallet) if purse.balance]
    rows = [write(asset, amount) for asset, amount in coins if wished in {None, asset}]
    return {"rows": rows[(page - 1) * size : page * size], "total": len(rows)}


def flexible_earn(signed: SignedAsk) -> object:
    """Answer /sapi/v1/simple-earn/flexible/position."""

    def write(asset: str, amount: Decimal) -> Row:
        return {
            "totalAmount": text(amount, PLACES),
            "tierAnnualPercentageRate": {"0-5BTC": "0.05", "5-10BTC": "0.03"},
            "latestAnnualPercentageRate": "0.02599895",
            "asset": asset,
            "canRedeem": True,
            "collateralAmount": "0.00000000",
            "productId": f"{asset}001",
            "yesterdayRealTimeRewards": "0.00000000",
            "cumulativeBonusRewards": "0.00000000",
            "cumulativeRealTimeRewards": "0.00000000",
            "cumulativeTotalRewards": "0.00000000",
            "autoSubscribe": True,
        }

    return earn_page(signed, Wallet.FLEXIBLE, write)


def locked_earn(signed: SignedAsk) -> object:
    """Answer /sapi/v1/simple-earn/locked/position."""

    def write(asset: str, amount: Decimal) -> Row:
        return {
            "positionId": 123_123,
            "projectId": f"{asset}*90",
            "asset": asset,
            "amount": text(amount, PLACES),
            "purchaseTime": str(signed.account.key.created_at),
            "duration": "90",
            "accrualDays": "4",
            "rewardAsset": asset,
            "APY": "0.23",
            "rewardAmt": "0.00000000",
            "redeemPeriod": "1",
            "redeemingAmt": "0.00000000",
            "canRedeemEarly": True,
            "autoSubscribe": True,
            "type": "AUTO",
            "status": "HOLDING",
            "canReStake": True,
        }

    return earn_page(signed, Wallet.LOCKED, write)


def restrictions(signed: SignedAsk) -> object:
    """Answer /sapi/v1/account/apiRestrictions."""
    key = signed.account.key
    return {
        "ipRestrict": bool(key.addresses),
        "createTime": key.created_at,
        "enableReading": key.can_read,
        "enableWithdrawals": key.can_withdraw,
        "enableInternalTransfer": False,
        "enableMargin": False,
        "enableFutures": key.can_trade,
        "permitsUniversalTransfer": False,
        "enableVanillaOptions": False,
        "enableFixApiTrade": False,
        "enableFixReadOnly": True,
        "enableSpotAndMarginTrading": key.can_trade,
        "enablePortfolioMarginTrading": key.can_trade and signed.account.is_portfolio,
    }


WIRE = Wire(
    signed={
        "/api/v3/account": spot_account,
        "/sapi/v1/simple-earn/flexible/position": flexible_earn,
        "/sapi/v1/simple-earn/locked/position": locked_earn,
        "/sapi/v1/account/apiRestrictions": restrictions,
    },
)
