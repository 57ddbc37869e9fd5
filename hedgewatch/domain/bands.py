"""Bands: how far a hedge may wander before trading it back is worth what that costs."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from hedgewatch.domain.numbers import ONE, exact, exactly, exponential, non_negative, positive

PI = Decimal("3.141592653589793238462643383279503")


@dataclass(frozen=True, slots=True, kw_only=True)
class LelandVolatility:
    """How trading costs widen the volatility that a hedge replicates: Leland's number, and the widened one a year."""

    leland_number: Decimal
    sigma_adj: Decimal


@exactly
def band_tracking(
    cost_frac: Decimal,
    price: Decimal,
    sigma_target_coin: Decimal,
    sigma_price_frac: Decimal,
    risk_aversion_abs: Decimal,
) -> Decimal:
    """Return the half-width, in coins, of the no-trade band around a target that wanders by itself.

    cost_frac: of a trade, taker fee and half spread. price: quote. sigma_target_coin: coins per square root of a year,
    zero for the own coin hedged coin for coin: then the band is zero, for nothing ever moves it but events.
    sigma_price_frac: a year. risk_aversion_abs: one over quote (relative aversion over wealth).
    Source: domain specification 2.5 (Kallsen and Muhle-Karbe 2015): H^3 = 3 cost target^2 / (2 aversion sigma^2 P).
    Raises InvalidValueError for a price, volatility or aversion not above zero, a cost or wandering below zero.
    """
    costs = 3 * non_negative(cost_frac, "cost_frac") * non_negative(sigma_target_coin, "sigma_target_coin") ** 2
    risk = 2 * positive(risk_aversion_abs, "risk_aversion_abs") * positive(sigma_price_frac, "sigma_price_frac") ** 2
    return _cube_root(costs / (risk * positive(price, "price")))


@exactly
def band_whalley_wilmott(
    cost_frac: Decimal,
    price: Decimal,
    gamma_option: Decimal,
    risk_aversion_abs: Decimal,
    *,
    rate: Decimal,
    tau_years: Decimal,
) -> Decimal:
    """Return the half-width, in coins, of the no-trade band around an option's delta.

    cost_frac: of a trade. price: quote. gamma_option: coins per quote. rate: a year, continuous. tau_years: to expiry.
    Source: domain specification 2.5, Whalley and Wilmott 1997: H^3 = 3/2 e^(-rate tau) cost P gamma^2 / aversion.
    Raises InvalidValueError for a price or aversion not above zero, a cost or time below zero.
    """
    discount = exponential(-exact(rate, "rate") * non_negative(tau_years, "tau_years"), "rate")
    costs = 3 * discount * non_negative(cost_frac, "cost_frac") * positive(price, "price")
    aversion = positive(risk_aversion_abs, "risk_aversion_abs")
    return _cube_root(costs * exact(gamma_option, "gamma_option") ** 2 / (2 * aversion))


@exactly
def leland_vol(sigma: Decimal, round_trip_cost: Decimal, dt_years: Decimal) -> LelandVolatility:
    """Return the volatility that covers the cost of hedging again at fixed intervals.

    sigma: a year. round_trip_cost: fraction. dt_years: between two hedges.
    Source: domain specification 2.5, Leland 1985: number = sqrt(2/pi) cost / (sigma sqrt(dt)), variance times 1 + it.
    Raises InvalidValueError for a volatility or interval not above zero, a cost below zero.
    """
    cost = non_negative(round_trip_cost, "round_trip_cost")
    moved = positive(sigma, "sigma") * positive(dt_years, "dt_years").sqrt()
    number = (2 / PI).sqrt() * cost / moved
    return LelandVolatility(leland_number=number, sigma_adj=sigma * (ONE + number).sqrt())


def _cube_root(value: Decimal) -> Decimal:
    return value ** (ONE / 3) if value else value
