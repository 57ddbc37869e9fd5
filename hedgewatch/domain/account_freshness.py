"""Account freshness: for how long what a hedge needs of an account has not been known, and why."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from hedgewatch.domain.account import AccountSnapshot
from hedgewatch.domain.freshness import seconds_between
from hedgewatch.domain.hedge import CycleFacts, Hedge
from hedgewatch.domain.history import NO_PAST
from hedgewatch.domain.numbers import ZERO
from hedgewatch.domain.position import believed_coins, believed_contracts
from hedgewatch.domain.proof import Belief, Doubted


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountAge:
    """How old what is known of an account is. leg: the first one read from it, empty if only coins are.

    doubt: what is not known now, None if all is.
    """

    account: str
    leg: str
    seconds: Decimal
    doubt: Doubted | None


def account_ages(hedge: Hedge, facts: CycleFacts) -> tuple[AccountAge, ...]:
    """Return the age of every account that a hedge reads from: of its oldest part."""
    legs: dict[str, str] = {}
    beliefs: dict[str, list[tuple[Belief, Decimal]]] = {}
    for leg in hedge.legs:
        if leg.is_read and leg.account is not None:
            legs.setdefault(leg.account, leg.name)
            first = facts.past.instruments.get(leg.futures, NO_PAST).first_asked_at
            never = ZERO if first is None else seconds_between(facts.read_at, first)
            beliefs.setdefault(leg.account, []).append((believed_contracts(leg, facts), never))
    for share in hedge.held:
        if (account := share.holding.account) is not None:
            belief = believed_coins(account, share.holding.asset, facts)
            beliefs.setdefault(account, []).append((belief, ZERO))
    return tuple(_age(account, legs.get(account, ""), found, facts) for account, found in beliefs.items())


def _age(account: str, leg: str, found: list[tuple[Belief, Decimal]], facts: CycleFacts) -> AccountAge:
    doubts = [(_seconds(belief, never, facts), belief) for belief, never in found if isinstance(belief, Doubted)]
    if doubts:
        seconds, doubt = max(doubts, key=lambda pair: pair[0])
        return AccountAge(account=account, leg=leg, seconds=seconds, doubt=doubt)
    answer = facts.accounts.get(account)
    age = seconds_between(facts.read_at, answer.received_at) if isinstance(answer, AccountSnapshot) else ZERO
    return AccountAge(account=account, leg=leg, seconds=max(ZERO, age), doubt=None)


def _seconds(belief: Doubted, never: Decimal, facts: CycleFacts) -> Decimal:
    return never if belief.proven_at is None else max(ZERO, seconds_between(facts.read_at, belief.proven_at))
