"""Ledger: funding payments since the last known one, over any downtime, in windows and pages, with one sign."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hedgewatch.domain.account import FundingPayment
from hedgewatch.domain.instrument import Instrument, InstrumentRef
from hedgewatch.domain.market import UnknownReason
from hedgewatch.exchanges.accounts.asking import KEY_FAULTS, REST_AFTER_BAD_KEY, RETRY_AFTER, unreadable
from hedgewatch.exchanges.accounts.rows import needed, text_of
from hedgewatch.exchanges.accounts.shape import Known, LedgerPlan
from hedgewatch.exchanges.asking import Desk
from hedgewatch.exchanges.faults import Fault
from hedgewatch.exchanges.parse import Row, UnreadableError, moment_of
from hedgewatch.monitoring.ports import Clock

EVERY = timedelta(minutes=5)
OVERLAP = timedelta(hours=1)  # ledgers are written late, and not in order: known payments are read again, by their ids
FARTHEST_BACK = timedelta(days=89)  # exchanges keep three months
SHORTEST_WINDOW = timedelta(minutes=1)
CALLS_A_FETCH = 8  # a long back-fill goes on in the next fetches


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A stretch of time to read, both ends included."""

    start: datetime
    end: datetime


class Ledger:
    """The funding payments of one side of an account."""

    def __init__(self, plan: LedgerPlan, account: str, desk: Desk, clock: Clock) -> None:
        """Read after this plan, at this desk."""
        self.plan = plan
        self._account = account
        self._desk = desk
        self._clock = clock
        self._windows: list[tuple[str | None, Window]] = []
        self._covered: datetime | None = None
        self._covered_ids: frozenset[str] = frozenset()
        self._reading_until: datetime | None = None
        self._tried_at: datetime | None = None
        self._found: list[FundingPayment] = []
        self._handed: dict[InstrumentRef, datetime] = {}
        self.fault: Fault | None = None

    def is_due(self, since: Mapping[InstrumentRef, datetime], now: datetime) -> bool:
        """Tell whether to read now: there is a rest to read, some minutes have passed, or what was told is lost."""
        if self._tried_at is None or self._is_lost(since):
            return True
        waited = now - self._tried_at
        if self.fault is not None:
            return waited >= (REST_AFTER_BAD_KEY if self.fault.reason in KEY_FAULTS else RETRY_AFTER)
        return bool(self._windows) or waited >= EVERY

    def _is_lost(self, since: Mapping[InstrumentRef, datetime]) -> bool:
        """Tell whether the store does not know a payment we handed over: its transaction failed."""
        return any(since[ref] < at for ref, at in self._handed.items() if ref in since)

    async def read(self, since: Mapping[InstrumentRef, datetime], known: Known) -> None:
        """Read on from where the last read ended; what is found waits to be taken, what fails is the ``fault``."""
        now = self._clock.now()
        self._tried_at = now
        if self._is_lost(since):
            self._covered, self._windows, self._handed = None, [], {}
        if not self._windows:
            self._plan_windows(since, known, now)
        for _ in range(CALLS_A_FETCH):
            if not self._windows:
                break
            self.fault = await self._read_window(since, known)
            if self.fault is not None:
                return
        if not self._windows:
            self._covered = self._reading_until

    def _plan_windows(self, since: Mapping[InstrumentRef, datetime], known: Known, now: datetime) -> None:
        listed = known.listed.get(self.plan.side, {})
        ids: dict[str, Instrument] = {i: instrument for i, instrument in listed.items() if instrument.ref in since}
        if not ids:
            return
        if not self._covered_ids.issuperset(ids):
            self._covered = None  # a contract that is new here has a past of its own
        self._covered_ids = frozenset(ids)
        start = min(since[instrument.ref] for instrument in ids.values())
        start = max(start, self._covered or start, now - FARTHEST_BACK) - OVERLAP
        subjects: list[str | None] = list(ids) if self.plan.symbol_key else [None]
        windows: list[Window] = []
        while start < now:
            end = min(start + self.plan.window, now)
            windows.append(Window(start=start, end=end))
            start = end
        self._windows = [(subject, window) for window in reversed(windows) for subject in subjects]
        self._reading_until = now

    async def _read_window(self, since: Mapping[InstrumentRef, datetime], known: Known) -> Fault | None:
        """Read the oldest window that is left, all its pages; halve it where a page does not hold it."""
        subject, window = self._windows[-1]
        params: dict[str, str | int] = {
            **self.plan.params,
            self.plan.start_key: _milliseconds(window.start),
            self.plan.end_key: _milliseconds(window.end),
        }
        if subject is not None and self.plan.symbol_key is not None:
            params[self.plan.symbol_key] = subject
        rows: list[Row] = []
        try:
            while True:
                answer = await self._desk.attempt(self.plan.name, self._call(params))
                if isinstance(answer, Fault):
                    return answer
                page = self.plan.page(answer, self.plan.limit)
                rows += page.rows
                if page.follow is None or self._is_past(page.rows, window):
                    break
                params |= page.follow
            if page.is_cut:
                self._halve(subject, window)
                return None
            self._keep(rows, since, known)
        except UnreadableError as error:
            return unreadable(self._desk, self.plan.name, error)
        self._windows.pop()
        return None

    def _call(self, params: Mapping[str, str | int]) -> Any:  # noqa: ANN401  ccxt is untyped
        return lambda: getattr(self._desk.client, self.plan.method)(dict(params))

    def _is_past(self, rows: tuple[Row, ...], window: Window) -> bool:
        """Tell whether a page reaches back behind the window: then the exchange does not heed its ends."""
        stamps = [moment_of(row.get(self.plan.time_key)) for row in rows]
        return not rows or any(stamp is not None and stamp < window.start for stamp in stamps)

    def _halve(self, subject: str | None, window: Window) -> None:
        half = (window.end - window.start) / 2
        if half < SHORTEST_WINDOW:
            raise UnreadableError(UnknownReason.OUT_OF_RANGE, f"more payments at {window.start} than a page holds")
        middle = window.start + half
        later, earlier = Window(start=middle, end=window.end), Window(start=window.start, end=middle)
        self._windows[-1:] = [(subject, later), (subject, earlier)]

    def _keep(self, rows: list[Row], since: Mapping[InstrumentRef, datetime], known: Known) -> None:
        listed = known.listed.get(self.plan.side, {})
        known_ids = {(payment.ref, payment.payment_id) for payment in self._found}
        fresh: list[FundingPayment] = []
        for row in rows:
            market_id = row.get(self.plan.id_key)
            instrument = listed.get(market_id) if type(market_id) is str else None
            if instrument is None or instrument.ref not in since:
                continue
            payment = _payment(self.plan, self._account, instrument, row, known)
            if payment.paid_at >= since[payment.ref] - OVERLAP and (payment.ref, payment.payment_id) not in known_ids:
                known_ids.add((payment.ref, payment.payment_id))
                fresh.append(payment)
        self._found += fresh

    def take(self) -> tuple[FundingPayment, ...]:
        """Hand over what was found, oldest first."""
        found = tuple(sorted(self._found, key=lambda payment: (payment.paid_at, payment.payment_id)))
        self._found = []
        for payment in found:
            self._handed[payment.ref] = payment.paid_at
        return found


def _payment(plan: LedgerPlan, account: str, instrument: Instrument, row: Row, known: Known) -> FundingPayment:
    """Read one payment, + received. Raises UnreadableError."""
    paid_at, amount = moment_of(row.get(plan.time_key)), needed(row, plan.amount_key)
    if paid_at is None:
        raise UnreadableError(UnknownReason.MISSING, f"a payment of {instrument.ref.symbol} without its time")
    told_asset = text_of(row, plan.asset_key) if plan.asset_key else None
    payment_id = next((told for key in plan.payment_id if (told := text_of(row, key))), None)
    return FundingPayment(
        account=account,
        ref=instrument.ref,
        paid_at=paid_at,
        asset=known.name_asset(told_asset) if told_asset else instrument.settle or instrument.quote,
        amount=-amount if plan.paid_is_positive else amount,
        payment_id=payment_id or str(_milliseconds(paid_at)),
    )


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
