"""Size check: whether a contract's listed size is the one that other numbers of its exchange imply. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from hedgewatch.domain.instrument import Instrument, Payoff
from hedgewatch.domain.numbers import exactly, plain

SIZE_DIGITS = 6  # significant ones of what another route implies
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

    @property
    def doubt(self) -> str | None:
        """Say how the two routes disagree; None if they do not."""
        if self.agrees:
            return None
        bounds = dict.fromkeys(plain(size, SIZE_DIGITS) for size in (self.implied_low, self.implied_high))
        return f"a contract is listed as {plain(self.listed)}, but {self.source} implies {' to '.join(bounds)}"


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
