"""Compose what reads accounts: their keys are resolved here, and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from hedgewatch.domain.errors import ConfigurationError
from hedgewatch.exchanges.accounts.source import CcxtAccountSource
from hedgewatch.exchanges.credentials import Credentials
from hedgewatch.exchanges.source import CcxtSource
from hedgewatch.monitoring.ports import Clock
from hedgewatch.settings import Settings


def credentials_of(settings: Settings, account: str, environ: Mapping[str, str]) -> Credentials:
    """Resolve an account's keys. Raises ConfigurationError for all that cannot be read, at once."""
    section, problems, found = settings.accounts[account], list[str](), dict[str, str]()
    for name in ("api_key", "secret", "password"):
        reference = getattr(section, name)
        try:
            if reference is not None:
                found[name] = reference.resolve(environ).get_secret_value()
        except ConfigurationError as error:
            problems.extend(error.problems)
    if problems:
        raise ConfigurationError(*problems)
    return Credentials(**found)


def make_account_source(
    settings: Settings,
    account: str,
    market: CcxtSource,
    *,
    environ: Mapping[str, str],
    clock: Clock,
    timeout_seconds: Decimal,
) -> CcxtAccountSource:
    """Make the source of one account as configured; whoever asks for it closes it. Raises ConfigurationError.

    market: the keyless source of its exchange, whose market list, patience, budget and clock skew it shares.
    """
    return CcxtAccountSource(
        account=account,
        market=market,
        credentials=credentials_of(settings, account, environ),
        clock=clock,
        timeout_seconds=timeout_seconds,
        margin=settings.accounts[account].margin,
    )
