"""Discretion: what an error said is cleaned of secrets before it is stored or told.

Errors are worded without secrets where they arise; this is the second lock, which knows the values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from hedgewatch.domain.account import AccountFailure, AccountSnapshot
from hedgewatch.domain.alert import AlertState
from hedgewatch.domain.finding import Finding, OutcomeKind
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.market import ExchangeAnswer
from hedgewatch.monitoring.ports import CycleRecord, CycleStore, Delivery, EventDraft, Memory, Outbox

Clean = Callable[[str], str]


class DiscreetStore:
    """A store that is given no secret: the errors, the words of what is not clear, and the messages are cleaned."""

    def __init__(self, store: CycleStore, clean: Clean) -> None:
        """Take the store, and what masks secrets in a text."""
        self._store = store
        self._clean = clean

    async def recall(
        self, instruments: Sequence[InstrumentRef], legs: Sequence[tuple[str, str]], now: datetime
    ) -> Memory:
        """Ask the store."""
        return await self._store.recall(instruments, legs, now)

    async def record(self, cycle: CycleRecord) -> None:
        """Store the cycle, cleaned."""
        await self._store.record(_clean_cycle(cycle, self._clean))

    async def show(self, cycle: CycleRecord) -> None:
        """Store every rule's answer, cleaned."""
        await self._store.show(_clean_cycle(cycle, self._clean))


class DiscreetOutbox:
    """An outbox that is told no secret of a failed attempt."""

    def __init__(self, outbox: Outbox, clean: Clean) -> None:
        """Take the outbox, and what masks secrets in a text."""
        self._outbox = outbox
        self._clean = clean

    async def claim(self, channel: str, now: datetime, claimed_for_seconds: Decimal) -> Delivery | None:
        """Ask the outbox."""
        return await self._outbox.claim(channel, now, claimed_for_seconds)

    async def fall_back(self, channels: Sequence[str], made_before: datetime, attempts: int) -> None:
        """Tell the outbox."""
        await self._outbox.fall_back(channels, made_before, attempts)

    async def delivered(self, delivery: Delivery, at: datetime) -> None:
        """Tell the outbox."""
        await self._outbox.delivered(delivery, at)

    async def failed(self, delivery: Delivery, at: datetime, error: str, retry_at: datetime | None) -> None:
        """Tell the outbox, cleaned."""
        await self._outbox.failed(delivery, at, self._clean(error), retry_at)


def _clean_cycle(cycle: CycleRecord, clean: Clean) -> CycleRecord:
    return replace(
        cycle,
        answers=[_clean_answer(answer, clean) for answer in cycle.answers],
        accounts=[_clean_account(account, clean) for account in cycle.accounts],
        findings=[_clean_finding(finding, clean) for finding in cycle.findings],
        states=[_clean_state(state, clean) for state in cycle.states],
        events=[_clean_event(draft, clean) for draft in cycle.events],
    )


def _clean_answer(answer: ExchangeAnswer, clean: Clean) -> ExchangeAnswer:
    return answer if answer.error is None else replace(answer, error=clean(answer.error))


def _clean_account(account: AccountSnapshot | AccountFailure, clean: Clean) -> AccountSnapshot | AccountFailure:
    return replace(account, detail=clean(account.detail)) if isinstance(account, AccountFailure) else account


def _clean_finding(finding: Finding, clean: Clean) -> Finding:
    """Clean the words of a finding; one that is clear holds our own numbers alone, and there are thousands of those."""
    if finding.kind is OutcomeKind.CLEAR:
        return finding
    return finding._replace(words=lambda: clean(finding.message))  # only when somebody reads them


def _clean_state(state: AlertState, clean: Clean) -> AlertState:
    return state if state.message is None else replace(state, message=clean(state.message))


def _clean_event(draft: EventDraft, clean: Clean) -> EventDraft:
    event = replace(
        draft.event, finding=_clean_finding(draft.event.finding, clean), state=_clean_state(draft.event.state, clean)
    )
    return EventDraft(event=event, payload=clean(draft.payload.decode()).encode())
