"""Calculations about a hedge: its exposure, the trade that mends it, how far it may wander."""

from __future__ import annotations

from decimal import Decimal

from hedgewatch.domain.bands import band_tracking, band_whalley_wilmott, leland_vol
from hedgewatch.domain.calculator.calculation import Calculation
from hedgewatch.domain.exposure import PricedPosition, exposure
from hedgewatch.domain.instrument import Payoff
from hedgewatch.domain.numbers import ONE, ZERO
from hedgewatch.domain.rebalance import BAND, Grid, Rebalance, RebalanceTo, rebalance
from hedgewatch.domain.sizing import Rounding

GROUP = "hedging"
KIND = {"kind": "payoff"}


def _rebalance(  # noqa: PLR0913  the inputs of the calculation, one by one
    long_coin: Decimal,
    position_contracts: Decimal,
    payoff: Payoff,
    contract_size: Decimal,
    price: Decimal,
    *,
    target_ratio: Decimal = ONE,
    band: Decimal = BAND,
    lot_step: Decimal = ONE,
    min_contracts: Decimal = ZERO,
    min_notional: Decimal = ZERO,
    rounding: Rounding = Rounding.DOWN,
    rebalance_to: RebalanceTo = RebalanceTo.TARGET,
) -> Rebalance:
    """Say what brings one position back to its target: nothing inside the band (its edge included), else a trade.

    long_coin: coins; where there are none, the whole short is bought back. position_contracts: short is negative.
    price: quote, the mark. band: a fraction, how far the hedge ratio may be from its target. lot_step, min_contracts:
    contracts; min_notional: quote, from which purchases are exempt, for they only reduce. A trade goes to the target,
    or with "edge" just inside the band. Source: domain specification 2.4 and 2.5.
    """
    return rebalance(
        long_coin,
        PricedPosition(payoff=payoff, contracts=position_contracts, contract_size=contract_size, price=price),
        Grid(lot_step=lot_step, min_contracts=min_contracts, min_notional=min_notional, rounding=rounding),
        target_ratio=target_ratio,
        band=band,
        rebalance_to=rebalance_to,
    )


TABLE = (
    Calculation(
        name="exposure",
        group=GROUP,
        question="How much of the coins do the futures cover, and what is left open?",
        function=exposure,
    ),
    Calculation(
        name="rebalance",
        group=GROUP,
        question="Which trade brings a hedge back to its target, if any?",
        function=_rebalance,
        takes=KIND,
    ),
    Calculation(
        name="band_tracking",
        group=GROUP,
        question="How far may a hedge wander while its target wanders too, before trading pays?",
        function=band_tracking,
        gives="half_width_coin",
    ),
    Calculation(
        name="band_whalley_wilmott",
        group=GROUP,
        question="How far may the hedge of an option wander before trading pays?",
        function=band_whalley_wilmott,
        gives="half_width",
    ),
    Calculation(
        name="leland_vol",
        group=GROUP,
        question="Which volatility covers the cost of hedging again at fixed intervals?",
        function=leland_vol,
    ),
)
