"""Standing in: how far another asset's future protects a coin that has none, and what the past says of it; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from hedgewatch.domain.beta import LEAST_OBSERVATIONS, BetaMethod, Regression, clamp_beta, ewma_betas, ols_beta
from hedgewatch.domain.effectiveness import GRADED_DAYS, Effectiveness, Grade, grade_of
from hedgewatch.domain.errors import InvalidValueError
from hedgewatch.domain.moments import covariance
from hedgewatch.domain.numbers import exactly
from hedgewatch.domain.proxy import residual_volatility
from hedgewatch.domain.returns import paired_returns
from hedgewatch.domain.volatility import annual_volatility

Closes = Mapping[date, Decimal]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """How the beta of a proxy hedge is found: by a method, or as its owner says."""

    beta: BetaMethod | Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class _Moments:
    """Sample variances and covariance of the last 30 daily returns of the item and the proxy."""

    item: Decimal
    proxy: Decimal
    shared: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyPast:
    """What the daily returns that both assets have tell. None: there are too few, or one of them never moved.

    days: how many there are, of at most 90. ols: the line through all of them. live: the exponentially weighted beta.
    volatility: of the item, a year.
    """

    days: int
    ols: Regression[Decimal] | None = None
    live: Decimal | None = None
    volatility: Decimal | None = None
    moments: _Moments | None = None


NO_PROXY_PAST = ProxyPast(days=0)


@exactly
def past_of_proxy(item: Closes, proxy: Closes) -> ProxyPast:
    """Return what two assets' closes at 00:00 UTC tell of each other. Source: domain specification 6."""
    left, right = paired_returns(item, proxy)
    if len(left) < LEAST_OBSERVATIONS:
        return ProxyPast(days=len(left))
    try:
        ols, betas = ols_beta(left, right), ewma_betas(left, right)
    except InvalidValueError:  # a price that stood still for a month tells nothing of how the two move
        return ProxyPast(days=len(left))
    recent, beside = left[-GRADED_DAYS:], right[-GRADED_DAYS:]
    return ProxyPast(
        days=len(left),
        ols=ols,
        live=betas[-1],
        volatility=annual_volatility(left),
        moments=_Moments(
            item=covariance(recent, recent), proxy=covariance(beside, beside), shared=covariance(recent, beside)
        ),
    )


def beta_in_use(proxy: Proxy, past: ProxyPast) -> Decimal | None:
    """Return the beta that a hedge is sized with, above 0 and at most 4; None if it is not known.

    As its owner says, else the one of 90 days or the live one. Source: domain specification 6.
    """
    if isinstance(proxy.beta, Decimal):
        return proxy.beta
    known = past.live if proxy.beta is BetaMethod.EWMA else past.ols.beta if past.ols else None
    beta = None if known is None else clamp_beta(known)
    return beta or None  # what moves with nothing, or against it, protects nothing


def measured_beta(proxy: Proxy, past: ProxyPast) -> Decimal | None:
    """Return the beta to hold the one in use against: the live one, or the one of 90 days where the live one is in use.

    None if it is not known.
    """
    if proxy.beta is BetaMethod.EWMA:
        return past.ols.beta if past.ols else None
    return past.live


@exactly
def effectiveness_of(beta: Decimal, past: ProxyPast) -> Effectiveness:
    """Return the share of the item's variance of the last 30 days that a hedge of this beta would have removed.

    1 - var(item - beta x proxy) / var(item). Source: domain specification 6 (Ederington 1979).
    """
    moments = past.moments
    if moments is None or moments.item == 0:
        return Effectiveness(share_removed=None, grade=Grade.INSUFFICIENT)
    left = moments.item - 2 * beta * moments.shared + beta * beta * moments.proxy
    share = 1 - left / moments.item
    return Effectiveness(share_removed=share, grade=grade_of(share))


@exactly
def what_is_left(beta: Decimal, past: ProxyPast) -> Decimal | None:
    """Return the volatility a year that no size of the proxy removes; None if it is not known."""
    share = effectiveness_of(beta, past).share_removed
    if share is None or past.volatility is None or past.volatility <= 0:
        return None
    return residual_volatility(past.volatility, max(share, Decimal(0)))
