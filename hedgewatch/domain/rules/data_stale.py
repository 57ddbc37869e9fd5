"""Data stale: a price is old, or its book does not move while the other leg does."""

from __future__ import annotations

from decimal import Decimal

from hedgewatch.domain.account_freshness import AccountAge, account_ages
from hedgewatch.domain.expiry import is_expired
from hedgewatch.domain.finding import BAND, BREACH, CLEAR, Finding, Target
from hedgewatch.domain.freshness import quote_of, seconds_between, why_failed, why_unusable
from hedgewatch.domain.hedge import CycleFacts, HedgeSnapshot
from hedgewatch.domain.history import NO_PAST
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.market import Quote, Standstill
from hedgewatch.domain.mends import MENDS
from hedgewatch.domain.numbers import ZERO, exactly
from hedgewatch.domain.rules.judging import (
    duration,
    feed_target,
    judge_above,
    known_finding,
    outcomes_above,
    quiet_finding,
)
from hedgewatch.domain.thresholds import RuleSettings

NAME = "data_stale"
ACCOUNT = "account"  # the side of a target that is an account's answer, not a price


@exactly
def judge(snapshot: HedgeSnapshot, settings: RuleSettings, facts: CycleFacts) -> tuple[Finding, ...]:
    """Judge the feed of each leg, of every spot source and of every account: its age, or how long it has been frozen.

    Every source is judged, in use or not: a target that comes and goes would close its alert.
    """
    return (
        *[_judge_feed(snapshot, settings, facts, name, ref) for name, ref in snapshot.hedge.feeds.items()],
        *[_judge_account(snapshot, settings, age) for age in account_ages(snapshot.hedge, facts)],
    )


def _judge_account(snapshot: HedgeSnapshot, settings: RuleSettings, age: AccountAge) -> Finding:
    outcomes = dict(outcomes_above(settings, age.seconds))
    words = f"was read {duration(age.seconds)} ago"
    if age.doubt is not None:
        lowest = min(outcomes, key=lambda severity: severity.rank)
        if outcomes[lowest] is CLEAR:
            outcomes[lowest] = BAND
        words = f"has not been known for {duration(age.seconds)}: {age.doubt.detail}; {MENDS[age.doubt.reason]}"
    return known_finding(
        Target(rule=NAME, hedge=snapshot.hedge.name, leg=age.leg, account=age.account, side=ACCOUNT),
        settings,
        outcomes,
        value=age.seconds,
        message=f"{snapshot.hedge.name}: account {age.account} {words}",
    )


def _judge_feed(
    snapshot: HedgeSnapshot, settings: RuleSettings, facts: CycleFacts, name: str, ref: InstrumentRef
) -> Finding:
    target = feed_target(NAME, snapshot.hedge.name, name)
    if is_expired(ref, facts):
        return quiet_finding(target, settings, lambda: f"{snapshot.hedge.name}: {ref} has expired")
    quote, still = quote_of(facts, ref), snapshot.still.get(ref) if snapshot.still else None
    is_frozen = still is not None and still.is_frozen
    age = still.seconds if still is not None and is_frozen else _age(ref, quote, facts)

    def words() -> str:
        return f"{snapshot.hedge.name}: {ref} {_words(ref, quote, facts, age, is_frozen=is_frozen)}"

    if not is_frozen and not _proves_nothing(ref, quote, still, settings, facts):
        return judge_above(target, settings, age, words)
    outcomes = dict(outcomes_above(settings, age))
    lowest = min(outcomes, key=lambda severity: severity.rank)
    if is_frozen:
        outcomes[lowest] = BREACH
    elif outcomes[lowest] is CLEAR:
        outcomes[lowest] = BAND
    return known_finding(target, settings, outcomes, value=age, message=words)


def _proves_nothing(
    ref: InstrumentRef, quote: Quote | None, still: Standstill | None, settings: RuleSettings, facts: CycleFacts
) -> bool:
    """Tell whether a feed was not read, came late, or may still be frozen because its book has not moved since.

    A feed that was away longer than it may be old was alerted for its age, and is back.
    """
    if quote is None or why_unusable(quote, still, facts.read_at) is not None:
        return True
    if still is None:
        return False
    last = facts.past.instruments.get(ref, NO_PAST).last_good_at
    return last is None or seconds_between(facts.read_at, last) <= min(settings.fires.values())


def _age(ref: InstrumentRef, quote: Quote | None, facts: CycleFacts) -> Decimal:
    """Seconds since the last good quote was received; since it was first asked for if there never was one."""
    if quote is not None:
        return max(ZERO, seconds_between(facts.read_at, quote.stamp.received_at))
    past = facts.past.instruments.get(ref, NO_PAST)
    last = past.last_good_at or past.first_asked_at
    return max(ZERO, seconds_between(facts.read_at, last)) if last is not None else ZERO


def _words(ref: InstrumentRef, quote: Quote | None, facts: CycleFacts, age: Decimal, *, is_frozen: bool) -> str:
    if is_frozen:
        return f"is frozen: it has not changed for {duration(age)}, and the market has"
    if quote is not None:
        return f"was read {duration(age)} ago"
    return f"has given no good price for {duration(age)}: {why_failed(facts, ref)}"
