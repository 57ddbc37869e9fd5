"""The form of an account's questions: which signed call tells what, and what a good answer must look like."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from hedgewatch.domain.instrument import Instrument, InstrumentKind, InstrumentRef, Payoff
from hedgewatch.domain.market import Stamp, UnknownReason
from hedgewatch.exchanges.door import SignedRead
from hedgewatch.exchanges.parse import Row, UnreadableError, moment_of

HOURLY, DAILY = timedelta(hours=1), timedelta(days=1)
ZERO_CODE = frozenset({"0"})
FIRST = "first of a list"


class Side(StrEnum):
    """The sides of an exchange that have calls, ids and wallets of their own."""

    SPOT = "spot"
    LINEAR = "linear"
    INVERSE = "inverse"


class Part(StrEnum):
    """The parts of an account that questions tell."""

    POSITIONS = "positions"
    BALANCES = "balances"
    WALLETS = "wallets"
    ORDERS = "orders"
    TIERS = "tiers"
    FEES = "fees"
    SCOPE = "scope"
    MODE = "mode"
    FACTS = "facts"  # what helps to read the others: the margin mode of the account


class Each(StrEnum):
    """How often one question is put: once, per settle coin of what is wanted, or per instrument."""

    ACCOUNT = "account"
    SETTLE = "settle"
    INSTRUMENT = "instrument"


def side_of(instrument: Instrument) -> Side:
    """Return the side an instrument is traded on."""
    if instrument.kind is InstrumentKind.SPOT:
        return Side.SPOT
    return Side.INVERSE if instrument.payoff is Payoff.INVERSE else Side.LINEAR


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Question:
    """One signed call and what it tells.

    method: ccxt's endpoint method. tells: how each part is read from the answer. side: asked only where an instrument
    of this side is wanted; None: always. each: with ``subject_key`` as the parameter. good: keys of the answer and the
    values that mark a good one, as text. rows: the keys that lead to its list; None: it is read whole, and must have
    ``needs``. every: None is each cycle. next_page: the parameters of the page after this answer, None at the end.
    lone_row: one object may stand in the place of a list of one.
    """

    name: str
    method: str
    tells: Mapping[Part, Reader]
    side: Side | None = None
    params: Mapping[str, str | int] = field(default_factory=dict)
    each: Each = Each.ACCOUNT
    subject_key: str = "symbol"
    good: Mapping[str, frozenset[str]] = field(default_factory=dict)
    rows: tuple[str, ...] | None = ()
    needs: tuple[str, ...] = ()
    time: str | None = None
    every: timedelta | None = None
    next_page: Callable[[Any, int], Mapping[str, str | int] | None] | None = None
    lone_row: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sheet:
    """A good answer: its rows, the whole around them, and for which settle coin or symbol it was asked."""

    question: Question
    rows: tuple[Row, ...]
    whole: Row
    received_at: datetime
    subject: str | None = None

    @property
    def exchange_time(self) -> datetime | None:
        """The time the exchange wrote beside its answer, None if it wrote none."""
        return moment_of(self.whole.get(self.question.time)) if self.question.time else None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Known:
    """What readers need beside an answer: instruments by the exchange's own ids, asset names, the other answers."""

    exchange: str
    listed: Mapping[Side, Mapping[str, Instrument]]
    assets: frozenset[str]
    name_asset: Callable[[str], str]
    sheets: Mapping[str, Sheet] = field(default_factory=dict)
    listing: Callable[[str], Row] = field(default=lambda _symbol: {})

    def stamp(self, sheet: Sheet) -> Stamp:
        """Stamp what is read from a sheet."""
        source = f"{self.exchange} {sheet.question.name}"
        return Stamp(exchange_time=sheet.exchange_time, received_at=sheet.received_at, source=source)

    def instrument(self, sheet: Sheet, market_id: Any) -> Instrument | None:  # noqa: ANN401  JSON
        """Return the wanted instrument of an exchange's id, None if it is not wanted."""
        return self.listed.get(sheet.question.side or Side.SPOT, {}).get(market_id) if type(market_id) is str else None


Reader = Callable[[Sheet, Known], Iterable[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerPage:
    """One page of a funding ledger. follow: parameters of the next page; is_cut: there is more in this window."""

    rows: tuple[Row, ...]
    follow: Mapping[str, str | int] | None
    is_cut: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LedgerPlan:
    """How an exchange tells its funding payments.

    window: the longest stretch one call may ask for. start_key, end_key: its ends, milliseconds. limit: rows a page.
    symbol_key: asked one instrument a call, with this parameter; None: all at once. page: what a good answer of so many
    rows at most holds. payment_id: the keys of the exchange's own id, the first that is there. paid_is_positive: the
    exchange's sign is that of a fee. asset_key None: the contract's settle asset.
    """

    name: str
    method: str
    side: Side
    params: Mapping[str, str | int]
    start_key: str
    end_key: str
    window: timedelta
    limit: int
    page: Callable[[Any, int], LedgerPage]
    id_key: str
    time_key: str
    amount_key: str
    payment_id: tuple[str, ...]
    asset_key: str | None = None
    paid_is_positive: bool = False
    symbol_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountQuirk:
    """All that reading accounts of one exchange takes.

    signed: every request that may be asked with keys. questions, ledgers: by the configured kind of margin.
    no_earn, no_scope: None if the exchange has a call for it, else the words that say it has none. lists_tiers: its
    leverage tiers stand in the market list.
    """

    exchange: str
    signed: tuple[SignedRead, ...]
    questions: Mapping[str, tuple[Question, ...]]
    ledgers: Mapping[str, tuple[LedgerPlan, ...]]
    no_earn: str | None = None
    no_scope: str | None = None
    lists_tiers: bool = False


def sheet_of(question: Question, answer: Any, received_at: datetime, subject: str | None = None) -> Sheet:  # noqa: ANN401  JSON
    """Check that an answer has the form of a good one. Raises UnreadableError: what has not is never read as empty."""
    whole = answer if isinstance(answer, dict) else {}
    for key, values in question.good.items():
        found = whole.get(key)
        if isinstance(found, dict | list) or str(found) not in values:
            raise UnreadableError(UnknownReason.MISSING, f"{key} is {str(found)[:40]!r}, not the mark of a good answer")
    missing = [key for key in question.needs if key not in whole]
    if missing:
        raise UnreadableError(UnknownReason.MISSING, f"there is no {missing[0]} in it: not the form of an answer")
    rows = () if question.rows is None else rows_at(answer, question.rows, lone_row=question.lone_row)
    if question.rows is None and not isinstance(answer, dict):
        raise UnreadableError(UnknownReason.MISSING, "not the form of an answer")
    return Sheet(question=question, rows=rows, whole=whole, received_at=received_at, subject=subject)


def rows_at(answer: Any, keys: tuple[str, ...], *, lone_row: bool = False) -> tuple[Row, ...]:  # noqa: ANN401  JSON
    """Return the list of objects at the end of ``keys``. Raises UnreadableError if there is none.

    FIRST among the keys goes into a list. lone_row: one object in the place of the list is a list of one.
    """
    for key in keys:
        if key == FIRST:
            answer = answer[0] if isinstance(answer, list) and answer else None
        else:
            answer = answer.get(key) if isinstance(answer, dict) else None
    if lone_row and isinstance(answer, dict):
        answer = [answer]
    if not isinstance(answer, list) or not all(isinstance(row, dict) for row in answer):
        raise UnreadableError(UnknownReason.MISSING, "no list of rows where it belongs: not the form of an answer")
    return tuple(answer)


def refs_of(known: Known, side: Side) -> tuple[InstrumentRef, ...]:
    """Return the wanted instruments of a side."""
    return tuple(instrument.ref for instrument in known.listed.get(side, {}).values())
