"""The book a scenario is about: what is known of it, and the options that say the rest or say it otherwise."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from hedgewatch.cli.wishes import fraction, naming_options, option_of
from hedgewatch.domain.contract_terms import USUAL_RATE
from hedgewatch.domain.errors import InvalidValueError
from hedgewatch.domain.exposure import position_value
from hedgewatch.domain.instrument import Payoff, hedging
from hedgewatch.domain.numbers import ONE, ZERO, exact, exactly, positive
from hedgewatch.domain.scenario import Book, liquidation_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """The options that describe the book, as they were written; None: left out."""

    asset: str | None = None
    holding: str | None = None
    price: str | None = None
    kind: str | None = None
    contracts: str | None = None
    contract_size: str | None = None
    margin: str | None = None
    leverage: str | None = None
    maintenance_margin_rate: str | None = None
    fee_rate: str | None = None
    basis: str | None = None

    def number(self, name: str, known: Decimal | None = None) -> Decimal | None:
        """Return an option as a number; left out, what is known. Raises InvalidValueError that names it."""
        text = getattr(self, name)
        return known if text is None else exact(text, option_of(name))

    def needed(self, name: str, known: Decimal | None = None) -> Decimal:
        """Return an option as a number; raises InvalidValueError if it was left out and nothing is known."""
        value = self.number(name, known)
        if value is None:
            raise InvalidValueError(option_of(name), "missing, and nothing else tells it")
        return value

    def rate(self, name: str, known: Decimal | None = None) -> Decimal | None:
        """Return an option as a fraction; left out, what is known. Raises InvalidValueError that names it."""
        text = getattr(self, name)
        return known if text is None else fraction(text, option_of(name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What is known of a book without its options; None, or no text: not known. Units as in Book."""

    asset: str = "coins"
    quote: str = ""
    payoff: Payoff | None = None
    holding: Decimal | None = None
    price: Decimal | None = None
    basis: Decimal = ZERO
    contracts: Decimal | None = None
    contract_size: Decimal | None = ONE
    margin: Decimal | None = None
    rate: Decimal | None = None
    fee_rate: Decimal = ZERO
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedBook:
    """A book with its words. hedge None: plain numbers. notes: what was assumed, and where the price came from."""

    book: Book
    asset: str
    quote: str
    hedge: str | None
    notes: tuple[str, ...]
    liquidation_price: Decimal | None


@exactly
def named_book(given: Given, terms: Terms | None = None, hedge: str | None = None) -> NamedBook:
    """Make the book of what is known and what was given, which counts more.

    Raises ConfigurationError that names the option that is missing or wrong.
    """
    known = terms or Terms()
    with naming_options():
        if terms is None:
            _refuse_gaps(given)
        rate = given.rate("maintenance_margin_rate", known.rate)
        bare = Book(
            spot_coin=given.needed("holding", known.holding),
            spot0=positive(given.needed("price", known.price), "--price"),
            payoff=_payoff(given.kind, known.payoff),
            contracts=given.needed("contracts", known.contracts),
            contract_size=positive(given.needed("contract_size", known.contract_size), "--contract-size"),
            basis0=given.needed("basis", known.basis),
            margin=ZERO,
            mmr=USUAL_RATE if rate is None else rate,
            fee_rate=given.rate("fee_rate", known.fee_rate) or ZERO,
        )
        liquidation_of(bare)  # refuses what makes no sense before anything is divided by it
        book = _with_margin(bare, given, known)
        liquidation = liquidation_of(book)
    assumed = "maintenance margin rate 0.5 % assumed" if rate is None else None
    return NamedBook(
        book=book,
        asset=given.asset or known.asset,
        quote=known.quote or ("USD" if book.payoff is Payoff.INVERSE else ""),
        hedge=hedge,
        notes=(*known.notes, *([assumed] if assumed else [])),
        liquidation_price=liquidation,
    )


def value_in_settle(book: Book) -> Decimal:
    """Return what the position is worth now, in its settle asset."""
    return position_value(book.payoff, book.contracts, book.contract_size, book.entry).value_settle


def _refuse_gaps(given: Given) -> None:
    """Name everything that plain numbers still lack, at once."""
    gaps = [option_of(name) for name in ("holding", "price", "contracts") if getattr(given, name) is None]
    if (
        given.margin is None
        and given.leverage is None
        and not (given.contracts and exact(given.contracts, "--contracts") == 0)
    ):
        gaps.append("--margin (or --leverage)")
    if gaps:
        raise InvalidValueError(gaps[0].partition(" ")[0], f"missing: give {', '.join(gaps)}, or the name of a hedge")


def _with_margin(bare: Book, given: Given, known: Terms) -> Book:
    if given.margin is not None and given.leverage is not None:
        raise InvalidValueError("--leverage", "says the same as --margin: give one of them")
    if given.leverage is not None:
        margin = value_in_settle(bare) / positive(given.leverage, "--leverage")
    else:
        margin = ZERO if bare.contracts == 0 else given.needed("margin", known.margin)
    return replace(bare, margin=margin)


def _payoff(kind: str | None, known: Payoff | None) -> Payoff:
    return known or Payoff.LINEAR if kind is None else payoff_of(kind)


def payoff_of(kind: str) -> Payoff:
    """Return what a contract pays in, as --kind says it. Raises InvalidValueError, also for a quanto one."""
    try:
        return hedging(Payoff(kind), "--kind")
    except ValueError as error:
        if isinstance(error, InvalidValueError):
            raise
        raise InvalidValueError("--kind", f'expected "linear" or "inverse", found {kind!r}') from None
