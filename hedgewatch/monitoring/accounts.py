"""Accounts in a cycle: what to ask of each, what of its answer is proven, which payments are new."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from hedgewatch.domain.account import AccountFailure, AccountSnapshot, FundingPayment, LeverageTiers, PartFailure
from hedgewatch.domain.contract_facts import TierTexts, tiers_text
from hedgewatch.domain.hedge import Hedge
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.market import MarketReading, ReadingFailure, UnknownReason
from hedgewatch.domain.proof import Belief, Proof, Subject
from hedgewatch.domain.proving import prove_coins, prove_positions
from hedgewatch.monitoring.ports import AccountWanted, Memory, PaymentRecord

FIRST_BACKFILL = timedelta(days=30)  # what the rules look back on
PRICE_HOLDS_FOR = timedelta(minutes=15)  # an older payment was made at another price than the present one
WORTH_A_DOLLAR = frozenset({"USD", "USDT", "USDC"})

Said = AccountSnapshot | AccountFailure


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountNeeds:
    """What hedges want of one account: the contracts of its legs, and the coins that are theirs."""

    instruments: tuple[InstrumentRef, ...]
    coins: frozenset[str]

    @property
    def assets(self) -> frozenset[str]:
        """The assets whose balances are wanted: the coins, and what the legs are settled in."""
        return self.coins | {ref.settle for ref in self.instruments}


@dataclass(frozen=True, slots=True, kw_only=True)
class AllProven:
    """What is believed of all accounts, and the proofs that changed."""

    beliefs: Mapping[Subject, Belief]
    changed: tuple[Proof, ...]


def needs_of(hedges: Iterable[Hedge]) -> Mapping[str, AccountNeeds]:
    """Return what the hedges want of each account, by its name; one that nothing is read from is left out."""
    instruments: dict[str, dict[InstrumentRef, None]] = {}
    coins: dict[str, set[str]] = {}
    for hedge in hedges:
        for leg in hedge.legs:
            if leg.is_read and leg.account is not None:
                instruments.setdefault(leg.account, {})[leg.futures] = None
                coins.setdefault(leg.account, set()).update({leg.futures.settle} if leg.futures.is_inverse else ())
        for share in hedge.held:
            if share.holding.account is not None:
                coins.setdefault(share.holding.account, set()).add(share.holding.asset)
    return {
        account: AccountNeeds(instruments=tuple(instruments.get(account, ())), coins=frozenset(held))
        for account, held in coins.items()
    }


def account_questions(needs: Mapping[str, AccountNeeds], memory: Memory, now: datetime) -> Mapping[str, AccountWanted]:
    """Return what to ask of each account now; where something waits to be proven, what is asked seldom as well."""
    in_doubt = {subject.account for subject, proof in memory.proofs.items() if proof.doubt is not None}
    return {
        account: AccountWanted(
            instruments=need.instruments,
            assets=need.assets,
            payments_since={
                ref: memory.last_payment_at.get((account, ref), now - FIRST_BACKFILL) for ref in need.instruments
            },
            is_in_doubt=account in in_doubt,
        )
        for account, need in needs.items()
    }


def failed_account(exchange: str, account: str, reason: UnknownReason, detail: str) -> AccountFailure:
    """Make the answer of an account that gave none."""
    return AccountFailure(account=account, exchange=exchange, reason=reason, detail=f"account {detail}")


def prove(
    said: Mapping[str, Said], needs: Mapping[str, AccountNeeds], memory: Memory, poll_seconds: Decimal
) -> AllProven:
    """Return what is believed of every account after its answer."""
    beliefs: dict[Subject, Belief] = {}
    changed: list[Proof] = []
    for account, answer in said.items():
        need = needs[account]
        found = [
            prove_positions(answer, memory.proofs, expected=need.instruments, poll_seconds=poll_seconds),
            prove_coins(answer, memory.proofs, expected=need.coins, poll_seconds=poll_seconds),
        ]
        for proven in found:
            beliefs |= proven.beliefs
            changed += [proof for proof in proven.changed if _is_wanted(proof.subject, need)]
    return AllProven(beliefs=beliefs, changed=tuple(changed))


def _is_wanted(subject: Subject, need: AccountNeeds) -> bool:
    """Tell whether a proof is worth keeping: the money that backs linear legs comes and goes, and is no hedge's."""
    return subject.side is not None or subject.name in need.coins


def payment_records(
    said: Iterable[Said], readings: Mapping[InstrumentRef, MarketReading | ReadingFailure], now: datetime
) -> tuple[PaymentRecord, ...]:
    """Return the funding payments that accounts told, with their worth where it is known."""
    return tuple(
        PaymentRecord(payment=payment, amount_usd=_in_dollars(payment, readings, now))
        for answer in said
        if isinstance(answer, AccountSnapshot) and not isinstance(answer.payments, PartFailure)
        for payment in answer.payments
    )


def _in_dollars(
    payment: FundingPayment, readings: Mapping[InstrumentRef, MarketReading | ReadingFailure], now: datetime
) -> Decimal | None:
    """Value a payment: a dollar currency as it is, coins at the mark price if they were paid just now."""
    if payment.asset in WORTH_A_DOLLAR:
        return payment.amount
    reading = readings.get(payment.ref)
    mark = reading.mark.mark_price if isinstance(reading, MarketReading) and reading.mark else None
    if mark is None or payment.asset != payment.ref.base or now - payment.paid_at > PRICE_HOLDS_FOR:
        return None
    return payment.amount * mark


def tier_texts(said: Mapping[str, Said], needs: Mapping[str, AccountNeeds]) -> TierTexts:
    """Return the leverage tiers of every contract as text, each by the first account that is asked for it.

    Accounts may have tiers of their own, so that another one's would look like a change.
    """
    asked_by: dict[InstrumentRef, str] = {}
    for account in sorted(needs):
        for ref in needs[account].instruments:
            asked_by.setdefault(ref, account)
    return {
        terms.ref: (tiers_text(terms.tiers), terms.tiers.stamp.source)
        for account, answer in said.items()
        if isinstance(answer, AccountSnapshot)
        for terms in answer.terms
        if isinstance(terms.tiers, LeverageTiers) and asked_by.get(terms.ref) == account
    }
