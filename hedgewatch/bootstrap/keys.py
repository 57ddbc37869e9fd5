"""Check, at every start, what the keys of the configuration may do: a watcher needs none that can trade."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Mapping, Sequence
from contextlib import AsyncExitStack
from decimal import Decimal

from hedgewatch.bootstrap.accounts import make_account_source
from hedgewatch.bootstrap.sources import make_source, one_look
from hedgewatch.domain.account import AccountFailure, KeyScope
from hedgewatch.domain.errors import ConfigurationError
from hedgewatch.domain.key_scope import KeyVerdict, judge_key
from hedgewatch.domain.mends import MENDS
from hedgewatch.exchanges.accounts.source import CcxtAccountSource
from hedgewatch.exchanges.door import Restraints
from hedgewatch.monitoring.ports import Clock
from hedgewatch.settings import Settings
from hedgewatch.storage.memory import MemoryStore

PATIENCE_SECONDS = Decimal(5)  # an exchange that hangs must not hold up a start for long

log = logging.getLogger(__name__)


async def refuse_powerful_keys(
    settings: Settings,
    environ: Mapping[str, str],
    clock: Clock,
    *,
    accounts: Collection[str] | None = None,
    patience_seconds: Decimal = PATIENCE_SECONDS,
    restraints: Restraints | None = None,
) -> tuple[str, ...]:
    """Raise ConfigurationError for every key that can trade or move coins; return and log a warning for others.

    ``allow_trading_keys = true`` turns the refusal into a warning. An exchange that does not answer refuses nothing.
    accounts: those to ask about, None: all. restraints: of what else asks exchanges in this process.
    """
    refused: list[str] = []
    warnings: list[str] = []
    asked = [name for name in settings.accounts if accounts is None or name in accounts]
    told_of = await _scopes(
        settings, asked, environ, clock, patience_seconds=patience_seconds, restraints=restraints or Restraints()
    )
    for account, told in told_of.items():
        place = f"{settings.file}: accounts.{account}"
        if isinstance(told, AccountFailure):
            warnings.append(f"{place}: what this key can do is not known: {told.detail}; {MENDS[told.reason]}")
            continue
        verdict, words = judge_key(told, allow_trading_keys=settings.accounts[account].allow_trading_keys)
        if verdict is not KeyVerdict.FINE:
            (refused if verdict is KeyVerdict.REFUSE else warnings).append(f"{place}: {words}")
    for line in warnings:
        log.warning("%s", line)
    if refused:
        raise ConfigurationError(*refused)
    return tuple(warnings)


async def _scopes(
    settings: Settings,
    asked: Sequence[str],
    environ: Mapping[str, str],
    clock: Clock,
    *,
    patience_seconds: Decimal,
    restraints: Restraints,
) -> dict[str, KeyScope | AccountFailure]:
    """Ask side by side what each key may do; accounts of one exchange share its patience."""
    async with AsyncExitStack() as stack:
        markets = {}
        for exchange in dict.fromkeys(settings.accounts[account].exchange for account in asked):
            markets[exchange] = make_source(
                settings,
                exchange,
                MemoryStore(),
                clock,
                patience=one_look(patience_seconds),
                restraints=restraints,
            )
            stack.push_async_callback(markets[exchange].close)
        sources: list[CcxtAccountSource] = []
        for account in asked:
            one = make_account_source(
                settings,
                account,
                markets[settings.accounts[account].exchange],
                environ=environ,
                clock=clock,
                timeout_seconds=patience_seconds,
            )
            stack.push_async_callback(one.close)
            sources.append(one)
        answers = await asyncio.gather(*(one.probe_scope() for one in sources))
    return {one.account: answer for one, answer in zip(sources, answers, strict=True)}
