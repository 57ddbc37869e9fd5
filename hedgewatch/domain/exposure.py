"""Exposure: what positions are worth and how much of the coins they cover."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar, Generic

from hedgewatch.domain.errors import InvalidValueError
from hedgewatch.domain.instrument import Payoff, hedging
from hedgewatch.domain.numbers import ZERO, N, exact, exactly, non_negative, positive, quotient


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionValue(Generic[N]):
    """What a position is worth. notional_quote and value_settle: positive; coin_quantity: short is negative."""

    notional_quote: N
    value_settle: N
    coin_quantity: N


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedPosition:
    """A futures position at a price. contracts: short is negative; contract_size: base (linear), quote (inverse)."""

    payoff: Payoff
    contracts: Decimal
    contract_size: Decimal
    price: Decimal

    PUBLIC: ClassVar[Mapping[str, str]] = {"payoff": "kind"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """Coins held against coins shorted. hedge_ratio is None without a long exposure: nothing is there to hedge."""

    long_coin: Decimal
    futures_coin: Decimal
    net_coin: Decimal
    net_quote: Decimal
    hedge_ratio: Decimal | None


@exactly
def position_value(
    payoff: Payoff, contracts: N, contract_size: N, price: N, *, settle_price: N | None = None
) -> PositionValue[N]:
    """Value a position at a price.

    contracts: signed. contract_size: base (linear), quote (inverse), settle asset per quote unit (quanto) per contract.
    price: quote. settle_price: the settle asset's price in quote, which a quanto contract needs and no other uses.
    Decimals or arrays. Source: domain specification 1.1. Raises InvalidValueError for a price or contract size that is
    not above zero, and for a quanto contract without settle_price.
    """
    exact(contracts, "contracts")
    _check_terms(contract_size, price, settle_price)
    coins = _coins(payoff, contracts, contract_size, price, settle_price=settle_price)
    value = abs(_settled(payoff, contracts, contract_size, price))
    if payoff is Payoff.INVERSE:
        return PositionValue(notional_quote=abs(contracts) * contract_size, value_settle=value, coin_quantity=coins)
    notional = value if payoff is Payoff.LINEAR else value * _known(settle_price)
    return PositionValue(notional_quote=notional, value_settle=value, coin_quantity=coins)


@exactly
def settle_value(payoff: Payoff, contracts: N, contract_size: N, price: N) -> N:
    """Return what a position is worth in its settle asset, signed as ``contracts``. Decimals or arrays.

    Source: domain specification 1.1. Raises InvalidValueError for a price or contract size that is not above zero.
    """
    exact(contracts, "contracts")
    _check_terms(contract_size, price, None)
    return _settled(payoff, contracts, contract_size, price)


@exactly
def coins_of(payoff: Payoff, contracts: N, contract_size: N, price: N, *, settle_price: N | None = None) -> N:
    """Return the coins that a position stands for (its delta), short negative. Decimals or arrays.

    Source: domain specification 1.1. Raises InvalidValueError for a price or contract size that is not above zero, and
    for a quanto contract without settle_price.
    """
    exact(contracts, "contracts")
    _check_terms(contract_size, price, settle_price)
    return _coins(payoff, contracts, contract_size, price, settle_price=settle_price)


@exactly
def contracts_of(
    payoff: Payoff, coins: Decimal, contract_size: Decimal, price: Decimal, *, settle_price: Decimal | None = None
) -> Decimal:
    """Return the contracts, unrounded and signed as ``coins``, that hold so many coins; the inverse of coins_of.

    Multiplies before it divides: 5 coins at 60,000 in one-dollar contracts are 300,000, not 299,999.
    Raises InvalidValueError for a price or contract size that is not above zero, and for a quanto contract without
    settle_price.
    """
    exact(coins, "coin")
    _check_terms(contract_size, price, settle_price)
    if payoff is Payoff.INVERSE:
        return coins * price / contract_size
    return coins / (contract_size * _known(settle_price) if payoff is Payoff.QUANTO else contract_size)


def _check_terms(contract_size: N, price: N, settle_price: N | None) -> None:
    positive(contract_size, "contract_size")
    positive(price, "price")
    if settle_price is not None:
        positive(settle_price, "settle_price")


def _settled(payoff: Payoff, contracts: N, contract_size: N, price: N) -> N:
    size = contracts * contract_size
    return size / price if payoff is Payoff.INVERSE else size * price


def _coins(payoff: Payoff, contracts: N, contract_size: N, price: N, *, settle_price: N | None) -> N:
    size = contracts * contract_size
    if payoff is Payoff.INVERSE:
        return size / price
    return size * _known(settle_price) if payoff is Payoff.QUANTO else size


def _known(settle_price: N | None) -> N:
    if settle_price is None:
        raise InvalidValueError("settle_price", "missing: a quanto contract is worth nothing in quote without it")
    return settle_price


@exactly
def pnl(payoff: Payoff, contracts: N, contract_size: N, entry: N, exit_price: N) -> N:
    """Return the profit of a position from entry to exit, in the settle asset, + is a gain. Decimals or arrays.

    Source: domain specification 1.1. Raises InvalidValueError for prices or sizes that are not above zero.
    """
    exact(contracts, "contracts")
    positive(contract_size, "contract_size")
    positive(entry, "entry")
    positive(exit_price, "exit_price")
    gain = contracts * contract_size * (exit_price - entry)
    return gain / (entry * exit_price) if payoff is Payoff.INVERSE else gain


@exactly
def average_entry(payoff: Payoff, fills: Sequence[tuple[Decimal, Decimal]]) -> Decimal:
    """Return the average entry price of (contracts, price) fills: of contracts if linear, harmonic if inverse.

    contracts: all of one side, so of one sign. Source: domain specification 1.1 (Bybit's P&L pages).
    Raises InvalidValueError for no fills, fills of both sides, fills that add up to nothing, a price not above zero.
    """
    for at, (contracts, price) in enumerate(fills):
        exact(contracts, f"fills[{at}][0]")
        positive(price, f"fills[{at}][1]")
    total = sum((contracts for contracts, _ in fills), ZERO)
    if total == 0 or any(contracts * total < 0 for contracts, _ in fills):
        raise InvalidValueError("fills", "expected fills of one side that add up to a position")
    if payoff is Payoff.INVERSE:
        return total / sum((contracts / price for contracts, price in fills), ZERO)
    return sum((contracts * price for contracts, price in fills), ZERO) / total


@exactly
def exposure(
    spot_coin: Decimal, coin_equity: Decimal, futures: Sequence[PricedPosition], spot_price: Decimal
) -> Exposure:
    """Put coins held against coins shorted.

    coin_equity: coins of coin-margined accounts, unrealised profit included, may be below zero.
    hedge ratio = minus futures coins over long coins (domain specification 2.1).
    Raises InvalidValueError for spot coins below zero, a price or size not above zero, and a quanto contract.
    """
    positive(spot_price, "spot_price")
    long_coin = non_negative(spot_coin, "spot_coin") + exact(coin_equity, "coin_equity")
    coins = sum((_coins_at(at, position) for at, position in enumerate(futures)), ZERO)
    net = long_coin + coins
    return Exposure(
        long_coin=long_coin,
        futures_coin=coins,
        net_coin=net,
        net_quote=net * spot_price,
        hedge_ratio=hedge_ratio(long_coin, coins),
    )


def _coins_at(at: int, position: PricedPosition) -> Decimal:
    try:
        payoff = hedging(position.payoff, "kind")
        return exact(coins_of(payoff, position.contracts, position.contract_size, position.price), "contracts")
    except InvalidValueError as error:
        raise InvalidValueError(f"futures[{at}].{error.field}", error.problem) from None


@exactly
def hedge_ratio(long_coin: N, futures_coin: N) -> N | None:
    """Return minus futures coins over long coins; None (NaN in an array) where nothing is held. Decimals or arrays."""
    return quotient(-exact(futures_coin, "futures_coin"), exact(long_coin, "long_coin"))
