"""What is remembered between cycles: filled once from the database, then kept by whoever records."""

from __future__ import annotations

import decimal
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from hedgewatch.domain.account import AccountSnapshot, CoinBalance, PartFailure
from hedgewatch.domain.alert import AlertPhase, AlertState
from hedgewatch.domain.contract_facts import ContractFact, FactName
from hedgewatch.domain.finding import Target
from hedgewatch.domain.hedge import Leg, LegSnapshot, Past
from hedgewatch.domain.history import BasisPast, InstrumentPast, PastQuote
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.market import ExchangeAnswer, MarketReading, Quote, ReadingFailure, SettledFunding
from hedgewatch.domain.numbers import CONTEXT
from hedgewatch.domain.proof import Proof, Subject
from hedgewatch.monitoring.ports import CycleRecord, Memory, PaymentSource
from hedgewatch.storage.proof_rows import stored_proof
from hedgewatch.storage.standings import Standings, note_standings, standings_at
from hedgewatch.storage.types import to_decimal, to_float

POLLS_REMEMBERED = 10
BASIS_WINDOW = timedelta(days=30)
SETTLED_WINDOW = timedelta(hours=24)

LegIdentity = tuple[str, str, str, str, str]
AccountKey = tuple[str, str]
Balances = tuple[CoinBalance, ...]


def hour_of(at: datetime) -> datetime:
    """Return the full hour ``at`` lies in."""
    return at.replace(minute=0, second=0, microsecond=0)


def leg_identity(hedge: str, leg: Leg) -> LegIdentity:
    """Name a leg and what it trades: hedge, leg, exchange, account (empty: none), symbol."""
    return hedge, leg.name, leg.futures.exchange, leg.account or "", leg.futures.symbol


def is_forgotten(state: AlertState) -> bool:
    """Tell whether nothing is left to remember: OK, no episode now or lately, nothing pending or settled, not blind."""
    return (
        state.phase is AlertPhase.OK
        and state.episode is None
        and not state.opened
        and state.settled is None
        and state.unknown_since is None
        and not any(held.polls or held.seconds for held in state.pending.values())
    )


def answered(answer: ExchangeAnswer) -> bool:
    """Tell whether an exchange answered usefully: at least one instrument could be read."""
    return any(isinstance(reading, MarketReading) for reading in answer.readings)


def stored_number(value: Decimal) -> Decimal:
    """Return a market number as it comes back from the database."""
    return to_decimal(to_float(value)) or Decimal(0)


def stored_time(at: datetime) -> datetime:
    """Return a time as it comes back from the database: whole milliseconds."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000) if at.microsecond % 1000 else at


def past_quote(read_at: datetime, quote: Quote) -> PastQuote:
    """Keep a quote as it comes back from the database."""
    exchange_time = quote.stamp.exchange_time
    return PastQuote(
        read_at=read_at,
        bid=stored_number(quote.bid),
        ask=stored_number(quote.ask),
        exchange_time=exchange_time and stored_time(exchange_time),
    )


def same_book(one: PastQuote, other: PastQuote) -> bool:
    """Tell whether two quotes show the same bid and ask."""
    return (one.bid, one.ask) == (other.bid, other.ask)


class BasisHours:
    """Hourly closes of one leg's basis rate, and their mean."""

    def __init__(self, identity: LegIdentity) -> None:
        """Start with no hours; ``identity`` says what the leg traded."""
        self.identity = identity
        self._closes: dict[datetime, Decimal] = {}
        self._mean: tuple[datetime, BasisPast | None] | None = None

    def close(self, hour: datetime, basis_rate: Decimal) -> None:
        """Note the latest basis rate of an hour."""
        if self._mean is not None and hour < self._mean[0]:
            self._mean = None
        self._closes[hour] = basis_rate

    def before(self, now: datetime) -> BasisPast | None:
        """Return the mean over the 30 days before the current hour, None if no hour is known."""
        hour = hour_of(now)
        if self._mean is None or self._mean[0] != hour:
            first = hour - BASIS_WINDOW
            self._closes = {at: close for at, close in self._closes.items() if at >= first}
            closes = [close for at, close in self._closes.items() if at < hour]
            self._mean = hour, _mean(closes)
        return self._mean[1]


def _mean(closes: Sequence[Decimal]) -> BasisPast | None:
    if not closes:
        return None
    with decimal.localcontext(CONTEXT):
        return BasisPast(mean=sum(closes, Decimal(0)) / len(closes), hours=len(closes))


class Recollection:
    """What the cycles so far have left to know."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self.alerts: dict[Target, AlertState] = {}
        self.instruments: dict[InstrumentRef, InstrumentPast] = {}
        self.basis: dict[tuple[str, str], BasisHours] = {}
        self.settled: dict[InstrumentRef, dict[datetime, SettledFunding]] = {}
        self.last_answer_at: dict[str, datetime] = {}
        self.first_asked_at: dict[str, datetime] = {}
        self.polls: deque[datetime] = deque(maxlen=POLLS_REMEMBERED)
        self.proofs: dict[Subject, Proof] = {}
        self.facts: dict[InstrumentRef, dict[FactName, ContractFact]] = {}
        self.standings: Standings = {}
        self.last_payment_at: dict[tuple[str, InstrumentRef], datetime] = {}
        self.balances: dict[AccountKey, Balances] = {}  # as stored in this process's time

    def recall(self, instruments: Sequence[InstrumentRef], legs: Sequence[tuple[str, str]], now: datetime) -> Memory:
        """Tell what is known of these instruments and (hedge, leg) pairs, and all alerts."""
        basis = {leg: self.basis[leg].before(now) for leg in legs if leg in self.basis}
        return Memory(
            alerts=dict(self.alerts),
            past=Past(
                instruments={
                    ref: self._recent(self.instruments[ref]) for ref in instruments if ref in self.instruments
                },
                basis={leg: past for leg, past in basis.items() if past is not None},
                settled={ref: settled for ref in instruments if (settled := self._settled(ref, now))},
                last_answer_at=dict(self.last_answer_at),
                first_asked_at=dict(self.first_asked_at),
                standings=standings_at(self.standings, now),
            ),
            proofs=dict(self.proofs),
            facts={ref: dict(self.facts[ref]) for ref in instruments if ref in self.facts},
            last_payment_at=dict(self.last_payment_at),
        )

    def _recent(self, past: InstrumentPast) -> InstrumentPast:
        """Leave out quotes older than the last ten polls."""
        if not past.recent or not self.polls or past.recent[0].read_at >= self.polls[0]:
            return past
        return replace(past, recent=tuple(quote for quote in past.recent if quote.read_at >= self.polls[0]))

    def _settled(self, ref: InstrumentRef, now: datetime) -> tuple[SettledFunding, ...]:
        known = self.settled.get(ref)
        if not known:
            return ()
        first = now - SETTLED_WINDOW
        return tuple(known[at] for at in sorted(known) if first < at <= now)

    def note(self, cycle: CycleRecord) -> None:
        """Learn from a cycle that was stored. Learning the same one twice changes nothing."""
        read_at, started_at = stored_time(cycle.read_at), stored_time(cycle.started_at)
        if not self.polls or self.polls[-1] != read_at:
            self.polls.append(read_at)
        for answer in cycle.answers:
            self._note_answer(answer, started_at, read_at)
        for snapshot in cycle.snapshots:
            for leg in snapshot.legs:
                self._note_basis(snapshot.hedge.name, leg, hour_of(read_at))
        note_standings(self.standings, cycle.snapshots, read_at)
        self._note_alerts(cycle.states)
        self._note_accounts(cycle)

    def _note_accounts(self, cycle: CycleRecord) -> None:
        self.proofs |= {proof.subject: stored_proof(proof) for proof in cycle.proofs}
        for fact in cycle.facts:
            self.note_fact(fact)
        for record in cycle.payments:
            if record.source is PaymentSource.LEDGER:
                self.note_payment(record.payment.account, record.payment.ref, stored_time(record.payment.paid_at))
        for said in cycle.accounts:
            if (
                isinstance(said, AccountSnapshot)
                and not isinstance(said.balances, PartFailure)
                and not said.unread_balances
            ):
                self.balances[said.exchange, said.account] = said.balances

    def note_fact(self, fact: ContractFact) -> None:
        """Learn one contract fact; the latest stays."""
        known = self.facts.setdefault(fact.ref, {})
        before = known.get(fact.name)
        if before is None or before.seen_at < stored_time(fact.seen_at):
            known[fact.name] = replace(fact, seen_at=stored_time(fact.seen_at))

    def note_payment(self, account: str, ref: InstrumentRef, paid_at: datetime) -> None:
        """Learn when a contract's funding was paid to an account; the latest stays."""
        known = self.last_payment_at.get((account, ref))
        self.last_payment_at[account, ref] = max(known, paid_at) if known else paid_at

    def _note_answer(self, answer: ExchangeAnswer, started_at: datetime, read_at: datetime) -> None:
        self.first_asked_at.setdefault(answer.exchange, started_at)
        if answered(answer):
            self.last_answer_at[answer.exchange] = read_at
        for reading in answer.readings:
            self.instruments[reading.ref] = self._after(reading, started_at, read_at)
        for record in answer.settled:
            self.note_settled(record)
        first = read_at - 2 * SETTLED_WINDOW
        for known in (self.settled[record.ref] for record in answer.settled):
            for at in [at for at in known if at < first]:
                del known[at]

    def _after(
        self, reading: MarketReading | ReadingFailure, started_at: datetime, read_at: datetime
    ) -> InstrumentPast:
        before = self.instruments.get(reading.ref) or InstrumentPast(first_asked_at=started_at)
        quote = reading.quote if isinstance(reading, MarketReading) else None
        if quote is None:
            return before
        kept = before.recent[1 - POLLS_REMEMBERED :]
        if kept and kept[-1].read_at == read_at:
            kept = before.recent[:-1]
        seen = past_quote(read_at, quote)
        return InstrumentPast(
            first_asked_at=before.first_asked_at,
            last_good_at=stored_time(quote.stamp.received_at),
            recent=(*kept, seen),
            unchanged_since=before.unchanged_since if kept and same_book(kept[-1], seen) else read_at,
        )

    def note_settled(self, record: SettledFunding) -> None:
        """Learn one settled funding rate; of two records of one settlement the first stays, with any interval known."""
        at = stored_time(record.settled_at)
        interval = to_decimal(to_float(record.interval_hours))
        known = self.settled.setdefault(record.ref, {})
        before = known.get(at)
        if before is None or (before.interval_hours is None and interval is not None):
            rate = before.rate if before else stored_number(record.rate)
            known[at] = SettledFunding(ref=record.ref, settled_at=at, rate=rate, interval_hours=interval)

    def _note_basis(self, hedge: str, leg: LegSnapshot, hour: datetime) -> None:
        if leg.basis_rate is None:
            return
        identity = leg_identity(hedge, leg.leg)
        known = self.basis.get(identity[:2])
        if known is None or known.identity != identity:
            known = self.basis[identity[:2]] = BasisHours(identity)
        known.close(hour, stored_number(leg.basis_rate))

    def _note_alerts(self, states: Iterable[AlertState]) -> None:
        for state in states:
            if is_forgotten(state):
                self.alerts.pop(state.target, None)
            else:
                self.alerts[state.target] = state
