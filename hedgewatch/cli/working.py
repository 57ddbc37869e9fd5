"""The worker as a part of the daemon."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack

from hedgewatch.bootstrap.keys import refuse_powerful_keys
from hedgewatch.bootstrap.renewal import Renewal
from hedgewatch.bootstrap.verifying import refuse_unlisted
from hedgewatch.bootstrap.watching import watching
from hedgewatch.domain.redaction import Redactor
from hedgewatch.exchanges.door import Restraints
from hedgewatch.monitoring.cycle import CycleResult
from hedgewatch.monitoring.supervision import NoOverseer
from hedgewatch.notify.service_manager import overseer_of
from hedgewatch.settings import Settings, load_settings, refuse_unready
from hedgewatch.worker import SystemClock, Worker


async def refuse_what_exchanges_tell(settings: Settings, environ: Mapping[str, str], restraints: Restraints) -> None:
    """Raise ConfigurationError for keys that can do more than read, and for symbols that are not listed.

    restraints: shared with the worker that follows, so that a start is one asker with one budget.
    """
    clock = SystemClock()
    await refuse_powerful_keys(settings, environ, clock, restraints=restraints)
    await refuse_unlisted(settings, environ, clock, restraints=restraints)


async def open_worker(
    stack: AsyncExitStack,
    settings: Settings,
    environ: Mapping[str, str],
    on_cycle: Callable[[CycleResult], None] | None = None,
    *,
    redactor: Redactor | None = None,
    restraints: Restraints | None = None,
) -> Worker:
    """Open everything a worker needs; ``stack`` closes it. on_cycle: who is told of each committed cycle.

    restraints: of what this process asked exchanges before.
    redactor: learns the secrets of a configuration that is read anew, and masks those in what is told of its mistakes.
    """
    furnished = await stack.enter_async_context(watching(settings, environ, SystemClock(), restraints=restraints))
    masking = redactor or Redactor()
    masking.add(settings.known_secrets(environ))

    def load() -> Settings:
        changed = load_settings(settings.file, environ)
        masking.add(changed.known_secrets(environ))
        refuse_unready(changed)
        return changed

    overseer = overseer_of(environ)
    if overseer is not None:
        stack.callback(overseer.close)
    return Worker(
        furnished.watching,
        on_cycle,
        renewal=Renewal(furnished, load, masking.clean),
        overseer=overseer or NoOverseer(),
    )
