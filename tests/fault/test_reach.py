"""Addresses that somebody entered reach nothing inside: a canary on loopback counts what arrives."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver

from hedgewatch.domain.errors import DeliveryError
from hedgewatch.notify.reach import Reach, post_outside
from tests.notify.names import Asking, NameServer

INSIDE = (
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.127.255.254", "127.0.0.1", "127.255.255.254",
    "169.254.169.254", "172.16.0.1", "192.0.0.8", "192.0.0.170",
    "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.7",
    "203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "::", "::1", "::7f00:1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::1", "3fff::1", "5f00::1", "fc00::1", "fd12::1",
    "fe80::1", "fec0::1", "ff02::1",
)  # fmt: skip
OUTSIDE = ("1.1.1.1", "8.8.8.8", "93.184.216.34", "100.63.255.255", "100.128.0.1", "172.32.0.1", "198.20.0.1",
           "2606:4700:4700::1111", "2001:4860:4860::8888", "::ffff:8.8.8.8")  # fmt: skip
NAMES = ("localhost", "localhost.", "2130706433", "0177.0.0.1", "0x7f.0.0.1", "0x7f000001", "127.1", "0",
         "①②⑦.⓪.⓪.①", "\uff11\uff12\uff17.0.0.1", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:7f00:1]")  # fmt: skip
TEXTS = ("file:///etc/passwd", "gopher://127.0.0.1:{port}/", "ftp://127.0.0.1:{port}/", "//127.0.0.1:{port}/", "",
         "http://", "http://user:word@127.0.0.1:{port}/", "http://example.com@127.0.0.1:{port}/",
         "http://127.0.0.1:{port}\\@example.com/", "http://127.0.0.1:{port}#@example.com/", "http://127.0.0.1:22/",
         "http://127.0.0.1:{port}/%0d%0aX:1", "http://[::1%25lo]:{port}/")  # fmt: skip

Poster = Callable[[str, Reach, AbstractResolver | None], Awaitable[object]]


class Canary:
    """Counts what arrives on this machine, whatever it asks for."""

    def __init__(self) -> None:
        self.hits: list[str] = []
        self.port = 0

    async def respond(self, request: web.BaseRequest) -> web.StreamResponse:
        self.hits.append(request.host)
        return web.Response(status=204)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Canary]:
        runner = web.ServerRunner(web.Server(self.respond, access_log=None), shutdown_timeout=0.01)
        await runner.setup()
        kept = [open_socket(socket.AF_INET, ("127.0.0.1", 0))]
        self.port = kept[0].getsockname()[1]
        if socket.has_ipv6:
            with contextlib.suppress(OSError):  # this machine has no IPv6
                kept.append(open_socket(socket.AF_INET6, ("::1", self.port)))
        for one in kept:
            await web.SockSite(runner, one).start()
        try:
            yield self
        finally:
            await runner.cleanup()


def open_socket(family: socket.AddressFamily, address: tuple[str, int]) -> socket.socket:
    opened = socket.socket(family, socket.SOCK_STREAM)
    opened.bind(address)
    return opened


async def ours(url: str, reach: Reach, resolver: AbstractResolver | None = None) -> object:
    return await post_outside(url, b"{}", {}, reach=reach, resolver=resolver)


async def unguarded(url: str, reach: Reach, resolver: AbstractResolver | None = None) -> object:
    """A mutant: asks whatever it is told."""
    del reach
    async with (
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(resolver=resolver)) as session,
        session.post(url, data=b"{}") as answer,
    ):
        return answer.status


async def looks_twice(url: str, reach: Reach, resolver: AbstractResolver | None = None) -> object:
    """A mutant: checks what a name resolves to, then lets the connection resolve it again."""
    assert resolver is not None
    parts = urlsplit(url)
    found = await resolver.resolve(parts.hostname or "", parts.port or 0)
    if any(reach.refused(ip_address(one["host"])) for one in found):
        raise DeliveryError("refused")
    return await unguarded(url, reach, resolver)


async def reached(post: Poster, canary: Canary, urls: list[str]) -> int:
    reach = Reach(allow_http=True, ports=frozenset({canary.port}))
    for url in urls:
        try:
            await post(url, reach, None)
        except (DeliveryError, aiohttp.ClientError, OSError, ValueError):
            continue
    return len(canary.hits)


def targets(port: int) -> list[str]:
    literals = [f"http://{f'[{text}]' if ':' in text else text}:{port}/" for text in INSIDE]
    return [*literals, *(f"http://{name}:{port}/" for name in NAMES), *(text.format(port=port) for text in TEXTS)]


async def test_no_target_inside_is_reached() -> None:
    async with Canary().open() as canary:
        urls = targets(canary.port)
        found = await reached(ours, canary, urls)
    print(f"\nreach: {len(urls)} targets inside, {found} reached")  # noqa: T201  the figures of the run
    assert len(urls) >= 60
    assert found == 0


async def test_the_canary_does_sing_for_who_asks_whatever_it_is_told() -> None:
    async with Canary().open() as canary:
        ways = ("http://127.0.0.1:{}/", "http://localhost:{}/", "http://user:word@127.0.0.1:{}/")
        assert await reached(unguarded, canary, [way.format(canary.port) for way in ways]) == len(ways)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_leads_nowhere(status: int) -> None:
    async with Canary().open() as canary:

        async def elsewhere(_: web.BaseRequest) -> web.StreamResponse:
            return web.Response(status=status, headers={"Location": f"http://127.0.0.1:{canary.port}/"})

        runner = web.ServerRunner(web.Server(elsewhere, access_log=None))
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        port = runner.addresses[0][1]
        allowed = Reach(
            allow_http=True, allow_private_targets=(ip_network("127.0.0.0/8"),), ports=frozenset({port, canary.port})
        )
        with pytest.raises(DeliveryError, match="redirects are not followed"):
            await ours(f"http://127.0.0.1:{port}/", allowed)
        await runner.cleanup()
        assert canary.hits == []


async def rebound(post: Poster) -> tuple[int, int]:
    """Ask six times for a name that is now a friend's, now the canary's; returns the canary's hits and the friend's.

    127.0.0.2 stands for a public address here: nothing in this test leaves the machine.
    """
    async with Canary().open() as canary, NameServer("127.0.0.2", "127.0.0.1").open() as server:
        friend: list[str] = []

        async def respond(request: web.BaseRequest) -> web.StreamResponse:
            friend.append(request.host)
            return web.Response(status=204, headers={"Connection": "close"})

        runner = web.ServerRunner(web.Server(respond, access_log=None))
        await runner.setup()
        await web.SockSite(runner, open_socket(socket.AF_INET, ("127.0.0.2", canary.port))).start()
        reach = Reach(
            allow_http=True, allow_private_targets=(ip_network("127.0.0.2/32"),), ports=frozenset({canary.port})
        )
        for _ in range(6):
            try:
                await post(f"http://rebinding.example:{canary.port}/", reach, Asking(server))
            except (DeliveryError, aiohttp.ClientError, OSError):
                continue
        await runner.cleanup()
        return len(canary.hits), len(friend)


@pytest.mark.skipif(os.uname().sysname != "Linux", reason="only Linux answers on all of 127.0.0.0/8")
async def test_a_name_that_changes_its_mind_is_asked_once_and_never_leads_inside() -> None:
    assert await rebound(ours) == (0, 3)


@pytest.mark.skipif(os.uname().sysname != "Linux", reason="only Linux answers on all of 127.0.0.0/8")
async def test_who_looks_twice_is_led_inside() -> None:
    hits, _ = await rebound(looks_twice)
    assert hits > 0


@pytest.mark.parametrize("text", INSIDE)
def test_an_address_inside_is_refused(text: str) -> None:
    assert Reach().refused(ip_address(text)) == "leads to an address that is not public"


@pytest.mark.parametrize("text", OUTSIDE)
def test_a_public_address_is_not(text: str) -> None:
    assert Reach().refused(ip_address(text)) is None


def test_the_rules_of_the_library_alone_would_let_some_in() -> None:
    wrong = {
        "is_private": [text for text in INSIDE if not ip_address(text).is_private],
        "is_global": [text for text in INSIDE if ip_address(text).is_global],
    }
    assert all(len(texts) >= 5 for texts in wrong.values()), wrong


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("http://example.com/", "must begin with https://"),
        ("https://example.com:25/", "leads to port 25"),
        ("https://example.com:80/", "leads to port 80"),
        ("https:///path", "names no host"),
        ("https://example.com:port/", "is no web address"),
        ("https://example.com/", None),
        ("https://example.com:8443/", None),
        ("https://192.168.1.7/", "not public"),
    ],
)
def test_the_text_of_an_address_is_judged_first(url: str, problem: str | None) -> None:
    found = Reach().refusal(url)
    assert found is None if problem is None else problem in str(found)


def test_who_says_so_reaches_a_network_at_home() -> None:
    home = Reach(allow_private_targets=(ip_network("192.168.1.0/24"), ip_network("fd12::/16")))
    allowed = ("https://192.168.1.7/", "https://[fd12::7]/", "https://[::ffff:192.168.1.7]/")
    assert [home.refusal(url) for url in allowed] == [None] * 3
    assert home.refusal("https://192.168.2.7/") is not None
