"""Funding terms: intervals and settlement times that do not come with the rates, asked seldom and remembered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from hedgewatch.exchanges.asking import Asked, Desk
from hedgewatch.exchanges.faults import Fault
from hedgewatch.exchanges.parse import UnreadableError, moment_of, parse_interval
from hedgewatch.exchanges.quirks.shape import Terms

STALE_AFTER = timedelta(hours=6)  # intervals change when a rate hits its cap: an old answer is no answer
RETRY_AFTER = timedelta(minutes=5)
FULL_DAY_HOURS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """What is remembered of one contract."""

    interval_hours: Decimal | None
    settles_at: datetime | None
    learned_at: datetime


class FundingTerms:
    """Remembers the funding terms of one exchange."""

    def __init__(self, plan: Terms) -> None:
        """Follow a plan of a quirk."""
        self.plan = plan
        self._known: dict[str, Term] = {}
        self._answered_at: datetime | None = None
        self._answer_was_empty = False
        self._covered: frozenset[str] = frozenset()
        self._tried_at: datetime | None = None

    async def refresh(self, desk: Desk, ids: Mapping[str, str], now: datetime) -> Fault | None:
        """Ask for what is not known any more; a failure is returned and changes nothing."""
        due = self._due_contracts(ids, now) if self.plan.call.each else ids if self._is_due(ids, now) else {}
        if not due:
            return None
        self._tried_at = now
        asked = await desk.ask(self.plan.call, due)
        if isinstance(asked, Fault):
            return asked
        self._learn(asked, ids, now)
        return next(iter(asked.faults.values()), None)

    def _is_due(self, ids: Mapping[str, str], now: datetime) -> bool:
        if self._answered_at is not None and not self._covered.issuperset(ids):
            return True
        if self._tried_at is not None and now - self._tried_at < RETRY_AFTER:
            return False
        return self._answered_at is None or now - self._answered_at >= self.plan.every

    def _due_contracts(self, ids: Mapping[str, str], now: datetime) -> Mapping[str, str]:
        plan = self.plan
        due = [symbol for symbol in ids if not self._holds(self._known.get(symbol), plan.every, now)]
        due.sort(key=lambda symbol: (symbol in self._known, symbol))
        return {symbol: ids[symbol] for symbol in due[: plan.budget]}

    @staticmethod
    def _holds(term: Term | None, every: timedelta, now: datetime) -> bool:
        if term is None or now - term.learned_at >= every:
            return False
        return term.settles_at is None or term.settles_at > now

    def _learn(self, asked: Asked, ids: Mapping[str, str], now: datetime) -> None:
        for symbol, row in asked.rows.items():
            try:
                interval = parse_interval(row, asked.call)
            except UnreadableError:
                interval = None
            settles_at = moment_of(row.get(asked.call.settles_at)) if asked.call.settles_at else None
            self._known[symbol] = Term(interval_hours=interval, settles_at=settles_at, learned_at=now)
        if not asked.call.each:
            self._forget_unlisted(asked)
            self._answered_at = now
            self._answer_was_empty = not asked.rows_seen
            self._covered = frozenset(ids)

    def _forget_unlisted(self, asked: Asked) -> None:
        for symbol in [symbol for symbol in self._known if symbol not in asked.rows]:
            del self._known[symbol]

    def interval(self, symbol: str, settles_at: datetime | None, now: datetime) -> Decimal | None:
        """Return a contract's interval in hours; None if it is not known.

        A contract missing from a good answer has the exchange's usual interval. If that answer was empty, the coming
        settlement must lie on the usual interval's hours as well.
        """
        term = self._known.get(symbol)
        if term is not None:
            return term.interval_hours if now - term.learned_at < STALE_AFTER else None
        if self.plan.absent_hours is None or self._answered_at is None:
            return None
        if now - self._answered_at >= STALE_AFTER or symbol not in self._covered:
            return None
        usual = self.plan.absent_hours
        if self._answer_was_empty and (settles_at is None or settles_at.hour % usual or settles_at.minute):
            return None
        return usual

    def told_at(self, symbol: str) -> datetime | None:
        """Return when a contract's interval was told, or was missing from a good answer; None if it never was."""
        term = self._known.get(symbol)
        if term is not None:
            return term.learned_at
        return self._answered_at if symbol in self._covered else None

    def settles_at(self, symbol: str, now: datetime) -> datetime | None:
        """Return a contract's coming settlement; None if it is not known or past."""
        term = self._known.get(symbol)
        return term.settles_at if term and term.settles_at and term.settles_at > now else None


class HistoryIntervals:
    """Intervals told by the spacing of past settlements, where an exchange says nothing else."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._known: dict[str, Term] = {}

    def due(self, symbols: Sequence[str], now: datetime) -> tuple[str, ...]:
        """Return the symbols whose spacing must be asked for."""
        known = self._known
        return tuple(s for s in symbols if s not in known or now - known[s].learned_at >= timedelta(hours=1))

    def learn(self, symbol: str, stamps: Sequence[datetime], now: datetime) -> None:
        """Learn from the last two settlements; fewer than two tell nothing."""
        hours = None
        if len(stamps) > 1:
            before, last = sorted(stamps)[-2:]
            hours = Decimal(round((last - before) / timedelta(hours=1)))
        sound = hours if hours is not None and 1 <= hours <= FULL_DAY_HOURS else None
        self._known[symbol] = Term(interval_hours=sound, settles_at=None, learned_at=now)

    def interval(self, symbol: str) -> Decimal | None:
        """Return the interval in hours; None if it is not known."""
        term = self._known.get(symbol)
        return term.interval_hours if term else None

    def told_at(self, symbol: str) -> datetime | None:
        """Return when the interval was learned; None if it never was."""
        term = self._known.get(symbol)
        return term.learned_at if term else None
