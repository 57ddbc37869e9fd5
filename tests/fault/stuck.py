"""The real worker, in which one loop gets stuck when it is told so: whoever supervises it must notice.

``python -m tests.fault.stuck KIND CONFIG``; SIGUSR1 makes it stuck. ``naive`` before the kind is a mutant: it beats by
the clock alone.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from hedgewatch.bootstrap.watching import Watching
from hedgewatch.cli.working import open_worker
from hedgewatch.settings import load_settings
from hedgewatch.storage.database import Database
from hedgewatch.worker import Worker

FOR_EVER = threading.Event()


async def never(*_: Any, **__: Any) -> Any:
    await asyncio.Event().wait()


def stop_cycles(watching: Watching) -> None:
    watching.cycle._collector.collect_all = never  # type: ignore[method-assign]


def stop_deliveries(watching: Watching) -> None:
    watching.deliverer.deliver_due = never  # type: ignore[method-assign]


def stop_loop(_: Watching) -> None:
    FOR_EVER.wait()


def stop_writer(_: Watching) -> None:
    Database._transact = lambda *_, **__: FOR_EVER.wait()  # type: ignore[method-assign,assignment]


STUCK: dict[str, Callable[[Watching], None]] = {
    "cycle": stop_cycles,
    "delivery": stop_deliveries,
    "loop": stop_loop,
    "writer": stop_writer,
}


async def beats_by_the_clock(worker: Worker) -> None:
    """What the mutant does: it tells everybody that all is well, every second, whatever is."""
    while True:
        await asyncio.sleep(1)
        worker._overseer.alive("all is well")
        if worker._watching.heartbeat is not None:
            await worker._watching.heartbeat._switch.tell()


async def run(kind: str, config: Path, *, is_naive: bool) -> None:
    settings = load_settings(config, os.environ)
    async with AsyncExitStack() as stack:
        worker = await open_worker(stack, settings, os.environ)
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGUSR1, STUCK[kind], worker._watching)
        works: list[Awaitable[None]] = [worker.run()]
        works += [beats_by_the_clock(worker)] if is_naive else []
        await asyncio.gather(*works)


if __name__ == "__main__":
    *naive, kind, config = sys.argv[1:]
    asyncio.run(run(kind, Path(config), is_naive=bool(naive)))
