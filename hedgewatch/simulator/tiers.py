"""Leverage tiers: the usual ones of each kind of contract, and what a notional needs as maintenance margin."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

from hedgewatch.simulator.listings import Exchange, Listing, Tier

# Up to so much (USDT, coins, contracts), at this maintenance rate, with this leverage at most.
LINEAR = (
    ("50000", "0.004", "125"),
    ("250000", "0.005", "100"),
    ("1000000", "0.01", "50"),
    ("10000000", "0.025", "20"),
    ("50000000", "0.05", "10"),
)
INVERSE = (("5", "0.004", "125"), ("10", "0.005", "100"), ("20", "0.01", "50"), ("50", "0.025", "20"))
# MEXC tells a base and a step, in contracts; its tiers have no deduction.
STEPPED = (
    ("10000", "0.004", "125"),
    ("210000", "0.008", "83"),
    ("410000", "0.012", "62"),
    ("610000", "0.016", "50"),
    ("810000", "0.02", "41"),
)


def _made(rows: tuple[tuple[str, str, str], ...]) -> tuple[Tier, ...]:
    return tuple(Tier(cap=Decimal(cap), rate=Decimal(rate), leverage=Decimal(most)) for cap, rate, most in rows)


USUAL_LINEAR, USUAL_INVERSE, USUAL_STEPPED = _made(LINEAR), _made(INVERSE), _made(STEPPED)


def tiers_of(listing: Listing) -> tuple[Tier, ...]:
    """Return a contract's tiers: those that were commanded, else the usual ones."""
    if listing.tiers is not None:
        return listing.tiers
    if listing.exchange is Exchange.MEXC:
        return USUAL_STEPPED
    return USUAL_INVERSE if listing.is_inverse else USUAL_LINEAR


def deductions(tiers: tuple[Tier, ...]) -> list[Decimal]:
    """Return what each tier takes off, so that the margin has no jump where it begins."""
    taken = [Decimal(0)]
    for below, above in pairwise(tiers):
        taken.append(taken[-1] + below.cap * (above.rate - below.rate))
    return taken


def rate_and_deduction(listing: Listing, contracts: Decimal, notional: Decimal) -> tuple[Decimal, Decimal]:
    """Return the maintenance rate and the deduction of a position's tier; a cap belongs to the tier below it."""
    tiers = tiers_of(listing)
    is_stepped = listing.exchange is Exchange.MEXC
    measure = abs(contracts) if is_stepped else notional
    place = next((number for number, tier in enumerate(tiers) if measure <= tier.cap), len(tiers) - 1)
    return tiers[place].rate, Decimal(0) if is_stepped else deductions(tiers)[place]
