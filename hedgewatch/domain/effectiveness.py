"""Effectiveness: how much of the variance a hedge removes, and the grade that earns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from hedgewatch.domain.errors import InvalidValueError
from hedgewatch.domain.moments import covariance, paired, varying
from hedgewatch.domain.numbers import exact, exactly, positive

GRADED_DAYS = 30
REALISED_DAYS = 20
TELLING_CHANGE = Decimal("0.01")
LOWEST_OFFSET, HIGHEST_OFFSET = Decimal("0.80"), Decimal("1.25")


class Grade(StrEnum):
    """What a hedge's effectiveness is worth; INSUFFICIENT: too few days to tell."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    INSUFFICIENT = "INSUFFICIENT"


GRADES = {Grade.A: Decimal("0.95"), Grade.B: Decimal("0.80"), Grade.C: Decimal("0.50")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Effectiveness:
    """The share of the variance that a hedge removed, 1 is all, below 0 it added some; None if not known."""

    share_removed: Decimal | None
    grade: Grade


@dataclass(frozen=True, slots=True, kw_only=True)
class DollarOffset:
    """How much of the item's change the hedge's change is, in size. within_80_125: the bright line of IAS 39."""

    ratio: Decimal
    within_80_125: bool


@exactly
def hedge_effectiveness(unhedged: Sequence[Decimal], hedged: Sequence[Decimal]) -> Effectiveness:
    """Compare the variance with the hedge to that without it: 1 - var(hedged) / var(unhedged).

    unhedged, hedged: changes of the item alone and of item and hedge together, over the same periods. Graded however
    few there are: recent_effectiveness is the judge. A from .95, B from .80, C from .50, D below.
    Source: domain specification 6 (Ederington 1979). Raises InvalidValueError for fewer than two values, unequal
    lengths, or an item that does not vary.
    """
    paired(unhedged, hedged, ("unhedged", "hedged"))
    share = 1 - covariance(hedged, hedged) / varying(unhedged, "unhedged")
    return Effectiveness(share_removed=share, grade=grade_of(share))


def grade_of(share_removed: Decimal) -> Grade:
    """Return the grade of a share of variance removed. Source: domain specification 6."""
    return next((grade for grade, least in GRADES.items() if share_removed >= least), Grade.D)


@exactly
def recent_effectiveness(unhedged: Sequence[Decimal], hedged: Sequence[Decimal]) -> Effectiveness:
    """Grade the last 30 days, which the hedge was not fitted to; INSUFFICIENT with fewer.

    unhedged, hedged: daily changes, oldest first, as hedge_effectiveness takes them and with its errors.
    Source: domain specification 6.
    """
    return _judged(unhedged[-GRADED_DAYS:], hedged[-GRADED_DAYS:], GRADED_DAYS)


@exactly
def realised_effectiveness(unhedged: Sequence[Decimal], hedged: Sequence[Decimal]) -> Effectiveness:
    """Grade a hedge over its whole life on daily profit; INSUFFICIENT with fewer than 20 days.

    hedged: spot, futures and funding together. Source: domain specification 9. Errors as hedge_effectiveness.
    """
    return _judged(unhedged, hedged, REALISED_DAYS)


def _judged(unhedged: Sequence[Decimal], hedged: Sequence[Decimal], least: int) -> Effectiveness:
    paired(unhedged, hedged, ("unhedged", "hedged"), least=0)
    if len(unhedged) < least:
        return Effectiveness(share_removed=None, grade=Grade.INSUFFICIENT)
    return hedge_effectiveness(unhedged, hedged)


@exactly
def dollar_offset(hedge_change: Decimal, item_change: Decimal) -> DollarOffset:
    """Return the size of the hedge's change over that of the item's, and whether it lies within 0.80 to 1.25.

    Sizes only, as the accounting rule has it: that the two changes have opposite signs is for the caller to see.
    Source: domain specification 6 (IAS 39 AG105). Raises InvalidValueError for an item that did not change.
    """
    exact(hedge_change, "hedge_change")
    if exact(item_change, "item_change") == 0:
        raise InvalidValueError("item_change", "is zero: there is nothing to offset")
    ratio = abs(hedge_change / item_change)
    return DollarOffset(ratio=ratio, within_80_125=LOWEST_OFFSET <= ratio <= HIGHEST_OFFSET)


@exactly
def telling_offset(hedge_change: Decimal, item_change: Decimal, item_value: Decimal) -> DollarOffset | None:
    """Return the dollar offset where it tells something: None if the item moved by 1 % of its value or less.

    Source: domain specification 6 (small denominators). Raises InvalidValueError for a value that is not above zero.
    """
    exact(hedge_change, "hedge_change")
    moved = abs(exact(item_change, "item_change"))
    return (
        dollar_offset(hedge_change, item_change)
        if moved > TELLING_CHANGE * positive(item_value, "item_value")
        else None
    )
