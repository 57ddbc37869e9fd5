"""One who visits the pages of a history, served on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import aiohttp
from yarl import URL

from hedgewatch.web.app import make_app
from hedgewatch.web.ports import PageOptions
from tests.web import serving
from tests.web.samples import NOW, MemoryHistory

OPTIONS = PageOptions(
    timezone=ZoneInfo("Europe/Berlin"),
    poll_seconds=Decimal(30),
    allowed_hosts=("hedges.example",),
    version="0.0.test",
)


class Visitor:
    """Asks for paths exactly as they are written."""

    def __init__(self, session: aiohttp.ClientSession, address: str) -> None:
        self._session, self._address = session, address

    async def ask(
        self, path: str, *, method: str = "GET", host: str | None = None
    ) -> tuple[aiohttp.ClientResponse, str]:
        headers = {} if host is None else {"Host": host}
        url = URL(f"http://{self._address}{path}", encoded=True)
        async with self._session.request(method, url, headers=headers, allow_redirects=False) as answer:
            return answer, await answer.text()

    async def text(self, path: str) -> str:
        answer, text = await self.ask(path)
        assert answer.status == 200, text
        return text


@asynccontextmanager
async def served(history: MemoryHistory, now: datetime = NOW) -> AsyncIterator[Visitor]:
    app = make_app(history, OPTIONS, lambda: now)
    timeout = aiohttp.ClientTimeout(total=10)
    async with serving.served(app) as pages, aiohttp.ClientSession(timeout=timeout) as session:
        yield Visitor(session, pages.address)
