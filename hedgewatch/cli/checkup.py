"""What ``doctor`` found: facts as JSON, notes, and a line with its mend for each fault."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hedgewatch.bootstrap.inspecting import Inspections
from hedgewatch.cli.checkup_facts import account_facts, exchange_facts
from hedgewatch.cli.complaints import of_account, of_exchange
from hedgewatch.domain.account import AccountFailure, AccountSnapshot, PartFailure
from hedgewatch.domain.errors import StoreUnavailableError
from hedgewatch.domain.key_scope import KeyVerdict, judge_key
from hedgewatch.domain.numbers import plain
from hedgewatch.exchanges.accounts.inspection import AccountInspection
from hedgewatch.settings import Settings
from hedgewatch.storage.migrate import check


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkup:
    """Everything that was looked at. problems: a line with its mend each. notes: what is worth knowing, no fault."""

    exchanges: Sequence[Mapping[str, Any]]
    accounts: Sequence[Mapping[str, Any]]
    store: str
    problems: Sequence[str]
    notes: Sequence[str]

    @property
    def needs_attention(self) -> bool:
        """True if there is any problem."""
        return bool(self.problems)

    def as_json(self) -> dict[str, Any]:
        """Return the answer of ``doctor --json``."""
        return {
            "exchanges": list(self.exchanges),
            "accounts": list(self.accounts),
            "store": self.store,
            "problems": list(self.problems),
            "notes": list(self.notes),
        }


def inspect_store(settings: Settings, environ: Mapping[str, str]) -> str:
    """Say in one word or line how the database stands."""
    try:
        return check(settings.storage.url.resolve(environ).get_secret_value()).status.value
    except StoreUnavailableError as error:
        return str(error)


def checkup_of(settings: Settings, found: Inspections, store: str, unbuilt: Sequence[str]) -> Checkup:
    """Put together what was found and what to do about it."""
    problems = list(unbuilt)
    if store not in {"current", "missing"}:
        problems.append(f"{store}; mend storage.url (now {settings.storage.url}) or run `hedgewatch db upgrade`")
    markets = {one.exchange: one for one in found.exchanges}
    for exchange in found.exchanges:
        problems.extend(of_exchange(exchange))
    for account in found.accounts:
        allowed = settings.accounts[account.account].allow_trading_keys
        problems.extend(of_account(account, markets.get(account.exchange), allow_trading_keys=allowed))
    return Checkup(
        exchanges=[exchange_facts(one) for one in found.exchanges],
        accounts=[
            account_facts(
                one,
                markets.get(one.exchange),
                allow_trading_keys=settings.accounts[one.account].allow_trading_keys,
            )
            for one in found.accounts
        ],
        store=store,
        problems=list(dict.fromkeys(problems)),
        notes=[note for one in found.accounts for note in _notes(settings, one)],
    )


def _credits(answer: AccountSnapshot | AccountFailure) -> list[str]:
    """Say what of an account is a bonus: it is not its owner's, and can be gone tomorrow."""
    if isinstance(answer, AccountFailure) or isinstance(answer.wallets, PartFailure):
        return []
    return [
        f"{plain(one.credit)} {one.asset} in its wallet {one.wallet} are credit that can expire: left out of its equity"
        for one in answer.wallets
        if one.credit
    ]


def _notes(settings: Settings, found: AccountInspection) -> list[str]:
    place, notes = f"accounts.{found.account}", list[str]()
    if isinstance(found.answer, AccountSnapshot) and found.answer.scope is not None:
        allowed = settings.accounts[found.account].allow_trading_keys
        verdict, words = judge_key(found.answer.scope, allow_trading_keys=allowed)
        if verdict is KeyVerdict.WARN:
            notes.append(f"{place}: {words}")
    notes += [f"{place}: {words}" for words in _credits(found.answer)]
    if found.no_earn:
        notes.append(f"{place}: {found.no_earn}")
    return notes
