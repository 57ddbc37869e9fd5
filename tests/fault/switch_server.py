"""A dead man's switch as a real server on loopback: it trips when nobody has asked it for a period and a grace."""

from __future__ import annotations

import asyncio
import time
from types import TracebackType
from typing import Self

from aiohttp import web

LOOPBACK = "127.0.0.1"
PATH = "/ping/0b5c7e7a-canary-of-the-heartbeat"


class DeadMansSwitch:
    """Counts what it is told. status: what it answers; seconds of None: it never answers."""

    def __init__(self, *, period: float, grace: float) -> None:
        self.told: list[float] = []
        self.methods: list[str] = []
        self.status = 200
        self.hangs = False
        self.url = ""
        self._patience = period + grace
        self._runner: web.ServerRunner | None = None

    def is_tripped(self, now: float | None = None) -> bool:
        """Tell whether the alarm is raised; never before it was told for the first time, as healthchecks has it."""
        return bool(self.told) and (now or time.monotonic()) - self.told[-1] > self._patience

    async def __aenter__(self) -> Self:
        self._runner = web.ServerRunner(web.Server(self._answer), shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, LOOPBACK, 0)
        await site.start()
        (host, port, *_) = self._runner.addresses[0]
        self.url = f"http://{host}:{port}{PATH}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        if self.hangs:
            await request.content.read()
            await asyncio.sleep(3600)
        if request.path == PATH and self.status < 300:
            self.told.append(time.monotonic())
            self.methods.append(request.method)
        return web.Response(status=self.status)
