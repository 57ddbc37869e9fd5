"""What every wire format is made of: a question, the tables of answers, and the writing of numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from hedgewatch.simulator.accounts import Account
from hedgewatch.simulator.listings import HOUR, Exchange, Kind, Listing
from hedgewatch.simulator.market import Quote, World
from hedgewatch.simulator.statement import Statement

# A time that lists carry while they are kept; the server writes the exchange's clock in its place when it sends them.
STAMP = 8_888_888_888_888
NO_TIME = 0

Row = dict[str, object]


class UnknownSymbolError(Exception):
    """The question names a symbol that the exchange does not list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One question to one exchange.

    ``at`` is the moment of the prices, ``clock`` what the exchange's clock says (both epoch milliseconds); ``tail`` is
    the last part of a path that ends in a symbol.
    """

    world: World
    exchange: Exchange
    query: Mapping[str, str]
    at: int
    clock: int
    tail: str = ""

    def quotes(self, listings: Iterable[Listing]) -> list[Quote]:
        """Return the quotes of some listings, or only of this exchange's listings of a kind."""
        return [self.world.quote(listing, self.at) for listing in listings]

    def listed(self, *kinds: Kind) -> tuple[Listing, ...]:
        """Return this exchange's listings of the given kinds."""
        return self.world.listings(self.exchange, *kinds)

    def named(self, asset: str, kind: Kind) -> Listing:
        """Return one listing; raise UnknownSymbolError where there is none."""
        try:
            return self.world.listing(self.exchange, asset, kind)
        except KeyError as error:
            raise UnknownSymbolError(asset) from error

    def number(self, name: str, otherwise: int) -> int:
        """Return a whole number of the query, or ``otherwise``."""
        text = self.query.get(name, "")
        return int(text) if text.isdecimal() else otherwise


Answer = Callable[[Ask], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedAsk:
    """A question whose signature was good, and whose account it is about."""

    ask: Ask
    account: Account

    @property
    def query(self) -> Mapping[str, str]:
        """Return what was asked for."""
        return self.ask.query

    @property
    def statement(self) -> Statement:
        """Return the account at the moment of the question."""
        return self.account.statement(self.ask.at)


SignedAnswer = Callable[[SignedAsk], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """One exchange's format: paths to answers, and how it says no.

    ``markets`` are kept until something is pinned, ``lists`` for a tick of the world, ``answers`` are made fresh; an
    answer's path ending in ``/*`` takes a symbol. ``signed`` ones need a key and a signature; the ``posted`` among them
    are asked by POST.
    ``refusals`` maps an HTTP status to the JSON this exchange sends with it.
    """

    markets: Mapping[str, Answer] = field(default_factory=dict)
    lists: Mapping[str, Answer] = field(default_factory=dict)
    answers: Mapping[str, Answer] = field(default_factory=dict)
    signed: Mapping[str, SignedAnswer] = field(default_factory=dict)
    posted: frozenset[str] = frozenset()
    unknown_symbol: tuple[int, object] = (400, {})
    refusals: Mapping[int, object] = field(default_factory=dict)

    def joined(self, *others: Wire) -> Wire:
        """Return this wire with the paths of ``others``."""
        parts = (self, *others)
        return replace(
            self,
            markets={path: answer for part in parts for path, answer in part.markets.items()},
            lists={path: answer for part in parts for path, answer in part.lists.items()},
            answers={path: answer for part in parts for path, answer in part.answers.items()},
            signed={path: answer for part in parts for path, answer in part.signed.items()},
            posted=frozenset(path for part in parts for path in part.posted),
        )


def text(value: Decimal | None, places: int | None = None) -> str:
    """Write a number as exchanges write text: no exponent, ``places`` decimals if given; unknown is empty."""
    if value is None:
        return ""
    return format(value, "f") if places is None else format(value, f".{places}f")


def number(value: Decimal | None) -> int | float | None:
    """Write a JSON number; the shortest text of a float keeps every digit a price has."""
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)


def change(quote: Quote) -> Decimal:
    """Return the day's change of price."""
    return quote.last - quote.open


def change_rate(quote: Quote) -> Decimal:
    """Return the day's change as a fraction, six decimals."""
    return round(change(quote) / quote.open, 6)


def turnover(quote: Quote) -> Decimal:
    """Return the day's volume in the quote asset, four decimals."""
    return round(quote.volume * quote.last, 4)


def worth(quote: Quote) -> Decimal:
    """Return what a day's contracts were worth: quote, or coins where the contract is inverse."""
    listing = quote.listing
    return round(quote.volume * listing.contract_size / quote.last, 8) if listing.is_inverse else turnover(quote)


def decimals(step: Decimal) -> int:
    """Return how many decimals a step has."""
    exponent = step.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Names and limits of the questions for past funding."""

    start: str = "startTime"
    end: str = "endTime"
    limit: str = "limit"
    otherwise: int = 100
    most: int = 1000
    counts_from_start: bool = True


def settlements(ask: Ask, listing: Listing, window: Window) -> list[tuple[int, Decimal]]:
    """Return (time, rate) of past settlements that the query asks for, oldest first."""
    limit = min(max(1, ask.number(window.limit, window.otherwise)), window.most)
    start = ask.number(window.start, NO_TIME)
    end = min(ask.number(window.end, ask.at), ask.at)
    if start and window.counts_from_start:
        end = min(end, start + limit * ask.world.interval_hours(listing) * HOUR - 1)
    return ask.world.history(listing, start, end, limit)
