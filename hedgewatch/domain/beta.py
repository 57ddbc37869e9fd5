"""Beta: how far an asset moves when the asset that stands in for it moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Generic

from hedgewatch.domain.errors import InvalidValueError
from hedgewatch.domain.moments import covariance, ewma, paired, varying
from hedgewatch.domain.numbers import ZERO, N, alike, exact, exactly, non_negative, root, within

LEAST_OBSERVATIONS = 30
DECAY = Decimal("0.97")  # half-life 22.8 days
SEED_OBSERVATIONS = 20
SHIFT_ERRORS = 2
LOWEST_BETA, HIGHEST_BETA = ZERO, Decimal(4)
CRASH = Decimal("-0.05")
ROUNDING = Decimal("1e-9")
ITEM, PROXY = "item_returns", "proxy_returns"


@dataclass(frozen=True, slots=True, kw_only=True)
class Regression(Generic[N]):
    """A line through paired changes.

    residual_variance: of the item, the part the line leaves. standard_error: of ``beta``, None with two observations.
    """

    beta: N
    r2: N
    residual_variance: N
    standard_error: N | None
    observations: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EwmaMoments(Generic[N]):
    """Exponentially weighted variances and covariance of two series."""

    var_x: N
    var_y: N
    cov: N


@dataclass(frozen=True, slots=True, kw_only=True)
class EwmaUpdate:
    """Moments after one more day, with what they imply; None where a variance is zero."""

    var_x: Decimal
    var_y: Decimal
    cov: Decimal
    corr: Decimal | None
    beta_x_on_y: Decimal | None


class BetaMethod(StrEnum):
    """How a beta was estimated."""

    OLS = "ols"
    EWMA = "ewma"


@dataclass(frozen=True, slots=True, kw_only=True)
class BetaChoice:
    """The beta to size with, between 0 and 4. has_shifted: the recent one left the 90-day one behind (BETA_SHIFT)."""

    beta: Decimal
    method: BetaMethod
    has_shifted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CrashBeta:
    """How far the asset fell for each unit the proxy fell, on so many days of a crash."""

    beta: Decimal
    days: int


@exactly
def regress(item: Sequence[N], proxy: Sequence[N], fields: tuple[str, str] = (ITEM, PROXY)) -> Regression[N]:
    """Fit the item's changes on the proxy's by ordinary least squares: beta = cov / var(proxy), sample moments (n - 1).

    Standard error sqrt((1 - R2) / (n - 2)) x sigma(item) / sigma(proxy). Source: domain specification 6 (Ederington
    1979). Raises InvalidValueError, naming one of ``fields``, for fewer than two values, unequal lengths, or a series
    that does not vary.
    """
    paired(item, proxy, fields)
    item_variance, proxy_variance = varying(item, fields[0]), varying(proxy, fields[1])
    shared = covariance(item, proxy)
    observations = len(item)
    # the last digit of a perfect fit may round above 1
    unexplained = _at_least_zero(1 - shared * shared / (item_variance * proxy_variance))
    residual_variance = unexplained * item_variance
    error = None
    if observations > 2:  # noqa: PLR2004  two points make a line, and leave no error to measure
        error = root(residual_variance / ((observations - 2) * proxy_variance))
    return Regression(
        beta=shared / proxy_variance,
        r2=1 - unexplained,
        residual_variance=residual_variance,
        standard_error=error,
        observations=observations,
    )


def _at_least_zero(value: N) -> N:
    return (value + abs(value)) / 2


@exactly
def ols_beta(item_returns: Sequence[N], proxy_returns: Sequence[N]) -> Regression[N] | None:
    """Return the beta of daily returns by least squares; None with fewer than 30 observations.

    Source: domain specification 6. Raises InvalidValueError for unequal lengths or a series that does not vary.
    """
    paired(item_returns, proxy_returns, (ITEM, PROXY), least=0)
    return regress(item_returns, proxy_returns) if len(item_returns) >= LEAST_OBSERVATIONS else None


@exactly
def ewma_update(lam: Decimal, var_x: Decimal, var_y: Decimal, cov: Decimal, *, x: Decimal, y: Decimal) -> EwmaUpdate:
    """Take one more day into exponentially weighted moments: lam x before + (1 - lam) x the day's product.

    x and y: the day's returns. beta_x_on_y = cov / var_y. Source: domain specification 6 (Hull, Risk Management and
    Financial Institutions). Raises InvalidValueError for a lam outside 0..1, a variance below zero, or a covariance
    that no correlation between -1 and 1 gives.
    """
    within(lam, "lam", 0, 1)
    non_negative(var_x, "var_x")
    non_negative(var_y, "var_y")
    if exact(cov, "cov") ** 2 > var_x * var_y * (1 + ROUNDING):
        raise InvalidValueError("cov", f"stands for a correlation outside -1 to 1, found {cov}")
    before = EwmaMoments(var_x=var_x, var_y=var_y, cov=cov)
    after = ewma_moments(lam, before, exact(x, "x"), exact(y, "y"))
    spread = root(after.var_x * after.var_y)
    return EwmaUpdate(
        var_x=after.var_x,
        var_y=after.var_y,
        cov=after.cov,
        corr=after.cov / spread if spread else None,
        beta_x_on_y=after.cov / after.var_y if after.var_y else None,
    )


def ewma_moments(decay: N, before: EwmaMoments[N], x: N, y: N) -> EwmaMoments[N]:
    """Take one more pair of returns into the moments."""
    return EwmaMoments(
        var_x=ewma(decay, before.var_x, x * x),
        var_y=ewma(decay, before.var_y, y * y),
        cov=ewma(decay, before.cov, x * y),
    )


@exactly
def ewma_betas(item_returns: Sequence[N], proxy_returns: Sequence[N]) -> tuple[N, ...]:
    """Return the exponentially weighted beta after each day, from the 30th on; nothing with fewer observations.

    The last is the live beta. Decay 0.97; the weights start from the sample moments of the first 20 days, as the
    volatility's do. Source: domain specification 6.
    Raises InvalidValueError for unequal lengths, or a proxy that does not vary in those 20 days.
    """
    paired(item_returns, proxy_returns, (ITEM, PROXY), least=0)
    if len(item_returns) < LEAST_OBSERVATIONS:
        return ()
    item_seed, proxy_seed = item_returns[:SEED_OBSERVATIONS], proxy_returns[:SEED_OBSERVATIONS]
    moments = EwmaMoments(
        var_x=covariance(item_seed, item_seed), var_y=varying(proxy_seed, PROXY), cov=covariance(item_seed, proxy_seed)
    )
    weight = alike(DECAY, moments.cov)
    betas = []
    for x, y in zip(item_returns[SEED_OBSERVATIONS:], proxy_returns[SEED_OBSERVATIONS:], strict=True):
        moments = ewma_moments(weight, moments, x, y)
        betas.append(moments.cov / moments.var_y)
    return tuple(betas[LEAST_OBSERVATIONS - SEED_OBSERVATIONS - 1 :])


@exactly
def choose_beta(ols: Regression[Decimal], live: Decimal) -> BetaChoice:
    """Choose between the 90-day beta and the live one: the first if they are less than two standard errors apart.

    live: the last of ewma_betas. Source: domain specification 6. The choice lies between 0 and 4.
    """
    exact(live, "live")
    has_shifted = abs(live - ols.beta) >= SHIFT_ERRORS * (ols.standard_error or ZERO) and live != ols.beta
    return BetaChoice(
        beta=clamp_beta(live if has_shifted else ols.beta),
        method=BetaMethod.EWMA if has_shifted else BetaMethod.OLS,
        has_shifted=has_shifted,
    )


@exactly
def crash_beta(item_returns: Sequence[Decimal], proxy_returns: Sequence[Decimal]) -> CrashBeta | None:
    """Return the beta of the days on which the proxy fell more than 5 %; None if there was no such day.

    Through the origin, sum(xy) / sum(yy): such days are few, and a line with an intercept would explain away the fall
    they have in common. Source: domain specification 6 (crash-beta). Raises InvalidValueError for unequal lengths.
    """
    paired(item_returns, proxy_returns, (ITEM, PROXY), least=0)
    days = [(x, y) for x, y in zip(item_returns, proxy_returns, strict=True) if y < CRASH]
    if not days:
        return None
    return CrashBeta(beta=sum((x * y for x, y in days), ZERO) / sum((y * y for _, y in days), ZERO), days=len(days))


@exactly
def stressed_beta(choice: BetaChoice, crash: CrashBeta | None) -> Decimal:
    """Return the larger of the chosen beta and the crash beta, between 0 and 4: the cautious size of a proxy hedge."""
    return choice.beta if crash is None else clamp_beta(max(choice.beta, crash.beta))


def clamp_beta(beta: Decimal) -> Decimal:
    """Return a beta that a hedge may be sized with: between 0 and 4. Source: domain specification 6."""
    return min(max(exact(beta, "beta"), LOWEST_BETA), HIGHEST_BETA)
