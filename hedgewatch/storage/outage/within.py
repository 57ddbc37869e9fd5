"""What the database is given: time, and on a full disk the ballast."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from hedgewatch.domain.errors import StoreFullError, StoreUnavailableError
from hedgewatch.storage.outage.ballast import Ballast

STORE_SECONDS = 15  # longer than any lock is waited for
T = TypeVar("T")


async def within(work: Awaitable[T]) -> T:
    """Await work of the database within its time. Raises StoreUnavailableError; it may come to its end all the same."""
    try:
        async with asyncio.timeout(STORE_SECONDS):
            return await work
    except TimeoutError as error:
        raise StoreUnavailableError(f"storage: the database did not answer within {STORE_SECONDS} s") from error


async def written(work: Callable[[], Awaitable[T]], ballast: Ballast) -> T:
    """Do work that writes; if the disk is full, again without the ballast. Raises StoreUnavailableError."""
    try:
        return await within(work())
    except StoreFullError:
        if not await asyncio.to_thread(ballast.give_up):
            raise
    return await within(work())
