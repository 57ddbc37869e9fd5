"""The loopback exchange: one port that answers for five exchanges, over one world, with faults on command."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import orjson
from aiohttp import web

from hedgewatch.simulator.control import CONTROL, Control, control
from hedgewatch.simulator.damage import json_response, refusal, spoil
from hedgewatch.simulator.faults import Fault, FaultKind, Faults
from hedgewatch.simulator.listings import Exchange
from hedgewatch.simulator.market import World
from hedgewatch.simulator.registry import Accounts
from hedgewatch.simulator.wire.form import STAMP, Answer, Ask, SignedAsk, UnknownSymbolError, Wire
from hedgewatch.simulator.wire.signatures import Letter, RefusedError, check, scheme_of
from hedgewatch.simulator.wire.table import WIRES

LOOPBACK = "127.0.0.1"
DOMAINS = {
    "binance.com": Exchange.BINANCE,
    "bybit.com": Exchange.BYBIT,
    "bytick.com": Exchange.BYBIT,
    "bingx.com": Exchange.BINGX,
    "weex.com": Exchange.WEEX,
    "mexc.com": Exchange.MEXC,
}
STAMP_BYTES = str(STAMP).encode()
CALLS_KEPT = 20_000
LISTS_KEPT = 200
CLOSE_WITHIN = 1.0
HANG_AT_MOST = 3_600.0
LINGER_NOT = struct.pack("ii", 1, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request that arrived; ``at`` in epoch milliseconds."""

    exchange: Exchange
    path: str
    method: str
    at: int


def wall_clock() -> int:
    """Return the time in epoch milliseconds."""
    return time.time_ns() // 1_000_000


class SimulatedExchanges:
    """The server. ``faults``, ``world`` and ``accounts`` are commanded in process, or over HTTP below ``/_control``."""

    def __init__(self, world: World, *, clock: Callable[[], int] = wall_clock) -> None:
        self.world = world
        self.faults = Faults(clock)
        self.accounts = Accounts(world, clock)
        self.calls: deque[Call] = deque(maxlen=CALLS_KEPT)
        self.counts: dict[Exchange, Counter[str]] = {exchange: Counter() for exchange in Exchange}
        self.base_url = ""
        self._clock = clock
        self._lists: dict[tuple[Exchange, str, str], tuple[tuple[int, int], bytes]] = {}
        self._released = asyncio.Event()
        self._runner: web.ServerRunner | None = None

    async def start(self, port: int = 0, *, host: str = LOOPBACK) -> str:
        """Listen (0: any free port) and return the base URL. Raises OSError if the port is taken."""
        self._released.clear()
        self._runner = web.ServerRunner(web.Server(self._respond, access_log=None), shutdown_timeout=CLOSE_WITHIN)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, host, port).start()
        except OSError:
            await self.stop()
            raise
        self.base_url = f"http://{host}:{self._runner.addresses[0][1]}"
        return self.base_url

    async def stop(self) -> None:
        """Let hanging requests go and close the port."""
        self._released.set()
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

    def forget_calls(self) -> None:
        """Begin the call log anew."""
        self.calls.clear()
        self.counts = {exchange: Counter() for exchange in Exchange}

    async def _respond(self, request: web.BaseRequest) -> web.StreamResponse:
        host, _, rest = request.path.lstrip("/").partition("/")
        if host == CONTROL:
            held = Control(self.world, self.faults, self.accounts, self._clock(), self._counted, self.forget_calls)
            return await control(held, request)
        exchange = DOMAINS.get(".".join(host.split(".")[-2:]))
        if exchange is None:
            return json_response(orjson.dumps({"error": f"no exchange at {host!r}"}), status=404)
        now, path = self._clock(), f"/{rest}"
        self.calls.append(Call(exchange=exchange, path=path, method=request.method, at=now))
        self.counts[exchange][path] += 1
        struck = self.faults.strike(exchange, path, now)
        for fault in struck:
            answer = await self._suffer(fault, request, WIRES[exchange])
            if answer is not None:
                return answer
        return self._answer(exchange, path, await letter_of(request), struck)

    async def _suffer(self, fault: Fault, request: web.BaseRequest, wire: Wire) -> web.StreamResponse | None:
        if fault.kind is FaultKind.LATENCY:
            await self._wait(fault.number("seconds", 1.0))
        elif fault.kind is FaultKind.HANG:
            await self._wait(HANG_AT_MOST)
        elif fault.kind is FaultKind.RESET:
            return reset(request)
        return refusal(fault, self._clock(), wire.refusals)

    async def _wait(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._released.wait(), seconds)
        except TimeoutError:
            return

    def _answer(self, exchange: Exchange, path: str, letter: Letter, struck: list[Fault]) -> web.StreamResponse:
        wire = WIRES[exchange]
        moment, clock = self.faults.at(exchange, struck, self._clock())
        ask = Ask(world=self.world, exchange=exchange, query=letter.parameters, at=moment, clock=clock)
        body = None
        try:
            if letter.method == ("POST" if path in wire.posted else "GET"):
                body = self._signed(wire, path, ask, letter) if path in wire.signed else self._body(wire, path, ask)
        except UnknownSymbolError:
            status, refused = wire.unknown_symbol
            return json_response(orjson.dumps(refused), status=status)
        except RefusedError as error:
            return json_response(orjson.dumps(error.body), status=error.status)
        if body is None:
            told = {"code": 404, "msg": f"not simulated: {letter.method} {path}"}
            return json_response(orjson.dumps(told), status=404)
        for fault in struck:
            body = spoil(fault, body)
        return json_response(body)

    def _signed(self, wire: Wire, path: str, ask: Ask, letter: Letter) -> bytes:
        scheme, accounts = scheme_of(ask.exchange, path), self.accounts
        account = check(letter, scheme, lambda key: accounts.by_key(ask.exchange, key), ask.clock)
        return orjson.dumps(wire.signed[path](SignedAsk(ask=ask, account=account)))

    def _body(self, wire: Wire, path: str, ask: Ask) -> bytes | None:
        clock = str(ask.clock).encode()
        if (make := wire.lists.get(path)) is not None:
            tick = ask.at - ask.at % self.world.tick_ms
            return self._kept(make, path, ask, tick).replace(STAMP_BYTES, clock)
        if (make := wire.markets.get(path)) is not None:
            return self._kept(make, path, ask, 0).replace(STAMP_BYTES, clock)
        if (make := wire.answers.get(path)) is not None:
            return orjson.dumps(make(ask))
        parent, _, tail = path.rpartition("/")
        if (make := wire.answers.get(f"{parent}/*")) is not None:
            return orjson.dumps(make(replace_tail(ask, tail)))
        return None

    def _kept(self, make: Answer, path: str, ask: Ask, tick: int) -> bytes:
        named = {name: value for name, value in ask.query.items() if name != "timestamp"}
        key = (ask.exchange, path, repr(sorted(named.items())))
        kept = self._lists.get(key)
        if kept is not None and kept[0] == (tick, self.world.version):
            return kept[1]
        stamped = Ask(world=ask.world, exchange=ask.exchange, query=named, at=ask.at, clock=STAMP)
        body = orjson.dumps(make(stamped))
        if len(self._lists) >= LISTS_KEPT:
            self._lists.clear()
        self._lists[key] = ((tick, self.world.version), body)
        return body

    def _counted(self) -> dict[str, dict[str, int]]:
        return {exchange.value: dict(paths) for exchange, paths in self.counts.items()}


async def letter_of(request: web.BaseRequest) -> Letter:
    """Return a question as it arrived, byte for byte where it is signed."""
    raw, _, query = request.raw_path.partition("?")
    return Letter(
        method=request.method,
        path="/" + raw.lstrip("/").partition("/")[2],
        query=query,
        headers=request.headers,
        body=(await request.read()).decode(errors="replace"),
        remote=request.remote or "",
    )


def replace_tail(ask: Ask, tail: str) -> Ask:
    """Return the question with the symbol that ended its path."""
    return Ask(world=ask.world, exchange=ask.exchange, query=ask.query, at=ask.at, clock=ask.clock, tail=tail)


def reset(request: web.BaseRequest) -> web.StreamResponse:
    """Cut the connection without a word (a TCP reset, not an end)."""
    transport = request.transport
    if transport is not None:
        raw = transport.get_extra_info("socket")
        if raw is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOT)
        transport.abort()
    return web.Response(status=500)
