"""What the hours and days before told, for the tests of the rules that look back."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from hedgewatch.domain.hedge import Past
from hedgewatch.domain.history import CoinPast, LegPast, PaidPast
from tests.domain.cases import NOW, SPOT

D = Decimal


def paid(usd: str, *, since: str = "-9", is_estimate: bool = False, unvalued: dict[str, str] | None = None) -> PaidPast:
    return PaidPast(
        usd=D(usd),
        by_day={date(2026, 11, 22): D(usd)},
        since_start=D(since),
        first_at=datetime(2026, 10, 1, 8, tzinfo=NOW.tzinfo),
        payments=9,
        unvalued={asset: D(amount) for asset, amount in (unvalued or {}).items()},
        is_estimate=is_estimate,
    )


def of_leg(leg: str = "perp", hedge: str = "btc-core", **known: object) -> Past:
    return Past(legs={(hedge, leg): LegPast(**known)})  # type: ignore[arg-type]  # whatever field a test sets


def of_spot(day_ago: str | None = None, volatility: str | None = None, returns: int = 90) -> CoinPast:
    hourly = {} if day_ago is None else {NOW - timedelta(hours=24): D(day_ago)}
    return CoinPast(hourly=hourly, volatility=None if volatility is None else D(volatility), returns=returns)


def spot_fell(day_ago: str | None) -> Past:
    return Past(coins={SPOT: of_spot(day_ago)})
