"""The target: how many futures coins a hedge should have now."""

from __future__ import annotations

from decimal import Decimal

from hedgewatch.domain.hedge import Hedge
from hedgewatch.domain.numbers import exactly
from hedgewatch.domain.rebalance import TargetMode, target_coins


@exactly
def wanted_coins(
    hedge: Hedge,
    exposure: Decimal | None,
    spot_price: Decimal | None,
    futures_price: Decimal | None,
    *,
    spot_price_usd: Decimal | None,
) -> Decimal | None:
    """Return the futures coins that a hedge should have, zero or negative; None where a price for that is missing.

    exposure: coins. Prices: quote; they are asked for by a target in value alone, the one in USD by one in dollars.
    Source: domain specification 2.3.
    """
    needs = {
        TargetMode.COIN: (),
        TargetMode.VALUE: (spot_price, futures_price),
        TargetMode.FIXED_USD: (spot_price_usd,),
    }[hedge.target_mode]
    if exposure is None or None in needs:
        return None
    return target_coins(
        hedge.target_mode,
        exposure,
        hedge.target_ratio,
        spot_price=spot_price_usd if hedge.target_mode is TargetMode.FIXED_USD else spot_price,
        future_price=futures_price,
        target_usd=hedge.target_usd,
    )
