"""The worker as a part of the daemon."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack

from hedgewatch.bootstrap.keys import refuse_powerful_keys
from hedgewatch.bootstrap.verifying import refuse_unlisted
from hedgewatch.bootstrap.watching import watching
from hedgewatch.monitoring.cycle import CycleResult
from hedgewatch.settings import Settings
from hedgewatch.worker import SystemClock, Worker


async def refuse_what_exchanges_tell(settings: Settings, environ: Mapping[str, str]) -> None:
    """Raise ConfigurationError for keys that can do more than read, and for symbols that are not listed."""
    clock = SystemClock()
    await refuse_powerful_keys(settings, environ, clock)
    await refuse_unlisted(settings, environ, clock)


async def open_worker(
    stack: AsyncExitStack,
    settings: Settings,
    environ: Mapping[str, str],
    on_cycle: Callable[[CycleResult], None] | None = None,
) -> Worker:
    """Open everything a worker needs; ``stack`` closes it. on_cycle: who is told of each committed cycle."""
    parts = await stack.enter_async_context(watching(settings, environ, SystemClock()))
    return Worker(parts, on_cycle)
