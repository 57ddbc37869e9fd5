"""Listing: what one load of an exchange's markets says, and how much of it is believed. Pure."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hedgewatch.domain.market import UnknownReason
from hedgewatch.exchanges.faults import Fault, RefusedError
from hedgewatch.exchanges.parse import UnreadableError, parse_instrument
from hedgewatch.exchanges.quirks.shape import Quirk

SMALLEST_SHARE = 2  # less than half of what was listed before is an outage, not a delisting
STEADY = frozenset({"spot", "swap", "swap inverse"})  # dated futures come and go by the quarter

Market = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The wanted markets as ccxt writes them, a suggestion for each symbol that is not listed, and what it rests on.

    counts: how many of each kind are listed. doubt: why it is not believed whole, None if it is. unsure: symbols that
    were listed before and are not now: the old market stands until a second list agrees. empty: symbols of a side that
    has not one market, which says nothing of them.
    """

    markets: Mapping[str, Market]
    unlisted: Mapping[str, str | None]
    counts: Mapping[str, int]
    doubt: Fault | None = None
    unsure: frozenset[str] = field(default_factory=frozenset)
    empty: frozenset[str] = field(default_factory=frozenset)


def suggest(symbol: str, listed: Iterable[str]) -> str | None:
    """Return the listed symbol of the same kind that is nearest to ``symbol``, its own base first; None if none is."""
    is_future = ":" in symbol
    same_kind = [other for other in listed if (":" in other) == is_future]
    base = symbol.split("/", maxsplit=1)[0] + "/"
    same_base = [other for other in same_kind if other.startswith(base)]
    near = difflib.get_close_matches(symbol, same_base, n=1, cutoff=0.3) or difflib.get_close_matches(
        symbol, same_kind, n=1, cutoff=0.6
    )
    return near[0] if near else None


def kind_of(market: Market) -> str:
    """Name the kind that a market is counted with."""
    return f"{market.get('type')} inverse" if market.get("inverse") else str(market.get("type"))


def listing_of(listed: Iterable[Market | None], symbols: Collection[str], known: Mapping[str, Market]) -> Listing:
    """Cut a list of markets to the wanted ``symbols``.

    known: the markets of these symbols until now. One whose id is listed under another symbol was renamed to that.
    """
    by_symbol = {market["symbol"]: market for market in listed if market}
    by_id = {(kind_of(market), market.get("id")): symbol for symbol, market in by_symbol.items()}
    missing = [symbol for symbol in symbols if symbol not in by_symbol]
    renamed = {symbol: by_id.get((kind_of(old), old.get("id"))) for symbol, old in known.items()}
    return Listing(
        markets={symbol: by_symbol[symbol] for symbol in symbols if symbol in by_symbol},
        unlisted={symbol: renamed.get(symbol) or suggest(symbol, by_symbol) for symbol in missing},
        counts=Counter(map(kind_of, by_symbol.values())),
    )


def weighed(listing: Listing, before: Listing, quirk: Quirk) -> Listing:
    """Return what may take the place of the list ``before``. Raises RefusedError if nothing may.

    A list that lost half of a kind is an outage. A wanted market that is gone for the first time, or whose row cannot
    be read, stays as it was, with a doubt that says so.
    """
    for kind, count in before.counts.items():
        if kind in STEADY and listing.counts.get(kind, 0) * SMALLEST_SHARE < count:
            text = (
                f"{quirk.exchange} lists {listing.counts.get(kind, 0)} {kind} markets, {count} before: the old are kept"
            )
            raise RefusedError(Fault(reason=UnknownReason.MISSING, text=text))
    if not any(listing.counts.values()):
        raise RefusedError(Fault(reason=UnknownReason.MISSING, text=f"{quirk.exchange} lists 0 markets"))
    known = before.markets.keys()
    empty = frozenset(symbol for symbol in listing.unlisted if not _alike(symbol, listing.counts))
    gone = {symbol for symbol in listing.unlisted if symbol in known} - before.unsure
    garbled = {symbol for symbol, market in listing.markets.items() if symbol in known and not _is_read(market, quirk)}
    kept = {symbol: before.markets[symbol] for symbol in gone | garbled}
    return Listing(
        markets={**listing.markets, **kept},
        unlisted={symbol: hint for symbol, hint in listing.unlisted.items() if symbol not in kept},
        counts=listing.counts,
        doubt=_doubt(quirk.exchange, gone, garbled, empty),
        unsure=frozenset(gone),
        empty=empty,
    )


def _alike(symbol: str, counts: Mapping[str, int]) -> int:
    """Return how many markets are listed on the side of a symbol: spot, or contracts of any kind."""
    return sum(count for kind, count in counts.items() if (kind == "spot") == (":" not in symbol))


def _doubt(exchange: str, gone: Collection[str], garbled: Collection[str], empty: Collection[str]) -> Fault | None:
    if empty:
        text = f"{exchange} lists no market at all like {', '.join(sorted(empty))}: it is asked again"
        return Fault(reason=UnknownReason.MISSING, text=text)
    if gone:
        text = f"{exchange} does not list {', '.join(sorted(gone))} this time: it is asked again before it is believed"
        return Fault(reason=UnknownReason.MISSING, text=text)
    if garbled:
        text = f"{exchange} lists {', '.join(sorted(garbled))} unreadably: the old market is kept"
        return Fault(reason=UnknownReason.NOT_A_NUMBER, text=text)
    return None


def _is_read(market: Market, quirk: Quirk) -> bool:
    try:
        parse_instrument(market, quirk)
    except UnreadableError:
        return False
    return True
