"""Freshness: whether what was read is a price of now, or late, or a book that stands still."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import takewhile

from hedgewatch.domain.hedge import CycleFacts, Hedge
from hedgewatch.domain.history import NO_PAST, PastQuote
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.market import MarketReading, Quote, ReadingFailure, Standstill, UnknownReason
from hedgewatch.domain.numbers import ZERO

Reading = MarketReading | ReadingFailure
STALE_REASONS = frozenset({UnknownReason.STALE, UnknownReason.FROZEN})
MICROSECOND, MICROSECONDS = timedelta(microseconds=1), 1_000_000  # as fine as a datetime is
FROZEN_POLLS = 3
FROZEN_SECONDS = Decimal(30)
POLLS_REMEMBERED = 10
OTHER_LEG_MOVED = Decimal("0.002")
OLDEST_PRICE = Decimal(15)  # seconds; a pair of prices may be at most FARTHEST_PAIR apart (domain specification 0.9)
FARTHEST_PAIR = Decimal(5)


def standstills(hedge: Hedge, facts: CycleFacts) -> Mapping[InstrumentRef, Standstill]:
    """Return the hedge's feeds that stand still; a feed that moves, or was not read, is left out."""
    spot = next((ref for ref in hedge.spot if quote_of(facts, ref)), None)
    leg = hedge.legs[0].futures if hedge.legs else None
    others = dict.fromkeys((one.futures for one in hedge.legs), spot) | dict.fromkeys(hedge.spot, leg)
    found = {ref: _standstill(ref, other, facts) for ref, other in others.items()}
    return {ref: still for ref, still in found.items() if still is not None}


def why_unusable(quote: Quote, still: Standstill | None, now: datetime) -> UnknownReason | None:
    """Return why a quote is no price of now, None if it is one."""
    if still is not None and still.is_frozen:
        return UnknownReason.FROZEN
    return UnknownReason.STALE if seconds_between(now, quote.stamp.received_at) > OLDEST_PRICE else None


def why_no_price(
    reading: Reading | None, still: Mapping[InstrumentRef, Standstill], now: datetime
) -> UnknownReason | None:
    """Return why a reading gives no price of now: it failed, came late or stands still; None if it gives one."""
    if not isinstance(reading, MarketReading) or reading.quote is None:
        return why_unknown(reading)
    return why_unusable(reading.quote, still.get(reading.ref), now)


def age_of(reading: Reading | None, now: datetime) -> Decimal | None:
    """Return how many seconds ago a reading's quote was received, None where there is none."""
    if not isinstance(reading, MarketReading) or reading.quote is None:
        return None
    return max(ZERO, seconds_between(now, reading.quote.stamp.received_at))


def why_unknown(reading: Reading | None) -> UnknownReason:
    """Return why a reading has no quote."""
    return reading.reason if isinstance(reading, ReadingFailure) else UnknownReason.MISSING


def are_a_pair(one: Quote, other: Quote) -> bool:
    """Tell whether two quotes were received close enough to be set against each other."""
    return abs(seconds_between(one.stamp.received_at, other.stamp.received_at)) <= FARTHEST_PAIR


def quote_of(facts: CycleFacts, ref: InstrumentRef) -> Quote | None:
    """Return the quote read in this cycle, None if there was none."""
    reading = facts.readings.get(ref)
    return reading.quote if isinstance(reading, MarketReading) else None


def why_failed(facts: CycleFacts, ref: InstrumentRef) -> str:
    """Say why there is no quote."""
    reading = facts.readings.get(ref)
    if isinstance(reading, ReadingFailure):
        return reading.detail
    return "; ".join(reading.problems) if reading and reading.problems else "it was not answered"


@lru_cache(maxsize=4096)
def seconds_between(later: datetime, earlier: datetime) -> Decimal:
    """Return the seconds from ``earlier`` to ``later``; all prices of one answer have the same age, so it is kept."""
    return Decimal((later - earlier) // MICROSECOND) / MICROSECONDS


def _standstill(ref: InstrumentRef, other: InstrumentRef | None, facts: CycleFacts) -> Standstill | None:
    quote = quote_of(facts, ref)
    past = facts.past.instruments.get(ref)
    if quote is None or past is None or not past.recent:
        return None
    told = quote.stamp.exchange_time
    same_time = _run(past.recent, lambda seen: seen.exchange_time == told) if told is not None else ()
    stopped = ZERO
    if told is not None and len(same_time) + 1 >= FROZEN_POLLS:
        # Ten polls are remembered. A time that stood through all of them stood longer than they last: it says how long.
        stopped = _lasted(same_time, told if len(same_time) >= POLLS_REMEMBERED else None, facts)
    if stopped >= max(FROZEN_POLLS * facts.poll_seconds, FROZEN_SECONDS):
        return Standstill(seconds=stopped, is_frozen=True)
    same_book = _run(past.recent, lambda seen: seen.bid == quote.bid and seen.ask == quote.ask)
    if len(same_book) + 1 < FROZEN_POLLS:
        return None
    lasted = _lasted(same_book, past.unchanged_since, facts)
    return Standstill(seconds=lasted, is_frozen=_moved(facts, other, same_book[0].read_at))


def _run(recent: Sequence[PastQuote], is_same: Callable[[PastQuote], bool]) -> tuple[PastQuote, ...]:
    """Return the latest quotes in a row that are the same as the present one, oldest first."""
    return tuple(reversed(list(takewhile(is_same, reversed(recent)))))


def _lasted(run: Sequence[PastQuote], since: datetime | None, facts: CycleFacts) -> Decimal:
    if not run:
        return ZERO
    first = min(since, run[0].read_at) if since is not None else run[0].read_at
    return max(ZERO, seconds_between(facts.read_at, first))


def _moved(facts: CycleFacts, other: InstrumentRef | None, since: datetime) -> bool:
    """Tell whether the other leg moved over 0.2 % since then."""
    quote = quote_of(facts, other) if other is not None else None
    if other is None or quote is None:
        return False
    recent = facts.past.instruments.get(other, NO_PAST).recent
    mids = [(seen.bid + seen.ask) / 2 for seen in recent if seen.read_at >= since]
    return bool(mids) and max(abs(mid / mids[0] - 1) for mid in (*mids, quote.mid)) > OTHER_LEG_MOVED
