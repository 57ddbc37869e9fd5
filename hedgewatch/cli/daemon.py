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
from hedgewatch.cli.loading import loaded_settings, ready_settings
from hedgewatch.domain.errors import ConfigurationError

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
    configure_logs(log_format).add(settings.known_secrets(os.environ))
    address = listen.chosen(settings.web.listen) if listen else settings.web.listen

    async def serve() -> None:
        async with AsyncExitStack() as stack:
            parts: list[Part] = []
            if worker:
                from hedgewatch.cli.working import refuse_unlisted_symbols

                if not await ended_by_itself(refuse_unlisted_symbols(settings, os.environ)):
                    return
            if web:
                from hedgewatch.cli.paging import open_pages

                pages = open_pages(stack, settings, os.environ, address)
                parts.append(pages)
                log.info("pages", url=f"http://{pages.address}/")
            if worker:
                from hedgewatch.cli.working import open_worker

                parts.insert(0, await open_worker(stack, settings, os.environ))
            await run_parts(parts)

    asyncio.run(serve())


def configure_logs(log_format: str) -> logs.Redactor:
    """Configure the logs as asked; ``auto`` is console on a terminal and JSON elsewhere."""
    if log_format not in {"auto", *FORMATS}:
        raise ConfigurationError(f"--log-format: expected json, console or auto, found {log_format!r}")
    redactor = logs.Redactor()
    logs.configure(redactor, as_json=FORMATS.get(log_format, not sys.stderr.isatty()))
    return redactor


async def ended_by_itself(work: Coroutine[Any, Any, None]) -> bool:
    """Await what comes before the parts run; tell whether it came to its end, or SIGTERM or SIGINT ended it."""
    loop, task = asyncio.get_running_loop(), asyncio.create_task(work)
    numbers = STOPPING if threading.current_thread() is threading.main_thread() else ()  # no other thread gets signals
    for number in numbers:
        loop.add_signal_handler(number, task.cancel)
    try:
        await asyncio.wait([task])
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
    if task.cancelled():
        return False
    task.result()
    return True


async def run_parts(parts: list[Part]) -> None:
    """Run all parts until SIGTERM or SIGINT, or until one ends; then stop the others and wait for them."""

    def stop_all() -> None:
        for part in parts:
            part.stop()

    loop = asyncio.get_running_loop()
    for number in STOPPING:
        loop.add_signal_handler(number, stop_all)
    tasks = [asyncio.create_task(part.run()) for part in parts]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    stop_all()
    await asyncio.gather(*tasks)
