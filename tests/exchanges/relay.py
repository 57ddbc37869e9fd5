"""A relay: asks the simulator once for each answer, keeps it, and hands it on spoilt where it is told to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlencode

import aiohttp
import yarl
from aiohttp import web

from tests.exchanges.spoiling import Spoil

HOPS = frozenset({"Host", "Content-Length", "Accept-Encoding", "Connection"})
PASSING = frozenset({"timestamp", "signature", "startTime", "endTime", "start_time", "end_time"})


class Relay:
    """What stands between an exchange and whoever asks it. ``asked``: every question, without its stamps."""

    def __init__(self, upstream: str, session: aiohttp.ClientSession) -> None:
        self._upstream = upstream
        self._session = session
        self._kept: dict[str, str] = {}
        self.asked: dict[str, None] = {}
        self.spoilt: tuple[str, Spoil] | None = None
        self.base_url = ""

    async def answer(self, request: web.BaseRequest) -> web.Response:
        query = urlencode(sorted((name, value) for name, value in request.query.items() if name not in PASSING))
        question = f"{request.path}?{query}"
        self.asked[question] = None
        if question not in self._kept:
            headers = {name: value for name, value in request.headers.items() if name not in HOPS}
            url, body = yarl.URL(self._upstream + request.raw_path, encoded=True), await request.read()
            async with self._session.request(request.method, url, headers=headers, data=body) as told:
                self._kept[question] = await told.text()
        body = self._kept[question]
        if self.spoilt is not None and self.spoilt[0] == question:
            body = self.spoilt[1](body)
        return web.Response(text=body, content_type="application/json")


@asynccontextmanager
async def relayed(upstream: str) -> AsyncIterator[Relay]:
    """Serve a relay on loopback."""
    async with aiohttp.ClientSession() as session:
        relay = Relay(upstream, session)
        runner = web.ServerRunner(web.Server(relay.answer, access_log=None), shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        relay.base_url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield relay
        finally:
            await runner.cleanup()
