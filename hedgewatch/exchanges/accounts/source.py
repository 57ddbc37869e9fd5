"""The source of one account: signed calls side by side under one deadline, filling the port AccountSource."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from decimal import Decimal
from typing import Any

from hedgewatch.domain.account import AccountFailure, AccountSnapshot, FundingPayment, KeyScope, PartFailure
from hedgewatch.domain.errors import ConfigurationError
from hedgewatch.domain.instrument import Instrument
from hedgewatch.domain.market import ReadingFailure, UnknownReason
from hedgewatch.exchanges.accounts.asking import KEY_FAULTS, Notebook, Topic, ask, topics_of
from hedgewatch.exchanges.accounts.assembling import Answers, Assembler, Told
from hedgewatch.exchanges.accounts.ledger import Ledger
from hedgewatch.exchanges.accounts.shape import Known, Part, Sheet, Side, side_of
from hedgewatch.exchanges.accounts.sparing import Sparing
from hedgewatch.exchanges.accounts.table import account_quirk
from hedgewatch.exchanges.asking import Desk
from hedgewatch.exchanges.client import signed_client
from hedgewatch.exchanges.credentials import Credentials
from hedgewatch.exchanges.door import Door
from hedgewatch.exchanges.faults import Fault
from hedgewatch.exchanges.gathering import gathered
from hedgewatch.exchanges.source import CcxtSource
from hedgewatch.monitoring.ports import AccountWanted, Clock

SPARE = Decimal("0.9")  # of the deadline: what is left is for reading the answers


class CcxtAccountSource:
    """One account, read with keys that should only read."""

    def __init__(
        self,
        *,
        account: str,
        market: CcxtSource,
        credentials: Credentials,
        clock: Clock,
        timeout_seconds: Decimal,
        margin: str = "classic",
    ) -> None:
        """Prepare to read ``account`` at the exchange of ``market``; nothing is asked yet.

        market: its market list, patience, budget and clock skew are shared. timeout_seconds: for one fetch as a whole.
        Raises ConfigurationError for an exchange, a kind of margin or credentials that cannot be used.
        """
        self._account = account
        self._market = market
        self._clock = clock
        self._timeout = timeout_seconds
        self.quirk = account_quirk(account, market.exchange, margin)
        self._questions = self.quirk.questions[margin]
        self.door = Door(
            market.door.quirk,
            clock,
            base_url=market.base_url,
            restraint=market.door.restraint,
            credentials=credentials,
            signed=self.quirk.signed,
        )
        self.client: Any = self._signed_client(credentials)
        if self.client.requiredCredentials.get("password") and not credentials.password:
            raise ConfigurationError(
                f"accounts.{account}.password: {market.exchange} wants a passphrase beside the key"
            )
        self._desk = Desk(self.client, self.door, clock)
        self._ledgers = tuple(Ledger(plan, account, self._desk, clock) for plan in self.quirk.ledgers[margin])
        self._notebook = Notebook()
        self._sparing = Sparing(account, self.door.restraint)
        self._owned: Mapping[str, Decimal] = {}
        self.results: Answers = {}  # of the last fetch
        self._is_open = True
        self._fetching = asyncio.Lock()

    def _signed_client(self, credentials: Credentials) -> Any:  # noqa: ANN401  ccxt is untyped
        return signed_client(
            self.door,
            credentials,
            signing_time=self._signing_time,
            timeout_seconds=self._timeout,
            budget=self._market.client.throttler,
        )

    @property
    def account(self) -> str:
        """The account's name in the configuration."""
        return self._account

    @property
    def exchange(self) -> str:
        """Ccxt's id of the exchange."""
        return self._market.exchange

    @property
    def desk(self) -> Desk:
        """Where questions are put with this account's keys."""
        return self._desk

    def _signing_time(self) -> int:
        """Return the exchange's time, milliseconds: ours, less the skew where it is measured."""
        return round(self._clock.now().timestamp() * 1000) - int((self._market.skew.seconds or Decimal(0)) * 1000)

    async def fetch(self, wanted: AccountWanted) -> AccountSnapshot | AccountFailure:
        """Read all that is wanted within the timeout. Every failure is a value.

        At most one fetch is in flight: a second one waits for nothing and fails at once. While the exchange's budget
        runs out, a young answer is given again, with its own times (see Sparing).
        """
        if self._fetching.locked() or not self._is_open:
            words = "the last fetch is still running" if self._is_open else "it is closed"
            return self._failed(Fault(reason=UnknownReason.TIMEOUT, text=f"{self.exchange} {self._account}: {words}"))
        async with self._fetching:
            if self.door.restraint.holds(self._clock.now()):
                return self._failed(self.door.patience())
            if (again := self._sparing.again(wanted, self._clock.now())) is not None:
                return again
            found = await self._desk.attempt(f"account {self._account}", lambda: self._fetch(wanted))
            if isinstance(found, AccountSnapshot):
                self._sparing.keep(wanted, found)
            return self._failed(found) if isinstance(found, Fault) else found

    async def probe_scope(self) -> KeyScope | AccountFailure:
        """Ask only what the key may do, after comparing the clocks, which a signature needs."""
        if self._market.skew.is_due():
            await self._market.skew.measure()
        known = Known(exchange=self.exchange, listed={}, assets=frozenset(), name_asset=str)
        topics = [topic for topic in topics_of(self._questions, known) if Part.SCOPE in topic.question.tells]
        if not topics:
            words = self.quirk.no_scope or f"{self.exchange} has no call that tells what a key may do"
            return self._untold_scope() or _unknown_scope(words)
        deadline = asyncio.get_running_loop().time() + float(self._timeout * SPARE)
        late = Fault(reason=UnknownReason.TIMEOUT, text=f"{self.exchange} {self._account} did not answer in time")
        found = await gathered({"scope": ask(self._desk, self._clock, topics[0])}, deadline, late)
        answer = found["scope"]
        if isinstance(answer, Fault):
            return self._failed(answer)
        self._notebook.note(topics[0], answer, self._clock.now())
        told = Assembler({topics[0]: answer}, known, (), self.door.hide).told()
        return told.scope or _unknown_scope(f"{self.exchange} {topics[0]} does not tell")

    async def _fetch(self, wanted: AccountWanted) -> AccountSnapshot | AccountFailure:
        deadline = asyncio.get_running_loop().time() + float(self._timeout * SPARE)
        known, unlisted = await self._know(wanted, deadline)
        topics = list(topics_of(self._questions, known))
        if wanted.is_in_doubt:
            self._notebook.forget(self._slow_balances(topics))
        await self._ask(topics, known, wanted, deadline)
        answers = self.results = self._answers(topics)
        failure = self._failure(answers)
        if failure is not None:
            return failure
        told = self._read(answers, known, unlisted)
        moved = self._moved_topics(topics, told)
        if moved:
            await self._ask(moved, known, AccountWanted(instruments=()), deadline)
            told = self._read(self._answers(topics), known, unlisted)
        return self._snapshot(told, answers)

    async def _know(self, wanted: AccountWanted, deadline: float) -> tuple[Known, list[ReadingFailure]]:
        """Return what is known of the wanted instruments, and a failure for each that is not."""
        markets, symbols = self._market.markets, [ref.symbol for ref in wanted.instruments]
        late = Fault(reason=UnknownReason.TIMEOUT, text=f"{self.exchange}: its market list is late")
        await gathered({"markets": markets.ready(symbols)}, deadline, late)
        listed: dict[Side, dict[str, Instrument]] = {side: {} for side in Side}
        unlisted: list[ReadingFailure] = []
        for ref in wanted.instruments:
            instrument = markets.instrument(ref.symbol)
            if instrument is None:
                fault = markets.fault(ref.symbol)
                unlisted.append(ReadingFailure(ref=ref, reason=fault.reason, detail=fault.text))
            else:
                listed[side_of(instrument)][markets.market_id(ref.symbol)] = instrument
        name_asset: Any = self.client.safe_currency_code
        known = Known(
            exchange=self.exchange, listed=listed, assets=wanted.assets, name_asset=name_asset, listing=markets.info
        )
        return known, unlisted

    async def _ask(self, topics: list[Topic], known: Known, wanted: AccountWanted, deadline: float) -> None:
        now = self._clock.now()
        due = self._notebook.due(topics, now)
        work: dict[Topic | Ledger, Coroutine[Any, Any, Any]] = {
            topic: ask(self._desk, self._clock, topic) for topic in due
        }
        since = wanted.payments_since
        for ledger in self._ledgers:
            listed = known.listed.get(ledger.plan.side, {}).values()
            if any(instrument.ref in since for instrument in listed) and ledger.is_due(since, now):
                work[ledger] = ledger.read(since, known)
        text = f"{self.exchange} {self._account} did not answer within {self._timeout:f} s"
        found = await gathered(work, deadline, Fault(reason=UnknownReason.TIMEOUT, text=text))
        for ledger in self._ledgers:
            if isinstance(found.get(ledger), Fault):
                ledger.fault = found[ledger]
        for topic in due:
            self._notebook.note(topic, found[topic], now)
        self._learn_from({topic: found[topic].reason for topic in due if isinstance(found[topic], Fault)}, topics)

    def _learn_from(self, reasons: Mapping[Topic, UnknownReason], topics: list[Topic]) -> None:
        """Ask again what a key may do after it was refused; measure the clocks again after a stamp was."""
        refused = [topic for topic, reason in reasons.items() if reason in KEY_FAULTS]
        scope = [topic for topic in topics if Part.SCOPE in topic.question.tells]
        if any(topic not in scope for topic in refused) and not any(topic in scope for topic in refused):
            self._notebook.forget(scope)
        if UnknownReason.CLOCK_SKEW in reasons.values():
            self._market.skew.forget()

    def _answers(self, topics: list[Topic]) -> Answers:
        now = self._clock.now()
        return {topic: self._notebook.answer(topic, now) for topic in topics}

    def _failure(self, answers: Answers) -> AccountFailure | None:
        """Return the failure of the whole account, if nothing that is asked each time was answered."""
        asked = [answer for topic, answer in answers.items() if topic.question.every is None]
        faults = [answer for answer in asked if isinstance(answer, Fault)]
        if not asked or len(faults) < len(asked):
            return None
        return self._failed(next((fault for fault in faults if fault.reason in KEY_FAULTS), faults[0]))

    def _read(self, answers: Answers, known: Known, unlisted: list[ReadingFailure]) -> Told:
        return Assembler(answers, known, unlisted, self.door.hide).told()

    def _moved_topics(self, topics: list[Topic], told: Told) -> list[Topic]:
        """Return the earn questions to ask at once: coins that left or joined the other wallets may have gone there."""
        if isinstance(told.balances, PartFailure) or told.unread_balances:
            return []
        owned: dict[str, Decimal] = {}
        for balance in told.balances:
            owned[balance.asset] = owned.get(balance.asset, Decimal(0)) + balance.owned - balance.earn
        before, self._owned = self._owned, owned
        if not before or before == owned:
            return []
        slow = self._slow_balances(topics)
        self._notebook.forget(slow)
        return slow

    @staticmethod
    def _slow_balances(topics: list[Topic]) -> list[Topic]:
        return [topic for topic in topics if topic.question.every is not None and Part.BALANCES in topic.question.tells]

    def _payments(self) -> tuple[FundingPayment, ...] | PartFailure:
        found = tuple(payment for ledger in self._ledgers for payment in ledger.take())
        fault = next((ledger.fault for ledger in self._ledgers if ledger.fault), None)
        if found or fault is None:
            return found
        return PartFailure(reason=fault.reason, detail=self.door.hide(fault.text))

    def _snapshot(self, told: Told, answers: Answers) -> AccountSnapshot:
        times = [
            sheet.exchange_time for sheet in answers.values() if isinstance(sheet, Sheet) and not sheet.question.every
        ]
        return AccountSnapshot(
            account=self._account,
            exchange=self.exchange,
            received_at=self._clock.now(),
            exchange_time=min((time for time in times if time is not None), default=None),
            positions=told.positions,
            balances=told.balances,
            wallets=told.wallets,
            orders=told.orders,
            payments=self._payments(),
            scope=told.scope or self._untold_scope(),
            terms=told.terms,
            unread_wallets=told.unread_wallets,
            unread_balances=told.unread_balances,
        )

    def _untold_scope(self) -> KeyScope | None:
        if self.quirk.no_scope is None:
            return None
        return _unknown_scope(self.quirk.no_scope)

    def _failed(self, fault: Fault) -> AccountFailure:
        return AccountFailure(
            account=self._account,
            exchange=self.exchange,
            reason=fault.reason,
            detail=self.door.hide(fault.text),
            retry_at=fault.retry_at,
        )

    async def close(self) -> None:
        """Let go of connections; nothing may be asked afterwards."""
        self._is_open = False
        await self.client.close()


def _unknown_scope(why: str) -> KeyScope:
    return KeyScope(can_trade=None, can_withdraw=None, is_bound_to_address=None, source=why)
