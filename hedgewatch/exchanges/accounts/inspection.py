"""Inspection of an account: which signed call tells what, and whether it answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hedgewatch.domain.account import AccountFailure, AccountPosition, AccountSnapshot, PartFailure
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.exchanges.accounts.shape import Each, Part
from hedgewatch.exchanges.accounts.source import CcxtAccountSource
from hedgewatch.exchanges.calls import CallReport
from hedgewatch.exchanges.faults import Fault
from hedgewatch.monitoring.ports import AccountWanted

PAYMENTS_LOOKBACK = timedelta(days=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountInspection:
    """What was found of one account. no_earn, no_scope: words where the exchange has no call for it, else None.

    is_dual_side: whether long and short stand side by side, as the exchange or a position tells; None: neither does.
    """

    account: str
    exchange: str
    answer: AccountSnapshot | AccountFailure
    calls: tuple[CallReport, ...]
    no_earn: str | None
    no_scope: str | None
    is_dual_side: bool | None


async def inspect_account(source: CcxtAccountSource, refs: Sequence[InstrumentRef], now: datetime) -> AccountInspection:
    """Read an account once, its funding ledger of the last days as well, and say what came of it."""
    since = dict.fromkeys((ref for ref in refs if ref.settle), now - PAYMENTS_LOOKBACK)
    answer = await source.fetch(AccountWanted(instruments=refs, payments_since=since))
    return AccountInspection(
        account=source.account,
        exchange=source.exchange,
        answer=answer,
        calls=_reports(source),
        no_earn=source.quirk.no_earn,
        no_scope=source.quirk.no_scope,
        is_dual_side=_is_dual_side(answer),
    )


def _reports(source: CcxtAccountSource) -> tuple[CallReport, ...]:
    return tuple(
        CallReport(
            name=str(topic),
            tells=tuple(part.value for part in Part if part in topic.question.tells),
            side=topic.question.side.value if topic.question.side else "account",
            in_batch=topic.question.each is not Each.INSTRUMENT,
            was_asked=answer is not None,
            fault=answer if isinstance(answer, Fault) else None,
        )
        for topic, answer in source.results.items()
    )


def _is_dual_side(answer: AccountSnapshot | AccountFailure) -> bool | None:
    if isinstance(answer, AccountFailure) or isinstance(answer.positions, PartFailure):
        return None
    told = [terms.is_dual_side for terms in answer.terms]
    told += [one.is_dual_side for one in answer.positions if isinstance(one, AccountPosition)]
    known = [one for one in told if one is not None]
    return any(known) if known else None
