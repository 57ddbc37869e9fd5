"""Liquidity: what a book gives for a quantity, and how much it carries within a budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from hedgewatch.domain.numbers import ONE, ZERO, exactly, non_negative, positive
from hedgewatch.domain.order import Side

Level = tuple[Decimal, Decimal]  # price, quantity

MAJORS = frozenset({"BTC", "ETH"})
BUDGET_OF_MAJORS, BUDGET_OF_OTHERS = Decimal("0.001"), Decimal("0.003")
LARGEST_SHARE_OF_HOUR = Decimal("0.10")
LARGEST_SHARE_OF_DAY = Decimal("0.01")
LARGEST_SHARE_OF_OPEN_INTEREST = Decimal("0.02")


@dataclass(frozen=True, slots=True, kw_only=True)
class BookWalk:
    """What an order takes out of a book. vwap, worst and slippage are None if nothing was filled.

    complete: the book carried it whole. worst: the last price reached. slippage: fraction of the mid, + is a cost, half
    the spread included; that of a buy counts upward.
    """

    filled: Decimal
    complete: bool
    vwap: Decimal | None
    worst: Decimal | None
    slippage: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LargestSize:
    """The most that stays within a slippage budget. exhausted: the whole book does, and may carry no more."""

    quantity: Decimal
    exhausted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Participation:
    """An order's share of what is traded and open, fractions; None where the figure is not known.

    is_within: every known share is within its limit; None if none is known.
    """

    of_hour: Decimal | None
    of_day: Decimal | None
    of_open_interest: Decimal | None
    is_within: bool | None


@exactly
def book_walk(side: Side, levels: Sequence[Level], quantity: Decimal, mid: Decimal) -> BookWalk:
    """Fill an order from a book, best price first.

    levels: (price, quantity) in any order, bids for a sale and asks for a purchase; an empty book fills nothing.
    slippage = (mid - vwap) / mid for a sale, its negative for a purchase. Source: domain specification 6.
    Raises InvalidValueError for a price or mid that is not above zero, or a quantity below zero.
    """
    non_negative(quantity, "quantity")
    positive(mid, "mid")
    filled, paid, worst = ZERO, ZERO, None
    for price, offered in _best_first(side, levels):
        if filled == quantity:
            break
        taken = min(offered, quantity - filled)
        filled, paid, worst = filled + taken, paid + taken * price, price
    vwap = paid / filled if filled else None
    slippage = None if vwap is None else (mid - vwap if side is Side.SELL else vwap - mid) / mid
    return BookWalk(filled=filled, complete=filled == quantity, vwap=vwap, worst=worst, slippage=slippage)


@exactly
def max_size_in_budget(side: Side, levels: Sequence[Level], mid: Decimal, budget_frac: Decimal) -> LargestSize:
    """Return the largest quantity whose average price stays within a budget of the mid.

    levels: as book_walk takes them. budget_frac: fraction of the mid. With t the worst average allowed and C the money
    for Q so far, the level that breaks the budget gives (C - t Q) / (t - price) more. Source: domain specification 6.
    Raises InvalidValueError for a price or mid that is not above zero, or a quantity or budget below zero.
    """
    positive(mid, "mid")
    non_negative(budget_frac, "budget_frac")
    # a purchase is a sale at prices of the other sign
    sign = ONE if side is Side.SELL else -ONE
    limit = mid * (sign - budget_frac)
    size, slack = ZERO, ZERO  # slack: how much the money so far is above the limit for it
    for price, offered in _best_first(side, levels):
        over = sign * price - limit
        if slack + over * offered < 0:
            return LargestSize(quantity=size + slack / -over, exhausted=False)
        size, slack = size + offered, slack + over * offered
    return LargestSize(quantity=size, exhausted=True)


def _best_first(side: Side, levels: Sequence[Level]) -> list[Level]:
    """Return the levels that hold anything, best price first: exchanges send some books in the order of their text."""
    checked = [
        (positive(price, f"levels[{at}][0]"), non_negative(quantity, f"levels[{at}][1]"))
        for at, (price, quantity) in enumerate(levels)
    ]
    return sorted(((price, quantity) for price, quantity in checked if quantity), reverse=side is Side.SELL)


@exactly
def impact_sqrt(sigma_daily: Decimal, quantity: Decimal, daily_volume: Decimal, y: Decimal = ONE) -> Decimal:
    """Return the price impact to expect of an order, as a fraction: y sigma sqrt(quantity / volume).

    sigma_daily: volatility of one day. quantity and daily_volume: in one unit, coins or quote. y: about 1.
    Source: domain specification 6 (the square-root law).
    Raises InvalidValueError for a sigma or volume that is not above zero, or a quantity or y below zero.
    """
    share = non_negative(quantity, "quantity") / positive(daily_volume, "daily_volume")
    return non_negative(y, "y") * positive(sigma_daily, "sigma_daily") * share.sqrt()


@exactly
def participation(
    quantity: Decimal,
    *,
    hour_volume: Decimal | None = None,
    day_volume: Decimal | None = None,
    open_interest: Decimal | None = None,
) -> Participation:
    """Put an order beside what is traded and open: at most 10 % of an hour, 1 % of a day, 2 % of the open interest.

    All in one unit. hour_volume, day_volume: of the trailing hour and 24 hours. Source: domain specification 6.
    Raises InvalidValueError for a quantity below zero or a volume that is not above zero.
    """
    non_negative(quantity, "quantity")
    known = {"hour_volume": hour_volume, "day_volume": day_volume, "open_interest": open_interest}
    shares = {name: None if whole is None else quantity / positive(whole, name) for name, whole in known.items()}
    limits = zip(
        shares.values(), (LARGEST_SHARE_OF_HOUR, LARGEST_SHARE_OF_DAY, LARGEST_SHARE_OF_OPEN_INTEREST), strict=True
    )
    judged = [share <= limit for share, limit in limits if share is not None]
    return Participation(
        of_hour=shares["hour_volume"],
        of_day=shares["day_volume"],
        of_open_interest=shares["open_interest"],
        is_within=all(judged) if judged else None,
    )


def slippage_budget(base: str) -> Decimal:
    """Return what slippage may cost, as a fraction: 10 bp for BTC and ETH, 30 bp for others.

    Source: domain specification 6.
    """
    return BUDGET_OF_MAJORS if base in MAJORS else BUDGET_OF_OTHERS
