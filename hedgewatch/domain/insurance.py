"""Insurance: what a hedge is expected to cost until its work is done, against the tail loss that it removes."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

OPEN_ENDED = Decimal(30)  # days: a hedge that nobody set an end to


@dataclass(frozen=True, slots=True, kw_only=True)
class Insurance:
    """The price of a hedge and what it buys, until its end. None: not known, and ``missing`` says what is needed.

    cost, a_day: USD, + is paid; protection: USD; ratio: cost over protection, None where nothing is protected.
    cost_apr: of the hedged notional. volatility: of the coin, a year. variance_ratio: what of the variance stays.
    """

    days: Decimal = OPEN_ENDED
    cost: Decimal | None = None
    a_day: Decimal | None = None
    cost_apr: Decimal | None = None
    protection: Decimal | None = None
    ratio: Decimal | None = None
    volatility: Decimal | None = None
    variance_ratio: Decimal | None = None
    missing: str | None = None


NO_INSURANCE = Insurance()
