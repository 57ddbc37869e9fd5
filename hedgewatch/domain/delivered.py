"""Delivered: a leg whose contract has expired; nothing is held in it, and nothing is left to be read."""

from __future__ import annotations

from hedgewatch.domain.hedge import CycleFacts, Leg, LegSnapshot, Quality
from hedgewatch.domain.held import HeldPosition
from hedgewatch.domain.market import ReadingFailure, UnknownReason
from hedgewatch.domain.numbers import ZERO


def delivered_leg(leg: Leg, facts: CycleFacts) -> LegSnapshot:
    """Return a leg after its expiry: flat, without a price, and without a fault of the data in that.

    Whatever was declared of it, and though its account may list it for some minutes more: the contract has ended.
    """
    gone = ReadingFailure(ref=leg.futures, reason=UnknownReason.NOT_AVAILABLE, detail=f"{leg.futures} has expired")
    return LegSnapshot(
        leg=leg,
        reading=facts.readings.get(leg.futures, gone),
        contracts=ZERO,
        coins=ZERO,
        futures_price=None,
        mark_price=None,
        basis=None,
        basis_rate=None,
        mark_basis_rate=None,
        basis_label=None,
        funding=None,
        funding_rate_8h=None,
        funding_apr=None,
        funding_mean=None,
        unrealised_pnl_usd=ZERO,
        liquidation_price=None,
        liquidation_distance=None,
        margin_usage=ZERO,
        leverage=ZERO,
        quality=Quality.OK,
        unknown=UnknownReason.NOT_AVAILABLE,
        data_age_seconds=ZERO,
        held=HeldPosition(contracts=ZERO),
        is_never=True,
        is_delivered=True,
    )
