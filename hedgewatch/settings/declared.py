"""From the file's entries to the domain's hedges."""

from __future__ import annotations

import hashlib
from decimal import Decimal

from hedgewatch.domain.errors import ConfigurationError
from hedgewatch.domain.hedge import DeclaredPosition, Hedge, HeldShare, Leg
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.inventory import Holding
from hedgewatch.domain.rules.catalogue import CATALOGUE
from hedgewatch.settings.check_hedges import held_by
from hedgewatch.settings.hedge_entries import HedgeEntry, HoldingEntry, LegEntry
from hedgewatch.settings.models import Settings
from hedgewatch.settings.resolved import rule_settings


def declared_hedges(settings: Settings) -> tuple[Hedge, ...]:
    """Return every hedge as the domain knows it.

    Raises ConfigurationError where a quantity or a position would have to be read from an account: ask ``not_built``
    first.
    """
    return tuple(_hedge(settings, entry) for entry in settings.hedges)


def entry_digests(settings: Settings) -> dict[str, str]:
    """Return a digest of what the file says of each hedge, by its name: what somebody said of it holds as long."""
    return {hedge.name: hashlib.sha256(repr(hedge).encode()).hexdigest() for hedge in settings.hedges}


def listable_instruments(settings: Settings) -> tuple[InstrumentRef, ...]:
    """Return every instrument that a hedge names, built or not; without inverse ones, whose listings are not read."""
    names = (name for hedge in settings.hedges for name in (*hedge.spot, *(leg.futures for leg in hedge.all_legs)))
    return tuple(name.ref for name in names if not name.is_inverse)


def _hedge(settings: Settings, entry: HedgeEntry) -> Hedge:
    return Hedge(
        name=entry.name,
        asset=entry.asset,
        held=tuple(HeldShare(holding=_holding(held), share=share) for held, share in held_by(settings, entry)),
        spot=tuple(name.ref for name in entry.spot),
        legs=tuple(_leg(leg, entry) for leg in entry.all_legs),
        target_ratio=entry.target_ratio,
        rules={rule: rule_settings(settings, rule, entry) for rule in CATALOGUE},
    )


def _holding(entry: HoldingEntry) -> Holding:
    if entry.quantity is None:
        raise ConfigurationError(f'holding "{entry.known_as}" has no quantity: reading accounts is not built yet')
    return Holding(
        name=entry.known_as,
        asset=entry.asset,
        quantity=entry.quantity,
        counts_as_asset=entry.counted_asset,
        counts_as_per_unit=entry.counts_as.per_unit if entry.counts_as else Decimal(1),
        cost_basis=entry.cost_basis,
        where=entry.where,
        locked_until=entry.locked_until,
    )


def _leg(entry: LegEntry, hedge: HedgeEntry) -> Leg:
    position = entry.position
    if position is None:
        raise ConfigurationError(f'hedge "{hedge.name}" declares no position: reading accounts is not built yet')
    declared = DeclaredPosition(
        contracts=position.contracts,
        coins=position.coins,
        entry_price=position.entry_price,
        margin=position.margin,
        entry_basis=position.entry_basis,
        maintenance_margin_rate=position.maintenance_margin_rate,
    )
    return Leg(name=entry.known_as, futures=entry.futures.ref, account=entry.account, position=declared)
