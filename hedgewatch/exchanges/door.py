"""The door: what may pass between one exchange and us, read only, counted, held back while it asks for patience."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NoReturn
from urllib.parse import urlsplit

import aiohttp

from hedgewatch.domain.errors import ConfigurationError
from hedgewatch.domain.market import UnknownReason
from hedgewatch.domain.numbers import from_float
from hedgewatch.exchanges.answers import decode_and_cut, decode_exactly
from hedgewatch.exchanges.credentials import Credentials
from hedgewatch.exchanges.faults import BlockedRequestError, Evidence, Fault, RefusedError, judge_evidence
from hedgewatch.exchanges.quirks.shape import Call, Quirk
from hedgewatch.exchanges.recording import Heard
from hedgewatch.monitoring.ports import Clock

URL = re.compile(r"(?P<scheme>https|wss)://(?P<host>[^/:]+)(?::\d+)?(?P<path>.*)")
PRIVATE = re.compile(r"(?i)private|signature=|api_?key=|sign=|withdraw|transfer|order(?!_?book)")
SIGNED_QUERY = re.compile(r"(?i)(?:^|&)(?:signature|sign|api_?key)=")
KEY_HEADER = re.compile(r"(?i)key|sign|passphrase")
CAUTIOUS_FOR = timedelta(hours=1)
LONGEST_TURN_SECONDS = 2
REDIRECTS = frozenset({301, 302, 303, 307, 308})


class Restraint:
    """How long an exchange wants to be left alone, shared by every door to it: a ban is an address's, not a key's.

    budget: the throttler that all its clients spend from, of the first of them; None: there is no client yet.

    Where a ban may stand that we do not know of (at a start), and for an hour after the exchange asked for patience,
    its questions are put one at a time: of those that are under way together, each would make a ban longer.
    """

    def __init__(self) -> None:
        """Nothing is asked of us yet."""
        self.retry_at: datetime | None = None
        self.budget: Any = None
        self.held_for: UnknownReason = UnknownReason.RATE_LIMITED
        self._is_tried = False
        self._one = asyncio.Lock()

    def heed(self, fault: Fault) -> None:
        """Remember what a fault asks for; the longest wish counts."""
        if fault.retry_at is not None and (self.retry_at is None or fault.retry_at > self.retry_at):
            self.retry_at, self.held_for = fault.retry_at, fault.reason

    @asynccontextmanager
    async def turn(self, now: datetime) -> AsyncIterator[None]:
        """Wait for one's turn where it is one at a time; a question that hangs is not waited for any longer."""
        if self._is_tried and (self.retry_at is None or now >= self.retry_at + CAUTIOUS_FOR):
            yield
            return
        has_turn = True
        try:
            async with asyncio.timeout(LONGEST_TURN_SECONDS):
                await self._one.acquire()
        except TimeoutError:
            has_turn = False
        try:
            yield
            self._is_tried = True
        finally:
            if has_turn:
                self._one.release()

    def holds(self, now: datetime) -> bool:
        """Tell whether nothing may be asked now."""
        return self.retry_at is not None and now < self.retry_at

    @property
    def window(self) -> timedelta:
        """How long what was asked counts against the budget."""
        return timedelta() if self.budget is None else timedelta(milliseconds=self.budget.config["windowSize"])

    def spent(self) -> Decimal:
        """Return the share of the budget spent within its window, with what waits in the queue."""
        if self.budget is None:
            return Decimal(0)
        limits = self.budget.config
        since = time.time() * 1000 - limits["windowSize"]  # the throttler's own clock
        costs = [one["cost"] for one in self.budget.timestamps if one["timestamp"] > since]
        costs += [limits["cost"] if cost is None else cost for _, cost in self.budget.queue]
        return from_float(sum(costs) / limits["maxWeight"], "budget")


class Restraints:
    """The restraints of one process, by exchange and address: whoever asks an exchange shares its patience and budget.

    What is asked before the first cycle counts as well. One event loop long: a throttler belongs to its loop.
    """

    def __init__(self) -> None:
        """Nobody was asked yet."""
        self._known: dict[tuple[str, str | None], Restraint] = {}

    def of(self, exchange: str, base_url: str | None) -> Restraint:
        """Return the restraint of an exchange at an address."""
        return self._known.setdefault((exchange, base_url), Restraint())


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedRead:
    """One request that may be signed: it only reads. pattern: of its whole path."""

    method: str
    host: str
    pattern: re.Pattern[str]


def signed_reads(host: str, *patterns: str, method: str = "GET") -> tuple[SignedRead, ...]:
    """Allow these paths of ``host`` to be asked signed."""
    return tuple(SignedRead(method=method, host=host, pattern=re.compile(pattern)) for pattern in patterns)


class Door:
    """What may pass between one exchange and us: counted, guarded, held back while the exchange asks for patience.

    wanted: the exchange's own ids to keep of an answer, for spot and for futures; None keeps answers whole.
    """

    def __init__(
        self,
        quirk: Quirk,
        clock: Clock,
        *,
        base_url: str | None = None,
        restraint: Restraint | None = None,
        credentials: Credentials | None = None,
        signed: tuple[SignedRead, ...] = (),
    ) -> None:
        """Guard one exchange; with ``base_url`` nothing may go anywhere else.

        restraint: that of the other doors to this exchange. signed: what may be asked with keys, nothing if left out.
        credentials: hidden wherever they turn up in a text.
        """
        self.quirk = quirk
        self.calls = 0
        self.restraint = restraint or Restraint()
        self.wanted: Mapping[bool, Collection[str]] | None = None
        self.hosts: frozenset[str] = frozenset()
        self.listener: Callable[[Heard], None] | None = None
        self._clock = clock
        self._credentials = credentials
        self._signed = signed
        self._base = checked_base_url(base_url)

    @property
    def retry_at(self) -> datetime | None:
        """When the exchange may be asked again; None: it never asked for patience."""
        return self.restraint.retry_at

    @property
    def held_for(self) -> UnknownReason:
        """Why it asked for patience."""
        return self.restraint.held_for

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
        """Let a request pass if it only reads: public data unsigned, or what this door may ask signed; and now.

        Raises BlockedRequestError, or RefusedError while the exchange has asked for patience.
        """
        host, path, query = self.place(url)
        if is_signed(query, headers):
            listed = any(
                method == read.method and host == read.host and read.pattern.fullmatch(path) for read in self._signed
            )
        else:
            listed = method == "GET" and self._is_listed(host, path, query)
        if not listed:
            raise BlockedRequestError(f"{self.quirk.exchange}: {method} {host}{path} is not on the read-only list")
        if self.restraint.holds(self._clock.now()):
            raise RefusedError(self.patience())

    def turn(self) -> AbstractAsyncContextManager[None]:
        """Wait for a question's turn, where the exchange is asked one at a time."""
        return self.restraint.turn(self._clock.now())

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
        found = evidence(f"{self.quirk.exchange} {host}{path}")
        found = replace(found, words=self.hide(found.words), code=self.hide(found.code) if found.code else None)
        fault = judge_evidence(found, self.quirk, self._clock.now())
        self.restraint.heed(fault)
        # the cause's own text holds the whole address, and with keys that holds the signature
        raise RefusedError(fault) from (None if self._credentials else cause)

    def listen(self, *response: Any) -> None:  # noqa: ANN401  ccxt's own signature, handed through
        """Tell the listener of an answer as it arrived."""
        if self.listener is None:
            return
        status, _, url, method, _, body, headers, posted = response
        _, path, query = self.place(url)
        heard = Heard(
            exchange=self.quirk.exchange,
            method=method,
            path=path,
            query=query,
            status=status,
            body=body,
            signed=is_signed(query, headers),
            posted=posted,
        )
        self.listener(heard)

    def hide(self, text: str) -> str:
        """Mask this door's credentials in a text."""
        return self._credentials.hide(text) if self._credentials else text

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
        """Check each hop of a request again: a redirect must not lead off the list, and a signed one leads nowhere."""
        self.permit(request.method, str(request.url), request.headers)
        answer = await handler(request)
        if answer.status in REDIRECTS and is_signed(request.url.query_string, request.headers):
            answer.close()
            raise BlockedRequestError(f"{self.quirk.exchange}: a redirect of a signed request was not followed")
        return answer


def is_signed(query: str, headers: Mapping[str, str] | None) -> bool:
    """Tell whether a request carries a key or a signature."""
    return bool(SIGNED_QUERY.search(query)) or any(KEY_HEADER.search(name) for name in headers or ())


def checked_base_url(base_url: str | None) -> str | None:
    """Return the base URL without a closing slash. Raises ConfigurationError if it is no http(s) address."""
    if base_url is None:
        return None
    parts = urlsplit(base_url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ConfigurationError(f"base_url: expected an http(s) address without query, found {base_url!r}")
    return base_url.rstrip("/")
