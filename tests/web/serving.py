"""Pages served on loopback for a test, and stopped with it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from fastapi import FastAPI

from hedgewatch.web.serve import Pages, reserve


@contextlib.asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[Pages]:
    pages = Pages(app, reserve("127.0.0.1", 0))
    running = asyncio.create_task(pages.run())
    try:
        yield pages
    finally:
        pages.stop()
        await running
