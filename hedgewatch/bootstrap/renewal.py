"""Take over a changed configuration while the worker runs; one that is wrong changes nothing but is told."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from hedgewatch.bootstrap.keys import refuse_powerful_keys
from hedgewatch.bootstrap.verifying import refuse_unlisted
from hedgewatch.bootstrap.watching import Furnished, Parts, Watching, make_parts
from hedgewatch.domain.errors import ConfigurationError, HedgewatchError
from hedgewatch.settings import Settings

# All that reading a broken file can raise; what stops the process is none of a configuration's.
BREAKS = (ArithmeticError, AttributeError, LookupError, OSError, RuntimeError, TypeError, ValueError)

log = logging.getLogger(__name__)


class Renewal:
    """Makes ready what a changed configuration needs, beside the cycles; they change over between two of them."""

    def __init__(
        self,
        furnished: Furnished,
        load: Callable[[], Settings],
        clean: Callable[[str], str] = str,
    ) -> None:
        """Take what runs, how the configuration is read, and what masks secrets in what is told of its mistakes.

        load: raises ConfigurationError with every mistake; runs in a thread.
        """
        self._furnished = furnished
        self._load = load
        self._clean = clean
        self._ready: Parts | None = None
        self._one_at_a_time = asyncio.Lock()

    async def prepare(self) -> tuple[str, ...]:
        """Read the configuration anew and make ready what it needs; return its mistakes, none if it is sound.

        Mistakes are also left with the cycle, which tells of them until a sound one was read.
        """
        async with self._one_at_a_time:
            try:
                await self._make_ready()
                problems: tuple[str, ...] = ()
            except ConfigurationError as error:
                problems = tuple(self._clean(problem) for problem in error.problems)
            except HedgewatchError as error:
                problems = (self._clean(str(error)),)
            except BREAKS as error:
                log.debug("a configuration broke its reader", exc_info=error)
                problems = (f"the configuration cannot be read: {type(error).__name__}",)
            self._furnished.watching.cycle.rejected = problems
            return problems

    def change(self, watching: Watching) -> tuple[Watching, Parts] | None:
        """Change over to what was made ready, between two cycles: return the watch, and the parts to be closed.

        None: nothing was made ready. Whatever was in use is closed by ``retire``.
        """
        if self._ready is None:
            return None
        fresh, self._ready = self._ready, None
        before = self._furnished.parts
        fresh.collector.take_over(before.collector)
        self._furnished.parts = fresh
        self._furnished.watching = watching.changed_to(fresh)
        return self._furnished.watching, before

    async def retire(self, before: Parts) -> None:
        """Close what is not used any more, once what it was sending has ended."""
        await before.close(after=self._furnished.parts)

    async def _make_ready(self) -> None:
        settings = await asyncio.to_thread(self._load)
        running = self._furnished.parts
        _refuse_a_move(settings, running.settings)
        fresh = make_parts(settings, self._furnished.ground, running)
        await self._ask_exchanges(settings, fresh, running)
        if self._ready is not None:
            await self._ready.close(after=running)
        self._ready = fresh
        if settings.web != running.settings.web:
            log.warning("[web] has changed: the pages take that over when they are started again")

    async def _ask_exchanges(self, settings: Settings, fresh: Parts, running: Parts) -> None:
        """Ask what only exchanges can tell, of what is new: keys that can do more than read, symbols not listed."""
        asker = self._furnished.ground.asker
        new = [name for name, one in fresh.readers.accounts.items() if running.readers.accounts.get(name) is not one]
        await refuse_powerful_keys(settings, asker.environ, asker.clock, accounts=new, restraints=asker.restraints)
        await refuse_unlisted(settings, asker.environ, asker.clock, restraints=asker.restraints)


def _refuse_a_move(settings: Settings, running: Settings) -> None:
    if settings.storage.url != running.storage.url:
        raise ConfigurationError(
            f"{settings.file}: storage.url: a reload stays with the database it writes to; start again to change it"
        )
