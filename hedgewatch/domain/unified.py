"""Unified: the price at which a whole account, coins and futures together, has no more than it must keep."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from hedgewatch.domain.instrument import Payoff, hedging
from hedgewatch.domain.numbers import exact, exactly, non_negative, positive


@dataclass(frozen=True, slots=True, kw_only=True)
class Pledge:
    """What stands behind a unified account: equity and what must be kept, dollars; coins of the position's base."""

    equity: Decimal
    maintenance: Decimal
    coins: Decimal


@exactly
def whole_account_price(
    pledge: Pledge, payoff: Payoff, size: Decimal, *, entry: Decimal, mark: Decimal, mmr: Decimal
) -> Decimal | None:
    """Return the mark price at which a unified account is liquidated through one position; None: no rise or fall does.

    size: contracts x contract size, short is negative: coins (linear) or quote (inverse). The account's equity changes
    by (coins + delta) a dollar of the price, delta being ``size`` (linear) or ``size / entry`` (inverse, whose result
    in dollars is linear: domain specification 2.2); a linear position must keep ``mmr`` of its growing value, an
    inverse one of its fixed one. What the exchange cuts off the coins' worth, and all other assets, are left out, so it
    is an estimate. Source: domain specification 5.3, solved for an account that holds coins.
    Raises InvalidValueError for prices that are not above zero and a negative rate.
    """
    positive(entry, "entry")
    positive(mark, "mark")
    non_negative(mmr, "mmr")
    spare = exact(pledge.equity, "equity") - non_negative(pledge.maintenance, "maintenance")
    is_linear = hedging(payoff) is Payoff.LINEAR
    delta = exact(size, "size") if is_linear else size / entry
    slope = exact(pledge.coins, "coins") + delta - (abs(size) * mmr if is_linear else 0)
    if spare <= 0:
        return mark
    # A short dies of a rise, a long of a fall: a slope the other way brings it only farther from its end.
    if slope == 0 or (slope < 0) is not (size < 0):
        return None
    price = mark - spare / slope
    return price if price > 0 else None
