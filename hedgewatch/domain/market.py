"""Readings: numbers an exchange quoted, each with its times and source, or the reason there are none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from hedgewatch.domain.instrument import Instrument, InstrumentRef
from hedgewatch.domain.size_check import SizeCheck


class UnknownReason(StrEnum):
    """Why something is not known. NOT_AVAILABLE is no fault (no key, no history yet, no setting); all others are."""

    NOT_AVAILABLE = "not_available"
    STALE = "stale"
    FROZEN = "frozen"
    MISSING = "missing"
    FETCH_ERROR = "fetch_error"
    TIMEOUT = "timeout"
    RATE_LIMITED = "rate_limited"
    BANNED = "banned"
    MAINTENANCE = "maintenance"
    GEO_BLOCKED = "geo_blocked"
    UNKNOWN_SYMBOL = "unknown_symbol"
    NOT_JSON = "not_json"
    NOT_A_NUMBER = "not_a_number"
    OUT_OF_RANGE = "out_of_range"
    DUPLICATE = "duplicate"
    LEG_MISSING = "leg_missing"
    COINS_MISSING = "coins_missing"
    SHRUNKEN = "shrunken"
    JUMPED = "jumped"
    CLOCK_SKEW = "clock_skew"
    BAD_KEY = "bad_key"
    NO_PERMISSION = "no_permission"
    RULE_ERROR = "rule_error"


class ExchangeOutcome(StrEnum):
    """How one exchange answered one cycle."""

    OK = "ok"
    DEGRADED = "degraded"
    FAILED = "failed"
    BANNED = "banned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """When and where a number came from: the exchange's own time (None if not given), ours, and the call."""

    exchange_time: datetime | None
    received_at: datetime
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """Best bid and ask, in quote currency per base coin."""

    bid: Decimal
    ask: Decimal
    stamp: Stamp

    @property
    def mid(self) -> Decimal:
        """Half way between bid and ask."""
        return (self.bid + self.ask) / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderBook:
    """The resting orders of an instrument, as many as its exchange showed: (price, contracts), best first.

    price: quote. Neither side is empty.
    """

    bids: tuple[tuple[Decimal, Decimal], ...]
    asks: tuple[tuple[Decimal, Decimal], ...]
    stamp: Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """The exchange's mark and index price, in quote currency; None where it gives none."""

    mark_price: Decimal | None
    index_price: Decimal | None
    stamp: Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Funding:
    """The funding rate of the coming settlement.

    rate: fraction per interval, positive means longs pay shorts. interval_hours None: the exchange did not say, for
    this reason.
    """

    rate: Decimal
    interval_hours: Decimal | None
    settles_at: datetime | None
    stamp: Stamp
    no_interval: UnknownReason = UnknownReason.MISSING


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledFunding:
    """One funding rate that was settled: fraction per interval, at its settlement time."""

    ref: InstrumentRef
    settled_at: datetime
    rate: Decimal
    interval_hours: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketReading:
    """All that one instrument quoted in one cycle; a part that is missing is None and its reason is in ``problems``."""

    instrument: Instrument
    quote: Quote | None
    mark: Mark | None
    funding: Funding | None
    problems: tuple[str, ...] = ()

    @property
    def ref(self) -> InstrumentRef:
        """The instrument's name."""
        return self.instrument.ref


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingFailure:
    """An instrument that could not be read, and why."""

    ref: InstrumentRef
    reason: UnknownReason
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeAnswer:
    """What one exchange answered in one cycle.

    readings: one entry per wanted instrument, a reading or a failure, never left out.
    settled: funding rates that were asked for. skew_seconds: our clock minus the exchange's, None if not measured.
    error: one scrubbed line, None if all went well. retry_at: nothing may be asked before then (ban, rate limit).
    sizes: what each contract's day of trade says of its listed size, asked hourly.
    """

    exchange: str
    outcome: ExchangeOutcome
    calls: int
    error: str | None
    readings: tuple[MarketReading | ReadingFailure, ...]
    settled: tuple[SettledFunding, ...] = ()
    skew_seconds: Decimal | None = None
    retry_at: datetime | None = None
    sizes: Mapping[InstrumentRef, SizeCheck] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standstill:
    """A book that has not changed for some polls. seconds: since the first of them.

    is_frozen: the other leg moved meanwhile, or the exchange's own time stands still; otherwise it is not proven alive.
    """

    seconds: Decimal
    is_frozen: bool
