"""The ports: all that monitoring asks of the world."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from hedgewatch.domain.account import AccountFailure, AccountSnapshot, FundingPayment
from hedgewatch.domain.alert import AlertEvent, AlertState
from hedgewatch.domain.contract_facts import ContractFact, Facts
from hedgewatch.domain.finding import Finding, Target
from hedgewatch.domain.hedge import HedgeSnapshot, Past
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.intervention import Interventions
from hedgewatch.domain.inventory import HoldingSnapshot
from hedgewatch.domain.market import ExchangeAnswer
from hedgewatch.domain.proof import Proof, Subject
from hedgewatch.monitoring.health import ChannelTrouble, DiskRoom, StoreOutage


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to ask of one exchange in one cycle.

    settled_since: instruments whose settled funding rates are to be asked for as well, and from when (exclusive).
    """

    instruments: Sequence[InstrumentRef]
    settled_since: Mapping[InstrumentRef, datetime]


class ExchangeSource(Protocol):
    """One exchange, read only."""

    @property
    def exchange(self) -> str:
        """Ccxt's id of the exchange."""
        ...

    async def fetch(self, wanted: Wanted) -> ExchangeAnswer:
        """Read all that is wanted. Never raises for a fault of the exchange: every failure is a value in the answer."""
        ...

    async def close(self) -> None:
        """Let go of connections; nothing may be asked afterwards."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountWanted:
    """What to ask of one account in one cycle.

    instruments: those whose positions, orders and terms are wanted. assets: those whose balances are wanted, by their
    unified names; empty means every one. payments_since: the last known funding payment of each contract; older ones
    are not wanted. is_in_doubt: something waits to be proven, so that what is asked seldom (earn) is asked now.
    """

    instruments: Sequence[InstrumentRef]
    assets: frozenset[str] = frozenset()
    payments_since: Mapping[InstrumentRef, datetime] = field(default_factory=dict)
    is_in_doubt: bool = False


class AccountSource(Protocol):
    """One account of one exchange, read only."""

    @property
    def account(self) -> str:
        """The account's name in the configuration."""
        ...

    @property
    def exchange(self) -> str:
        """Ccxt's id of the exchange."""
        ...

    async def fetch(self, wanted: AccountWanted) -> AccountSnapshot | AccountFailure:
        """Read all that is wanted. Never raises for a fault of the exchange: every failure is a value."""
        ...

    async def close(self) -> None:
        """Let go of connections; nothing may be asked afterwards."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxDraft:
    """One event for one channel, to be stored in the transaction that made the event.

    suppressed_by: the silence that keeps it, None if it is to be sent. only_if_told: store it only where the channel
    was told something of the episode before.
    """

    event_id: str
    channel: str
    suppressed_by: str | None = None
    only_if_told: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EventDraft:
    """An event with its frozen payload: the exact bytes of the webhook body, from which mail is worded too."""

    event: AlertEvent
    payload: bytes


class PaymentSource(StrEnum):
    """Whether a funding payment is a line of the exchange's ledger or was reckoned from a settled rate."""

    LEDGER = "ledger"
    ESTIMATE = "estimate"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRecord:
    """A funding payment to be stored. amount_usd: + received, None if the settle asset's worth is not known.

    An estimate of a leg without an account has an empty account; what the ledger says of that moment replaces it.
    leg: hedge and leg that it was reckoned for; None: whose account, exchange and symbol say whose it is.
    """

    payment: FundingPayment
    amount_usd: Decimal | None
    source: PaymentSource = PaymentSource.LEDGER
    leg: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleRecord:
    """All that one cycle leaves behind, stored in one transaction.

    states: every alert whose state changed or must be kept; a state that is OK again with no episode is forgotten.
    findings: for the status page. payments: new ones; one that is stored already stays. facts, proofs: those that
    changed. configuration: the digest of the one it ran under, None if not known.
    """

    started_at: datetime
    read_at: datetime
    answers: Sequence[ExchangeAnswer]
    snapshots: Sequence[HedgeSnapshot]
    findings: Sequence[Finding]
    states: Sequence[AlertState]
    events: Sequence[EventDraft]
    outbox: Sequence[OutboxDraft]
    accounts: Sequence[AccountSnapshot | AccountFailure] = ()
    holdings: Sequence[HoldingSnapshot] = ()
    payments: Sequence[PaymentRecord] = ()
    facts: Sequence[ContractFact] = ()
    proofs: Sequence[Proof] = ()
    configuration: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What a cycle must know of the cycles before it.

    late: alerts whose latest event a channel took more than a minute late, so that its reader wants the present state.
    taken_at: when their latest event was taken that late, None if no channel has taken it yet. proofs: what was proven
    of every account. facts: of the instruments asked for. last_payment_at: the latest line of the funding ledger, by
    account and contract. interventions: what people have said and still holds. troubles: of each channel that has any.
    outage: of the database, None while it can be written. room: on its disk, None if not known. is_blank: the database
    was away from the start, so that nothing is remembered and no hedge can be judged.
    """

    alerts: Mapping[Target, AlertState]
    past: Past
    late: frozenset[Target] = frozenset()
    taken_at: Mapping[Target, datetime | None] = field(default_factory=dict)
    proofs: Mapping[Subject, Proof] = field(default_factory=dict)
    facts: Facts = field(default_factory=dict)
    last_payment_at: Mapping[tuple[str, InstrumentRef], datetime] = field(default_factory=dict)
    interventions: Interventions = field(default_factory=Interventions)
    troubles: Mapping[str, ChannelTrouble] = field(default_factory=dict)
    outage: StoreOutage | None = None
    room: DiskRoom | None = None
    is_blank: bool = False


class CycleStore(Protocol):
    """Where cycles are remembered."""

    async def recall(
        self, instruments: Sequence[InstrumentRef], legs: Sequence[tuple[str, str]], now: datetime
    ) -> Memory:
        """Tell what is remembered of these instruments, (hedge, leg) pairs and all alerts.

        Raises StoreUnavailableError.
        """
        ...

    async def record(self, cycle: CycleRecord) -> None:
        """Store a cycle whole or not at all. Storing the same event twice keeps one. Raises StoreUnavailableError."""
        ...

    async def show(self, cycle: CycleRecord) -> None:
        """Store every rule's answer in a cycle that is stored, for readers only. Raises StoreUnavailableError."""
        ...


class DeliveryState(StrEnum):
    """Where one delivery stands."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"
    SUPPRESSED = "suppressed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One event for one channel, claimed for sending.

    attempts: failed ones so far. first_attempt_at: None before the first. made_at: when the event was made.
    """

    event_id: str
    channel: str
    event_type: str
    severity: str
    payload: bytes
    made_at: datetime
    attempts: int
    first_attempt_at: datetime | None


class Outbox(Protocol):
    """Deliveries that are not done yet, in the store."""

    async def claim(self, channel: str, now: datetime, claimed_for_seconds: Decimal) -> Delivery | None:
        """Claim the channel's next due delivery, oldest episode event first; None if nothing is due.

        A later event of an episode is not due before the earlier ones are delivered or dead.
        """
        ...

    async def fall_back(self, channels: Sequence[str], made_before: datetime, attempts: int) -> None:
        """Make critical events that still wait for a channel, or were given up in 72 hours, due on these channels too.

        Waiting: made at or before ``made_before``, or tried in vain at least ``attempts`` times.
        """
        ...

    async def delivered(self, delivery: Delivery, at: datetime) -> None:
        """Note that the channel took it."""
        ...

    async def failed(self, delivery: Delivery, at: datetime, error: str, retry_at: datetime | None) -> None:
        """Note a failed attempt, to be tried again at ``retry_at``, or dead if that is None."""
        ...


class Notifier(Protocol):
    """One configured channel."""

    @property
    def channel(self) -> str:
        """The channel's name in the configuration."""
        ...

    @property
    def deadline_seconds(self) -> Decimal:
        """The longest one send may take; it is cut off then."""
        ...

    async def send(self, delivery: Delivery, now: datetime) -> None:
        """Hand over one message. Raises DeliveryError (scrubbed of secrets) if the channel did not take it."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


class Clock(Protocol):
    """Time: the wall clock for words and horizons, the monotonic one for durations."""

    def now(self) -> datetime:
        """Return the present moment, UTC, aware."""
        ...

    def monotonic(self) -> Decimal:
        """Return seconds that never jump."""
        ...


class MarketShelf(Protocol):
    """Where the wanted markets of each exchange are kept between starts."""

    async def markets(self, exchange: str) -> Mapping[str, str]:
        """Return the kept markets: unified symbol to the exchange library's market as JSON text; empty if none."""
        ...

    async def keep(self, exchange: str, markets: Mapping[str, str], at: datetime) -> None:
        """Replace what is kept of these symbols."""
        ...
