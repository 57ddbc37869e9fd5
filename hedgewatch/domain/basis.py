"""Basis: what the futures price differs from spot."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from hedgewatch.domain.numbers import exact, exactly, positive

DEAD_BAND = Decimal("0.0005")  # inside it the funding formula's clamp leaves a premium uncorrected


class BasisLabel(StrEnum):
    """Futures above spot, near it, below it."""

    CONTANGO = "CONTANGO"
    FLAT = "FLAT"
    BACKWARDATION = "BACKWARDATION"


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """Futures minus spot, in quote, and as a fraction of spot."""

    absolute: Decimal
    rate: Decimal


@exactly
def basis(future: Decimal, spot: Decimal) -> Basis:
    """Return futures minus spot. Source: domain specification 3.

    Raises InvalidValueError for a price that is not above zero.
    """
    positive(future, "future")
    positive(spot, "spot")
    absolute = future - spot
    return Basis(absolute=absolute, rate=absolute / spot)


def basis_label(basis_rate: Decimal, dead_band: Decimal = DEAD_BAND, previous: BasisLabel | None = None) -> BasisLabel:
    """Name a basis rate: entered beyond the dead band, left inside half of it.

    previous: the label before, None if there is none. Raises InvalidValueError for a dead band that is not above zero.
    """
    positive(dead_band, "dead_band")
    exact(basis_rate, "basis_frac")
    if previous is BasisLabel.CONTANGO and basis_rate >= dead_band / 2:
        return previous
    if previous is BasisLabel.BACKWARDATION and basis_rate <= -dead_band / 2:
        return previous
    if basis_rate > dead_band:
        return BasisLabel.CONTANGO
    return BasisLabel.BACKWARDATION if basis_rate < -dead_band else BasisLabel.FLAT
