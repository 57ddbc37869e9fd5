"""Compose what reads exchanges and accounts, and keep it over a change of configuration where nothing of it changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from hedgewatch.bootstrap.accounts import credentials_of, make_account_source
from hedgewatch.exchanges.accounts.source import CcxtAccountSource
from hedgewatch.exchanges.credentials import Credentials
from hedgewatch.exchanges.door import Restraints
from hedgewatch.exchanges.source import CcxtSource, Patience
from hedgewatch.monitoring.accounts import needs_of
from hedgewatch.monitoring.collect import Collector, instruments_by_exchange
from hedgewatch.monitoring.cycle import Watch
from hedgewatch.monitoring.ports import Clock, MarketShelf
from hedgewatch.settings import Settings

# A person who asks once would rather wait than read "no answer yet", but a quote is no price after 15 seconds
# (domain/freshness.py): an exchange that hangs must not make the quotes of the others too old.
LOOK_DEADLINE_SECONDS = Decimal(12)


def one_look(seconds: Decimal) -> Patience:
    """Return the patience of whoever looks once: ``seconds`` for everything."""
    return Patience(answer_seconds=seconds, listing_seconds=seconds)


def make_source(
    settings: Settings,
    exchange: str,
    shelf: MarketShelf,
    clock: Clock,
    *,
    patience: Patience,
    restraints: Restraints | None = None,
) -> CcxtSource:
    """Make the source of one exchange as configured; whoever asks for it closes it. Raises ConfigurationError.

    restraints: of this process, so that it obeys the bans and spends the budget of what else asks the exchange.
    """
    address = base_url_of(settings, exchange)
    return CcxtSource(
        exchange=exchange,
        base_url=address,
        patience=patience,
        shelf=shelf,
        clock=clock,
        restraint=restraints.of(exchange, address) if restraints else None,
    )


def base_url_of(settings: Settings, exchange: str) -> str | None:
    """Return where an exchange is asked, None for its own address."""
    section = settings.exchanges.get(exchange)
    return section.base_url if section else None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAccount:
    """The reader of one account, and what it was made of."""

    market: CcxtSource
    credentials: Credentials
    margin: str
    timeout_seconds: Decimal
    reader: CcxtAccountSource = field(compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Readers:
    """Everything that one configuration asks of exchanges. accounts: by their names."""

    patience: Patience
    exchanges: Mapping[str, CcxtSource]
    accounts: Mapping[str, KeptAccount]

    def collector(self, clock: Clock) -> Collector:
        """Return what asks all of them side by side, each within the patience."""
        readers = [account.reader for account in self.accounts.values()]
        return Collector(self.exchanges.values(), readers, deadline_seconds=self.patience.answer_seconds, clock=clock)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who asks exchanges: what every source is made with, whatever the configuration says."""

    environ: Mapping[str, str]
    shelf: MarketShelf
    clock: Clock
    restraints: Restraints = field(default_factory=Restraints)


def make_readers(
    settings: Settings, watch: Watch, asker: Asker, *, patience: Patience, before: Readers | None = None
) -> Readers:
    """Make the sources that ``watch`` needs. Raises ConfigurationError for secrets or exchanges.

    before: those of the configuration until now. What is asked in the same way goes on being asked by the same source,
    which knows of bans, of budgets that are spent and of questions that are open.
    """
    accounts = needs_of(watch.hedges)
    at_accounts = (settings.accounts[account].exchange for account in accounts)
    exchanges = {
        exchange: _exchange(settings, exchange, asker, patience=patience, before=before)
        for exchange in dict.fromkeys((*instruments_by_exchange(watch.hedges), *at_accounts))
    }
    readers = {
        account: _account(
            settings,
            account,
            exchanges[settings.accounts[account].exchange],
            asker=asker,
            patience=patience,
            before=before.accounts.get(account) if before else None,
        )
        for account in accounts
    }
    return Readers(patience=patience, exchanges=exchanges, accounts=readers)


def _exchange(
    settings: Settings, exchange: str, asker: Asker, *, patience: Patience, before: Readers | None
) -> CcxtSource:
    known = before.exchanges.get(exchange) if before else None
    if known is not None and known.base_url != base_url_of(settings, exchange):
        known = None
    if known is not None and before is not None and before.patience == patience:
        return known
    return make_source(settings, exchange, asker.shelf, asker.clock, patience=patience, restraints=asker.restraints)


def _account(
    settings: Settings,
    account: str,
    market: CcxtSource,
    *,
    asker: Asker,
    patience: Patience,
    before: KeptAccount | None,
) -> KeptAccount:
    """Make the reader of one account, or return the one before if it was made of the same: it asks nothing yet."""
    made = KeptAccount(
        market=market,
        credentials=credentials_of(settings, account, asker.environ),
        margin=settings.accounts[account].margin,
        timeout_seconds=patience.answer_seconds,
        reader=make_account_source(
            settings,
            account,
            market,
            environ=asker.environ,
            clock=asker.clock,
            timeout_seconds=patience.answer_seconds,
        ),
    )
    return before if before == made else made
