"""From the file's entries to the domain's hedges."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from hedgewatch.domain.account import MarginMode
from hedgewatch.domain.beta import BetaMethod
from hedgewatch.domain.errors import ConfigurationError
from hedgewatch.domain.hedge import Hedge, Leg
from hedgewatch.domain.held import DeclaredPosition
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.inventory import HeldShare, Holding
from hedgewatch.domain.rebalance import TargetMode
from hedgewatch.domain.rules.catalogue import CATALOGUE
from hedgewatch.domain.stand_in import Proxy
from hedgewatch.domain.terms import HedgeTerms, Objective
from hedgewatch.domain.told import Entries
from hedgewatch.settings.check_hedges import held_by
from hedgewatch.settings.hedge_entries import HedgeEntry, HoldingEntry, LegEntry, PositionEntry
from hedgewatch.settings.models import Settings
from hedgewatch.settings.resolved import rule_settings


def declared_hedges(settings: Settings) -> tuple[Hedge, ...]:
    """Return every hedge as the domain knows it.

    Raises ConfigurationError for a leg that has neither a declared position nor an account: ask ``not_built`` first.
    """
    hedges = tuple(_hedge(settings, entry) for entry in settings.hedges)
    counted: set[tuple[str, str]] = set()
    return tuple(replace(hedge, legs=tuple(_counting(leg, counted) for leg in hedge.legs)) for hedge in hedges)


def declared_holdings(settings: Settings) -> tuple[Holding, ...]:
    """Return every holding as the domain knows it, hedged or not."""
    return tuple(_holding(entry) for entry in settings.holdings)


def file_entries(settings: Settings) -> Entries:
    """Return a digest of what the file says of each hedge, leg and holding: what somebody said of it holds as long."""
    return Entries(
        hedges={hedge.name: _digest(hedge) for hedge in settings.hedges},
        legs={(hedge.name, settings.name_of(leg)): _digest(leg) for hedge in settings.hedges for leg in hedge.all_legs},
        holdings={holding.known_as: _digest(holding) for holding in settings.holdings},
    )


def _digest(entry: HedgeEntry | LegEntry | HoldingEntry) -> str:
    return hashlib.sha256(repr(entry).encode()).hexdigest()


def listable_instruments(settings: Settings) -> tuple[InstrumentRef, ...]:
    """Return every instrument that a hedge names, built or not."""
    names = (name for hedge in settings.hedges for name in (*hedge.spot, *(leg.futures for leg in hedge.all_legs)))
    return tuple(name.ref for name in names)


def _hedge(settings: Settings, entry: HedgeEntry) -> Hedge:
    return Hedge(
        name=entry.name,
        asset=entry.asset,
        held=tuple(HeldShare(holding=_holding(held), share=share) for held, share in held_by(settings, entry)),
        spot=tuple(name.ref for name in entry.spot),
        legs=tuple(_leg(settings, leg, entry) for leg in entry.all_legs),
        target_ratio=entry.target_ratio,
        rules={rule: rule_settings(settings, rule, entry) for rule in CATALOGUE},
        terms=_terms(entry),
        dollars=_dollars(settings, entry),
        target_mode=TargetMode(entry.target_mode),
        target_usd=entry.target_usd,
        proxy=_proxy(entry),
    )


def _dollars(settings: Settings, entry: HedgeEntry) -> dict[str, InstrumentRef]:
    names = (*entry.spot, *(leg.futures for leg in entry.all_legs))
    quotes = dict.fromkeys(name.quote for name in names)
    return {quote: settings.currencies[quote].usd.ref for quote in quotes if quote in settings.currencies}


def _proxy(entry: HedgeEntry) -> Proxy | None:
    if entry.proxy is None:
        return None
    beta = entry.proxy.beta
    return Proxy(beta=BetaMethod(beta) if isinstance(beta, str) else beta)


def _terms(entry: HedgeEntry) -> HedgeTerms:
    return HedgeTerms(
        objective=Objective(entry.objective),
        purpose=entry.purpose,
        event_at=entry.event_at,
        event_settle=timedelta(seconds=float(entry.event_settle.seconds)),
        until=entry.until,
        opening_until=entry.opening_until,
        profit_target=entry.profit_target,
    )


def _holding(entry: HoldingEntry) -> Holding:
    return Holding(
        name=entry.known_as,
        asset=entry.asset,
        quantity=entry.quantity,
        counts_as_asset=entry.counted_asset,
        counts_as_per_unit=entry.counts_as.per_unit if entry.counts_as else Decimal(1),
        cost_basis=entry.cost_basis,
        where=entry.where,
        locked_until=entry.locked_until,
        account=entry.account,
        is_collateral=entry.collateral,
    )


def _counting(leg: Leg, counted: set[tuple[str, str]]) -> Leg:
    """Let the first leg of each coin-margined wallet count the coins in it, for they are one hedge's exposure."""
    wallet = leg.account or "", leg.futures.settle
    if not leg.is_read or not leg.futures.is_inverse or wallet in counted:
        return leg
    counted.add(wallet)
    return replace(leg, counts_equity=True)


def _leg(settings: Settings, entry: LegEntry, hedge: HedgeEntry) -> Leg:
    account = settings.account_of(entry)
    if entry.position is None and account is None:
        raise ConfigurationError(
            f'hedge "{hedge.name}": {entry.futures} has neither a declared position nor an account at its exchange'
        )
    return Leg(
        name=settings.name_of(entry),
        futures=entry.futures.ref,
        account=account,
        position=None if entry.position is None else _declared(entry.position, entry.margin_mode),
        share=entry.share,
        expected_mode=_expected(entry.margin_mode or hedge.margin_mode),
    )


def _expected(mode: str | None) -> MarginMode | None:
    return MarginMode(mode) if mode else None


def _declared(position: PositionEntry, expected_mode: str | None) -> DeclaredPosition:
    mode = position.margin_mode or expected_mode
    return DeclaredPosition(
        contracts=position.contracts,
        coins=position.coins,
        entry_price=position.entry_price,
        margin=position.margin,
        entry_basis=position.entry_basis,
        maintenance_margin_rate=position.maintenance_margin_rate,
        margin_mode=_expected(mode),
    )
