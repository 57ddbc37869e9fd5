"""Calculations about the basis: its forms and labels, how unusual it is, what it does to a hedge."""

from __future__ import annotations

from decimal import Decimal

from hedgewatch.domain.basis import (
    Basis,
    DatedBasis,
    adverse_basis,
    basis,
    basis_label,
    dated_basis,
    executable_basis,
    hedge_effective_price,
)
from hedgewatch.domain.calculator.calculation import Calculation
from hedgewatch.domain.unusual import percentile_rank, zscore

GROUP = "basis"


def _basis(future: Decimal, spot: Decimal, days_to_expiry: Decimal | None = None) -> Basis[Decimal] | DatedBasis:
    """Return futures minus spot, as a fraction of spot, and with days to expiry a year: simple, log and compounded.

    days_to_expiry: fractional days of a year of 365; the annual figures are null less than a day before expiry.
    Source: domain specification 3.
    """
    return basis(future, spot) if days_to_expiry is None else dated_basis(future, spot, days_to_expiry)


TABLE = (
    Calculation(
        name="basis",
        group=GROUP,
        question="How far is a future from spot, and with days to expiry, what is that a year?",
        function=_basis,
        gives={"absolute": "abs", "rate": "frac"},
    ),
    Calculation(
        name="basis_label",
        group=GROUP,
        question="Is it contango, flat or backwardation?",
        function=basis_label,
        takes={"basis_frac": "basis_rate"},
        gives="label",
    ),
    Calculation(
        name="zscore",
        group=GROUP,
        question="How many standard deviations does a value stand above the mean of its past?",
        function=zscore,
        gives="z",
    ),
    Calculation(
        name="percentile_rank",
        group=GROUP,
        question="Above which share of its past, in percent, does a value lie?",
        function=percentile_rank,
        gives="rank",
    ),
    Calculation(
        name="executable_basis",
        group=GROUP,
        question="At which basis can a hedge, and a cash-and-carry, be entered and left?",
        function=executable_basis,
    ),
    Calculation(
        name="adverse_basis",
        group=GROUP,
        question="How far did the basis move against a hedge, and what did that cost?",
        function=adverse_basis,
    ),
    Calculation(
        name="hedge_effective_price",
        group=GROUP,
        question="Which price did a hedged sale or purchase really come to?",
        function=hedge_effective_price,
    ),
)
