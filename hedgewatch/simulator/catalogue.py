"""What the exchanges list now: the listings, and the changes that a test or an operator commands."""

from __future__ import annotations

from dataclasses import replace

from hedgewatch.simulator.listings import Exchange, Kind, Listing, Tier, listings_of
from hedgewatch.simulator.pins import figure

CHANGES = ("contract_size", "tick", "lot")
Key = tuple[Exchange, str, Kind]


class Catalogue:
    """The listings of all exchanges. A listing that is gone stays gone; one that is halted is still listed."""

    def __init__(self, listed: int, started_at: int) -> None:
        self._listings = {exchange: listings_of(exchange, listed, started_at) for exchange in Exchange}
        self._named = {_key(listing): listing for listings in self._listings.values() for listing in listings}

    def listings(self, exchange: Exchange | str, *kinds: Kind) -> tuple[Listing, ...]:
        """Return an exchange's listings, of the given kinds or all."""
        listed = self._listings[Exchange(exchange)]
        return tuple(listing for listing in listed if listing.kind in kinds) if kinds else listed

    def listing(self, exchange: Exchange | str, asset: str, kind: Kind) -> Listing:
        """Return one listing; raise KeyError where the exchange has none."""
        found = self._named.get((Exchange(exchange), asset, kind))
        if found is None:
            raise KeyError(f"{exchange} lists no {kind} of {asset}")
        return found

    def change(self, exchange: str, asset: str, kind: str, **figures: object) -> Listing:
        """Change ``contract_size``, ``tick``, ``lot``, ``is_trading`` or ``tiers`` of a listing; return it.

        tiers: a list of (cap, rate, leverage). Raises KeyError for an unknown listing, ValueError for a wrong figure.
        """
        old = self.listing(exchange, asset, Kind(kind))
        changed = replace(old, is_trading=bool(figures.pop("is_trading", old.is_trading)))
        if (tiers := figures.pop("tiers", None)) is not None:
            changed = replace(changed, tiers=_tiers(tiers))
        if unknown := set(figures) - set(CHANGES):
            raise ValueError(f"listing: unknown {', '.join(sorted(unknown))}")
        changed = replace(changed, **{name: figure(name, value) for name, value in figures.items()})  # type: ignore[arg-type]  # Decimals all
        self._named[_key(old)] = changed
        self._keep(old, changed)
        return changed

    def delist(self, exchange: str, asset: str, kind: str) -> Listing:
        """Take a listing away; raise KeyError for an unknown one."""
        gone = self.listing(exchange, asset, Kind(kind))
        del self._named[_key(gone)]
        self._keep(gone)
        return gone

    def _keep(self, old: Listing, *new: Listing) -> None:
        listed = self._listings[old.exchange]
        place = listed.index(old)
        self._listings[old.exchange] = (*listed[:place], *new, *listed[place + 1 :])


def _key(listing: Listing) -> Key:
    return listing.exchange, listing.asset.name, listing.kind


def _tiers(rows: object) -> tuple[Tier, ...]:
    if not isinstance(rows, list | tuple) or not rows:
        raise ValueError(f"tiers: expected a list of (cap, rate, leverage), found {rows!r}")
    exact = [[figure("tiers", value) for value in row] for row in rows]
    return tuple(Tier(cap=cap, rate=rate, leverage=leverage) for cap, rate, leverage in exact)
