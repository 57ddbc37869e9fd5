"""Liquidity: what closing a whole leg at once would lose to the book now."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from hedgewatch.domain.exposure import coins_of
from hedgewatch.domain.finding import BREACH, Finding, unknown_finding
from hedgewatch.domain.hedge import CycleFacts, HedgeSnapshot, LegSnapshot
from hedgewatch.domain.liquidity import BookWalk, book_walk, max_size_in_budget, slippage_budget
from hedgewatch.domain.market import MarketReading, OrderBook, UnknownReason
from hedgewatch.domain.numbers import ZERO, exactly, plain
from hedgewatch.domain.order import Side
from hedgewatch.domain.rules.judging import known_finding, leg_target, outcomes_above, percent, quiet_finding
from hedgewatch.domain.thresholds import RuleSettings
from hedgewatch.domain.words import leg_words

NAME = "liquidity"
BOOK_IS_OLD = timedelta(minutes=15)
NOT_AVAILABLE = UnknownReason.NOT_AVAILABLE
HALF, DOUBLE = Decimal("0.5"), Decimal(2)  # of the mark: a book beyond that is another contract's, or garbage


@exactly
def judge(snapshot: HedgeSnapshot, settings: RuleSettings, facts: CycleFacts) -> tuple[Finding, ...]:
    """Judge the slippage of closing each leg whole: (average price - mid) / mid, half the spread included.

    A book that does not carry the leg is a breach if what it carries breaches already, else it cannot be known: what
    lies beyond the levels that the exchange shows is not seen. Source: contracts section 3, domain specification 6.
    """
    return tuple(_judge_leg(snapshot, leg, settings, facts) for leg in snapshot.legs)


def _judge_leg(snapshot: HedgeSnapshot, leg: LegSnapshot, settings: RuleSettings, facts: CycleFacts) -> Finding:
    target = leg_target(NAME, snapshot, leg)
    if leg.is_flat:
        return quiet_finding(target, settings, lambda: f"{leg_words(snapshot, leg)} holds nothing")
    book = facts.past.books.get(leg.leg.futures)
    why = _why_not(leg, book, facts)
    if book is None or why is not None:
        return unknown_finding(target, NOT_AVAILABLE, lambda: f"{leg_words(snapshot, leg)}: {why}")
    walk = _walk(leg, book)
    slippage = walk.slippage or ZERO
    outcomes = outcomes_above(settings, slippage)
    if not walk.complete and BREACH not in outcomes.values():
        return unknown_finding(target, NOT_AVAILABLE, lambda: _too_short(snapshot, leg, walk))
    return known_finding(target, settings, outcomes, value=slippage, message=lambda: _words(snapshot, leg, book, walk))


def _why_not(leg: LegSnapshot, book: OrderBook | None, facts: CycleFacts) -> str | None:
    """Say why a leg cannot be held against a book; None if it can."""
    if leg.coins is None or not isinstance(leg.reading, MarketReading) or leg.reading.instrument.payoff is None:
        return "what it holds is not known"
    if book is None:
        return "its order book was not read yet; the worker asks for one contract's after the other's"
    if facts.read_at - book.stamp.received_at > BOOK_IS_OLD:
        return f"its order book is older than {BOOK_IS_OLD // timedelta(minutes=1)} minutes"
    price = leg.mark_price if leg.mark_price is not None else leg.futures_price
    if price is not None and not price * HALF < mid_of(book) < price * DOUBLE:
        return f"its order book is around {plain(mid_of(book), 8)}, its price is {plain(price, 8)}: it is not believed"
    return None


def mid_of(book: OrderBook) -> Decimal:
    """Return the middle between a book's best prices."""
    return (book.bids[0][0] + book.asks[0][0]) / 2


def _walk(leg: LegSnapshot, book: OrderBook) -> BookWalk:
    side, levels = _levels(leg, book)
    return book_walk(side, levels, abs(leg.coins or ZERO), mid_of(book))


def _levels(leg: LegSnapshot, book: OrderBook) -> tuple[Side, list[tuple[Decimal, Decimal]]]:
    """Return how a leg is closed, and what the book offers for that in coins: a short buys what is asked."""
    side, rows = (Side.BUY, book.asks) if (leg.coins or ZERO) < 0 else (Side.SELL, book.bids)
    read = leg.reading
    if not isinstance(read, MarketReading) or read.instrument.payoff is None:
        return side, []
    payoff, size = read.instrument.payoff, read.instrument.contract_size
    return side, [(price, coins_of(payoff, contracts, size, price)) for price, contracts in rows]


def _too_short(snapshot: HedgeSnapshot, leg: LegSnapshot, walk: BookWalk) -> str:
    held = abs(leg.coins or ZERO)
    shown = f"{plain(walk.filled, 6)} of {plain(held, 6)} coins at {percent(walk.slippage or ZERO)}"
    return f"{leg_words(snapshot, leg)}: what the exchange shows of the book carries {shown}; the rest is not seen"


def _words(snapshot: HedgeSnapshot, leg: LegSnapshot, book: OrderBook, walk: BookWalk) -> str:
    base, held = leg.leg.futures.base, abs(leg.coins or ZERO)
    side, levels = _levels(leg, book)
    budget = slippage_budget(base)
    most = max_size_in_budget(side, levels, mid_of(book), budget)
    loss = (walk.slippage or ZERO) * walk.filled * mid_of(book)
    whole = "" if walk.complete else f" for the {plain(walk.filled, 6)} that its book shows, and more for the rest"
    said = f"closing {plain(held, 6)} {base} at once would cost {percent(walk.slippage or ZERO)} ({loss:,.0f}){whole}"
    if most.quantity >= held:
        return f"{leg_words(snapshot, leg)}: {said}"
    parts = f"in parts of {plain(most.quantity, 3)} it stays within {percent(budget)}"
    return f"{leg_words(snapshot, leg)}: {said}; {parts}"
