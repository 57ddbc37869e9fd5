"""Verify, before a worker starts for the first time: whether the exchanges list what is to be watched."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from decimal import Decimal

from hedgewatch.bootstrap.sources import make_source, one_look
from hedgewatch.domain.errors import ConfigurationError, StoreRefusedError, StoreUnavailableError
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.exchanges.door import Restraints
from hedgewatch.monitoring.collect import instruments_by_exchange
from hedgewatch.monitoring.ports import Clock
from hedgewatch.settings import Settings, declared_hedges
from hedgewatch.storage.history import History
from hedgewatch.storage.memory import MemoryStore
from hedgewatch.storage.migrate import check
from hedgewatch.storage.schema import SchemaStatus

PATIENCE_SECONDS = Decimal(5)  # an exchange that hangs must not hold up a start for long


async def refuse_unlisted(
    settings: Settings,
    environ: Mapping[str, str],
    clock: Clock,
    *,
    patience_seconds: Decimal = PATIENCE_SECONDS,
    restraints: Restraints | None = None,
) -> None:
    """Raise ConfigurationError if a hedge needs a symbol that its exchange does not list; leave nothing behind.

    Asks only for symbols that no start before has found, so that a restart is fast and outlives a delisting. An
    exchange that cannot be asked within ``patience_seconds`` refuses nothing: the cycles tell what they cannot read.
    restraints: of what else asks exchanges in this process.
    A database that is away refuses nothing either: whoever opens it for writing knows whether it was ever used. Raises
    StoreRefusedError for one that may not be used.
    """
    try:
        kept = _kept(settings.storage.url.resolve(environ).get_secret_value())
    except StoreRefusedError:
        raise
    except StoreUnavailableError:
        return
    hedges = declared_hedges(settings)
    wanted = instruments_by_exchange(hedges)
    sources = {
        exchange: make_source(
            settings, exchange, MemoryStore(), clock, patience=one_look(patience_seconds), restraints=restraints
        )
        for exchange, refs in wanted.items()
        if not kept.issuperset(refs)
    }
    try:
        answers = await asyncio.gather(*(source.unlisted(wanted[exchange]) for exchange, source in sources.items()))
    finally:
        await asyncio.gather(*(source.close() for source in sources.values()))
    unlisted = {ref: line for answer in answers for ref, line in answer.items() if ref not in kept}
    missing: dict[str, None] = {}
    for hedge in hedges:
        needed = [leg.futures for leg in hedge.legs if not _is_past(leg.futures, clock)]  # delivered, and told as such
        needed += hedge.spot if all(ref in unlisted for ref in hedge.spot) else ()
        missing |= dict.fromkeys(unlisted[ref] for ref in needed if ref in unlisted)
    if missing:
        raise ConfigurationError(*missing)


def _is_past(ref: InstrumentRef, clock: Clock) -> bool:
    return ref.expires_at is not None and ref.expires_at <= clock.now()


def _kept(url: str) -> frozenset[InstrumentRef]:
    if check(url).status is not SchemaStatus.CURRENT:
        return frozenset()
    with History(url) as history:
        return history.kept_instruments()
