"""What the owner says his positions and coins are now: found in the file, checked, and worded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from hedgewatch.cli.tables import number
from hedgewatch.domain.errors import ConfigurationError, InvalidValueError
from hedgewatch.domain.hedge import Hedge, Leg
from hedgewatch.domain.held import DeclaredPosition
from hedgewatch.domain.inventory import Holding
from hedgewatch.domain.numbers import exact
from hedgewatch.domain.told import Entries, Told, ToldHolding, ToldPosition
from hedgewatch.monitoring.payload import time_text
from hedgewatch.monitoring.report import json_value
from hedgewatch.settings import Settings, declared_hedges
from hedgewatch.settings.declared import declared_holdings
from hedgewatch.settings.problems import did_you_mean

UNTIL_CHANGED = "the worker takes it in at its next cycle, and it holds until this entry of the file changes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What was written on the command line; None: left out."""

    contracts: str | None
    coins: str | None
    entry_price: str | None
    margin: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A leg of the file, with the digest of its entry."""

    hedge: Hedge
    leg: Leg
    entry: str


Row = tuple[Place, DeclaredPosition | None, ToldPosition | None]


def places(settings: Settings, entries: Entries) -> tuple[Place, ...]:
    """Return every leg of the file."""
    return tuple(
        Place(hedge=hedge, leg=leg, entry=entries.legs[hedge.name, leg.name])
        for hedge in declared_hedges(settings)
        for leg in hedge.legs
    )


def place_of(known: Sequence[Place], hedge: str, leg: str | None) -> Place:
    """Return the leg that is meant. Raises ConfigurationError if there is none, several, or one that is read."""
    names = list(dict.fromkeys(place.hedge.name for place in known))
    if hedge not in names:
        raise ConfigurationError(f'there is no hedge "{hedge}"{did_you_mean(hedge, names)}')
    legs = [place for place in known if place.hedge.name == hedge]
    if leg is not None:
        chosen = [place for place in legs if place.leg.name == leg]
        if not chosen:
            raise ConfigurationError(f'hedge "{hedge}" has no leg "{leg}": {_named(legs)}')
    else:
        chosen = [place for place in legs if not place.leg.is_read] or legs
        if len(chosen) > 1:
            raise ConfigurationError(f'hedge "{hedge}" has several legs, name one with --leg: {_named(legs)}')
    place = chosen[0]
    if place.leg.is_read:
        raise ConfigurationError(
            f'hedge "{hedge}": {place.leg.name} is read from account "{place.leg.account}": there is nothing to set'
        )
    return place


def _named(legs: Sequence[Place]) -> str:
    return ", ".join(f'"{place.leg.name}"' for place in legs)


def position_said(place: Place, told: Told, figures: Figures) -> DeclaredPosition:
    """Return what a position is now: what is left out stays as it was last told, or as the file says.

    Raises ConfigurationError that names the option.
    """
    if (figures.contracts is None) == (figures.coins is None):
        raise ConfigurationError("write either --contracts or --coins; short is negative, 0 is flat")
    before = told.positions.get((place.hedge.name, place.leg.name))
    known = before.position if before else place.leg.position or DeclaredPosition()
    price, margin = _figure("--entry-price", figures.entry_price), _figure("--margin", figures.margin)
    if price is not None and price <= 0:
        raise ConfigurationError(f"--entry-price: {price} is no price")
    if margin is not None and margin < 0:
        raise ConfigurationError(f"--margin: {margin} is below zero")
    return replace(
        known,
        contracts=_figure("--contracts", figures.contracts),
        coins=_figure("--coins", figures.coins),
        entry_price=known.entry_price if price is None else price,
        margin=known.margin if margin is None else margin,
        # it was the premium at the entry that is no longer the entry
        entry_basis=known.entry_basis if price is None else None,
    )


def holding_of(settings: Settings, name: str) -> Holding:
    """Return a holding of the file. Raises ConfigurationError if there is none, or it is read from an account."""
    known = {holding.name: holding for holding in declared_holdings(settings)}
    if name not in known:
        raise ConfigurationError(f'there is no holding "{name}"{did_you_mean(name, known)}')
    if known[name].account is not None:
        raise ConfigurationError(
            f'holding "{name}" is read from the account "{known[name].account}", so there is nothing to set'
        )
    return known[name]


def holding_said(holding: Holding, told: Told, quantity: str, cost_basis: str | None) -> tuple[Decimal, Decimal | None]:
    """Return coins and cost a coin as said; a cost that is left out stays. Raises ConfigurationError."""
    coins, cost = _figure("--quantity", quantity), _figure("--cost-basis", cost_basis)
    if coins is None or coins < 0:
        raise ConfigurationError(f"--quantity: {quantity} is below zero; nobody owns that")
    if cost is not None and cost < 0:
        raise ConfigurationError(f"--cost-basis: {cost} is below zero")
    before = told.holdings.get(holding.name)
    known = before.cost_basis if before else holding.cost_basis
    return coins, known if cost is None else cost


def _figure(option: str, written: str | None) -> Decimal | None:
    try:
        return None if written is None else exact(written, option)
    except InvalidValueError as error:
        raise ConfigurationError(f"{option}: {error.problem}") from None


def position_json(place: Place, position: DeclaredPosition | None, said: ToldPosition | None) -> dict[str, Any]:
    """Return one position as ``position show --json`` and ``position set --json`` answer it."""
    figures = position or DeclaredPosition()
    return {
        "hedge": place.hedge.name,
        "leg": place.leg.name,
        "account": place.leg.account,
        "contracts": json_value(figures.contracts),
        "coins": json_value(figures.coins),
        "entry_price": json_value(figures.entry_price),
        "margin": json_value(figures.margin),
        "source": source_of(place, said),
        **_by(said),
    }


def holding_json(said: ToldHolding, asset: str) -> dict[str, Any]:
    """Return what ``holding set --json`` answers."""
    figures = {"quantity": json_value(said.quantity), "cost_basis": json_value(said.cost_basis)}
    return {"holding": said.holding, "asset": asset, **figures, "source": "told", **_by(said)}


def source_of(place: Place, said: ToldPosition | None) -> str:
    """Tell where a position comes from: told, file, or account."""
    return "account" if place.leg.is_read else "told" if said else "file"


def _by(said: ToldPosition | ToldHolding | None) -> Mapping[str, str | None]:
    if said is None:
        return {"by": None, "note": None, "at": None}
    return {"by": said.by, "note": said.note, "at": time_text(said.at)}


def positions_now(known: Sequence[Place], told: Told) -> Iterator[Row]:
    """Yield each leg with its position as it stands, and what was told of it; read ones have none here."""
    for place in known:
        said = None if place.leg.is_read else told.positions.get((place.hedge.name, place.leg.name))
        yield place, said.position if said else place.leg.position, said


def print_positions(rows: Sequence[Row]) -> None:
    """Print the positions as they stand."""
    table = Table("hedge", "leg", "position", "entry price", "margin", "from", box=None, pad_edge=False)
    for place, position, said in rows:
        where = f"told by {said.by}, {time_text(said.at)}" if said else "the file"
        if said and said.note:
            where = f"{where}: {said.note}"
        if position is None:
            table.add_row(place.hedge.name, place.leg.name, "read", "", "", f"account {place.leg.account}")
            continue
        entry, margin = (number(value) for value in (position.entry_price, position.margin))
        table.add_row(place.hedge.name, place.leg.name, quantity_words(position), entry, margin, escape(where))
    Console().print(table)


def quantity_words(position: DeclaredPosition) -> str:
    """Write how large a position is."""
    if position.contracts is not None:
        return f"{number(position.contracts)} contracts"
    return f"{number(position.coins)} coins"
