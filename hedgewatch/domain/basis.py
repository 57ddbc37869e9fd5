"""Basis: what the futures price differs from spot, and what its changes do to a hedge."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Generic

from hedgewatch.domain.instrument import PositionSide
from hedgewatch.domain.numbers import ONE, N, exact, exactly, non_negative, positive

DEAD_BAND = Decimal("0.0005")  # inside it the funding formula's clamp leaves a premium uncorrected
DAYS_OF_YEAR = 365


class BasisLabel(StrEnum):
    """Futures above spot, near it, below it."""

    CONTANGO = "CONTANGO"
    FLAT = "FLAT"
    BACKWARDATION = "BACKWARDATION"


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis(Generic[N]):
    """Futures minus spot, in quote, and as a fraction of spot."""

    absolute: N
    rate: N


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedBasis:
    """The basis of a dated future, also as a fraction a year: simple (the headline), logarithmic, compounded.

    The three are None less than a day before expiry: a year's worth of the last hours says nothing.
    """

    absolute: Decimal
    rate: Decimal
    annual_simple: Decimal | None
    annual_log: Decimal | None
    annual_compound: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutableBasis:
    """The basis at prices that can be traded, in quote.

    hedge: the future alone, against spot's mid, for coins that are held anyway; carry: both legs.
    """

    hedge_entry: Decimal
    hedge_exit: Decimal
    carry_entry: Decimal
    carry_exit: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class AdverseBasis(Generic[N]):
    """How far the basis moved against a hedge: fraction of spot (+ hurts), and its profit in quote (- hurts)."""

    adverse_frac: N
    basis_pnl: N


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectivePrice:
    """What the future gained, and the price that a hedged sale or purchase really came to, both in quote."""

    futures_gain: Decimal
    effective: Decimal


@exactly
def basis(future: N, spot: N) -> Basis[N]:
    """Return futures minus spot. Decimals or arrays. Source: domain specification 3.

    Raises InvalidValueError for a price that is not above zero.
    """
    absolute = positive(future, "future") - positive(spot, "spot")
    return Basis(absolute=absolute, rate=absolute / spot)


@exactly
def dated_basis(future: Decimal, spot: Decimal, days_to_expiry: Decimal) -> DatedBasis:
    """Return the basis of a dated future, also a year: simple, logarithmic and compounded.

    days_to_expiry: fractional days; a year has 365. Source: domain specification 3.
    Raises InvalidValueError for a price that is not above zero.
    """
    found, days = basis(future, spot), exact(days_to_expiry, "days_to_expiry")
    if days < 1:
        simple = log = compound = None
    else:
        simple = found.rate * DAYS_OF_YEAR / days
        log = (future / spot).ln() * DAYS_OF_YEAR / days
        compound = (future / spot) ** (DAYS_OF_YEAR / days) - ONE
    return DatedBasis(
        absolute=found.absolute, rate=found.rate, annual_simple=simple, annual_log=log, annual_compound=compound
    )


@exactly
def basis_label(basis_rate: Decimal, dead_band: Decimal = DEAD_BAND, previous: BasisLabel | None = None) -> BasisLabel:
    """Name a basis rate: entered beyond the dead band, left inside half of it.

    previous: the label before, None if there is none. Source: domain specification 3.
    Raises InvalidValueError for a dead band that is not above zero.
    """
    positive(dead_band, "dead_band")
    exact(basis_rate, "basis_rate")
    if previous is BasisLabel.CONTANGO and basis_rate >= dead_band / 2:
        return previous
    if previous is BasisLabel.BACKWARDATION and basis_rate <= -dead_band / 2:
        return previous
    if basis_rate > dead_band:
        return BasisLabel.CONTANGO
    return BasisLabel.BACKWARDATION if basis_rate < -dead_band else BasisLabel.FLAT


@exactly
def executable_basis(fut_bid: Decimal, fut_ask: Decimal, spot_bid: Decimal, spot_ask: Decimal) -> ExecutableBasis:
    """Return the basis at which a hedge, and a cash-and-carry, can be entered and left, in quote.

    Source: domain specification 3. Raises InvalidValueError for a price that is not above zero.
    """
    bid, ask = positive(fut_bid, "fut_bid"), positive(fut_ask, "fut_ask")
    spot_mid = (positive(spot_bid, "spot_bid") + positive(spot_ask, "spot_ask")) / 2
    return ExecutableBasis(
        hedge_entry=bid - spot_mid, hedge_exit=ask - spot_mid, carry_entry=bid - spot_ask, carry_exit=ask - spot_bid
    )


@exactly
def adverse_basis(
    b_ref: N, b_now: N, spot_now: N, qty_coin: N, *, hedge_side: PositionSide = PositionSide.SHORT
) -> AdverseBasis[N]:
    """Return how far the basis moved against a hedge since ``b_ref``: a rise hurts a short, a fall a long one.

    b_ref and b_now: quote. qty_coin: coins hedged, positive; hedge_side says which way. Decimals or arrays.
    Source: domain specification 3, and 12.5: what the playbook calls adverse is a short's gain.
    Raises InvalidValueError for a spot price not above zero, and for coins below zero.
    """
    against = exact(b_now, "b_now") - exact(b_ref, "b_ref")
    if hedge_side is PositionSide.LONG:
        against = -against
    adverse = against / positive(spot_now, "spot_now")
    return AdverseBasis(adverse_frac=adverse, basis_pnl=-non_negative(qty_coin, "qty_coin") * against)


@exactly
def hedge_effective_price(side: PositionSide, f1: Decimal, f2: Decimal, s2: Decimal) -> EffectivePrice:
    """Return what a hedged sale (short) or purchase (long) came to: spot at the end, and the future's gain.

    f1, f2: the future at the start and the end; s2: spot at the end; quote.
    Source: domain specification 3; Hull, Options, Futures and Other Derivatives, examples 3.1 and 3.2.
    Raises InvalidValueError for a price that is not above zero.
    """
    rise = positive(f2, "f2") - positive(f1, "f1")
    effective = positive(s2, "s2") - rise
    return EffectivePrice(futures_gain=-rise if side is PositionSide.SHORT else rise, effective=effective)
