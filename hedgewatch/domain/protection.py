"""Protection: the tail loss a hedge removes, what it is expected to cost, and whether that is worth it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from statistics import NormalDist

from hedgewatch.domain.errors import InvalidValueError
from hedgewatch.domain.funding import short_pays_per_day
from hedgewatch.domain.numbers import (
    ONE,
    ZERO,
    N,
    alike,
    exact,
    exactly,
    from_float,
    non_negative,
    positive,
    root,
    within,
)

DAYS_OF_YEAR = 365
TAIL_LEVEL = Decimal("0.975")
THINNEST_TAIL = Decimal("1e-300")  # thinner than this a float has no digits left
STANDARD = NormalDist()


class TailModel(StrEnum):
    """How returns are distributed over the horizon; both without drift."""

    NORMAL = "normal"
    LOGNORMAL = "lognormal"


class CostVerdict(StrEnum):
    """Whether a hedge is worth its cost."""

    PAID_TO_HEDGE = "PAID_TO_HEDGE"
    OK = "OK"
    WATCH = "WATCH"
    OUTWEIGHED = "OUTWEIGHED"
    NO_PROTECTION = "NO_PROTECTION"


@dataclass(frozen=True, slots=True, kw_only=True)
class TailRisk:
    """Value at risk and expected shortfall, fractions of the coins' value; at most 1: no more than all can be lost."""

    var_frac: Decimal
    es_frac: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class CostVsProtection:
    """cost: + is paid; protection: the tail loss removed; both in the notional's currency.

    ratio: cost over protection, None where nothing is protected.
    """

    cost: Decimal
    protection: Decimal
    ratio: Decimal | None
    verdict: CostVerdict


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakEvenHorizon:
    """Between which horizons a hedge is worth its cost. Both None: at none; max_days None: from min_days on."""

    min_days: Decimal | None
    max_days: Decimal | None
    feasible: bool


@exactly
def tail_risk(alpha: Decimal, sigma_annual: Decimal, days: Decimal, model: TailModel = TailModel.NORMAL) -> TailRisk:
    """Return the loss that is exceeded with probability 1 - alpha, and the mean of the losses beyond it.

    sigma_annual: deviation of yearly returns, a fraction. Source: domain specification 4.1. The deviate is a statistic:
    it is made of floats and brought back. Raises InvalidValueError for a level outside 0 to 1, a deviation that is not
    above zero, and negative days.
    """
    deviate = _deviate(alpha)
    deviation = _deviation(sigma_annual, days)
    if model is TailModel.LOGNORMAL:
        beyond = from_float(_probability_below(-deviate - deviation), "alpha") / (ONE - alpha)
        return TailRisk(
            var_frac=ONE - (-deviate * deviation - deviation * deviation / 2).exp(),
            es_frac=ONE - beyond,
        )
    return TailRisk(
        var_frac=min(ONE, deviate * deviation),
        es_frac=expected_shortfall(sigma_annual, days, tail_factor(alpha)),
    )


@exactly
def tail_factor(alpha: Decimal = TAIL_LEVEL) -> Decimal:
    """Return the mean of a standard normal variable beyond its alpha quantile: 2.337803 at 97.5 %.

    Source: domain specification 4.1. Raises InvalidValueError for a level outside 0 to 1.
    """
    deviate = _deviate(alpha)
    return from_float(STANDARD.pdf(float(deviate)), "alpha") / (ONE - alpha)


@exactly
def expected_shortfall(sigma_annual: N, days: N, factor: Decimal) -> N:
    """Return the mean loss in the normal tail, a fraction, at most 1; of arrays elementwise.

    factor: of ``tail_factor``. Source: domain specification 4.1, ES = k sigma sqrt(T / 365).
    """
    loss = alike(factor, sigma_annual) * _deviation(sigma_annual, days)
    if isinstance(loss, Decimal):
        return min(ONE, loss)
    return loss.clip(max=1.0)


@exactly
def expected_cost(
    notional: N, expected_r8: N, horizon_days: N, *, fees: N, margin: N, opportunity_rate: Decimal = ZERO
) -> N:
    """Return what holding a hedge so long is expected to cost, + is paid; of arrays elementwise.

    expected_r8: funding per 8 hours, positive is received by the short. fees: a fraction of notional, of all trades.
    opportunity_rate: per year, what the margin would earn elsewhere. Source: domain specification 4.1.
    """
    funding = short_pays_per_day(expected_r8, notional) * horizon_days
    idle = margin * alike(opportunity_rate, margin) * horizon_days / DAYS_OF_YEAR
    return funding + fees * notional + idle


@exactly
def protection_of(notional: N, shortfall: N, variance_ratio: N) -> N:
    """Return the tail loss that a hedge removes, in the notional's currency; of arrays elementwise.

    shortfall: a fraction. variance_ratio: the variance that stays over the variance without the hedge; above 1 the
    hedge adds to the loss, and the protection is negative. Source: domain specification 4.1.
    """
    return notional * shortfall * (1 - root(variance_ratio))


@exactly
def variance_ratio_of_own_coin(hedge_ratio: Decimal, basis_sigma: Decimal, sigma: Decimal) -> Decimal:
    """Return the share of variance that a hedge with the coin's own future leaves: (1-h)^2 + h^2 (sigma_b/sigma)^2.

    Deviations over the same time, of the basis rate and of the coin. Source: domain specification 4.1.
    Raises InvalidValueError for a deviation of the coin that is not above zero, or of the basis below zero.
    """
    exact(hedge_ratio, "hedge_ratio")
    left = hedge_ratio * non_negative(basis_sigma, "basis_sigma") / positive(sigma, "sigma")
    return (ONE - hedge_ratio) ** 2 + left**2


@exactly
def variance_ratio_of_proxy(effectiveness: Decimal) -> Decimal:
    """Return the share of variance that a proxy hedge leaves: 1 minus its effectiveness.

    Source: domain specification 4.1. Raises InvalidValueError for an effectiveness above 1.
    """
    if exact(effectiveness, "effectiveness") > 1:
        raise InvalidValueError("effectiveness", f"removes more than all of the variance: found {effectiveness}")
    return ONE - effectiveness


@exactly
def cost_vs_protection(  # noqa: PLR0913  the inputs of the formula
    notional: Decimal,
    sigma_annual: Decimal,
    horizon_days: Decimal,
    expected_r8: Decimal,
    *,
    variance_ratio: Decimal = ZERO,
    fee_one_way: Decimal = ZERO,
    trades: int = 0,
    margin: Decimal = ZERO,
    opportunity_rate: Decimal = ZERO,
    alpha: Decimal = TAIL_LEVEL,
    watch: Decimal = Decimal("0.10"),
    outweigh: Decimal = Decimal("0.25"),
) -> CostVsProtection:
    """Weigh what a hedge is expected to cost over a horizon against the tail loss it removes.

    notional, margin: one currency. expected_r8: funding per 8 hours, positive is received. fee_one_way: of notional, +
    is a cost. trades: 2 to open and close, 0 to keep (the exit is due either way). watch, outweigh: the ratios from
    which the verdict changes. Source: domain specification 4.1. Raises InvalidValueError for a deviation that is not
    above zero, and for a negative notional, horizon, margin, variance ratio or number of trades.
    """
    if trades < 0:
        raise InvalidValueError("trades", f"must be zero or above, found {trades}")
    if non_negative(watch, "watch") > exact(outweigh, "outweigh"):
        raise InvalidValueError("watch", f"must not be above outweigh ({outweigh}), found {watch}")
    exact(expected_r8, "expected_r8")
    exact(opportunity_rate, "opportunity_rate")
    cost = expected_cost(
        non_negative(notional, "notional"),
        expected_r8,
        non_negative(horizon_days, "horizon_days"),
        fees=exact(fee_one_way, "fee_one_way") * trades,
        margin=non_negative(margin, "margin"),
        opportunity_rate=opportunity_rate,
    )
    shortfall = tail_risk(alpha, sigma_annual, horizon_days).es_frac
    protection = protection_of(notional, shortfall, non_negative(variance_ratio, "variance_ratio"))
    ratio = cost / protection if protection > 0 else None
    return CostVsProtection(cost=cost, protection=protection, ratio=ratio, verdict=_verdict(ratio, watch, outweigh))


@exactly
def break_even_horizon(
    cost_apr: Decimal,
    fixed_cost_frac: Decimal,
    sigma_annual: Decimal,
    *,
    theta: Decimal = Decimal("0.25"),
    alpha: Decimal = TAIL_LEVEL,
    variance_ratio: Decimal = ZERO,
) -> BreakEvenHorizon:
    """Return the horizons between which the cost stays below ``theta`` times the protection.

    The cost grows with time, the protection with its root: c T + C0 = A sqrt(T), T in years, A = theta k sigma
    (1 - sqrt v). cost_apr: of notional, below zero the hedge is paid, and there is no upper horizon. fixed_cost_frac:
    of notional. Source: domain specification 4.1; the cap of the shortfall at 1 is left out, as there. Raises
    InvalidValueError for theta or a deviation that is not above zero, a negative fixed cost or variance ratio.
    """
    exact(cost_apr, "cost_apr")
    fixed = non_negative(fixed_cost_frac, "fixed_cost_frac")
    removed = ONE - non_negative(variance_ratio, "variance_ratio").sqrt()
    slope = positive(theta, "theta") * tail_factor(alpha) * positive(sigma_annual, "sigma_annual") * removed
    discriminant = slope * slope - 4 * cost_apr * fixed
    if slope <= 0 or discriminant < 0:
        return BreakEvenHorizon(min_days=None, max_days=None, feasible=False)
    # The lower root in its other form: it stays exact where the cost per year is small or zero.
    reach = slope + discriminant.sqrt()
    lower = 2 * fixed / reach
    upper = reach / (2 * cost_apr) if cost_apr > 0 else None
    return BreakEvenHorizon(
        min_days=lower * lower * DAYS_OF_YEAR,
        max_days=None if upper is None else upper * upper * DAYS_OF_YEAR,
        feasible=True,
    )


@exactly
def mv_hedge_ratio(cost_apr: Decimal, sigma_annual: Decimal, rra: Decimal) -> Decimal:
    """Return the hedge ratio a mean-variance investor would choose, 0 to 1: 1 - c / (RRA sigma^2), spot without drift.

    cost_apr: of notional, + is paid. rra: relative risk aversion. Source: domain specification 4.1.
    Raises InvalidValueError for a deviation or an aversion that is not above zero.
    """
    exact(cost_apr, "cost_apr")
    wanted = ONE - cost_apr / (positive(rra, "rra") * positive(sigma_annual, "sigma_annual") ** 2)
    return min(ONE, max(ZERO, wanted))


def _deviation(sigma_annual: N, days: N) -> N:
    return positive(sigma_annual, "sigma_annual") * root(non_negative(days, "days") / DAYS_OF_YEAR)


def _deviate(alpha: Decimal) -> Decimal:
    """Return the standard normal deviate that is exceeded with probability 1 - alpha."""
    tail = ONE - within(alpha, "alpha", 0, 1)
    if min(tail, alpha) < THINNEST_TAIL:
        raise InvalidValueError("alpha", f"must be above 0 and below 1, as 0.975, found {alpha}")
    return from_float(-STANDARD.inv_cdf(float(tail)) if tail < alpha else STANDARD.inv_cdf(float(alpha)), "alpha")


def _probability_below(deviate: Decimal) -> float:
    """Return the standard normal probability; by erfc, which keeps its digits far out in the tail."""
    return math.erfc(-float(deviate) / math.sqrt(2)) / 2


def _verdict(ratio: Decimal | None, watch: Decimal, outweigh: Decimal) -> CostVerdict:
    if ratio is None:
        return CostVerdict.NO_PROTECTION
    if ratio <= 0:
        return CostVerdict.PAID_TO_HEDGE
    if ratio < watch:
        return CostVerdict.OK
    return CostVerdict.WATCH if ratio < outweigh else CostVerdict.OUTWEIGHED
