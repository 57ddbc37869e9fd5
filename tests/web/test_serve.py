"""The port is held before anything starts, signals are left alone, and a stop is quick."""

from __future__ import annotations

import asyncio
import signal
import socket
import threading

import aiohttp
import pytest
from fastapi import FastAPI

from hedgewatch.domain.errors import ConfigurationError
from hedgewatch.web.serve import Pages, reserve
from tests.web.serving import served

QUICK = 2


def app_with_a_slow_page(asked: threading.Event, let_go: threading.Event) -> FastAPI:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/slow")
    def slow() -> str:
        asked.set()
        let_go.wait(timeout=10)
        return "late"

    return app


def test_a_port_in_use_is_told_with_what_to_do() -> None:
    with reserve("127.0.0.1", 0) as held:
        port = held.getsockname()[1]
        with pytest.raises(ConfigurationError) as refused:
            reserve("127.0.0.1", port)
    assert str(refused.value) == (
        f"web.listen: 127.0.0.1:{port} is in use by another program; choose another port or stop it"
    )


@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("192.0.2.1", "192.0.2.1:8710 is no address of this machine"),
        ("no host", "no host:8710 is no address"),
        ("x" * 300, "is no address"),
    ],
)
def test_an_address_that_is_not_ours_is_refused(host: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"^web\.listen: .*{words}"):
        reserve(host, 8710)


def test_a_held_port_is_free_again_once_it_is_closed() -> None:
    with reserve("127.0.0.1", 0) as held:
        port = held.getsockname()[1]
    reserve("127.0.0.1", port).close()


def test_the_address_of_an_ipv6_listener_can_stand_in_a_link() -> None:
    try:
        held = reserve("::1", 0)
    except ConfigurationError:
        pytest.skip("this machine has no IPv6 loopback")
    with held:
        port = held.getsockname()[1]
        assert Pages(FastAPI(), held).address == f"[::1]:{port}"


async def test_pages_leave_the_signals_to_the_daemon() -> None:
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    async with served(FastAPI()) as pages, aiohttp.ClientSession() as client:
        await client.get(f"http://{pages.address}/")
        assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before


async def test_pages_stop_within_two_seconds_though_a_browser_keeps_its_connection() -> None:
    pages = Pages(FastAPI(), reserve("127.0.0.1", 0))
    running = asyncio.create_task(pages.run())
    async with aiohttp.ClientSession() as client:
        async with client.get(f"http://{pages.address}/") as answer:
            await answer.read()
        pages.stop()
        await asyncio.wait_for(running, QUICK)


async def test_pages_stop_within_two_seconds_though_a_page_hangs() -> None:
    asked, let_go = threading.Event(), threading.Event()
    pages = Pages(app_with_a_slow_page(asked, let_go), reserve("127.0.0.1", 0))
    running = asyncio.create_task(pages.run())
    try:
        async with aiohttp.ClientSession() as client:
            asking = asyncio.create_task(client.get(f"http://{pages.address}/slow"))
            await asyncio.to_thread(asked.wait, 5)
            pages.stop()
            await asyncio.wait_for(running, QUICK)
            await asyncio.gather(asking, return_exceptions=True)
    finally:
        let_go.set()


async def test_a_stop_before_the_start_is_heard() -> None:
    held = reserve("127.0.0.1", 0)
    pages = Pages(FastAPI(), held)
    pages.stop()
    await asyncio.wait_for(pages.run(), QUICK)
    assert held.fileno() == -1


async def test_the_port_is_let_go_at_the_end() -> None:
    async with served(FastAPI()) as pages:
        host, _, port = pages.address.rpartition(":")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)), timeout=1)
