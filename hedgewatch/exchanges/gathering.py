"""Gathering: questions put side by side, until a deadline."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Hashable, Mapping
from typing import Any, TypeVar

from hedgewatch.exchanges.faults import Fault

K = TypeVar("K", bound=Hashable)


async def gathered(work: Mapping[K, Coroutine[Any, Any, Any]], deadline: float, late: Fault) -> dict[K, Any]:
    """Await everything side by side until the deadline of the loop's clock; what is late then is the ``late`` fault."""
    tasks = {name: asyncio.create_task(question, name=str(name)) for name, question in work.items()}
    if not tasks:
        return {}
    left = max(0.0, deadline - asyncio.get_running_loop().time())
    try:
        await asyncio.wait(tasks.values(), timeout=left)
    finally:
        for task in tasks.values():
            task.cancel()
    await asyncio.gather(*tasks.values(), return_exceptions=True)
    return {name: late if task.cancelled() else task.result() for name, task in tasks.items()}
