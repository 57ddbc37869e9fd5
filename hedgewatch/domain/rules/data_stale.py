"""Data stale: a price is old, or its book does not move while the other leg does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import takewhile

from hedgewatch.domain.finding import Finding, OutcomeKind, Target
from hedgewatch.domain.hedge import CycleFacts, HedgeSnapshot, InstrumentPast, PastQuote
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.market import MarketReading, Quote, ReadingFailure
from hedgewatch.domain.numbers import ZERO, exactly, from_float
from hedgewatch.domain.rules.judging import duration, known_finding, outcome_above
from hedgewatch.domain.thresholds import RuleSettings

NAME = "data_stale"
FROZEN_POLLS = 3
FROZEN_SECONDS = Decimal(30)
POLLS_REMEMBERED = 10
OTHER_LEG_MOVED = Decimal("0.002")


@exactly
def judge(snapshot: HedgeSnapshot, settings: RuleSettings, facts: CycleFacts) -> tuple[Finding, ...]:
    """Judge the feed of each leg and of every spot source: its age in seconds, or how long it has been frozen.

    A spot source that another one stands in for is judged as well: its alert would else be closed, not resolved.
    """
    spot = snapshot.spot.ref if snapshot.spot is not None else snapshot.hedge.spot[0]
    findings = [
        _judge_feed(snapshot, settings, facts, name=leg.leg.name, ref=leg.leg.futures, other=spot)
        for leg in snapshot.legs
    ]
    other = snapshot.legs[0].leg.futures if snapshot.legs else None
    sources = [
        _judge_feed(snapshot, settings, facts, name=str(ref), ref=ref, other=other) for ref in snapshot.hedge.spot
    ]
    return (*findings, *sources)


def _judge_feed(
    snapshot: HedgeSnapshot,
    settings: RuleSettings,
    facts: CycleFacts,
    *,
    name: str,
    ref: InstrumentRef,
    other: InstrumentRef | None,
) -> Finding:
    past = facts.past.instruments.get(ref, InstrumentPast())
    quote = quote_of(facts, ref)
    where = f"{snapshot.hedge.name}: {ref}"
    age = _age(past, quote, facts)
    frozen = _frozen_seconds(past, quote, facts, other) if quote else None
    outcomes = {severity: outcome_above(frozen or age, level) for severity, level in settings.levels.items()}
    lowest = min(outcomes, key=lambda severity: severity.rank)
    if frozen is not None:
        age, words = frozen, f"{where} is frozen: it has not changed for {duration(frozen)}, and the market has"
        outcomes[lowest] = OutcomeKind.BREACH
    elif quote and outcomes[lowest] is OutcomeKind.CLEAR and _may_still_be_frozen(past, quote, settings, facts):
        words = f"{where} was read {duration(age)} ago, and its book has not changed for {FROZEN_POLLS} polls or more"
        outcomes[lowest] = OutcomeKind.BAND  # only a book that moves shows that a frozen one is over
    elif quote is not None:
        words = f"{where} was read {duration(age)} ago"
    else:
        words = f"{where} has given no good price for {duration(age)}: {_why(facts, ref)}"
    return known_finding(
        Target(rule=NAME, hedge=snapshot.hedge.name, leg=name),
        settings,
        outcomes,
        value=age,
        message=words,
    )


def quote_of(facts: CycleFacts, ref: InstrumentRef) -> Quote | None:
    """Return the quote read in this cycle, None if there was none."""
    reading = facts.readings.get(ref)
    return reading.quote if isinstance(reading, MarketReading) else None


def _why(facts: CycleFacts, ref: InstrumentRef) -> str:
    reading = facts.readings.get(ref)
    if isinstance(reading, ReadingFailure):
        return reading.detail
    return "; ".join(reading.problems) if reading and reading.problems else "it was not answered"


def _age(past: InstrumentPast, quote: Quote | None, facts: CycleFacts) -> Decimal:
    """Seconds since the last good quote was received; since it was first asked for if there never was one."""
    last = quote.stamp.received_at if quote else past.last_good_at or past.first_asked_at
    return _seconds(facts, last) if last is not None else ZERO


def _seconds(facts: CycleFacts, since: datetime) -> Decimal:
    return max(ZERO, from_float((facts.read_at - since).total_seconds(), "age"))


def _frozen_seconds(
    past: InstrumentPast, quote: Quote, facts: CycleFacts, other: InstrumentRef | None
) -> Decimal | None:
    """Return for how long the feed has been frozen, None if it is not: by its book, or by the exchange's own time."""
    same_book = _same_book(past, quote)
    if _stands(past, quote) and _moved(facts, other, same_book[0].read_at):
        return _seconds(facts, past.unchanged_since or same_book[0].read_at)
    if quote.stamp.exchange_time is None:
        return None
    same_time = _run(past.recent, lambda seen: seen.exchange_time == quote.stamp.exchange_time)
    if len(same_time) + 1 < FROZEN_POLLS:
        return None
    # Ten polls are remembered. A time that stood through all of them stood longer than they last: it says how long.
    is_older = len(same_time) >= POLLS_REMEMBERED
    lasted = _seconds(facts, quote.stamp.exchange_time if is_older else same_time[0].read_at)
    return lasted if lasted >= max(FROZEN_POLLS * facts.poll_seconds, FROZEN_SECONDS) else None


def _same_book(past: InstrumentPast, quote: Quote) -> tuple[PastQuote, ...]:
    return _run(past.recent, lambda seen: (seen.bid, seen.ask) == (quote.bid, quote.ask))


def _stands(past: InstrumentPast, quote: Quote) -> bool:
    return len(_same_book(past, quote)) + 1 >= FROZEN_POLLS


def _may_still_be_frozen(past: InstrumentPast, quote: Quote, settings: RuleSettings, facts: CycleFacts) -> bool:
    """Tell whether an open alert could be for a frozen book that has not moved since.

    A feed that was away longer than it may be old was alerted for its age, and is back.
    """
    if not _stands(past, quote):
        return False
    oldest = min(level.fire for level in settings.levels.values())
    return past.last_good_at is None or _seconds(facts, past.last_good_at) <= oldest


def _run(recent: Sequence[PastQuote], is_same: Callable[[PastQuote], bool]) -> tuple[PastQuote, ...]:
    """Return the latest quotes in a row that are the same as the present one, oldest first."""
    return tuple(reversed(list(takewhile(is_same, reversed(recent)))))


def _moved(facts: CycleFacts, other: InstrumentRef | None, since: datetime) -> bool:
    """Tell whether the other leg moved over 0.2 % since then."""
    if other is None:
        return False
    quote = quote_of(facts, other)
    recent = facts.past.instruments.get(other, InstrumentPast()).recent
    mids = [(seen.bid + seen.ask) / 2 for seen in recent if seen.read_at >= since]
    if not mids or quote is None:
        return False
    return max(abs(mid / mids[0] - 1) for mid in (*mids, quote.mid)) > OTHER_LEG_MOVED
