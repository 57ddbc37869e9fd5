"""Sparing: when an account's last answer is given again, because its exchange's budget runs out."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from hedgewatch.domain.account import AccountSnapshot, PartFailure
from hedgewatch.exchanges.door import Restraint
from hedgewatch.monitoring.ports import AccountWanted

SPARE_FROM = Decimal("0.6")  # of the budget: the rest is for prices, and for what is in doubt
HOLDS_FOR = timedelta(seconds=45)  # half of what data_stale allows

log = logging.getLogger(__name__)


class Sparing:
    """Keeps the last answer of one account, and gives it again while questions are dear.

    It keeps its own times, so that it is as old as it is, and no second read of anything.
    """

    def __init__(self, account: str, restraint: Restraint) -> None:
        """Nothing was answered yet."""
        self._account = account
        self._restraint = restraint
        self._last: tuple[AccountWanted, AccountSnapshot] | None = None
        self._is_sparing = False
        self._polled_at: datetime | None = None

    def keep(self, wanted: AccountWanted, found: AccountSnapshot) -> None:
        """Keep an answer; its payments were told."""
        payments = found.payments if isinstance(found.payments, PartFailure) else ()
        self._last = wanted, replace(found, payments=payments)

    def again(self, wanted: AccountWanted, now: datetime) -> AccountSnapshot | None:
        """Return the last answer if it may stand for a new one; None: ask.

        It may where it is young and of the same question, and nothing waits to be proven, which takes another read.
        Where polls are farther apart than the budget's window, a moment's wait in the throttler is the better answer.
        """
        spent, before = self._restraint.spent(), self._polled_at
        self._polled_at = now
        is_quick = before is not None and now - before < self._restraint.window
        is_dear = is_quick and spent > SPARE_FROM
        if is_dear is not self._is_sparing:
            self._is_sparing = is_dear
            words = f"for up to {HOLDS_FOR.seconds} s each answer is given again" if is_dear else "asked at every poll"
            log.info("account %s: %.0f %% of its exchange's budget is spent: %s", self._account, spent * 100, words)
        if not is_dear or self._last is None or wanted.is_in_doubt:
            return None
        asked, found = self._last
        is_same = (asked.instruments, asked.assets) == (wanted.instruments, wanted.assets)
        return found if is_same and timedelta(0) <= now - found.received_at < HOLDS_FOR else None
