"""What every answer and every request must satisfy: headers, the names we answer to, reading only."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Mapping
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECURITY_HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
        "frame-ancestors 'none'; form-action 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
READING = ("GET", "HEAD")
HOST = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<name>[A-Za-z0-9_.-]+))(?::[0-9]{1,5})?")


class Guard:
    """Refuses foreign Host names (DNS rebinding) and writing methods; puts the headers on every answer."""

    def __init__(self, app: ASGIApp, allowed_hosts: Collection[str]) -> None:
        """Take the application and the names, beside IP literals and localhost, it may be called by."""
        self._app = app
        self._allowed = frozenset(name.lower().removesuffix(".") for name in allowed_hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer or pass on one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(SECURITY_HEADERS)
            await send(message)

        await (self._refusal(scope) or self._app)(scope, receive, send_guarded)

    def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        hosts = Headers(scope=scope).getlist("host")
        if len(hosts) != 1 or not is_allowed_host(hosts[0], self._allowed):
            words = "This name is not one of ours. Use the address, localhost, or a name in web.allowed_hosts.\n"
            return PlainTextResponse(words, status_code=403)
        if scope["method"] not in READING:
            words = "These pages can only be read.\n"
            return PlainTextResponse(words, status_code=405, headers={"Allow": ", ".join(READING)})
        return None


def is_allowed_host(header: str, allowed: Collection[str]) -> bool:
    """Tell whether a Host header names an IP literal, localhost or one of ``allowed`` (lower case)."""
    match = HOST.fullmatch(header)
    if match is None:
        return False
    if match["six"]:
        return _is_address(match["six"], 6)
    name = match["name"].lower().removesuffix(".")
    return name == "localhost" or name in allowed or _is_address(name, 4)


def _is_address(name: str, version: int) -> bool:
    try:
        return ipaddress.ip_address(name).version == version
    except ValueError:
        return False
