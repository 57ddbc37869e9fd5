"""Size check: whether a contract's listed size is the one that other numbers of its exchange imply. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from hedgewatch.domain.account import AccountPosition
from hedgewatch.domain.instrument import Instrument, Payoff
from hedgewatch.domain.numbers import exactly

TOLERANCE = Decimal("0.01")  # two routes may differ by this fraction (issue: "more than 1 % apart refuses to size")


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeCheck:
    """A listed contract size beside what was implied, base coins (linear) or quote units (inverse) per contract.

    implied_low and implied_high: the same number where the second route knows its price exactly. source: that route.
    """

    listed: Decimal
    implied_low: Decimal
    implied_high: Decimal
    source: str

    @property
    def agrees(self) -> bool:
        """True if the listed size lies within the tolerance of what is implied."""
        return self.implied_low * (1 - TOLERANCE) <= self.listed <= self.implied_high * (1 + TOLERANCE)


@exactly
def size_by_turnover(
    instrument: Instrument,
    *,
    volume: Decimal,
    turnover: Decimal,
    prices: tuple[Decimal, Decimal],
    source: str,
) -> SizeCheck | None:
    """Check the size by a day's trade: so many contracts were worth so much at prices between ``prices``.

    volume: contracts. turnover: quote (linear), base coins (inverse). prices: lowest and highest of the same time.
    None where nothing was traded, or the payoff is none of the two. A linear contract's size is turnover / (volume x
    price), an inverse one's turnover x price / volume (domain specification 1.1, solved for the size).
    """
    low, high = prices
    if volume <= 0 or turnover <= 0 or low <= 0 or high < low:
        return None
    if instrument.payoff is Payoff.LINEAR:
        bounds = turnover / (volume * high), turnover / (volume * low)
    elif instrument.payoff is Payoff.INVERSE:
        bounds = turnover * low / volume, turnover * high / volume
    else:
        return None
    return SizeCheck(listed=instrument.contract_size, implied_low=bounds[0], implied_high=bounds[1], source=source)


@exactly
def size_by_position(
    instrument: Instrument, position: AccountPosition, mark_price: Decimal | None = None
) -> SizeCheck | None:
    """Check the size by the notional that the exchange reports of a position; None where it reports none.

    mark_price: the market's, quote, for an account that tells none.
    """
    notional, mark = position.reported_notional, position.mark_price or mark_price
    if notional is None:
        return None
    if instrument.payoff is Payoff.INVERSE:
        implied = notional / abs(position.contracts)
    elif instrument.payoff is Payoff.LINEAR and mark:
        implied = notional / (abs(position.contracts) * mark)
    else:
        return None
    source = f"{position.stamp.source}: reported notional"
    return SizeCheck(listed=instrument.contract_size, implied_low=implied, implied_high=implied, source=source)
