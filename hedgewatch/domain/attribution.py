"""Attribution: where a hedge's result came from, and what the insurance cost."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from hedgewatch.domain.errors import InvalidValueError
from hedgewatch.domain.exposure import pnl
from hedgewatch.domain.instrument import Payoff, hedging
from hedgewatch.domain.numbers import ZERO, exact, exactly, non_negative, positive

DAYS_OF_YEAR = 365


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """Parts of a result in quote, + is a gain; fees are negative where paid. total: their sum.

    carry_cost: what the insurance cost, minus (basis + funding + fees); below zero, the hedge paid its owner.
    """

    spot: Decimal
    futures_price: Decimal
    futures_basis: Decimal
    funding: Decimal
    fees: Decimal
    total: Decimal
    carry_cost: Decimal


@exactly
def attribution(  # noqa: PLR0913  the inputs of the formula
    payoff: Payoff,
    contracts: Decimal,
    contract_size: Decimal,
    spot_coin: Decimal,
    *,
    s0: Decimal,
    f0: Decimal,
    s1: Decimal,
    f1: Decimal,
    entry: Decimal | None = None,
    funding_quote: Decimal = ZERO,
    fees_quote: Decimal = ZERO,
) -> Attribution:
    """Take a result apart: spot, the futures' price leg at the first basis, the basis leg, funding, fees.

    s0, f0, s1, f1: spot and futures prices, first and last, in quote. contracts: short is negative. entry: None for
    f0. funding_quote: + received. fees_quote: + paid. With V(S, F) the position's result in quote, the price leg is
    V(s1, s1 + b0) - V(s0, f0), the basis leg V(s1, f1) - V(s1, s1 + b0): linear n V dS and n V db, inverse
    V(S, F) = S n V (1/E - 1/F). Source: domain specification 9. Raises InvalidValueError for prices and sizes that are
    not above zero, negative coins, and (inverse) a first basis that the last spot price cannot carry.
    """
    prices = {"s0": s0, "f0": f0, "s1": s1, "f1": f1, "entry": f0 if entry is None else entry}
    for field, price in prices.items():
        positive(price, field)
    size = exact(contracts, "contracts") * positive(contract_size, "contract_size")
    if hedging(payoff) is Payoff.LINEAR:
        price_leg, basis_leg = size * (s1 - s0), size * ((f1 - s1) - (f0 - s0))
    else:
        price_leg, basis_leg = _inverse_legs(size, prices)
    spot = non_negative(spot_coin, "spot_coin") * (s1 - s0)
    funding, fees = exact(funding_quote, "funding_quote"), -exact(fees_quote, "fees_quote")
    return Attribution(
        spot=spot,
        futures_price=price_leg,
        futures_basis=basis_leg,
        funding=funding,
        fees=fees,
        total=spot + price_leg + basis_leg + funding + fees,
        carry_cost=-(basis_leg + funding + fees),
    )


@exactly
def insurance_cost_apr(carry_cost: Decimal, average_notional: Decimal, days: Decimal) -> Decimal:
    """Return what the insurance cost a year, as a fraction of the average notional; below zero, it paid.

    Source: domain specification 9. Raises InvalidValueError for a notional or days that are not above zero.
    """
    exact(carry_cost, "carry_cost")
    return carry_cost * DAYS_OF_YEAR / (positive(average_notional, "average_notional") * positive(days, "days"))


def foregone_upside(parts: Attribution) -> Decimal:
    """Return the rise of the coins that the hedge gave away, in quote: an opportunity, never a part of its cost.

    Source: domain specification 9 and 12.10.
    """
    return max(ZERO, -parts.futures_price)


def _inverse_legs(size: Decimal, prices: dict[str, Decimal]) -> tuple[Decimal, Decimal]:
    s0, f0, s1, f1 = (prices[name] for name in ("s0", "f0", "s1", "f1"))
    held = s1 + f0 - s0
    if held <= 0:
        raise InvalidValueError("f0", f"its basis, kept to the end, would put the futures price at {held}")

    def worth(spot: Decimal, future: Decimal) -> Decimal:
        return spot * pnl(Payoff.INVERSE, size, Decimal(1), prices["entry"], future)

    at_held = worth(s1, held)
    return at_held - worth(s0, f0), worth(s1, f1) - at_held
