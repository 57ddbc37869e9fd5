"""Who may ask, how, and what stands on every answer."""

from __future__ import annotations

import aiohttp
import pytest
from fastapi import FastAPI

from hedgewatch.web.guard import SECURITY_HEADERS, Guard, is_allowed_host
from tests.web.serving import served

ALLOWED = {"hedge.example"}


def guarded_app() -> FastAPI:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(Guard, allowed_hosts=("Hedge.Example",))
    app.add_api_route("/", lambda: "here", methods=["GET", "HEAD", "POST"])
    return app


@pytest.mark.parametrize(
    "header",
    [
        "localhost",
        "LOCALHOST:8710",
        "127.0.0.1",
        "127.0.0.1:8710",
        "192.168.1.5:80",
        "[::1]",
        "[::1]:8710",
        "hedge.example",
        "HEDGE.example.:443",
    ],
)
def test_addresses_localhost_and_configured_names_are_ours(header: str) -> None:
    assert is_allowed_host(header, ALLOWED)


@pytest.mark.parametrize(
    "header",
    [
        "",
        ":8710",
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "evil.hedge.example",
        "hedge.example@evil.example",
        "localhost:80:80",
        "localhost:",
        "localhost:8x",
        "localhost:\u0661",
        "[::1",
        "[::1]evil.example",
        "[evil.example]",
        "[localhost]",
        "::1",
        " localhost",
        "localhost/evil",
        "0x7f000001",
    ],
)
def test_any_other_name_is_not_ours(header: str) -> None:
    assert not is_allowed_host(header, ALLOWED)


@pytest.mark.parametrize("path", ["/", "/none", "/healthz", "/static/x.css"])
async def test_a_foreign_name_is_refused_on_every_path(path: str) -> None:
    async with served(guarded_app()) as pages, aiohttp.ClientSession() as client:
        answer = await client.get(f"http://{pages.address}{path}", headers={"Host": "evil.example"})
        assert answer.status == 403
        assert "evil.example" not in await answer.text()


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "ANY"])
async def test_nothing_but_reading_is_answered(method: str) -> None:
    async with served(guarded_app()) as pages, aiohttp.ClientSession() as client:
        answer = await client.request(method, f"http://{pages.address}/")
        assert answer.status == 405
        assert answer.headers["Allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    ("method", "path", "host", "status"),
    [
        ("GET", "/", None, 200),
        ("HEAD", "/", None, 200),
        ("GET", "/none", None, 404),
        ("POST", "/", None, 405),
        ("GET", "/", "evil.example", 403),
        ("GET", "/", "hedge.example", 200),
    ],
)
async def test_every_answer_has_the_headers(method: str, path: str, host: str | None, status: int) -> None:
    headers = {"Host": host} if host else {}
    async with served(guarded_app()) as pages, aiohttp.ClientSession() as client:
        answer = await client.request(method, f"http://{pages.address}{path}", headers=headers)
        assert answer.status == status
        assert {name: answer.headers.getall(name) for name in SECURITY_HEADERS} == {
            name: [value] for name, value in SECURITY_HEADERS.items()
        }
        assert "Server" not in answer.headers


def test_nothing_on_a_page_may_run_or_be_framed() -> None:
    policy = SECURITY_HEADERS["Content-Security-Policy"].split("; ")
    assert policy[0] == "default-src 'none'"
    assert {"frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"} <= set(policy)
    assert not any(rule.startswith("script-src") or "unsafe" in rule for rule in policy)
