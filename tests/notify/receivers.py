"""A webhook receiver that does as it is told and remembers what it got, for tests of the sender."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

from aiohttp import web

from hedgewatch.monitoring.payload import event_payload
from hedgewatch.monitoring.ports import Delivery
from tests.monitoring.alerts import TOLD_AT, drift_event, snapshot

SECRET = "whsec_" + base64.b64encode(b"canary-secret-of-32-bytes-length").decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    headers: Mapping[str, str]
    body: bytes
    connection: object


@dataclass
class ToldReceiver:
    """Answers with the next of its statuses, then with 204."""

    statuses: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    hangs: bool = False
    posts: list[Post] = field(default_factory=list)
    url: str = ""

    async def respond(self, request: web.BaseRequest) -> web.StreamResponse:
        names = {name.lower(): value for name, value in request.headers.items()}
        self.posts.append(Post(headers=names, body=await request.read(), connection=request.transport))
        if self.hangs:
            await asyncio.sleep(30)
        status = self.statuses.pop(0) if self.statuses else 204
        return web.Response(status=status, headers=self.headers, body=self.body or None)

    @asynccontextmanager
    async def open(self, tls: ssl.SSLContext | None = None) -> AsyncIterator[ToldReceiver]:
        runner = web.ServerRunner(web.Server(self.respond, access_log=None), shutdown_timeout=0.01)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
        scheme = "https" if tls else "http"
        self.url = f"{scheme}://127.0.0.1:{runner.addresses[0][1]}/hooks/canary-path?token=canary-query"
        try:
            yield self
        finally:
            await runner.cleanup()


def delivery(*, channel: str = "ops", made_at: datetime = TOLD_AT, attempts: int = 0) -> Delivery:
    event = drift_event()
    return Delivery(
        event_id=event.event_id,
        channel=channel,
        event_type=event.type.value,
        severity=event.severity.value,
        payload=event_payload(event, snapshot(), "http://127.0.0.1:8710"),
        made_at=made_at,
        attempts=attempts,
        first_attempt_at=None,
    )
