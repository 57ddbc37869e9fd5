"""A treasury to begin with: coins, earn, a hedge of several days with its funding, an order."""

from __future__ import annotations

from decimal import Decimal

from hedgewatch.simulator.accounts import Account
from hedgewatch.simulator.listings import DAY, INVERSE_ON, Exchange
from hedgewatch.simulator.noise import seed_of, uniform

HELD_FOR = 3 * DAY


def furnish(account: Account, *, now: int, seed: int = 0) -> None:
    """Fill an account: about five coins (as the seed has it), short as much since three days, margin for it.

    Where there are inverse contracts, a tenth of a coin's worth of them is short too.
    """
    key = seed_of(seed, account.exchange, account.name)
    coins = Decimal(round(5 + uniform(key, 0), 3)).quantize(Decimal("0.001"))
    in_contracts = 10_000 if account.exchange is Exchange.MEXC else 1
    account.deposit("spot", "BTC", coins - 1)
    account.deposit("spot", "USDT", "2500")
    account.deposit("funding", "USDT", "1000")
    if account.exchange in {Exchange.BINANCE, Exchange.BYBIT}:
        account.deposit("earn_flexible", "BTC", "0.75")
        account.deposit("earn_locked", "BTC", "0.25")
    else:  # no endpoint tells what is lent there
        account.deposit("spot", "BTC", 1)
    account.deposit("linear", "USDT", "150000")
    is_isolated = account.exchange is not Exchange.BYBIT
    account.open("BTC", -coins * in_contracts, leverage=3, is_isolated=is_isolated, at=now - HELD_FOR)
    account.rest("BTC", "-0.1" if in_contracts == 1 else "-1000", "66000")
    if account.exchange in INVERSE_ON:
        account.deposit("inverse", "BTC", "0.5")
        face = 1 if account.exchange is Exchange.BYBIT else 100
        account.open("BTC", -(6_000 // face), kind="inverse", leverage=1, at=now - HELD_FOR)
