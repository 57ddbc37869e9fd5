"""A real webhook receiver on loopback that verifies signatures, for the demo and the tests."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import orjson
from aiohttp import web
from standardwebhooks import Webhook, WebhookVerificationError

from hedgewatch.simulator.noise import seed_of, uniform

LOOPBACK = "127.0.0.1"
CLOSE_WITHIN = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One verified POST; ``at`` in epoch seconds on the receiver's clock."""

    webhook_id: str
    body: dict[str, object]
    headers: Mapping[str, str]
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """Counts since the start: ``distinct`` ids, ``repeated`` POSTs of an id, refused with 503, wrongly signed."""

    received: int
    distinct: int
    repeated: int
    refused: int
    unverified: int


class WebhookReceiver:
    """The receiver: 204 for what it keeps, 401 for a wrong signature, 503 when it was told to refuse.

    ``refuse_rate`` is the share of POSTs refused at random, decided by ``seed``: the same seed refuses the same ones.
    """

    def __init__(self, secret: str, *, refuse_rate: float = 0.0, seed: int = 0) -> None:
        self.received: list[Received] = []
        self.url = ""
        self._webhook = Webhook(secret)
        self._rate = refuse_rate
        self._key = seed_of("receiver", seed)
        self._arrived = self._refusals = self._refused = self._unverified = 0
        self._runner: web.ServerRunner | None = None

    def refuse(self, times: int) -> None:
        """Answer 503 to the next ``times`` POSTs."""
        self._refusals = times

    def refuse_at_random(self, rate: float) -> None:
        """Answer 503 to a share of the POSTs from now on."""
        self._rate = rate

    @property
    def statistics(self) -> Statistics:
        """Return the counts, repeated ids told apart."""
        ids = Counter(post.webhook_id for post in self.received)
        return Statistics(
            received=len(self.received),
            distinct=len(ids),
            repeated=len(self.received) - len(ids),
            refused=self._refused,
            unverified=self._unverified,
        )

    async def start(self, port: int = 0) -> str:
        """Listen on loopback (0: any free port) and return the URL to post to. Raises OSError if it is taken."""
        self._runner = web.ServerRunner(web.Server(self._respond, access_log=None), shutdown_timeout=CLOSE_WITHIN)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, LOOPBACK, port).start()
        except OSError:
            await self.stop()
            raise
        self.url = f"http://{LOOPBACK}:{self._runner.addresses[0][1]}/hooks"
        return self.url

    async def stop(self) -> None:
        """Close the port."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def _respond(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        self._arrived += 1
        if self._refuses():
            self._refused += 1
            return web.Response(status=503, headers={"Retry-After": "1"})
        headers = {name.lower(): value for name, value in request.headers.items()}
        try:
            self._webhook.verify(body, headers)
        except (WebhookVerificationError, ValueError):  # ValueError: a header that is no signature at all
            self._unverified += 1
            return web.Response(status=401)
        told = orjson.loads(body)
        self.received.append(Received(webhook_id=headers["webhook-id"], body=told, headers=headers, at=time.time()))
        return web.Response(status=204)

    def _refuses(self) -> bool:
        if self._refusals > 0:
            self._refusals -= 1
            return True
        return self._rate > 0 and (uniform(self._key, self._arrived) + 1) / 2 < self._rate
