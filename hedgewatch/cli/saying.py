"""Saying what is held now, and hearing it again: the store behind ``position`` and ``holding``."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime

from hedgewatch.bootstrap.speaking import speaking
from hedgewatch.cli.told import (
    Figures,
    Place,
    Row,
    holding_of,
    holding_said,
    place_of,
    places,
    position_said,
    positions_now,
)
from hedgewatch.domain.told import ToldHolding, ToldPosition
from hedgewatch.settings import Settings, file_entries


def say_position(
    settings: Settings, hedge: str, leg: str | None, figures: Figures, *, by: str, note: str
) -> tuple[Place, ToldPosition]:
    """Store what a position is now, and return it with its leg. Raises ConfigurationError, StoreUnavailableError."""
    entries, now = file_entries(settings), datetime.now(UTC)
    place = place_of(places(settings, entries), hedge, leg)
    with speaking(settings, os.environ) as (history, desk):
        told = history.interventions(now).still_held(entries).told
        said = ToldPosition(
            hedge=place.hedge.name,
            leg=place.leg.name,
            entry=place.entry,
            position=position_said(place, told, figures),
            by=by,
            note=note,
            at=now,
        )
        desk.set_position(said)
    return place, said


def say_holding(
    settings: Settings, name: str, quantity: str, cost_basis: str | None, *, by: str, note: str
) -> tuple[ToldHolding, str]:
    """Store how many coins a holding has now, and return it with its asset.

    Raises ConfigurationError, StoreUnavailableError.
    """
    entries, now = file_entries(settings), datetime.now(UTC)
    holding, entry = holding_of(settings, name), entries.holdings[name]
    with speaking(settings, os.environ) as (history, desk):
        told = history.interventions(now).still_held(entries).told
        coins, cost = holding_said(holding, told, quantity, cost_basis)
        said = ToldHolding(holding=name, entry=entry, quantity=coins, cost_basis=cost, by=by, note=note, at=now)
        desk.set_holding(said)
    return said, holding.asset


def positions_told(settings: Settings) -> Sequence[Row]:
    """Return every leg with its position as it stands. Raises StoreUnavailableError."""
    entries = file_entries(settings)
    with speaking(settings, os.environ) as (history, _):
        told = history.interventions(datetime.now(UTC)).still_held(entries).told
    return list(positions_now(places(settings, entries), told))
