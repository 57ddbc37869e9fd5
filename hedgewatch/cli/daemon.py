"""The daemon's frame: logs, configuration, worker and pages, one stop for all."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import typer

from hedgewatch import __version__, logs
from hedgewatch.bootstrap.reading import reading
from hedgewatch.bootstrap.watching import watching
from hedgewatch.cli.loading import loaded_settings, ready_settings
from hedgewatch.cli.serving import split_address
from hedgewatch.domain.errors import ConfigurationError
from hedgewatch.settings import Settings
from hedgewatch.web.app import PageOptions, make_app
from hedgewatch.web.serve import Pages, reserve
from hedgewatch.worker import SystemClock, Worker

FORMATS = {"json": True, "console": False}


def start(ctx: typer.Context, *, log_format: str, worker: bool, web: bool, listen: str | None = None) -> None:
    """Run the daemon, or one of its parts, until it is told to stop; raises ConfigurationError before anything runs."""
    settings = ready_settings(ctx) if worker else loaded_settings(ctx)
    redactor = configure_logs(log_format)
    redactor.add(settings.known_secrets(os.environ))
    pages = reserve(*split_address(listen or settings.web.listen)) if web else None
    asyncio.run(serve(settings, worker=worker, pages=pages))


def configure_logs(log_format: str) -> logs.Redactor:
    """Configure the logs as asked; ``auto`` is console on a terminal and JSON elsewhere."""
    if log_format not in {"auto", *FORMATS}:
        raise ConfigurationError(f"--log-format: expected json, console or auto, found {log_format!r}")
    redactor = logs.Redactor()
    logs.configure(redactor, as_json=FORMATS.get(log_format, not sys.stderr.isatty()))
    return redactor


async def serve(settings: Settings, *, worker: bool, pages: socket.socket | None) -> None:
    """Run what was asked for side by side; when one part ends, the other is stopped."""
    async with contextlib.AsyncExitStack() as stack:
        parts: list[tuple[Coroutine[Any, Any, None], Callable[[], None]]] = []
        if worker:
            running = Worker(await stack.enter_async_context(watching(settings, os.environ, SystemClock())))
            parts.append((running.run(), running.stop))
        if pages is not None:
            history = stack.enter_context(reading(settings, os.environ))
            served = Pages(make_app(history, page_options(settings)), pages)
            parts.append((served.run(), served.stop))
        await run_parts(parts)


def page_options(settings: Settings) -> PageOptions:
    """Return what the pages need to know of the configuration."""
    return PageOptions(
        timezone=settings.monitor.timezone,
        poll_seconds=settings.poll_seconds,
        allowed_hosts=settings.web.allowed_hosts,
        version=__version__,
    )


async def run_parts(parts: list[tuple[Coroutine[Any, Any, None], Callable[[], None]]]) -> None:
    """Run all parts until SIGTERM or SIGINT, or until one ends; then stop the others and wait for them."""

    def stop_all() -> None:
        for _, stop in parts:
            stop()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop_all)
    tasks = [asyncio.create_task(work) for work, _ in parts]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    stop_all()
    await asyncio.gather(*tasks)
