"""Proxy hedging: how much of another asset's future stands against a holding, and what no size removes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from hedgewatch.domain.beta import regress
from hedgewatch.domain.errors import InvalidValueError
from hedgewatch.domain.numbers import N, exact, exactly, positive, root, within

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class MinimumVariance:
    """The hedge that leaves the least variance.

    hedge_ratio: units of the future for each unit held, positive means short. r2: the share of the variance it removes,
    in sample. residual_volatility: what is left, in the unit of the changes.
    """

    hedge_ratio: Decimal
    r2: Decimal
    residual_volatility: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class MinimumVarianceContracts:
    """The same with its size, unrounded. contracts_tailed: for daily settlement, None if no prices were given."""

    hedge_ratio: Decimal
    r2: Decimal
    residual_volatility: Decimal
    contracts: Decimal
    contracts_tailed: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BetaHedge:
    """The size of a proxy hedge, unrounded. hedge_notional: quote."""

    contracts: Decimal
    hedge_notional: Decimal


@exactly
def min_variance_hedge(  # noqa: PLR0913  two ways to ask the same: the inputs of the outside contract
    rho: Decimal | None = None,
    sigma_s: Decimal | None = None,
    sigma_f: Decimal | None = None,
    *,
    ds: Sequence[Decimal] | None = None,
    df: Sequence[Decimal] | None = None,
    exposure_units: Decimal | None = None,
    contract_units: Decimal | None = None,
    spot: Decimal | None = None,
    future: Decimal | None = None,
) -> MinimumVariance | MinimumVarianceContracts:
    """Return the hedge ratio that leaves the least variance: h = rho sigma_s / sigma_f = cov / var(future).

    Either rho with both sigmas, or ``ds`` and ``df``: the changes of spot and future over the same periods, in sample
    moments (n - 1). With exposure_units and contract_units (units of the asset held and in one contract) also the
    contracts N = h exposure / contract, and with spot and future their tailed number N spot / future.
    Source: domain specification 6 (Johnson 1960, Ederington 1979, Hull chapter 3).
    Raises InvalidValueError for a correlation outside -1..1, a sigma, price or contract that is not above zero, series
    of unequal length, of fewer than two values or without variation, and for inputs that miss their other half.
    """
    if ds is None and df is None:
        ratio = _from_correlation(rho, sigma_s, sigma_f)
    else:
        _refuse_beside_series(rho=rho, sigma_s=sigma_s, sigma_f=sigma_f)
        fit = regress(_given(ds, "ds"), _given(df, "df"), ("ds", "df"))
        ratio = MinimumVariance(hedge_ratio=fit.beta, r2=fit.r2, residual_volatility=root(fit.residual_variance))
    if exposure_units is None and contract_units is None and spot is None and future is None:
        return ratio
    exposure = exact(_given(exposure_units, "exposure_units"), "exposure_units")
    contracts = ratio.hedge_ratio * exposure / positive(_given(contract_units, "contract_units"), "contract_units")
    has_prices = spot is not None or future is not None
    return MinimumVarianceContracts(
        hedge_ratio=ratio.hedge_ratio,
        r2=ratio.r2,
        residual_volatility=ratio.residual_volatility,
        contracts=contracts,
        contracts_tailed=tail(contracts, _given(spot, "spot"), _given(future, "future")) if has_prices else None,
    )


def _from_correlation(rho: Decimal | None, sigma_s: Decimal | None, sigma_f: Decimal | None) -> MinimumVariance:
    correlation = within(_given(rho, "rho"), "rho", -1, 1)
    item = positive(_given(sigma_s, "sigma_s"), "sigma_s")
    r2 = correlation * correlation
    return MinimumVariance(
        hedge_ratio=correlation * item / positive(_given(sigma_f, "sigma_f"), "sigma_f"),
        r2=r2,
        residual_volatility=residual_volatility(item, r2),
    )


def _refuse_beside_series(**others: Decimal | None) -> None:
    for name, value in others.items():
        if value is not None:
            raise InvalidValueError(
                name, "is not asked beside ds and df, which say it themselves; leave one of them out"
            )


def _given(value: T | None, field: str) -> T:
    if value is None:
        raise InvalidValueError(field, "missing")
    return value


@exactly
def residual_volatility(sigma: N, r2: N) -> N:
    """Return the volatility that no size of the hedge removes: sigma sqrt(1 - R2), in the unit of ``sigma``.

    Source: domain specification 6. Raises InvalidValueError for a sigma not above zero or an R2 outside 0..1.
    """
    return positive(sigma, "sigma") * root(1 - within(r2, "r2", 0, 1))


@exactly
def tail(contracts: Decimal, spot: Decimal, future: Decimal) -> Decimal:
    """Return the contracts of a hedge whose gains settle daily: contracts x spot / future.

    Source: domain specification 6 (Hull). Raises InvalidValueError for a price that is not above zero.
    """
    return exact(contracts, "contracts") * positive(spot, "spot") / positive(future, "future")


@exactly
def beta_contracts(exposure_value: Decimal, beta: Decimal, future: Decimal, contract_units: Decimal) -> BetaHedge:
    """Size a proxy hedge by beta: N = beta x value / (future x units in a contract), unrounded.

    exposure_value and hedge_notional: quote. Source: domain specification 6 (Hull's index hedge).
    Raises InvalidValueError for a future's price or a contract that is not above zero.
    """
    notional = exact(beta, "beta") * exact(exposure_value, "exposure_value")
    return BetaHedge(
        contracts=notional / (positive(future, "future") * positive(contract_units, "contract_units")),
        hedge_notional=notional,
    )


@exactly
def covered_coins(coins: N, future: N, *, beta: N, spot: N) -> N:
    """Return the item's coins that a proxy leg stands against: coins x future / (beta x spot).

    coins: of the proxy, short is negative; the answer has their sign. future: the proxy's futures price; spot: the
    item's. The reverse of beta_contracts. Source: contracts, the paragraph on legs.
    Raises InvalidValueError for a price or beta that is not above zero.
    """
    exact(coins, "coins")
    return coins * positive(future, "future") / (positive(beta, "beta") * positive(spot, "spot"))
