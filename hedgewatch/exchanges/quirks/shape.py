"""The form of a quirk: which call gives what, where it sits in the answer, and what may be asked at all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from hedgewatch.domain.instrument import OrderUnit, Payoff
from hedgewatch.domain.market import UnknownReason


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Call:
    """One question to an exchange and where its answer keeps what we want.

    name: how the call is named as a source. method: ccxt's method. futures: it answers for futures, else for spot.
    payoff: it answers for futures of this payoff only, None: of any.
    path, marker: end of the path and a piece of the query by which its answer is recognised; path "" is never cut.
    rows: the keys that lead to the list. id_key: the exchange's own id in a row. bid … time: keys in a row.
    envelope_time: key of the answer's own time. interval_minutes: the interval is in minutes, else hours.
    unified: the method takes symbols and answers by symbol, else it is an endpoint. each: one call per instrument.
    bare_numbers: the exchange writes fractions without quotes.
    """

    name: str
    method: str
    futures: bool
    payoff: Payoff | None = None
    path: str = ""
    marker: str = ""
    params: Mapping[str, str | int] = field(default_factory=dict)
    rows: tuple[str, ...] = ()
    id_key: str = "symbol"
    bid: str | None = None
    ask: str | None = None
    mark: str | None = None
    index: str | None = None
    rate: str | None = None
    settles_at: str | None = None
    interval: str | None = None
    interval_minutes: bool = False
    time: str | None = None
    envelope_time: str | None = None
    unified: bool = False
    each: bool = False
    bare_numbers: bool = False

    def is_for(self, payoff: Payoff | None) -> bool:
        """Tell whether it answers for a contract of this payoff."""
        return self.payoff in {None, payoff}

    def answers(self, path: str, query: str) -> bool:
        """Tell whether a request of this path and query is this call for all instruments."""
        return bool(self.path) and path.endswith(self.path) and self.marker in query and "symbol=" not in query


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Where an exchange keeps funding intervals and settlement times that its rates do not carry.

    every: how long an answer holds. absent_hours: what an instrument missing from a good answer has; None: unknown.
    budget: instruments asked per cycle where it is one call each.
    """

    call: Call
    every: timedelta
    absent_hours: Decimal | None = None
    budget: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """Where an exchange shows the book of a future: prices with quantities, in contracts as we count them.

    name: how the call is named as a source. method: ccxt's endpoint; params: what it takes beside the symbol.
    rows: the keys that lead to the book. bids, asks: its sides. time: key of its own time, within the book.
    unified: the method takes a unified symbol, else the exchange's own id.
    """

    name: str
    method: str
    params: Mapping[str, str | int] = field(default_factory=dict)
    rows: tuple[str, ...] = ()
    bids: str = "bids"
    asks: str = "asks"
    time: str | None = None
    unified: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Quirk:
    """All that an exchange does its own way.

    calls: what a cycle asks. market_calls: ccxt's methods that list the markets. options: ccxt's. inverse_market_calls,
    inverse_options: those to list inverse contracts too, where one is wanted. inverse_terms: where terms of those are
    kept, if apart. has_inverse_history: their settled rates can be asked. no_inverse_interval: why their interval is
    not known, where it is not. spared: pieces of a URL that are never asked, with the answer they get. allowed: host
    and path pattern of every request that may leave; empty means any public GET of the hosts ccxt names. codes: the
    exchange's error codes. forbidden_means: what a bare 403 is, forbidden_wait: how long it lasts. market_interval: key
    of the interval in the listing, in minutes. history_params: for the settled rates. interval_from_history: where
    nothing else tells the interval, the spacing of past settlements does. base_unit_contracts: a contract is one base
    coin whatever the listing says. depth: where the book of a future is; None: nowhere we know. inverse_depth: of an
    inverse one, if elsewhere. inverse_lot: contracts an order of those is counted in, where the listing does not say.
    id_begins_with_base: a market's own id begins with the coin's, so that a row with another's name is seen.
    """

    exchange: str
    calls: tuple[Call, ...]
    terms: Terms | None = None
    inverse_terms: Terms | None = None
    market_calls: tuple[str, ...] = ("fetch_markets",)
    inverse_market_calls: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    inverse_options: Mapping[str, Any] = field(default_factory=dict)
    spared: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    allowed: tuple[tuple[str, re.Pattern[str]], ...] = ()
    codes: Mapping[str, UnknownReason] = field(default_factory=dict)
    forbidden_means: UnknownReason = UnknownReason.GEO_BLOCKED
    forbidden_wait: timedelta | None = None
    market_interval: str | None = None
    history_params: Mapping[str, str | int] = field(default_factory=dict)
    has_inverse_history: bool = True
    no_inverse_interval: UnknownReason = UnknownReason.MISSING
    interval_from_history: bool = False
    linear_order_unit: OrderUnit | None = None
    base_unit_contracts: bool = False
    depth: Depth | None = None
    inverse_depth: Depth | None = None
    inverse_lot: Decimal | None = None
    id_begins_with_base: bool = False


def codes_of(reasons: Mapping[UnknownReason, str]) -> Mapping[str, UnknownReason]:
    """Turn a table of reasons, each with its exchange's codes between blanks, into one by code."""
    return {code: reason for reason, codes in reasons.items() for code in codes.split()}


def paths(host: str, pattern: str) -> tuple[str, re.Pattern[str]]:
    """Allow the paths of ``host`` that match the whole of ``pattern``."""
    return host, re.compile(pattern)
