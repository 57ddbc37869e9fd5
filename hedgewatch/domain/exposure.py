"""Exposure: what positions are worth and how much of the coins they cover."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from hedgewatch.domain.instrument import Payoff
from hedgewatch.domain.numbers import ZERO, exactly, positive


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionValue:
    """What a position is worth. notional_quote and value_settle: positive; coin_quantity: short is negative."""

    notional_quote: Decimal
    value_settle: Decimal
    coin_quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """Coins held against coins shorted. hedge_ratio is None without a long exposure: nothing is there to hedge."""

    long_coin: Decimal
    futures_coin: Decimal
    net_coin: Decimal
    net_quote: Decimal
    hedge_ratio: Decimal | None


@exactly
def position_value(payoff: Payoff, contracts: Decimal, contract_size: Decimal, price: Decimal) -> PositionValue:
    """Value a position at a price.

    contracts: signed. contract_size: base (linear) or quote (inverse) per contract. Source: domain specification 1.1.
    Raises InvalidValueError for a price or contract size that is not above zero.
    """
    positive(contract_size, "contract_size")
    positive(price, "price")
    if payoff is Payoff.INVERSE:
        notional = abs(contracts) * contract_size
        return PositionValue(
            notional_quote=notional, value_settle=notional / price, coin_quantity=contracts * contract_size / price
        )
    notional = abs(contracts) * contract_size * price
    return PositionValue(notional_quote=notional, value_settle=notional, coin_quantity=contracts * contract_size)


@exactly
def contracts_of(payoff: Payoff, coins: Decimal, contract_size: Decimal, price: Decimal) -> Decimal:
    """Return the contracts, unrounded and signed as ``coins``, that hold so many coins; the inverse of position_value.

    Multiplies before it divides: 5 coins at 60,000 in one-dollar contracts are 300,000, not 299,999.
    Raises InvalidValueError for a price or contract size that is not above zero.
    """
    positive(contract_size, "contract_size")
    positive(price, "price")
    return coins * price / contract_size if payoff is Payoff.INVERSE else coins / contract_size


@exactly
def pnl(payoff: Payoff, contracts: Decimal, contract_size: Decimal, entry: Decimal, exit_price: Decimal) -> Decimal:
    """Return the profit of a position from entry to exit, in the settle asset, + is a gain.

    Source: domain specification 1.1. Raises InvalidValueError for prices or sizes that are not above zero.
    """
    positive(contract_size, "contract_size")
    positive(entry, "entry")
    positive(exit_price, "exit")
    if payoff is Payoff.INVERSE:
        return contracts * contract_size * (exit_price - entry) / (entry * exit_price)
    return contracts * contract_size * (exit_price - entry)


@exactly
def exposure(
    spot_coin: Decimal, coin_equity: Decimal, futures_coins: Sequence[Decimal], spot_price: Decimal
) -> Exposure:
    """Put coins held against coins shorted.

    coin_equity: coins of coin-margined accounts, unrealised profit included. futures_coins: short is negative.
    hedge ratio = minus futures coins over long coins (domain specification 2.1).
    Raises InvalidValueError for a spot price that is not above zero.
    """
    positive(spot_price, "spot_price")
    long_coin = spot_coin + coin_equity
    short = sum(futures_coins, ZERO)
    net = long_coin + short
    return Exposure(
        long_coin=long_coin,
        futures_coin=short,
        net_coin=net,
        net_quote=net * spot_price,
        hedge_ratio=hedge_ratio(long_coin, short),
    )


@exactly
def hedge_ratio(long_coin: Decimal, futures_coin: Decimal) -> Decimal | None:
    """Return minus futures coins over long coins; None where nothing is held."""
    return -futures_coin / long_coin if long_coin > 0 else None
