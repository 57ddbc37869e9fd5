"""The one door: every request to an exchange passes here, read only; every answer is checked before it is believed."""

from __future__ import annotations

import logging
import re
import ssl
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, NoReturn
from urllib.parse import urlsplit

import aiohttp
import ccxt
import ccxt.async_support
import certifi

from hedgewatch.domain.errors import ConfigurationError
from hedgewatch.domain.market import UnknownReason
from hedgewatch.exchanges.answers import decode_and_cut, decode_exactly, words_of
from hedgewatch.exchanges.faults import BlockedRequestError, Evidence, Fault, RefusedError, judge_evidence
from hedgewatch.exchanges.quirks.shape import Call, Quirk
from hedgewatch.monitoring.ports import Clock

URL = re.compile(r"(?P<scheme>https|wss)://(?P<host>[^/:]+)(?::\d+)?(?P<path>.*)")
PRIVATE = re.compile(r"(?i)private|signature=|api_?key=|sign=|withdraw|transfer|order(?!_?book)")
KEY_HEADER = re.compile(r"(?i)key|sign|passphrase")
UNHAPPY = 400
Sender = Callable[[aiohttp.ClientRequest], Awaitable[aiohttp.ClientResponse]]

logging.getLogger("ccxt").setLevel(logging.WARNING)  # at DEBUG it writes request headers, keys and passphrases


class Door:
    """What may pass between one exchange and us: counted, guarded, held back while the exchange asks for patience.

    wanted: the exchange's own ids to keep of an answer, for spot and for futures; None keeps answers whole.
    """

    def __init__(self, quirk: Quirk, clock: Clock, *, base_url: str | None = None) -> None:
        """Guard one exchange; with ``base_url`` nothing may go anywhere else."""
        self.quirk = quirk
        self.calls = 0
        self.retry_at: datetime | None = None
        self.held_for: UnknownReason = UnknownReason.RATE_LIMITED
        self.wanted: Mapping[bool, Collection[str]] | None = None
        self.hosts: frozenset[str] = frozenset()
        self._clock = clock
        self._base = checked_base_url(base_url)

    def redirected(self, urls: Any) -> Any:  # noqa: ANN401  ccxt's nest of names and addresses
        """Send every address of ccxt's ``urls`` to the base URL, the real host kept as the first path segment."""
        if isinstance(urls, dict):
            return {name: self.redirected(url) for name, url in urls.items()}
        match = URL.match(urls) if isinstance(urls, str) else None
        if match is None:
            return urls
        self.hosts |= {match["host"]}
        if self._base is None:
            return urls
        base = self._base.replace("http", "ws", 1) if match["scheme"] == "wss" else self._base
        return f"{base}/{match['host']}{match['path']}"

    def place(self, url: str) -> tuple[str, str, str]:
        """Split a request's address into real host, path and query. Raises BlockedRequestError if it leads astray."""
        parts = urlsplit(url)
        if self._base is None:
            if parts.scheme != "https" or parts.netloc != parts.hostname:
                raise BlockedRequestError(f"{self.quirk.exchange}: a request to {parts.hostname} was blocked")
            return parts.netloc, parts.path, parts.query
        if not url.startswith(self._base + "/"):
            raise BlockedRequestError(f"{self.quirk.exchange}: a request to {parts.hostname} was blocked")
        rest = urlsplit(url[len(self._base) :])
        _, host, path = rest.path.split("/", 2) if rest.path.count("/") > 1 else ("", rest.path[1:], "")
        return host, f"/{path}", rest.query

    def permit(self, method: str, url: str, headers: Mapping[str, str] | None = None) -> None:
        """Let a request pass if it only reads public market data, unsigned, and now.

        Raises BlockedRequestError, or RefusedError while the exchange has asked for patience.
        """
        host, path, query = self.place(url)
        is_signed = any(KEY_HEADER.search(name) for name in headers or ())
        if method != "GET" or is_signed or not self._is_listed(host, path, query):
            raise BlockedRequestError(f"{self.quirk.exchange}: {method} {host}{path} is not on the read-only list")
        if self.retry_at is not None and self._clock.now() < self.retry_at:
            raise RefusedError(self.patience())

    def _is_listed(self, host: str, path: str, query: str) -> bool:
        if self.quirk.allowed:
            return any(host == name and pattern.fullmatch(path) for name, pattern in self.quirk.allowed)
        return host in self.hosts and not PRIVATE.search(path) and not PRIVATE.search(query)

    def patience(self) -> Fault:
        """Say until when nothing may be asked."""
        until = self.retry_at.strftime("%Y-%m-%d %H:%M:%S UTC") if self.retry_at else "soon"
        text = f"{self.quirk.exchange} asked for patience ({self.held_for.replace('_', ' ')}) until {until}"
        return Fault(reason=self.held_for, text=text, retry_at=self.retry_at)

    def refuse(self, url: str, evidence: Callable[[str], Evidence], cause: BaseException | None = None) -> NoReturn:
        """Raise the fault of a failed call, and remember how long the exchange wants to be left alone."""
        host, path, _ = self.place(url)
        fault = judge_evidence(evidence(f"{self.quirk.exchange} {host}{path}"), self.quirk, self._clock.now())
        if fault.retry_at is not None and (self.retry_at is None or fault.retry_at > self.retry_at):
            self.retry_at, self.held_for = fault.retry_at, fault.reason
        raise RefusedError(fault) from cause

    def spared(self, url: str) -> Mapping[str, Any] | None:
        """Return the answer of a request that need not be asked; None if it must."""
        return next((answer for piece, answer in self.quirk.spared.items() if piece in url), None)

    def decode(self, url: str, body: str) -> Any:  # noqa: ANN401  JSON
        """Decode an answer exactly, cut to what is wanted where we know its form."""
        call = self._call(url)
        if call is None or self.wanted is None:
            return decode_exactly(body)
        return decode_and_cut(body, call, self.wanted.get(call.futures, ()))

    def _call(self, url: str) -> Call | None:
        _, path, query = self.place(url)
        return next((call for call in self.quirk.calls if call.answers(path, query)), None)

    async def watch_redirects(
        self,
        request: aiohttp.ClientRequest,
        handler: Callable[[aiohttp.ClientRequest], Awaitable[aiohttp.ClientResponse]],
    ) -> aiohttp.ClientResponse:
        """Check each hop of a request again: a redirect must not lead off the list."""
        self.permit(request.method, str(request.url), request.headers)
        return await handler(request)


def checked_base_url(base_url: str | None) -> str | None:
    """Return the base URL without a closing slash. Raises ConfigurationError if it is no http(s) address."""
    if base_url is None:
        return None
    parts = urlsplit(base_url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ConfigurationError(f"base_url: expected an http(s) address without query, found {base_url!r}")
    return base_url.rstrip("/")


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
        return str(super().on_rest_response(*response))  # type: ignore[misc]  # ccxt's class follows in the MRO

    def on_json_response(self, body: str) -> Any:  # noqa: ANN401  JSON
        """Decode exactly, and cut."""
        return self.door.decode(self._answering, body)

    def handle_errors(self, *facts: Any) -> None:  # noqa: ANN401  ccxt's own signature, handed through
        """Refuse what the exchange refused, with status, code, words and headers still at hand."""
        status, _, url, _, headers, body, answer = facts[:7]
        try:
            super().handle_errors(*facts)  # type: ignore[misc]  # ccxt's class follows in the MRO
        except ccxt.BaseError as error:
            kind: ccxt.BaseError | None = error
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
    base: Any = getattr(ccxt.async_support, quirk.exchange)

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
            self.door.calls += 1
            try:
                answer = await super().fetch(url, method, headers, body)
            except (TimeoutError, ccxt.BaseError, aiohttp.ClientError, OSError) as error:
                self.translate(url, error)
            return self.believe(url, answer)

    return _made(Guarded, quirk, door, timeout_seconds)


def guarded_twin(quirk: Quirk, door: Door, *, timeout_seconds: Decimal) -> Any:  # noqa: ANN401  ccxt is untyped
    """Make the synchronous twin that lists markets in a thread."""
    base: Any = getattr(ccxt, quirk.exchange)

    class GuardedTwin(_Guards, base):  # type: ignore[misc]  # ccxt ships no types
        def fetch(self, url: str, method: str = "GET", headers: Any = None, body: Any = None) -> Any:  # noqa: ANN401  ccxt's
            self.door.permit(method, url, headers)
            spared = self.door.spared(url)
            if spared is not None:
                return spared
            self.door.calls += 1
            try:
                answer = super().fetch(url, method, headers, body)
            except (ccxt.BaseError, OSError) as error:
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
