"""The daemon's frame: logs, configuration, worker and pages, one stop for all."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from typing import Any, Protocol

import structlog
import typer

from hedgewatch import logs
from hedgewatch.cli.address import Address
from hedgewatch.cli.hardening import keep_memory_private
from hedgewatch.cli.loading import loaded_settings, ready_settings
from hedgewatch.domain.errors import ConfigurationError, HedgewatchError
from hedgewatch.domain.redaction import Redactor

FORMATS = {"json": True, "console": False}
STOPPING = (signal.SIGTERM, signal.SIGINT)

log = structlog.stdlib.get_logger("hedgewatch.daemon")


class Part(Protocol):
    """Something that runs until it is told to stop."""

    @property
    def run(self) -> Callable[[], Coroutine[Any, Any, None]]:
        """Run until stopped."""
        ...

    @property
    def stop(self) -> Callable[[], None]:
        """Ask it to end."""
        ...


def start(ctx: typer.Context, *, log_format: str, worker: bool, web: bool, listen: Address | None = None) -> None:
    """Run the daemon, or one of its parts, until it is told to stop; raises ConfigurationError before anything runs.

    Each part's libraries are imported only where it runs: the worker needs no web framework, the pages no exchange.
    """
    settings = ready_settings(ctx) if worker else loaded_settings(ctx)
    redactor = configure_logs(log_format)
    redactor.add(settings.known_secrets(os.environ))
    if worker:
        keep_memory_private()
    address = listen.chosen(settings.web.listen) if listen else settings.web.listen

    async def serve() -> None:
        stopping = stop_on_signals()
        again = Again()
        async with AsyncExitStack() as stack:
            parts: list[Part] = []
            if worker:
                from hedgewatch.cli.working import refuse_what_exchanges_tell
                from hedgewatch.exchanges.door import Restraints

                restraints = Restraints()
                check = refuse_what_exchanges_tell(settings, os.environ, restraints)
                if not await ended_by_itself(check, stopping):
                    return
            if web:
                from hedgewatch.cli.paging import open_pages

                pages = open_pages(stack, settings, os.environ, address)
                parts.append(pages)
                log.info("pages", url=f"http://{pages.address}/")
            if worker:
                from hedgewatch.cli.working import open_worker

                working = await open_worker(stack, settings, os.environ, redactor=redactor, restraints=restraints)
                again.tell(working.reload)
                parts.insert(0, working)
            await run_parts(parts, stopping)
            if not stopping.is_set():
                raise HedgewatchError("a part of the daemon ended by itself; the log says which one, and why")

    asyncio.run(serve())


class Again:
    """SIGHUP: whoever is told reads its configuration anew; until somebody is, and where nobody is, it does nothing."""

    def __init__(self) -> None:
        """Take the signal from the system's own way, which would end us."""
        self._told: Callable[[], None] = self._remember
        self._was_asked = False
        if threading.current_thread() is threading.main_thread() and hasattr(signal, "SIGHUP"):
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self._ask)

    def tell(self, reload: Callable[[], None]) -> None:
        """Tell this one from now on, at once if the signal came before."""
        self._told = reload
        if self._was_asked:
            reload()

    def _ask(self) -> None:
        self._told()

    def _remember(self) -> None:
        self._was_asked = True
        log.info("reload_asked", mend="the pages keep their configuration; the worker reads it once it runs")


def configure_logs(log_format: str) -> Redactor:
    """Configure the logs as asked; ``auto`` is console on a terminal and JSON elsewhere."""
    if log_format not in {"auto", *FORMATS}:
        raise ConfigurationError(f"--log-format: expected json, console or auto, found {log_format!r}")
    redactor = Redactor()
    logs.configure(redactor, as_json=FORMATS.get(log_format, not sys.stderr.isatty()))
    return redactor


def stop_on_signals() -> asyncio.Event:
    """Return what SIGTERM and SIGINT set from now on: as a container's first process nothing else would end us."""
    stopping = asyncio.Event()
    if threading.current_thread() is threading.main_thread():  # no other thread gets signals
        for number in STOPPING:
            asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    return stopping


async def ended_by_itself(work: Coroutine[Any, Any, None], stopping: asyncio.Event) -> bool:
    """Await what comes before the parts run; tell whether it came to its end, or ``stopping`` ended it."""
    task, told = asyncio.create_task(work), asyncio.create_task(stopping.wait())
    await asyncio.wait([task, told], return_when=asyncio.FIRST_COMPLETED)
    told.cancel()
    if not task.done():
        task.cancel()
        await asyncio.wait([task])
    if task.cancelled():
        return False
    task.result()
    return True


async def run_parts(parts: list[Part], stopping: asyncio.Event) -> None:
    """Run all parts until ``stopping`` is set, or until one ends; then stop the others and wait for them."""
    told = asyncio.create_task(stopping.wait())
    tasks = [asyncio.create_task(part.run()) for part in parts]
    await asyncio.wait([told, *tasks], return_when=asyncio.FIRST_COMPLETED)
    told.cancel()
    for part in parts:
        part.stop()
    await asyncio.gather(*tasks)
