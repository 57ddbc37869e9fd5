"""Double whammy: the future below spot, the short paying, and the coin falling, all at once."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from hedgewatch.domain.basis import DEAD_BAND
from hedgewatch.domain.numbers import N, alike, at_least, exact, exactly, positive

if TYPE_CHECKING:
    from hedgewatch.domain.numbers import Counts, Flags

R8_THRESHOLD = Decimal("-0.00005")
SPOT_THRESHOLD = Decimal("-0.03")


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubleWhammy:
    """Which of the three conditions hold, how many, and whether all do; arrays of that for arrays.

    The name is the playbook's, and half wrong: the coins' fall is offset by the short. What is lost is the funding and
    the part that is not hedged (domain specification 12.8).
    """

    backwardation: Flags
    negative_funding: Flags
    spot_falling: Flags
    score: Counts
    alert: Flags


@exactly
def double_whammy(
    basis_rate: N,
    funding_rate_8h: N,
    spot_return_24h: N,
    *,
    dead_band: Decimal = DEAD_BAND,
    r8_threshold: Decimal = R8_THRESHOLD,
    spot_threshold: Decimal = SPOT_THRESHOLD,
) -> DoubleWhammy:
    """Tell whether basis, funding and spot turn against a hedge together.

    All are fractions. The basis must lie strictly below minus the dead band; the funding rate per 8 h and the return
    of spot over 24 hours at their thresholds or below. Decimals or arrays, the thresholds Decimals.
    Source: domain specification 4. Raises InvalidValueError for a dead band that is not above zero, a return below -1.
    """
    positive(dead_band, "dead_band")
    backwardation = exact(basis_rate, "basis_rate") < alike(-dead_band, basis_rate)
    negative = exact(funding_rate_8h, "funding_rate_8h") <= alike(exact(r8_threshold, "r8_threshold"), funding_rate_8h)
    falling = at_least(spot_return_24h, -1, "spot_return_24h") <= alike(
        exact(spot_threshold, "spot_threshold"), spot_return_24h
    )
    return DoubleWhammy(
        backwardation=backwardation,
        negative_funding=negative,
        spot_falling=falling,
        score=1 * backwardation + 1 * negative + 1 * falling,
        alert=backwardation & negative & falling,
    )
