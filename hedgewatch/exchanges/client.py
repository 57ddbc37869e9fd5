"""The clients: ccxt's classes behind the door; every answer is checked before it is believed."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from typing import Any, NoReturn

import aiohttp
import certifi

from hedgewatch.exchanges.answers import words_of
from hedgewatch.exchanges.credentials import Credentials
from hedgewatch.exchanges.door import Door
from hedgewatch.exchanges.faults import Evidence
from hedgewatch.exchanges.library import CcxtError, client_class, twin_class
from hedgewatch.exchanges.quirks.shape import Quirk

UNHAPPY = 400

logging.getLogger("ccxt").setLevel(logging.WARNING)  # at DEBUG it writes request headers, keys and passphrases


@lru_cache(maxsize=1)
def tls_context() -> ssl.SSLContext:
    """Return the one TLS context of all clients: making it takes 20 ms."""
    return ssl.create_default_context(cafile=certifi.where())


class _Guards:
    """The guards both kinds of client share. Mixed in before ccxt's class."""

    door: Door
    number = str  # Decimal loses contractSize on three exchanges, float is not exact
    _answering: str = ""

    def on_rest_response(self, *response: Any) -> str:  # noqa: ANN401  ccxt's own signature, handed through
        """Note whose answer is decoded next; ccxt decodes it at once, so no other answer comes between."""
        self._answering = response[2]
        self.door.listen(*response)
        return str(super().on_rest_response(*response))  # type: ignore[misc]  # ccxt's class follows in the MRO

    def on_json_response(self, body: str) -> Any:  # noqa: ANN401  JSON
        """Decode exactly, and cut."""
        return self.door.decode(self._answering, body)

    def handle_errors(self, *facts: Any) -> None:  # noqa: ANN401  ccxt's own signature, handed through
        """Refuse what the exchange refused, with status, code, words and headers still at hand."""
        status, _, url, _, headers, body, answer = facts[:7]
        try:
            super().handle_errors(*facts)  # type: ignore[misc]  # ccxt's class follows in the MRO
        except CcxtError as error:
            kind: Exception | None = error
        else:
            kind = None
        if kind is None and status < UNHAPPY:
            return
        code, words = words_of(answer, body or "")
        self.door.refuse(
            url,
            lambda where: Evidence(
                where=where,
                error_class=type(kind).__name__,
                status=status if status >= UNHAPPY else None,
                code=code,
                words=words,
                headers=headers,
            ),
            kind,
        )

    def believe(self, url: str, answer: Any) -> Any:  # noqa: ANN401  JSON
        """Return an answer that is a JSON object or list; refuse everything else."""
        if isinstance(answer, dict | list):
            return answer
        words = words_of(None, answer if isinstance(answer, str) else "")[1]
        words = f"not JSON: {words}"
        return self.door.refuse(url, lambda where: Evidence(where=where, error_class="BadResponse", words=words))

    def translate(self, url: str, error: Exception) -> NoReturn:
        """Refuse with the fault behind one of ccxt's errors; its own text carries the whole URL."""
        cause = error.__cause__
        words = type(error).__name__ if cause is None else f"{type(error).__name__} ({type(cause).__name__})"
        self.door.refuse(url, lambda where: Evidence(where=where, error_class=type(error).__name__, words=words), error)


def guarded_client(quirk: Quirk, door: Door, *, timeout_seconds: Decimal) -> Any:  # noqa: ANN401  ccxt is untyped
    """Make the keyless async client of an exchange, all of whose requests pass the ``door``."""
    return _made(_guarded_class(quirk.exchange), quirk, door, timeout_seconds)


def signed_client(
    door: Door,
    credentials: Credentials,
    *,
    signing_time: Callable[[], int],
    timeout_seconds: Decimal,
    budget: Any,  # noqa: ANN401  the keyless client's throttler
) -> Any:  # noqa: ANN401  ccxt is untyped
    """Make an async client with keys, all of whose requests pass the ``door``.

    signing_time: the exchange's time in milliseconds, as well as we know it. budget: ccxt's throttler of the keyless
    client, so that both spend from one budget.
    """

    class Signed(_guarded_class(door.quirk.exchange)):  # type: ignore[misc]  # ccxt ships no types
        def nonce(self) -> int:
            # BingX' own ignores the measured difference of the clocks, and all of ccxt's read the clock themselves
            return signing_time()

    client = _made(Signed, door.quirk, door, timeout_seconds)
    client.apiKey, client.secret, client.password = credentials.api_key, credentials.secret, credentials.password
    client.throttler = budget
    return client


def _guarded_class(exchange: str) -> Any:  # noqa: ANN401  ccxt is untyped
    base: Any = client_class(exchange)

    class Guarded(_Guards, base):  # type: ignore[misc]  # ccxt ships no types
        session: Any = None

        def open(self, lazy: bool = False) -> None:  # noqa: FBT001, FBT002  ccxt's own signature
            if self.session is None and not (lazy and self.closed_by_user):
                self.ssl_context = tls_context()
                self.tcp_connector = aiohttp.TCPConnector(ssl=self.ssl_context, limit=16)
                self.session = aiohttp.ClientSession(
                    connector=self.tcp_connector,
                    middlewares=(self.door.watch_redirects,),
                    cookie_jar=aiohttp.DummyCookieJar(),
                )
            super().open(lazy)

        async def fetch(self, url: str, method: str = "GET", headers: Any = None, body: Any = None) -> Any:  # noqa: ANN401  ccxt's
            self.door.permit(method, url, headers)
            spared = self.door.spared(url)
            if spared is not None:
                return spared
            async with self.door.turn():
                self.door.permit(method, url, headers)  # again: it may have asked for patience meanwhile
                self.door.calls += 1
                try:
                    answer = await super().fetch(url, method, headers, body)
                except (TimeoutError, CcxtError, aiohttp.ClientError, OSError) as error:
                    self.translate(url, error)
                return self.believe(url, answer)

    return Guarded


def guarded_twin(quirk: Quirk, door: Door, *, timeout_seconds: Decimal) -> Any:  # noqa: ANN401  ccxt is untyped
    """Make the synchronous twin that lists markets in a thread."""
    base: Any = twin_class(quirk.exchange)

    class GuardedTwin(_Guards, base):  # type: ignore[misc]  # ccxt ships no types
        def fetch(self, url: str, method: str = "GET", headers: Any = None, body: Any = None) -> Any:  # noqa: ANN401  ccxt's
            self.door.permit(method, url, headers)
            spared = self.door.spared(url)
            if spared is not None:
                return spared
            self.door.calls += 1
            try:
                answer = super().fetch(url, method, headers, body)
            except (CcxtError, OSError) as error:
                self.translate(url, error)
            return self.believe(url, answer)

    twin = _made(GuardedTwin, quirk, door, timeout_seconds)
    twin.session.max_redirects = 0
    return twin


def _made(guarded: Any, quirk: Quirk, door: Door, timeout_seconds: Decimal) -> Any:  # noqa: ANN401  ccxt is untyped
    client = guarded(
        {
            "enableRateLimit": True,
            # the same weight per minute as the leaky bucket, but the few calls of a cycle need not queue for each other
            "rateLimiterAlgorithm": "rollingWindow",
            "timeout": int(timeout_seconds * 1000),
            "options": dict(quirk.options),
        }
    )
    client.door = door
    client.verbose = False
    client.enableLastHttpResponse = False
    client.enableLastJsonResponse = False
    client.enableLastResponseHeaders = False
    client.urls["api"] = door.redirected(client.urls["api"])
    if client.hostname:
        door.hosts = frozenset(host.replace("{hostname}", client.hostname) for host in door.hosts)
    return client
