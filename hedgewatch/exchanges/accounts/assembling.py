"""Assembling: one account's snapshot out of the answers to its questions. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from hedgewatch.domain.account import (
    AccountPosition,
    CoinBalance,
    ContractTerms,
    KeyScope,
    MarginWallet,
    OpenOrder,
    PartFailure,
    UnreadWallet,
)
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.market import ReadingFailure, UnknownReason
from hedgewatch.domain.numbers import ZERO, exactly
from hedgewatch.exchanges.accounts.asking import Topic, refs_about
from hedgewatch.exchanges.accounts.balances import EARN
from hedgewatch.exchanges.accounts.shape import Known, Part, Sheet
from hedgewatch.exchanges.faults import Fault, scrub
from hedgewatch.exchanges.parse import UnreadableError

Answers = Mapping[Topic, Sheet | Fault | None]
EARNING_PREFIX = "LD"  # Binance lists what earns flexibly among the spot coins too, under this prefix


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the questions of one account told."""

    positions: tuple[AccountPosition | ReadingFailure, ...] | PartFailure
    balances: tuple[CoinBalance, ...] | PartFailure
    wallets: tuple[MarginWallet, ...] | PartFailure
    orders: tuple[OpenOrder, ...] | PartFailure
    scope: KeyScope | None
    terms: tuple[ContractTerms, ...]
    unread_wallets: tuple[UnreadWallet, ...]
    unread_balances: tuple[PartFailure, ...]


def _by_name(answers: Answers) -> dict[str, Sheet]:
    """Return the good answers by their questions; those to one question about several coins are one."""
    sheets: dict[str, Sheet] = {}
    for topic, answer in answers.items():
        if isinstance(answer, Sheet):
            name = topic.question.name
            known = sheets.get(name)
            sheets[name] = answer if known is None else replace(known, rows=known.rows + answer.rows)
    return sheets


def _with_earn(balances: Sequence[CoinBalance], unread: Iterable[tuple[Topic, PartFailure]]) -> tuple[CoinBalance, ...]:
    """Add up what earns of each asset, and leave out the shadows of it among the spot coins.

    Of several products that earn, all are told or none: a part of them would look like a smaller sum.
    """
    if any(topic.question.every is not None for topic, _ in unread):
        return tuple(balance for balance in balances if balance.wallet != EARN)
    earning: dict[str, Decimal] = {}
    for balance in balances:
        if balance.wallet == EARN:
            earning[balance.asset] = earning.get(balance.asset, ZERO) + balance.earn
    shadows = {EARNING_PREFIX + asset for asset in earning}
    others = [balance for balance in balances if balance.wallet != EARN and balance.asset not in shadows]
    lent = [
        CoinBalance(asset=asset, wallet=EARN, free=ZERO, used=ZERO, earn=amount) for asset, amount in earning.items()
    ]
    return (*others, *lent)


class Assembler:
    """Puts one account's parts together, from these answers."""

    def __init__(
        self, answers: Answers, known: Known, unlisted: Sequence[ReadingFailure], hide: Callable[[str], str]
    ) -> None:
        """Read these answers; ``unlisted``: wanted instruments the exchange does not list, ``hide`` masks keys."""
        self._answers = answers
        self._known = replace(known, sheets=_by_name(answers))
        self._unlisted = unlisted
        self._hide = hide

    @exactly
    def told(self) -> Told:
        """Read every part: a tuple, or its failure."""
        balances, unread_balances = self._in_pieces(Part.BALANCES)
        wallets, unread_wallets = self._in_pieces(Part.WALLETS)
        return Told(
            positions=self._positions(),
            balances=balances if isinstance(balances, PartFailure) else _with_earn(balances, unread_balances),
            wallets=wallets,
            unread_balances=tuple(failure for _, failure in unread_balances),
            unread_wallets=tuple(
                UnreadWallet(refs=tuple(refs_about(topic, self._known)), failure=failure)
                for topic, failure in unread_wallets
            ),
            orders=self._whole(Part.ORDERS),
            scope=self._scope(),
            terms=self._terms(),
        )

    def _about(self, part: Part) -> list[tuple[Topic, Sheet | Fault | None]]:
        return [(topic, answer) for topic, answer in self._answers.items() if part in topic.question.tells]

    def _read(self, part: Part, topic: Topic, answer: Sheet | Fault | None) -> list[Any] | PartFailure:
        if answer is None:
            return PartFailure(reason=UnknownReason.MISSING, detail=f"{self._known.exchange} {topic}: not asked yet")
        if isinstance(answer, Fault):
            return PartFailure(reason=answer.reason, detail=self._hide(answer.text))
        try:
            return list(topic.question.tells[part](answer, self._known))
        except UnreadableError as error:
            detail = scrub(self._hide(f"{self._known.exchange} {topic}: {error.detail}"))
            return PartFailure(reason=error.reason, detail=detail)

    def _whole(self, part: Part) -> tuple[Any, ...] | PartFailure:
        """Read a part that is known only if every one of its answers is."""
        found: list[Any] = []
        for topic, answer in self._about(part):
            read = self._read(part, topic, answer)
            if isinstance(read, PartFailure):
                return read
            found += read
        return tuple(found)

    def _positions(self) -> tuple[AccountPosition | ReadingFailure, ...] | PartFailure:
        """Read positions: a call that failed fails the instruments it tells about; the part, only if none was read."""
        found: list[AccountPosition | ReadingFailure] = []
        failures: list[PartFailure] = []
        about = self._about(Part.POSITIONS)
        for topic, answer in about:
            read = self._read(Part.POSITIONS, topic, answer)
            if not isinstance(read, PartFailure):
                found += read
                continue
            failures.append(read)
            refs: Iterable[InstrumentRef] = refs_about(topic, self._known)
            found += [ReadingFailure(ref=ref, reason=read.reason, detail=read.detail) for ref in refs]
        if failures and len(failures) == len(about):
            return failures[0]
        return (*found, *self._unlisted)

    def _in_pieces(self, part: Part) -> tuple[tuple[Any, ...] | PartFailure, list[tuple[Topic, PartFailure]]]:
        """Read a part wallet by wallet: what was read, and what was not; its failure only if nothing was."""
        found: list[Any] = []
        failures: list[tuple[Topic, PartFailure]] = []
        about = self._about(part)
        for topic, answer in about:
            read = self._read(part, topic, answer)
            if isinstance(read, PartFailure):
                failures.append((topic, read))
            else:
                found += read
        if failures and len(failures) == len(about):
            return failures[0][1], []
        return tuple(found), failures

    def _scope(self) -> KeyScope | None:
        for topic, answer in self._about(Part.SCOPE):
            read = self._read(Part.SCOPE, topic, answer)
            if isinstance(read, PartFailure):
                return KeyScope(can_trade=None, can_withdraw=None, is_bound_to_address=None, source=read.detail)
            return next(iter(read), None)
        return None

    def _terms(self) -> tuple[ContractTerms, ...]:
        tiers, fees = self._by_ref(Part.TIERS), self._by_ref(Part.FEES)
        modes = {ref: told for ref, told in self._by_ref(Part.MODE).items() if not isinstance(told, PartFailure)}
        refs = dict.fromkeys([*tiers, *fees, *modes])
        return tuple(
            ContractTerms(ref=ref, tiers=tiers.get(ref), fees=fees.get(ref), is_dual_side=modes.get(ref))
            for ref in refs
        )

    def _by_ref(self, part: Part) -> dict[InstrumentRef, Any]:
        found: dict[InstrumentRef, Any] = {}
        for topic, answer in self._about(part):
            if answer is None:
                continue
            read = self._read(part, topic, answer)
            found |= (
                dict.fromkeys(refs_about(topic, self._known), read) if isinstance(read, PartFailure) else dict(read)
            )
        return found
