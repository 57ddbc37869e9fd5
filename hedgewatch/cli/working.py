"""The worker as a part of the daemon."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack

from hedgewatch.bootstrap.verifying import refuse_unlisted
from hedgewatch.bootstrap.watching import watching
from hedgewatch.monitoring.cycle import CycleResult
from hedgewatch.settings import Settings
from hedgewatch.worker import SystemClock, Worker


async def refuse_unlisted_symbols(settings: Settings, environ: Mapping[str, str]) -> None:
    """Raise ConfigurationError if an exchange says that it does not list what is to be watched."""
    await refuse_unlisted(settings, environ, SystemClock())


async def open_worker(
    stack: AsyncExitStack,
    settings: Settings,
    environ: Mapping[str, str],
    on_cycle: Callable[[CycleResult], None] | None = None,
) -> Worker:
    """Open everything a worker needs; ``stack`` closes it. on_cycle: who is told of each committed cycle."""
    parts = await stack.enter_async_context(watching(settings, environ, SystemClock()))
    return Worker(parts, on_cycle)
