"""Sizing: how many contracts hold so many coins, and prices and contracts on the exchange's grid."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_DOWN, ROUND_UP, Decimal
from enum import StrEnum

from hedgewatch.domain.exposure import coins_of, contracts_of
from hedgewatch.domain.instrument import OrderUnit, Payoff, hedging
from hedgewatch.domain.numbers import ONE, exact, exactly, non_negative, positive
from hedgewatch.domain.order import Side

SNAP = Decimal("1e-9")  # of a step: 5 / (1 / 60000) must not become 299,999


class Rounding(StrEnum):
    """Toward zero, to the nearest step (ties toward zero), or away from zero."""

    DOWN = "down"
    NEAREST = "nearest"
    UP = "up"


ROUNDINGS = {Rounding.DOWN: ROUND_DOWN, Rounding.NEAREST: ROUND_HALF_DOWN, Rounding.UP: ROUND_UP}


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractCount:
    """Contracts for an amount of coins. raw: before rounding; residual_coin: what the rounding leaves, in coins."""

    raw: Decimal
    contracts: Decimal
    residual_coin: Decimal


@exactly
def round_price(side: Side, price: Decimal, tick: Decimal) -> Decimal:
    """Put a price on the tick, never worse than asked: a sale rounds up, a purchase down (domain specification 1.2).

    Raises InvalidValueError for a price or tick that is not above zero.
    """
    steps = positive(price, "price") / positive(tick, "tick")
    return steps.to_integral_value(ROUND_CEILING if side is Side.SELL else ROUND_FLOOR) * tick


@exactly
def round_contracts(
    contracts: Decimal, lot_step: Decimal, rounding: Rounding = Rounding.DOWN, *, snap: Decimal = SNAP
) -> Decimal:
    """Put contracts on the lot grid; a count within ``snap`` of a step is that step (domain specification 0.7).

    Raises InvalidValueError for a lot step that is not above zero.
    """
    steps = exact(contracts, "contracts") / positive(lot_step, "lot_step")
    nearest = steps.to_integral_value(ROUND_HALF_DOWN)
    if abs(steps - nearest) > snap:
        nearest = steps.to_integral_value(ROUNDINGS[rounding])
    return nearest * lot_step


@exactly
def contracts_for_coin(  # noqa: PLR0913  a contract's terms, its grid, and the coins
    payoff: Payoff,
    coin: Decimal,
    contract_size: Decimal,
    price: Decimal,
    *,
    lot_step: Decimal = ONE,
    rounding: Rounding = Rounding.DOWN,
    settle_price: Decimal | None = None,
) -> ContractCount:
    """Count the contracts that hold ``coin`` coins at a price, on the lot grid, and the coins left over.

    coin: signed, the contracts have its sign. Source: domain specification 1.1 and 1.2.
    Raises InvalidValueError for a price, contract size or lot step not above zero, and a quanto contract without
    settle_price.
    """
    raw = exact(contracts_of(payoff, coin, contract_size, price, settle_price=settle_price), "coin")
    contracts = round_contracts(raw, lot_step, rounding)
    held = coins_of(payoff, contracts, contract_size, price, settle_price=settle_price)
    return ContractCount(raw=raw, contracts=contracts, residual_coin=coin - held)


@exactly
def contracts_for_notional(payoff: Payoff, notional_quote: Decimal, contract_size: Decimal, price: Decimal) -> Decimal:
    """Return the contracts, unrounded, that are worth a notional: the price does not enter into inverse ones.

    Source: domain specification 12.1. Raises InvalidValueError for a notional below zero, a price or contract size not
    above zero, and a quanto contract.
    """
    non_negative(notional_quote, "notional_quote")
    positive(contract_size, "contract_size")
    positive(price, "price")
    worth = contract_size if hedging(payoff) is Payoff.INVERSE else contract_size * price
    return notional_quote / worth


@exactly
def order_quantity(contracts: Decimal, contract_size: Decimal, unit: OrderUnit) -> Decimal:
    """Return the quantity of an order in the unit in which its exchange takes it.

    base: for linear contracts, whose size is in coins; quote: for inverse ones. Source: domain specification 1.1, 1.3.
    Raises InvalidValueError for a contract size that is not above zero.
    """
    exact(contracts, "contracts")
    positive(contract_size, "contract_size")
    return contracts if unit is OrderUnit.CONTRACTS else contracts * contract_size
