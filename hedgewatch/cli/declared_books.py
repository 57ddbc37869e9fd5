"""The book of a hedge in the configuration, at the price the store read last."""

from __future__ import annotations

import os
from collections.abc import Mapping
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

import typer

from hedgewatch.bootstrap.reading import reading
from hedgewatch.cli.books import Given, NamedBook, Terms, named_book
from hedgewatch.cli.loading import loaded_settings
from hedgewatch.cli.wishes import naming_options
from hedgewatch.domain.errors import ConfigurationError, InvalidValueError, StoreUnavailableError
from hedgewatch.domain.exposure import pnl
from hedgewatch.domain.hedge import Hedge
from hedgewatch.domain.held import DeclaredPosition
from hedgewatch.domain.instrument import Payoff
from hedgewatch.domain.liquidation_rules import LIQUIDATION_RULES, OTHER_EXCHANGES
from hedgewatch.domain.numbers import ONE, ZERO, exactly, plain
from hedgewatch.monitoring.payload import time_text
from hedgewatch.settings import Settings
from hedgewatch.settings.declared import declared_hedges
from hedgewatch.settings.hedge_entries import HedgeEntry
from hedgewatch.settings.instruments import ONE_COIN_EXCHANGES, InstrumentName

Row = Mapping[str, Any]
NOTHING: Row = {}


def declared_book(ctx: typer.Context, name: str, given: Given) -> NamedBook:
    """Make the book of a hedge; options say what the file and the store do not, or say it otherwise.

    Raises ConfigurationError that names what is missing and the option that tells it.
    """
    settings = loaded_settings(ctx)
    entry = _entry(settings, name)
    if len(entry.all_legs) != 1:
        raise ConfigurationError(
            f'hedge "{name}" has {len(entry.all_legs)} legs: a scenario takes one; put each through in plain numbers'
        )
    hedge_row, leg_row, trouble = _stored(settings, name)
    with naming_options():
        if given.price is None and hedge_row.get("spot_price") is None:
            raise InvalidValueError("--price", trouble or f"the store has no price of {name} yet: give one")
        terms = _terms(settings, entry, given, hedge_row=hedge_row, leg_row=leg_row)
    return named_book(given, terms, name)


def _entry(settings: Settings, name: str) -> HedgeEntry:
    found = next((entry for entry in settings.hedges if entry.name == name), None)
    if found is not None:
        return found
    names = [entry.name for entry in settings.hedges]
    close = get_close_matches(name, names, n=1)
    mend = f'; did you mean "{close[0]}"?' if close else f"; it has {', '.join(names) or 'none'}"
    raise ConfigurationError(f'{settings.file}: there is no hedge "{name}"{mend}')


def _stored(settings: Settings, name: str) -> tuple[Row, Row, str | None]:
    """Return the newest rows of the hedge and of its leg, empty where there are none, and why the store has nothing."""
    try:
        with reading(settings, os.environ) as history:
            hedges = [row for row in history.hedges_now() if row["hedge"] == name]
            legs = history.legs_now(name)
    except StoreUnavailableError as error:
        return NOTHING, NOTHING, f"{error}; or give a price"
    return next(iter(hedges), NOTHING), next(iter(legs), NOTHING), None


@exactly
def _terms(settings: Settings, entry: HedgeEntry, given: Given, *, hedge_row: Row, leg_row: Row) -> Terms:
    [hedge] = declared_hedges(settings.model_copy(update={"hedges": (entry,)}))
    name = entry.all_legs[0].futures
    position = hedge.legs[0].position or DeclaredPosition(contracts=leg_row.get("contracts"))
    price, basis, note = _price(given, hedge_row)
    payoff = Payoff.INVERSE if name.is_inverse else Payoff.LINEAR
    contracts, size = _contracts(name, position, leg_row, price + basis)
    held = given.number("contracts", contracts), given.number("contract_size", size)
    rule = LIQUIDATION_RULES.get(name.ref.exchange, OTHER_EXCHANGES)
    return Terms(
        asset=entry.asset,
        quote=name.quote,
        payoff=payoff,
        holding=_declared_coins(hedge) if _is_declared(hedge) else hedge_row.get("holding"),
        price=price,
        basis=basis,
        contracts=contracts,
        contract_size=size,
        margin=_equity(payoff, position, held, price + basis),
        rate=position.maintenance_margin_rate,
        fee_rate=rule.usual_fee,
        notes=(note,),
    )


def _is_declared(hedge: Hedge) -> bool:
    return all(one.holding.quantity is not None for one in hedge.held)


def _declared_coins(hedge: Hedge) -> Decimal:
    return sum(
        ((one.holding.quantity or ZERO) * one.holding.counts_as_per_unit * one.share for one in hedge.held), ZERO
    )


def _price(given: Given, row: Row) -> tuple[Decimal, Decimal, str]:
    """Return spot price and basis, and where they are from: the basis of the store goes with its price alone."""
    if given.price is not None:
        return given.needed("price"), given.needed("basis", ZERO), f"price {given.price} as given"
    price, future = row["spot_price"], row["futures_price"]
    basis = ZERO if future is None else future - price
    read_at = time_text(row["read_at"])
    return price, given.needed("basis", basis), f"price {plain(price)} as stored, read at {read_at}"


def _contracts(
    name: InstrumentName, position: DeclaredPosition, row: Row, price: Decimal
) -> tuple[Decimal | None, Decimal | None]:
    """Return contracts and their size as far as file and store tell: coins count as contracts of one coin or dollar."""
    if position.coins is not None:
        return (position.coins * price if name.is_inverse else position.coins), ONE
    if not name.is_inverse and name.ref.exchange in ONE_COIN_EXCHANGES:
        return position.contracts, ONE
    contracts, coins = row.get("contracts"), row.get("coins")
    if not contracts or not coins or (name.is_inverse and row.get("mark_price") is None):
        return position.contracts, None
    return position.contracts, coins * (row["mark_price"] if name.is_inverse else ONE) / contracts


def _equity(
    payoff: Payoff, position: DeclaredPosition, held: tuple[Decimal | None, Decimal | None], price: Decimal
) -> Decimal | None:
    """Return the declared margin with the result since entry, in the settle asset; None where none is declared."""
    contracts, size = held
    if position.margin is None or position.entry_price is None or contracts is None or size is None:
        return position.margin
    equity = position.margin + pnl(payoff, contracts, size, position.entry_price, price)
    if equity <= 0:
        raise InvalidValueError(
            "--margin",
            f"the declared {plain(position.margin)} and the result since entry leave {plain(equity)}: say what it is",
        )
    return equity
