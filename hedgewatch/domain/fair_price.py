"""Fair price: what a perpetual is worth if nobody can earn for nothing; to be shown, not traded on."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from hedgewatch.domain.instrument import Payoff, hedging
from hedgewatch.domain.numbers import ONE, ZERO, exact, exactly, exponential, non_negative, positive


class FundingSpot(StrEnum):
    """Which spot price a discrete funding payment is reckoned with: of the interval's start, or of its end."""

    PREVIOUS = "previous"
    CURRENT = "current"


@exactly
def perp_fair_price(  # noqa: PLR0913  the variables of the paper's formula
    payoff: Payoff,
    spot: Decimal,
    r_quote: Decimal,
    r_base: Decimal,
    *,
    kappa: Decimal,
    iota: Decimal,
    dt_years: Decimal = ZERO,
    funding_spot: FundingSpot = FundingSpot.PREVIOUS,
) -> Decimal | None:
    """Return the price, in quote, at which a perpetual future is worth nothing to either side; None where none exists.

    r_quote, r_base: interest a year, continuous. kappa: the share of the premium that funding pays; iota: the interest
    part of funding; both a year with dt_years 0 (funding paid continuously), else per funding interval of dt_years.
    The long pays kappa (f - x) + iota x of spot x each interval; with growth g = e^((r_quote - r_base) dt) of spot, a
    price f = c x that stays in proportion has c = (kappa - iota) / (1 + kappa - g) if that x is the interval's first,
    and c = g (kappa - iota) / (1 + kappa g - g) if it is its last. An inverse contract is the linear one of the coin's
    side: rates exchanged, 1/f and 1/x for f and x. None: where the denominator or c is not above zero, the premium
    outgrows the funding that should bring it back.
    Source: domain specification 3; Ackerer, Hugonnier and Jermann, Perpetual Futures Pricing, equation 12,
    propositions 2 to 4. Raises InvalidValueError for a spot or kappa not above zero, an interval below zero, quanto.
    """
    positive(spot, "spot")
    pull, interest = positive(kappa, "kappa"), exact(iota, "iota")
    drift = exact(r_quote, "r_quote") - exact(r_base, "r_base")
    is_inverse = hedging(payoff) is Payoff.INVERSE
    if is_inverse:
        drift = -drift
    growth = exponential(drift * non_negative(dt_years, "dt_years"), "r_quote")
    if dt_years == 0:
        pulled, held = pull - interest, pull - drift
    elif funding_spot is FundingSpot.PREVIOUS:
        pulled, held = pull - interest, ONE + pull - growth
    else:
        pulled, held = growth * (pull - interest), ONE + pull * growth - growth
    if pulled <= 0 or held <= 0:
        return None
    return spot * held / pulled if is_inverse else spot * pulled / held
